package fakests_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/oidc"
)

// A69–A79, A83: trust policies as a table.
func TestA69_A83_TrustPolicies(t *testing.T) {
	t.Parallel()
	const (
		sub = `"` + host + `:sub":"` + subject + `"`
		yes = true
		no  = false
	)
	statement := func(principal, action, condition string) string {
		return `{"Effect":"Allow","Principal":` + principal + `,"Action":"` + action + `","Condition":{` + condition + `}}`
	}
	federated := `{"Federated":"` + provider + `"}`
	with := func(condition string) string { return statement(federated, "sts:AssumeRoleWithWebIdentity", condition) }
	w := newWorld(t)
	for name, test := range map[string]struct {
		statements string
		want       bool
	}{
		"A69 sub and aud":                   {with(`"StringEquals":{` + sub + `,"` + host + `:aud":"` + audience + `"}`), yes},
		"A69 wrong sub":                     {with(`"StringEquals":{"` + host + `:sub":"system:serviceaccount:prod:other"}`), no},
		"A69 wrong aud":                     {with(`"StringEquals":{"` + host + `:aud":"other"}`), no},
		"A70 https:// in the key":           {with(`"StringEquals":{"https://` + host + `:sub":"` + subject + `"}`), no},
		"A71 key in another case":           {with(`"StringEquals":{"` + strings.ToUpper(host) + `:SUB":"` + subject + `"}`), yes},
		"A71 value in another case":         {with(`"StringEquals":{"` + host + `:sub":"` + strings.ToUpper(subject) + `"}`), no},
		"A72 StringLike":                    {with(`"StringLike":{"` + host + `:sub":"system:serviceaccount:prod:*"}`), yes},
		"A72 StringEquals with a star":      {with(`"StringEquals":{"` + host + `:sub":"system:serviceaccount:prod:*"}`), no},
		"A73 AWS star":                      {statement(`{"AWS":"*"}`, "sts:AssumeRoleWithWebIdentity", ""), no},
		"A74 several providers":             {statement(`{"Federated":["`+provider+`2","`+provider+`"]}`, "sts:AssumeRoleWithWebIdentity", ""), yes},
		"A74 another provider":              {statement(`{"Federated":"`+provider+`2"}`, "sts:AssumeRoleWithWebIdentity", ""), no},
		"A75 deny":                          {with("") + `,{"Effect":"Deny","Principal":` + federated + `,"Action":"sts:*","Condition":{"StringEquals":{` + sub + `}}}`, no},
		"A75 deny for someone else":         {with("") + `,{"Effect":"Deny","Principal":` + federated + `,"Action":"sts:*","Condition":{"StringNotEquals":{` + sub + `}}}`, yes},
		"A76 kubernetes.io claim":           {with(`"StringEquals":{"` + host + `:kubernetes.io/namespace":"prod"}`), no},
		"A77 no PrincipalArn":               {with(`"Null":{"aws:PrincipalArn":"true"}`), yes},
		"A77 userid":                        {with(`"StringEquals":{"aws:userid":"` + provider + `","aws:PrincipalType":"User","aws:FederatedProvider":"` + provider + `","aws:PrincipalAccount":"` + account + `"}`), yes},
		"A77 no service":                    {with(`"Bool":{"aws:PrincipalIsAWSService":"false"}`), yes},
		"A78 session name":                  {with(`"StringEquals":{"sts:RoleSessionName":"session"}`), yes},
		"A78 another session name":          {with(`"StringLike":{"sts:RoleSessionName":"x*"}`), no},
		"A79 ForAllValues of an absent key": {with(`"ForAllValues:StringEquals":{"` + host + `:groups":"admins"}`), yes},
		"A83 another action":                {statement(federated, "sts:AssumeRole", ""), no},
		"A83 sts:*":                         {statement(federated, "sts:*", ""), yes},
		"A83 sts:AssumeRole*":               {statement(federated, "sts:AssumeRole*", ""), yes},
		"external id is no key here":        {with(`"Null":{"sts:ExternalId":"true"}`), yes},
		"no oaud without azp":               {with(`"Null":{"` + host + `:oaud":"true"}`), yes},
		"the role's account":                {with(`"StringEquals":{"aws:ResourceAccount":"` + account + `"}`), yes},
		"source address":                    {with(`"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}`), yes},
		"TLS":                               {with(`"Bool":{"aws:SecureTransport":"true"}`), yes},
		"time":                              {with(`"DateLessThan":{"aws:CurrentTime":"2026-11-23T08:00:01Z"},"NumericEquals":{"aws:EpochTime":"1795420800"}`), yes},
		"region":                            {with(`"StringEquals":{"aws:RequestedRegion":"eu-west-1"}`), yes},
		"two statements are a union":        {with(`"StringEquals":{"`+host+`:sub":"x"}`) + "," + with(`"StringEquals":{`+sub+`}`), yes},
	} {
		t.Run(name, func(t *testing.T) {
			w.retrust(trust(test.statements))
			a := w.assume(w.mint(nil))
			if test.want {
				w.wantSession(a)
				return
			}
			w.wantRefusal(a, 403, "AccessDenied", textDenied)
			if last := a.record.Checks[len(a.record.Checks)-1]; last.Decision.Explanation == nil || last.Resource != roleARN {
				t.Errorf("no explanation on record: %+v", last)
			}
		})
	}
}

// A84: a Federated principal with a wildcard is no pattern for providers: such a
// trust policy cannot even be written.
func TestA84_WildcardInFederated(t *testing.T) {
	t.Parallel()
	for _, principal := range []string{
		provider[:len(provider)-1] + "*", provider[:len(provider)-1] + "?", "arn:aws:iam::" + account + ":oidc-provider/*", "arn:aws:iam::*:oidc-provider/" + host, "*",
	} {
		_, err := policy.Parse(policy.Trust, []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"`+principal+`"},"Action":"sts:AssumeRoleWithWebIdentity"}}`))
		if malformed, ok := errors.AsType[*policy.MalformedError](err); !ok || malformed.Message != "Federated principals must be valid domain names or SAML metadata ARNs" {
			t.Errorf("%s: %v", principal, err)
		}
	}
}

// K146 and §3.5: with azp, aud is azp, and oaud the original.
func TestAuthorizedPartyKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.retrust(trusting(`"StringEquals":{"` + host + `:aud":"` + audience + `"},"ForAnyValue:StringEquals":{"` + host + `:oaud":"b","` + host + `:amr":"mfa"}`))
	s := w.wantSession(w.assume(w.mint(map[string]any{"azp": audience, "aud": []string{"a", "b"}, "amr": []string{"pwd", "mfa"}})))
	if s.Audience != audience { // A42
		t.Errorf("audience %q", s.Audience)
	}
}

// §5.4: shared issuers' own claims are condition keys, and nobody else's.
func TestSharedIssuers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		issuer, claim string
		value         any
		want          bool
	}{
		"GitHub":              {"token.actions.githubusercontent.com", "repository_id", "42", true},
		"GitHub number":       {"token.actions.githubusercontent.com", "repository_id", 42, true},
		"GitHub other claim":  {"token.actions.githubusercontent.com", "repository_visibility", "42", false},
		"GitHub object":       {"token.actions.githubusercontent.com", "actor", map[string]any{"42": 42}, false},
		"GitLab":              {"gitlab.com", "project_id", "42", true},
		"own GitLab":          {"gitlab.example.com", "project_id", "42", false},
		"CircleCI":            {"oidc.circleci.com/org/7", "oidc.circleci.com/project-id", "42", true},
		"Oracle":              {"x.identity.oraclecloud.com", "rpst_id", "42", true},
		"Google":              {"accounts.google.com", "google/organization_number", map[string]any{"organization_number": "42"}, true},
		"Google number":       {"accounts.google.com", "google/organization_number", map[string]any{"organization_number": 42}, true},
		"Google, flat":        {"accounts.google.com", "google/organization_number", "42", false},
		"Google, none":        {"accounts.google.com", "google/organization_number", map[string]any{"x": "42"}, false},
		"Google's look-alike": {"accounts.google.example.com", "google/organization_number", map[string]any{"organization_number": "42"}, false},
		"Oracle's look-alike": {"x.example/.identity.oraclecloud.com", "rpst_id", "42", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			issuer, err := oidc.NewIssuer(oidc.Config{URL: "https://" + test.issuer, Keys: []*oidc.Key{w.key("rsa2048")}, Now: w.now})
			if err != nil {
				t.Fatal(err)
			}
			w.serve(issuer)
			w.update(func(d *iam.Draft) error {
				p, err := d.CreateProvider(iam.Provider{AccountID: account, URL: test.issuer, ClientIDs: []string{audience}})
				if err != nil {
					return err
				}
				_, err = d.CreateRole(iam.Role{AccountID: account, Name: "ci", Trust: trust(`{"Effect":"Allow","Principal":{"Federated":"` + p.ARN + `"},
					"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"` + test.issuer + `:` + test.claim + `":"42"}}}`)})
				return err
			})
			token, err := issuer.Mint(t.Context(), oidc.TokenRequest{Subject: "repo", Audiences: []string{audience}, Claims: map[string]any{strings.TrimSuffix(test.claim, "/organization_number"): test.value}})
			if err != nil {
				t.Fatal(err)
			}
			if a := w.assume(token, "RoleArn", "arn:aws:iam::"+account+":role/ci"); (a.Code == 200) != test.want {
				t.Errorf("%d, want success %v: %s", a.Code, test.want, a.record.Cause)
			}
		})
	}
}

// Tags of the role are keys of the trust policy.
func TestRoleTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.retrust(trusting(`"StringEquals":{"aws:ResourceTag/team":"red","iam:ResourceTag/Team":"red"}`))
	w.wantRefusal(w.assume(w.mint(nil)), 403, "AccessDenied", textDenied)
	w.update(func(d *iam.Draft) error {
		_, err := d.UpdateRole(account, "app", func(r *iam.Role) error { r.Tags = []iam.Tag{{Key: "Team", Value: "red"}}; return nil })
		return err
	})
	w.wantSession(w.assume(w.mint(nil)))
}

// A80: a role that does not exist looks like one that does not trust.
func TestA80_NoSuchRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, role := range []string{"arn:aws:iam::" + account + ":role/none", "arn:aws:iam::" + account + ":role/app", "arn:aws:iam::" + account + ":role/team/App", "arn:aws-cn:iam::" + account + ":role/team/app"} {
		a := w.assume(w.mint(nil), "RoleArn", role)
		w.wantRefusal(a, 403, "AccessDenied", textDenied)
		if !strings.Contains(a.record.Cause, "there is no role "+role) {
			t.Errorf("cause %q", a.record.Cause)
		}
	}
	a := w.assume(w.mint(nil), "RoleArn", "arn:aws:iam::"+account+":role/team/apq")
	if a.record.Fix != "did you mean "+roleARN+"?" {
		t.Errorf("fix %q", a.record.Fix)
	}
}

// In audit mode a denial by trust policy is served and recorded; a token that
// is not valid is refused all the same, and so is a role that is not there.
func TestAudit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, audit)
	a := w.assume(w.mint(map[string]any{"sub": "someone-else"}))
	if a.Code != 200 || !a.record.Denied() || !a.record.Checks[0].Audited {
		t.Errorf("%d %+v", a.Code, a.record)
	}
	w.wantRefusal(w.assume("opaque"), 400, "InvalidIdentityToken", textNotJWT)
	w.wantRefusal(w.assume(w.mint(nil), "RoleArn", "arn:aws:iam::"+account+":role/none"), 403, "AccessDenied", textDenied)
}
