package fakeiam_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/fakeiam"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
)

// trusts is a trust policy for one principal, in JSON.
func trusts(principal string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":["sts:AssumeRole","sts:AssumeRoleWithWebIdentity"]}]}`
}

// A126: users and roles that a trust policy names must be there, OIDC providers
// need not. A role cannot trust itself before it is there.
func TestA126_UnknownPrincipals(t *testing.T) {
	t.Parallel()
	const here, there, nowhere = "arn:aws:iam::" + account + ":", "arn:aws:iam::" + stranger + ":", "arn:aws:iam::999988887777:"
	seed := func(w *world) {
		w.user("ci", "")
		w.update(func(d *iam.Draft) error {
			for _, r := range []iam.Role{{AccountID: account, Name: "app", Path: "/team/"}, {AccountID: stranger, Name: "app"}} {
				r.Trust = policy.Policy{Document: policy.MustParse(policy.Trust, trusted)}
				if _, err := d.CreateRole(r); err != nil {
					return err
				}
			}
			return nil
		})
	}
	strict, lax := newWorld(t), newWorld(t, func(c *fakeiam.Config) { c.UnknownPrincipals = true })
	seed(strict)
	seed(lax)
	for name, c := range map[string]struct {
		principal string
		known     bool
	}{
		"everybody":                   {"*", true},
		"account":                     {account, true},
		"root":                        {here + "root", true},
		"another account":             {there + "root", true},
		"role":                        {here + "role/team/app", true},
		"role without its path":       {here + "role/app", false},
		"role in another case":        {here + "role/team/App", false},
		"no such role":                {here + "role/none", false},
		"itself":                      {here + "role/new", false},
		"user":                        {here + "user/ci", true},
		"no such user":                {here + "user/app", false},
		"a role taken for a user":     {here + "user/team/app", false},
		"session":                     {"arn:aws:sts::" + account + ":assumed-role/app/s", true},
		"session of no role":          {"arn:aws:sts::" + account + ":assumed-role/none/s", false},
		"role of another account":     {there + "role/app", true},
		"no such role there":          {there + "role/none", false},
		"an account that is not here": {nowhere + "role/none", true},
		"federated user":              {"arn:aws:sts::" + account + ":federated-user/x", true},
		"the id of a role":            {"AROAEXAMPLE0000000001", false},
	} {
		t.Run(name, func(t *testing.T) {
			document := trusts(`{"AWS":["` + account + `","` + c.principal + `"]}`)
			requests := map[string][]string{
				"CreateRole":             {"RoleName", "new", "AssumeRolePolicyDocument", document},
				"UpdateAssumeRolePolicy": {"RoleName", "app", "PolicyDocument", document},
			}
			for action, params := range requests {
				if c.known {
					strict.ok(action, params...)
				} else {
					strict.fails("MalformedPolicyDocument", `Invalid principal in policy: "AWS":"`+c.principal+`"`, action, params...)
				}
			}
			if !strings.HasPrefix(c.principal, "AROA") {
				lax.ok("UpdateAssumeRolePolicy", requests["UpdateAssumeRolePolicy"]...)
			}
			_ = strict.call(root, "DeleteRole", "RoleName", "new")
		})
	}
	strict.ok("CreateRole", "RoleName", "irsa", "AssumeRolePolicyDocument", trusts(`{"Federated":"`+here+`oidc-provider/none.example.com"}`))
	strict.ok("CreateRole", "RoleName", "node", "AssumeRolePolicyDocument", trusts(`{"Service":"ec2.amazonaws.com"}`))
}

// TestDeletedPrincipal: GetRole shows the id of a role that was deleted in the
// trust policies that named it, which cannot be written so.
func TestDeletedPrincipal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("app", func(*iam.Role) {})
	id := element(w.ok("GetRole", "RoleName", "app"), "RoleId")
	w.ok("CreateRole", "RoleName", "target", "AssumeRolePolicyDocument", trusts(`{"AWS":"arn:aws:iam::`+account+`:role/app"}`))
	w.ok("DeleteRole", "RoleName", "app")
	w.role("app", func(*iam.Role) {})
	shown, err := url.PathUnescape(element(w.ok("GetRole", "RoleName", "target"), "AssumeRolePolicyDocument"))
	if err != nil || shown != trusts(`{"AWS":"`+id+`"}`) {
		t.Errorf("the trust policy is %s, %v", shown, err)
	}
	w.fails("MalformedPolicyDocument", `Invalid principal in policy: "AWS":"`+id+`"`, "UpdateAssumeRolePolicy", "RoleName", "target", "PolicyDocument", shown)
}

// TestSharedIssuers: a role that trusts GitHub must say whose of its tokens.
func TestSharedIssuers(t *testing.T) {
	t.Parallel()
	const github = "arn:aws:iam::" + account + ":oidc-provider/token.actions.githubusercontent.com"
	open := trusts(`{"Federated":"` + github + `"}`)
	scoped := strings.Replace(open, `"Action"`, `"Condition":{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:a/b:*"}},"Action"`, 1)
	const message = "Trust policy with trusted principal " + github + " must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, token.actions.githubusercontent.com:sub or token.actions.githubusercontent.com:job_workflow_ref which is not scoped to all."
	w := newWorld(t)
	w.fails("MalformedPolicyDocument", message, "CreateRole", "RoleName", "ci", "AssumeRolePolicyDocument", open)
	w.ok("CreateRole", "RoleName", "ci", "AssumeRolePolicyDocument", scoped)
	w.fails("MalformedPolicyDocument", message, "UpdateAssumeRolePolicy", "RoleName", "ci", "PolicyDocument", open)
	lax := newWorld(t, func(c *fakeiam.Config) { c.OpenSharedIssuers = true })
	lax.ok("CreateRole", "RoleName", "ci", "AssumeRolePolicyDocument", open)
}

// A120: the texts of malformed documents, through the operations that take them.
func TestA120_MalformedDocuments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("app", func(*iam.Role) {})
	write := map[string]func(document string) (action string, params []string){
		"trust": func(d string) (string, []string) {
			return "CreateRole", []string{"RoleName", "new", "AssumeRolePolicyDocument", d}
		},
		"managed": func(d string) (string, []string) {
			return "CreatePolicy", []string{"PolicyName", "new", "PolicyDocument", d}
		},
		"inline": func(d string) (string, []string) {
			return "PutRolePolicy", []string{"RoleName", "app", "PolicyName", "p", "PolicyDocument", d}
		},
	}
	of := func(statement string) string { return `{"Version":"2012-10-17","Statement":[` + statement + `]}` }
	const (
		trust    = "trust"
		identity = "managed inline"
		all      = "trust managed inline"
	)
	for message, c := range map[string]struct{ kinds, document string }{
		"This policy contains invalid Json":                                          {all, `{"Version":`},
		"Syntax errors in policy.":                                                   {all, `{"Version":"2012-10-17"}`},
		"Policy document must be version 2012-10-17 or greater.":                     {identity, `{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`},
		"The policy failed legacy parsing":                                           {identity, of(`{"Effect":"allow","Action":"s3:*","Resource":"*"}`)},
		"Statement IDs (SID) in a single policy must be unique.":                     {identity, of(`{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"},{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"}`)},
		"Policy statement must contain actions.":                                     {identity, of(`{"Effect":"Allow","Resource":"*"}`)},
		"Policy statement must contain resources.":                                   {identity, of(`{"Effect":"Allow","Action":"s3:*"}`)},
		"Policy document should not specify a principal.":                            {identity, of(`{"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}`)},
		"Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.": {identity, of(`{"Effect":"Allow","Action":"GetObject","Resource":"*"}`)},
		"Actions/Condition can contain only one colon.":                              {identity, of(`{"Effect":"Allow","Action":"s3:Get:Object","Resource":"*"}`)},
		"Vendor s3! is not valid":                                                    {identity, of(`{"Effect":"Allow","Action":"s3!:GetObject","Resource":"*"}`)},
		`Resource bucket must be in ARN format or "*".`:                              {identity, of(`{"Effect":"Allow","Action":"s3:*","Resource":"bucket"}`)},
		`Partition "moon" is not valid for resource "arn:moon:s3:::bucket".`:         {identity, of(`{"Effect":"Allow","Action":"s3:*","Resource":"arn:moon:s3:::bucket"}`)},
		"Has prohibited field Resource":                                              {trust, of(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"*"},"Resource":"*"}`)},
		"Missing required field Principal":                                           {trust, of(`{"Effect":"Allow","Action":"sts:AssumeRole"}`)},
		"Federated principals must be valid domain names or SAML metadata ARNs":      {trust, of(`{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity","Principal":{"Federated":"not a name"}}`)},
		`Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:group/g"`:     {trust, of(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::111122223333:group/g"}}`)},
		`AssumeRolepolicy contained an invalid principal: "STAR":"*".`:               {trust, of(`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*"}`)},
		"Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and sts:AssumeRoleWithWebIdentity": {trust, of(`{"Effect":"Allow","Action":"s3:GetObject","Principal":{"AWS":"*"}}`)},
	} {
		for kind := range strings.FieldsSeq(c.kinds) {
			action, params := write[kind](c.document)
			w.fails("MalformedPolicyDocument", message, action, params...)
		}
	}
	w.ok("CreateRole", "RoleName", "old", "AssumeRolePolicyDocument", strings.Replace(trusted, "2012-10-17", "2008-10-17", 1))
	w.fails("ValidationError", `1 validation error detected: Value '☃' at 'policyDocument' failed to satisfy constraint: Member must satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u00FF]+`, "CreatePolicy", "PolicyName", "new", "PolicyDocument", "☃")
}
