package fakes3_test

import (
	"net/http"
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
