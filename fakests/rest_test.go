package fakests_test

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/fakests"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/sigv4"
)

const targetARN = "arn:aws:iam::" + account + ":role/target"

func keyed(id, secret string) sigv4.Signer {
	return sigv4.Signer{AccessKeyID: id, SecretAccessKey: secret, Region: "eu-west-1", Service: "sts"}
}

func ci() sigv4.Signer   { return keyed("AKIAEXAMPLE", "secret") }
func root() sigv4.Signer { return keyed("test", "test") }

// target makes the user ci, which may do this, and the role target, which
// trusts these statements.
func (w *world) target(identity, statements string) {
	w.Helper()
	w.update(func(d *iam.Draft) error {
		if _, err := d.CreateRole(iam.Role{AccountID: account, Name: "target", Trust: trust(statements)}); err != nil {
			return err
		}
		u := iam.User{AccountID: account, Name: "ci", AccessKeys: []iam.AccessKey{{ID: "AKIAEXAMPLE", Secret: "secret"}}}
		if identity != "" {
			u.Inline = []policy.Policy{{Name: "own", Document: identityDocument(identity)}}
		}
		_, err := d.CreateUser(u)
		return err
	})
}

func trusts(principal, actions, condition string) string {
	return `{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":[` + actions + `],"Condition":{` + condition + `}}`
}

// call sends a signed request of pairs of name and value.
func (w *world) call(by sigv4.Signer, action string, pairs ...string) answer {
	w.Helper()
	return w.do(w.request(by, action, pairs...))
}

// callChanged is call by the user ci with a change to the request.
func (w *world) callChanged(change func(*http.Request), action string, pairs ...string) answer {
	w.Helper()
	r := w.request(ci(), action, pairs...)
	if change != nil {
		change(r)
	}
	return w.do(r)
}

func (w *world) request(by sigv4.Signer, action string, pairs ...string) *http.Request {
	w.Helper()
	v := url.Values{"Action": {action}, "Version": {"2011-06-15"}}
	if action == "AssumeRole" {
		v.Set("RoleArn", targetARN)
		v.Set("RoleSessionName", "next")
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return w.signed(by, v.Encode())
}

// given are the credentials in an answer.
func (w *world) given(a answer) sigv4.Signer {
	w.Helper()
	if a.Code != 200 {
		w.Fatalf("status %d, cause %q\n%s", a.Code, a.record.Cause, a.Body)
	}
	var got struct {
		Result struct {
			Credentials struct{ AccessKeyId, SecretAccessKey, SessionToken string } //nolint:revive // AWS's spelling
		} `xml:",any"`
	}
	if err := xml.Unmarshal(a.Body.Bytes(), &got); err != nil || got.Result.Credentials.SessionToken == "" {
		w.Fatalf("%v\n%s", err, a.Body)
	}
	c := got.Result.Credentials
	s := keyed(c.AccessKeyId, c.SecretAccessKey)
	s.SessionToken = c.SessionToken
	return s
}

func (w *world) caller(by sigv4.Signer) *iam.Caller {
	w.Helper()
	c, _, err := w.store.Authenticate(by.AccessKeyID, by.SessionToken)
	if err != nil {
		w.Fatal(err)
	}
	return c
}

func denied(by, action, resource string) string {
	return "User: " + by + " is not authorized to perform: " + action + " on resource: " + resource
}

const (
	ciARN  = "arn:aws:iam::" + account + ":user/ci"
	appARN = "arn:aws:sts::" + account + ":assumed-role/app/session"
	all    = `"sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"`
)

// A92: one sentence for all denials.
func TestA92_AssumeRoleDenials(t *testing.T) {
	t.Parallel()
	const may = `{"Effect":"Allow","Action":"sts:*","Resource":"*"}`
	accountRoot := "arn:aws:iam::" + account + ":root"
	for name, test := range map[string]struct {
		identity, trust string
		pairs           []string
		ok              bool
	}{
		"A92 user named":             {"", trusts(ciARN, all, ""), nil, true},
		"A92 account, and allowed":   {may, trusts(accountRoot, all, ""), nil, true},
		"A92 account, not allowed":   {"", trusts(accountRoot, all, ""), nil, false},
		"A92 not trusted":            {may, trusts("arn:aws:iam::"+account+":user/x", all, ""), nil, false},
		"A92 explicit deny":          {`{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}`, trusts(ciARN, all, ""), nil, false},
		"A92 external id":            {"", trusts(ciARN, all, `"StringEquals":{"sts:ExternalId":"e1"}`), []string{"ExternalId", "e1"}, true},
		"A92 another external id":    {"", trusts(ciARN, all, `"StringEquals":{"sts:ExternalId":"e1"}`), []string{"ExternalId", "e2"}, false},
		"A92 no external id":         {"", trusts(ciARN, all, `"StringEquals":{"sts:ExternalId":"e1"}`), nil, false},
		"A92 session name":           {"", trusts(ciARN, all, `"StringEquals":{"sts:RoleSessionName":"x"}`), nil, false},
		"A92 denied before duration": {"", trusts(accountRoot, all, ""), []string{"DurationSeconds", "7200"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.target(test.identity, test.trust)
			a := w.call(ci(), "AssumeRole", test.pairs...)
			if test.ok {
				w.wantIdentity(w.call(w.given(a), "GetCallerIdentity"), identity{"arn:aws:sts::" + account + ":assumed-role/target/next", w.caller(w.given(a)).Role.ID + ":next", account})
				return
			}
			w.wantRefusal(a, 403, "AccessDenied", denied(ciARN, "sts:AssumeRole", targetARN))
		})
	}
	w := newWorld(t)
	w.target("", trusts("*", all, ""))
	w.wantRefusal(w.call(ci(), "AssumeRole", "RoleArn", targetARN+"s"), 403, "AccessDenied", denied(ciARN, "sts:AssumeRole", targetARN+"s"))
	w.wantRefusal(w.call(root(), "AssumeRole"), 403, "AccessDenied", "Roles may not be assumed by root accounts.")
	w.wantRefusal(w.call(ci(), "AssumeRole", "SerialNumber", "arn:aws:iam::1:mfa/x", "TokenCode", "123456"), 403, "AccessDenied",
		"MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.")
}

// Both accounts must allow.
func TestA92_CrossAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	foreign := "arn:aws:iam::" + stranger + ":role/far"
	w.target(`{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"`+foreign+`"}`, trusts(ciARN, all, ""))
	w.update(func(d *iam.Draft) error {
		_, err := d.CreateRole(iam.Role{AccountID: stranger, Name: "far", Trust: trust(trusts(ciARN, all, ""))})
		return err
	})
	w.given(w.call(ci(), "AssumeRole", "RoleArn", foreign))
	w.wantRefusal(w.call(w.credentials(), "AssumeRole", "RoleArn", foreign), 403, "AccessDenied", denied(appARN, "sts:AssumeRole", foreign))
}

// A93: what a chained session may last, and which text comes first.
func TestA93_Chaining(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.target("", trusts(roleARN, all, ""))
	by := w.credentials()
	const (
		roleMax = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
		chained = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
	)
	refuse := func(seconds, text string) {
		t.Helper()
		var got refusal
		a := w.call(by, "AssumeRole", "DurationSeconds", seconds)
		if err := xml.Unmarshal(a.Body.Bytes(), &got); err != nil || a.Code != 400 || got.Code != "ValidationError" || got.Message != text {
			t.Errorf("%s: %d %+v", seconds, a.Code, got)
		}
	}
	w.given(w.call(by, "AssumeRole", "DurationSeconds", "3600"))
	refuse("3601", roleMax)
	w.update(func(d *iam.Draft) error {
		_, err := d.UpdateRole(account, "target", func(r *iam.Role) error { r.MaxSessionDuration = 2 * time.Hour; return nil })
		return err
	})
	refuse("3601", chained)
	refuse("7201", roleMax)
	refuse("43201", "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200")
}

// A94: a source identity is set once, and handed on where that is allowed.
func TestA94_SourceIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.target("", trusts(ciARN, all, "")+","+trusts("*", all, ""))
	by := w.given(w.call(ci(), "AssumeRole", "SourceIdentity", "alice"))
	a := w.call(by, "AssumeRole")
	if got := w.caller(w.given(a)).Session.SourceIdentity; got != "alice" {
		t.Errorf("inherited %q", got)
	}
	w.wantRefusal(w.call(by, "AssumeRole", "SourceIdentity", "bob"), 400, "ValidationError", "The source identity is already set for this assume role session")
	w.update(func(d *iam.Draft) error {
		_, err := d.UpdateRole(account, "target", func(r *iam.Role) error { r.Trust = trust(trusts("*", `"sts:AssumeRole"`, "")); return nil })
		return err
	})
	w.wantRefusal(w.call(by, "AssumeRole"), 403, "AccessDenied", denied("arn:aws:sts::"+account+":assumed-role/target/next", "sts:SetSourceIdentity", targetARN))
}

// §6.2: session tags, what they need, and which of them are inherited.
func TestAssumeRoleTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.target("", trusts("*", all, ""))
	pair := []string{"Tags.member.1.Key", "Team", "Tags.member.1.Value", "red", "Tags.member.2.Key", "x", "Tags.member.2.Value", ""}
	by := w.given(w.call(ci(), "AssumeRole", append(pair, "TransitiveTagKeys.member.1", "team")...))
	next := w.caller(w.given(w.call(by, "AssumeRole"))).Session
	if len(next.Tags) != 1 || next.Tags[0] != (iam.Tag{Key: "Team", Value: "red"}) || len(next.TransitiveIDs) != 1 {
		t.Errorf("inherited %+v %v", next.Tags, next.TransitiveIDs)
	}
	w.wantRefusal(w.call(ci(), "AssumeRole", append(pair, "TransitiveTagKeys.member.1", "y")...), 400, "InvalidParameterValue", "The specified transitive tag key must be included in the requested tags.")
	w.wantRefusal(w.call(ci(), "AssumeRole", append(pair, "Tags.member.2.Key", "TEAM")...), 400, "InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
	w.wantRefusal(w.call(by, "AssumeRole", pair...), 400, "InvalidParameterValue", "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
	w.update(func(d *iam.Draft) error {
		_, err := d.UpdateRole(account, "target", func(r *iam.Role) error { r.Trust = trust(trusts("*", `"sts:AssumeRole"`, "")); return nil })
		return err
	})
	w.wantRefusal(w.call(ci(), "AssumeRole", pair...), 403, "AccessDenied", denied(ciARN, "sts:TagSession", targetARN))
}

// A81: a role is unknown for a while.
func TestA81_Propagation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *fakests.Config) { c.Propagation = 10 * time.Second })
	w.target("", trusts("*", all, ""))
	for range 2 {
		a := w.assume(w.mint(nil))
		w.wantRefusal(a, 403, "AccessDenied", textDenied)
		if b := w.call(ci(), "AssumeRole"); !strings.Contains(a.record.Cause, "propagation") || !strings.Contains(b.record.Cause, "propagation") {
			t.Errorf("%q %q", a.record.Cause, b.record.Cause)
		}
		w.advance(9 * time.Second / 2)
	}
	w.advance(2 * time.Second)
	w.wantSession(w.assume(w.mint(nil)))
	w.given(w.call(ci(), "AssumeRole"))
}

// A91: sessions of users and of root.
func TestA91_GetSessionToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.target(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, trusts(ciARN, all, ""))
	const no = "Cannot call GetSessionToken with session credentials"
	by := w.given(w.call(ci(), "GetSessionToken"))
	user := w.caller(by)
	w.wantIdentity(w.call(by, "GetCallerIdentity"), identity{ciARN, user.User.ID, account})
	if got := user.Session.Expires.Sub(begin); got != 12*time.Hour {
		t.Errorf("lasts %s", got)
	}
	q := &iam.Question{Caller: user, Action: "s3:GetObject", Resource: "arn:aws:s3:::a/b", ResourceAccount: account}
	if !w.store.Authorize(q).Allowed() {
		t.Error("the session has not the user's permissions")
	}
	w.given(w.call(by, "AssumeRole", "DurationSeconds", "900"))
	w.wantRefusal(w.call(by, "GetSessionToken"), 403, "AccessDenied", no)
	w.wantRefusal(w.call(w.credentials(), "GetSessionToken"), 403, "AccessDenied", no)
	w.wantRefusal(w.call(by, "GetAccessKeyInfo", "AccessKeyId", "AKIAEXAMPLEEXAMPLE00"), 403, "AccessDenied", "User: "+ciARN+" is not authorized to perform: sts:GetAccessKeyInfo")
	rooted := w.given(w.call(root(), "GetSessionToken", "DurationSeconds", "7200"))
	if c := w.caller(rooted); c.Kind != policy.Root || c.Session.Expires.Sub(begin) != time.Hour {
		t.Errorf("%+v", c)
	}
	w.forgetUser()
	w.wantRefusal(w.call(by, "GetCallerIdentity"), 403, "InvalidClientTokenId", "The security token included in the request is invalid.")
	if w.call(rooted, "GetCallerIdentity").Code != 200 || w.call(w.credentials(), "GetCallerIdentity").Code != 200 {
		t.Error("sessions of others died with the user's")
	}
}

// forgetUser deletes the user whose sessions these are.
func (w *world) forgetUser() {
	w.Helper()
	w.update(func(d *iam.Draft) error { return d.DeleteUser(account, "ci") })
}

// §6.4: a federated user has what the session policies leave of the user's.
func TestGetFederationToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.target(`{"Effect":"Allow","Action":["sts:GetFederationToken","s3:GetObject","s3:PutObject"],"Resource":"*"}`, trusts("*", all, ""))
	const fed = "arn:aws:sts::" + account + ":federated-user/bob"
	document := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:GetObject","s3:DeleteObject"],"Resource":"*"}}`
	by := w.given(w.call(ci(), "GetFederationToken", "Name", "bob", "Policy", document))
	w.wantIdentity(w.call(by, "GetCallerIdentity"), identity{fed, account + ":bob", account})
	can := func(by sigv4.Signer, action string, want bool) {
		t.Helper()
		q := &iam.Question{Caller: w.caller(by), Action: action, Resource: "arn:aws:s3:::a/b", ResourceAccount: account}
		if got := w.store.Authorize(q).Allowed(); got != want {
			t.Errorf("%s: %v", action, got)
		}
	}
	can(by, "s3:GetObject", true)
	can(by, "s3:PutObject", false)
	can(by, "s3:DeleteObject", false)
	can(w.given(w.call(ci(), "GetFederationToken", "Name", "bob")), "s3:GetObject", false)
	can(w.given(w.call(root(), "GetFederationToken", "Name", "bob", "Policy", document)), "s3:DeleteObject", true)
	w.wantRefusal(w.call(by, "AssumeRole"), 403, "AccessDenied", denied(fed, "sts:AssumeRole", targetARN))
	w.wantRefusal(w.call(by, "GetFederationToken", "Name", "eve"), 403, "AccessDenied", "Cannot call GetFederationToken with session credentials")
	w.wantRefusal(w.call(ci(), "GetFederationToken", "Name", "bob", "Tags.member.1.Key", "a", "Tags.member.1.Value", "b"), 403, "AccessDenied", denied(ciARN, "sts:TagSession", fed))
	w.forgetUser()
	w.wantRefusal(w.call(by, "GetCallerIdentity"), 403, "InvalidClientTokenId", "The security token included in the request is invalid.")
}

func TestKeyInfoAndMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.target("", trusts("*", all, ""))
	for _, id := range []string{w.credentials().AccessKeyID, "ASIAQNZGKIQY56JQ7WML"} {
		want, _ := iam.AccountOfAccessKey(id)
		if a := w.call(root(), "GetAccessKeyInfo", "AccessKeyId", id); a.Code != 200 || !strings.Contains(a.Body.String(), "<Account>"+want+"</Account>") {
			t.Errorf("%s", a.Body)
		}
	}
	w.wantRefusal(w.call(root(), "GetAccessKeyInfo", "AccessKeyId", "AKIA0000000000000000"), 400, "ValidationError", "Invalid Access Key Id: AKIA0000000000000000")
	q := &iam.Question{Caller: w.caller(ci()), Action: "ec2:RunInstances", Resource: "*", Context: policy.NewContext()}
	message, err := w.store.EncodeMessage(q, policy.Decision{Statement: -1})
	if err != nil {
		t.Fatal(err)
	}
	a := w.call(root(), "DecodeAuthorizationMessage", "EncodedMessage", message)
	if a.Code != 200 || !strings.Contains(a.Body.String(), `{"allowed":false,"explicitDeny":false,"matchedStatements":{"items":[]}`) || !strings.Contains(a.Body.String(), `"action":"ec2:RunInstances"`) {
		t.Errorf("%s", a.Body)
	}
	if _, err := w.store.DecodeMessage(stranger, message); err == nil {
		t.Error("another account reads the message")
	}
	for _, bad := range []string{"x", message[1:], w.credentials().SessionToken} {
		w.wantRefusal(w.call(root(), "DecodeAuthorizationMessage", "EncodedMessage", bad), 400, "InvalidAuthorizationMessageException", "Message is not valid")
	}
	w.wantRefusal(w.call(ci(), "DecodeAuthorizationMessage", "EncodedMessage", message), 403, "AccessDenied", "User: "+ciARN+" is not authorized to perform: sts:DecodeAuthorizationMessage")
}

// What is not set up is refused.
func TestUnavailable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wantRefusal(w.call(root(), "AssumeRoot", "TargetPrincipal", stranger, "TaskPolicyArn.arn", "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"), 403, "AccessDenied",
		denied("arn:aws:iam::"+account+":root", "sts:AssumeRoot", "arn:aws:iam::"+stranger+":root"))
	w.wantRefusal(w.post(url.Values{"Action": {"AssumeRoleWithSAML"}, "Version": {"2011-06-15"}, "RoleArn": {roleARN}, "PrincipalArn": {"arn:aws:iam::" + account + ":saml-provider/x"}, "SAMLAssertion": {"PHg+"}}),
		400, "InvalidIdentityToken", "Specified provider doesn't exist")
	a := w.call(root(), "GetWebIdentityToken", "Audience.member.1", "x", "SigningAlgorithm", "RS256")
	if a.Code != 403 || a.record.Code != "OutboundWebIdentityFederationDisabledException" {
		t.Errorf("%d %s", a.Code, a.Body)
	}
}
