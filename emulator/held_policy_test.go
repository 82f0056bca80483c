package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/awsclient"
)

// TestRestartAndPolicies: a bucket policy of before the restart goes on to mean the
// role that it named, one that the files add means the role that they add, and an
// export of either may be loaded.
func TestRestartAndPolicies(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const held = `
  - bucketName: %[1]s
    policy: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "arn:aws:iam::111122223333:role/%[1]s"}, Action: "s3:GetObject", Resource: "arn:aws:s3:::%[1]s/*"}]}
    objects: [{key: k, body: hello}]
`
	role := func(name string) string {
		return "- {roleName: " + name + `, assumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "111122223333"}, Action: sts:AssumeRole}]}}` + "\n"
	}
	setup := "apiVersion: irsatz/v1\naccount: \"111122223333\"\nregion: eu-west-1\nroles:\n" + role("first") + "buckets:" + fmt.Sprintf(held, "first")
	again := func(s *server, name string) {
		trust := s.role(name).Trust
		s.update(func(d *iam.Draft) error {
			if err := d.DeleteRole(account, name); err != nil {
				return err
			}
			_, err := d.CreateRole(iam.Role{AccountID: account, Name: name, Trust: trust})
			return err
		})
	}
	reads := func(s *server, name string, want bool) {
		t.Helper()
		credentials, _, err := s.IAM().Issue(s.role(name), iam.Session{Name: "s"}, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		client := s.root()
		client.Credentials = &awsclient.Credentials{AccessKeyID: credentials.AccessKeyID, Secret: credentials.Secret, SessionToken: credentials.SessionToken}
		if _, err := client.Get(t.Context(), name, "k"); (err == nil) != want {
			t.Errorf("%s reads: %v", name, err)
		}
	}
	first := start(t, setup, in(dir))
	reads(first, "first", true)
	again(first, "first")
	reads(first, "first", false)
	first.close()

	more := strings.Replace(setup, "buckets:", role("second")+"buckets:"+fmt.Sprintf(held, "second"), 1)
	second := start(t, more, in(dir))
	reads(second, "first", false)
	reads(second, "second", true)
	again(second, "second")
	reads(second, "second", false)
	exported := second.export(emulator.ExportRequest{Form: emulator.FormNative})
	second.close()

	third := start(t, more, in(dir))
	reads(third, "second", false)
	loaded := start(t, exported)
	for _, name := range []string{"first", "second"} {
		err := loaded.root().Put(t.Context(), name, "k", nil)
		if err != nil {
			t.Fatal(err)
		}
		reads(loaded, name, false)
	}
}
