package fakes3_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/fakes3"
	"github.com/irsatz/irsatz/iam"
)

// TestG40_BucketPolicyPrincipals: the users and roles that a bucket policy names
// must be there.
func TestG40_BucketPolicyPrincipals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lax := newWorld(t, func(c *fakes3.Config) { c.UnknownPrincipals = true })
	w.role("app")
	w.roleIn(other, "theirs", iam.Session{Name: "s"})
	for principal, known := range map[string]bool{
		"arn:aws:iam::" + account + ":role/team/app": true, "arn:aws:iam::" + account + ":role/app": false, "arn:aws:iam::" + account + ":user/none": false,
		"arn:aws:iam::" + other + ":role/team/theirs": true, "arn:aws:iam::" + other + ":role/none": false, "arn:aws:iam::999988887777:role/none": true,
		"arn:aws:iam::" + other + ":root": true, "arn:aws:sts::" + account + ":assumed-role/app/session": true, "arn:aws:sts::" + account + ":assumed-role/none/session": false,
	} {
		body := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"}]}`
		got := w.do(w.root(), w.request(http.MethodPut, "/data?policy", body))
		if known != (got.status == 204) || !known && (got.err.Code != "MalformedPolicy" || got.err.Message != "Invalid principal in policy" || got.err.get("Detail") != `"AWS" : "`+principal+`"`) {
			t.Errorf("%s: %d %s", principal, got.status, got.body)
		}
		if got := lax.do(lax.root(), lax.request(http.MethodPut, "/data?policy", body)); got.status != 204 {
			t.Errorf("where unknown ones may be named, %s: %d %s", principal, got.status, got.body)
		}
	}
}

// TestDeletedPrincipals: a bucket policy means the role, not its name. One that is
// made again is not let in.
func TestDeletedPrincipals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const named = "arn:aws:iam::" + other + ":role/team/reader"
	make := func() creds { return w.roleIn(other, "reader", iam.Session{Name: "s"}, allow("s3:*")) }
	read := func(c creds) int { return w.call(c, http.MethodGet, "/data/public/a.txt").status }
	c := make()
	w.policy("data", `{"Effect":"Allow","Principal":{"AWS":["`+named+`"]},"Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"}`)
	if err := w.s3.SetBucket(fakes3.Bucket{Name: "seeded", AccountID: account, Policy: []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + named + `"},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::seeded"}}`)}); err != nil {
		t.Fatal(err)
	}
	if read(c) != 200 || w.call(c, http.MethodGet, "/seeded").status != 200 {
		t.Fatal("the role is not let in")
	}
	before := w.call(w.root(), http.MethodGet, "/data?policy").body
	old, _ := w.store.Snapshot().Role(other, "reader")
	if err := w.store.Update(func(d *iam.Draft) error { return d.DeleteRole(other, "reader") }); err != nil {
		t.Fatal(err)
	}
	if got := w.call(w.root(), http.MethodGet, "/data?policy").body; !strings.Contains(got, `"`+old.ID+`"`) || strings.Contains(got, named) {
		t.Errorf("the policy is %s", got)
	}
	c = make()
	if read(c) != 403 || w.call(c, http.MethodGet, "/seeded").status != 403 {
		t.Error("a role that took the name is let in")
	}
	// Written again, the policy means the new one.
	if got := w.do(w.root(), w.request(http.MethodPut, "/data?policy", before)); got.status != 204 || read(c) != 200 {
		t.Errorf("%d %s, then %d", got.status, got.body, read(c))
	}
	if got := w.call(w.root(), http.MethodGet, "/data?policy").body; got != before {
		t.Errorf("the policy is %s", got)
	}
}
