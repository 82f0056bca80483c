package fakeiam_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/fakeiam"
	"github.com/irsatz/irsatz/iam"
)

// anyForm has the parameters of every operation, and names what is there.
var anyForm = url.Values{
	"RoleName": {"App"}, "UserName": {"App"}, "GroupName": {"App"}, "InstanceProfileName": {"App"}, "PolicyName": {"p"}, "Path": {"/"},
	"PolicyArn": {mine + "read"}, "VersionId": {"v1"}, "PolicyDocument": {reads}, "AssumeRolePolicyDocument": {trusted}, "PermissionsBoundary": {readS3},
	"Description": {"d"}, "MaxSessionDuration": {"3600"}, "SetAsDefault": {"true"},
	"Tags.member.1.Key": {"k"}, "Tags.member.1.Value": {"v"}, "TagKeys.member.1": {"k"},
	"OpenIDConnectProviderArn": {"arn:aws:iam::" + account + ":oidc-provider/idp.example.com"}, "Url": {"https://new.example.com"},
	"ClientID": {"sts.amazonaws.com"}, "ThumbprintList.member.1": {strings.Repeat("ab", 20)},
	"AccessKeyId": {"AKIAAPPAPPAPPAPPAPP1"}, "Status": {"Inactive"}, "AccountAlias": {"alias"}, "NewUserName": {"new"}, "NewGroupName": {"new"},
	"PolicySourceArn": {appARN}, "ActionNames.member.1": {"s3:GetObject"}, "PolicyInputList.member.1": {reads}, "Filter.member.1": {"Role"},
}

// newTarget returns a world with one of everything, and the key of a session that
// may do nothing in it.
func newTarget(t testing.TB) (*world, key) {
	w := newWorld(t)
	w.role("App", func(r *iam.Role) {
		r.Inline, r.AttachedARNs, r.BoundaryARN = inline("p", reads), []string{readS3}, readS3
	})
	w.user("App", reads)
	w.group("App")
	w.policy("/", "read")
	w.update(func(d *iam.Draft) error {
		d.SetAlias(account, "mine")
		_, err := d.CreateInstanceProfile(iam.InstanceProfile{AccountID: account, Name: "App", RoleName: "App"})
		if err == nil {
			_, err = d.CreateProvider(iam.Provider{AccountID: account, URL: "idp.example.com"})
		}
		if err == nil {
			_, err = d.UpdateUser(account, "App", func(u *iam.User) error {
				u.AccessKeys = append(u.AccessKeys, iam.AccessKey{ID: "AKIAAPPAPPAPPAPPAPP1", Secret: "s"})
				u.Groups = []string{"App"}
				return nil
			})
		}
		return err
	})
	c := w.session(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`)
	return w, key{c.AccessKeyID, c.Secret, c.SessionToken}
}

// served are the names of the operations that are served.
func served() (names []string) {
	for _, o := range fakeiam.Operations() {
		if o.Served {
			names = append(names, o.Name)
		}
	}
	return names
}

// TestEveryOperationAsks: a session that may do nothing is denied every operation,
// with a form that has all it needs; root is not.
func TestEveryOperationAsks(t *testing.T) {
	t.Parallel()
	w, nobody := newTarget(t)
	before := w.store.Snapshot()
	for _, action := range served() {
		body := "Action=" + action + "&Version=2010-05-08&" + anyForm.Encode()
		a := w.send(nobody, body, nil)
		if a.status != 403 || element(a.body, "Code") != "AccessDenied" || !strings.Contains(a.body, "is not authorized to perform: iam:") {
			t.Errorf("%s: %d %s", action, a.status, a.body)
		}
		if w.store.Snapshot() != before {
			t.Fatalf("%s changed the state", action)
		}
	}
	for _, action := range served() {
		w, _ := newTarget(t)
		if a := w.send(root, "Action="+action+"&Version=2010-05-08&"+anyForm.Encode(), nil); a.status == 403 {
			t.Errorf("%s of root: %d %s", action, a.status, a.body)
		}
	}
}

// answersToNobody are the codes of errors that a caller without any permission
// may be told: those of a request that cannot be understood, and the denial. What
// there is and what not is told to nobody.
var answersToNobody = []string{"AccessDenied", "ValidationError", "MalformedInput", "MalformedQueryString", "InvalidAction", "InvalidInput"}

// FuzzForms throws forms at every operation with a session that may do nothing:
// the state stays, and nothing is told but that.
func FuzzForms(f *testing.F) {
	names := served()
	for i := range names {
		f.Add(uint(i), anyForm.Encode())
	}
	for i, form := range []string{
		"", "RoleName=", "RoleName=App&RoleName=none", "RoleName=%zz", "MaxItems=1&Marker=AAAA", "Tags.member.0.Key=a", "Tags.member.99.Key=a",
		"PolicyArn=arn:aws:iam::aws:policy/AdministratorAccess&RoleName=App", "PolicyArn=arn:aws:iam::" + stranger + ":policy/x", "PolicySourceArn=arn:aws:iam:::",
		"Action=GetRole&RoleName=App", "Version=1", "UserName=App;GroupName=App", "PolicyDocument=" + url.QueryEscape(trusts("*")), "Tags=", "X-Amz-Security-Token=x",
	} {
		f.Add(uint(i), form)
	}
	w, nobody := newTarget(f)
	before := w.store.Snapshot()
	f.Fuzz(func(t *testing.T, operation uint, form string) {
		action := names[operation%uint(len(names))]
		here := *w
		here.TB = t
		a := here.send(nobody, "Action="+action+"&Version=2010-05-08&"+form, nil)
		if w.store.Snapshot() != before {
			t.Fatalf("%s %s changed the state", action, form)
		}
		code := element(a.body, "Code")
		if a.status < 400 || a.status > 404 || !slices.Contains(answersToNobody, code) {
			t.Fatalf("%s %s: %d %s", action, form, a.status, a.body)
		}
		if code == "InvalidInput" && strings.Contains(a.body, "App") && !strings.Contains(form, "App") {
			t.Fatalf("%s %s told %s", action, form, a.body)
		}
	})
}
