package emulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/awsclient"
)

const replaceSetup = `
apiVersion: irsatz/v1
account: "111122223333"
region: eu-west-1
groups:
  - {groupName: before, path: /, groupId: AGPAONEEXAMPLEEXAMPLE}
  - groupName: barred
    path: /
    policies: [{policyName: none, policyDocument: {Version: "2012-10-17", Statement: [{Effect: Deny, Action: "s3:*", Resource: "*"}]}}]
users:
  - userName: u
    path: /
    groups: [before, barred]
    managedPolicyArns: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
    accessKeys: [{accessKeyId: AKIAONE, secretAccessKey: one}]
roles:
  - &role
    roleName: door
    assumeRolePolicyDocument:
      Version: "2012-10-17"
      Statement:
        - {Effect: Allow, Principal: {AWS: "arn:aws:iam::111122223333:root"}, Action: sts:AssumeRole}
        - {Effect: Deny, Principal: {AWS: ["arn:aws:iam::111122223333:role/app", "arn:aws:sts::111122223333:assumed-role/app/s", "arn:aws:iam::111122223333:user/u"]}, Action: sts:AssumeRole}
  - {<<: *role, roleName: app, path: /, roleId: AROAONEEXAMPLEEXAMPLE, managedPolicyArns: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]}
instanceProfiles: [{instanceProfileName: ip, path: /, roles: [app]}]
buckets:
` + replacedBucket + `
  - bucketName: guarded
    objects: [{key: k, body: hello}]
    policy:
      Version: "2012-10-17"
      Statement: {Effect: Deny, Principal: {AWS: ["arn:aws:iam::111122223333:role/app", "arn:aws:sts::111122223333:assumed-role/app/s", "arn:aws:iam::111122223333:user/u"]}, Action: "s3:*", Resource: "arn:aws:s3:::guarded/*"}
`

const replacedBucket = `  - {bucketName: data, objects: [{key: k, body: hello}]}`

// as is a client with a session of the role.
func (s *server) as(role *iam.Role, session string) *awsclient.Client {
	s.Helper()
	made, _, err := s.IAM().Issue(role, iam.Session{Name: session}, time.Hour)
	if err != nil {
		s.Fatal(err)
	}
	client := s.root()
	client.Credentials = &awsclient.Credentials{AccessKeyID: made.AccessKeyID, Secret: made.Secret, SessionToken: made.SessionToken}
	return client
}

// bucketPolicy is the policy that GetBucketPolicy shows.
func (s *server) bucketPolicy(bucket string) string {
	s.Helper()
	got, err := s.https().Do(s.signed(http.MethodGet, s.AWSURL()+"/"+bucket+"?policy", *s.root().Credentials))
	if err != nil {
		s.Fatal(err)
	}
	return read(s, got).body
}

// interrupt begins with the setup and gets as far as IAM: that S3 does not take it
// leaves what a crash in between leaves.
func interrupt(t *testing.T, setup, dir string) {
	t.Helper()
	foreign := edited(t, setup, replacedBucket, "") + "---\napiVersion: irsatz/v1\naccount: \"444455556666\"\nbuckets:\n" + replacedBucket
	_, err := emulator.Start(emulator.Config{Listen: "127.0.0.1:0", Control: "127.0.0.1:0", DataDir: dir, State: parse(t, foreign)})
	if err == nil || !strings.Contains(err.Error(), "it belongs to account") {
		t.Fatalf("start with another's bucket: %v", err)
	}
}

// edited is the setup with the one text in it replaced.
func edited(t *testing.T, setup, old, new string) string {
	t.Helper()
	if strings.Count(setup, old) != 1 {
		t.Fatalf("%q is not there once", old)
	}
	return strings.Replace(setup, old, new, 1)
}

// TestReplaced: what the files say of one entity goes on to hold when they change
// another, that it names, in what an update does not change: above all, a Deny. A
// crash on the way there changes nothing about it.
func TestReplaced(t *testing.T) {
	t.Parallel()
	const barred, user, app, ip = "groupName: barred\n    path: /", "userName: u\n    path: /", "roleName: app, path: /, roleId: AROAONEEXAMPLEEXAMPLE", "instanceProfileName: ip, path: /"
	for name, c := range map[string]struct{ old, new string }{
		"path of a group":                  {barred, barred + "to/"},
		"id of a group":                    {barred, barred + "\n    groupId: AGPATWOEXAMPLEEXAMPLE"},
		"path and id of a group":           {barred, barred + "to/\n    groupId: AGPATWOEXAMPLEEXAMPLE"},
		"id of the group before":           {"AGPAONEEXAMPLEEXAMPLE", "AGPATWOEXAMPLEEXAMPLE"},
		"path of a user":                   {user, user + "to/"},
		"id of a user":                     {user, user + "\n    userId: AIDATWOEXAMPLEEXAMPLE"},
		"path and id of a user":            {user, user + "to/\n    userId: AIDATWOEXAMPLEEXAMPLE"},
		"id of a role":                     {"roleId: AROAONEEXAMPLEEXAMPLE", "roleId: AROATWOEXAMPLEEXAMPLE"},
		"path of a role":                   {app, "roleName: app, path: /to/"},
		"path of a role that keeps its id": {app, "roleName: app, path: /to/, roleId: AROAONEEXAMPLEEXAMPLE"},
		"path of an instance profile":      {ip, ip + "to/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			first := start(t, replaceSetup, in(dir))
			trust, guard := string(first.role("door").Trust.Document.Source()), first.bucketPolicy("guarded")
			before, _ := first.IAM().Snapshot().User(account, "u")
			first.close()
			changed := edited(t, replaceSetup, c.old, c.new)
			interrupt(t, changed, dir)
			s := start(t, changed, in(dir))

			client := s.root()
			client.Credentials = &awsclient.Credentials{AccessKeyID: "AKIAONE", Secret: "one"}
			if _, err := client.Get(t.Context(), "data", "k"); code(t, err) != "AccessDenied" {
				t.Errorf("past the group's Deny: %v", err)
			}
			u, _ := s.IAM().Snapshot().User(account, "u")
			if strings.Join(u.Groups, " ") != "before barred" {
				t.Errorf("groups %q", u.Groups)
			}
			if strings.Contains(name, "user") == (u.ARN == before.ARN && u.ID == before.ID) {
				t.Errorf("user %s %s, was %s %s", u.ARN, u.ID, before.ARN, before.ID)
			}
			for _, session := range []string{"s", "t"} {
				_, err := s.as(s.role("app"), session).Get(t.Context(), "guarded", "k")
				// In another path, the role is not the one that policies name.
				if named := session == "s" || !strings.HasPrefix(name, "path of a role"); (err != nil) != named {
					t.Errorf("session %s past the bucket's Deny: %v", session, err)
				}
			}
			if p, ok := s.IAM().Snapshot().InstanceProfile(account, "ip"); !ok || p.RoleName != "app" {
				t.Errorf("instance profile %+v", p)
			}
			// A user that is moved takes its name in trust policies along.
			if now, want := string(s.role("door").Trust.Document.Source()), strings.ReplaceAll(trust, before.ARN, u.ARN); now != want {
				t.Errorf("trust policy %s, want %s", now, want)
			}
			if now, want := s.bucketPolicy("guarded"), strings.ReplaceAll(guard, before.ARN, u.ARN); now != want {
				t.Errorf("bucket policy %s, want %s", now, want)
			}
		})
	}
}

// TestMoved: another path alone leaves groups and users the ones that they are.
func TestMoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := start(t, replaceSetup, in(dir))
	ids := func(s *server) (*iam.Group, *iam.User) {
		g, _ := s.IAM().Snapshot().Group(account, "barred")
		u, _ := s.IAM().Snapshot().User(account, "u")
		return g, u
	}
	g, u := ids(first)
	first.close()
	moved := edited(t, edited(t, replaceSetup, "barred\n    path: /", "barred\n    path: /to/"), "u\n    path: /", "u\n    path: /to/")
	group, user := ids(start(t, moved, in(dir)))
	if group.ID != g.ID || group.Path != "/to/" || !group.Created.Equal(g.Created) {
		t.Errorf("group %+v, was %+v", group, g)
	}
	if user.ID != u.ID || user.Path != "/to/" || !user.Created.Equal(u.Created) {
		t.Errorf("user %+v, was %+v", user, u)
	}
}

// TestOtherCase: names that the files write in another case now are those that
// ARNs have, and thus policies.
func TestOtherCase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start(t, replaceSetup, in(dir)).close()
	changed := strings.NewReplacer("roleName: app", "roleName: App", "userName: u", "userName: U", "groupName: barred", "groupName: Barred",
		"role/app", "role/App", "assumed-role/app", "assumed-role/App", "user/u", "user/U", "before, barred", "before, Barred").Replace(replaceSetup)
	s := start(t, changed, in(dir))
	u, _ := s.IAM().Snapshot().User(account, "u")
	if r := s.role("app"); !strings.HasSuffix(r.ARN, ":role/App") || !strings.HasSuffix(u.ARN, ":user/U") || strings.Join(u.Groups, " ") != "before Barred" {
		t.Errorf("role %s, user %s in %q", r.ARN, u.ARN, u.Groups)
	}
	for _, session := range []string{"s", "t"} {
		if _, err := s.as(s.role("app"), session).Get(t.Context(), "guarded", "k"); code(t, err) != "AccessDenied" {
			t.Errorf("session %s past the bucket's Deny: %v", session, err)
		}
	}
	if p, _ := s.IAM().Snapshot().InstanceProfile(account, "ip"); p.RoleName != "App" {
		t.Errorf("instance profile %+v", p)
	}
}

// TestHalfway: what an interrupted start made of IAM is not served as it is, nor
// taken for what files say that were changed back.
func TestHalfway(t *testing.T) {
	t.Parallel()
	const app, open = "roleName: app, path: /, roleId: AROAONEEXAMPLEEXAMPLE, managedPolicyArns: [\"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess\"]",
		"roleName: app, path: /, roleId: AROATWOEXAMPLEEXAMPLE, managedPolicyArns: [\"arn:aws:iam::aws:policy/AmazonS3FullAccess\"]"
	dir := t.TempDir()
	first := start(t, replaceSetup, in(dir))
	before := first.role("app")
	first.update(func(d *iam.Draft) error {
		_, err := d.UpdateRole(account, "door", func(r *iam.Role) error { r.Description = "by hand"; return nil })
		return err
	})
	first.close()
	interrupt(t, edited(t, replaceSetup, app, open), dir)
	none := emulator.Config{Listen: "127.0.0.1:0", Control: "127.0.0.1:0", DataDir: dir}
	if _, err := emulator.Start(none); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("start without files: %v", err)
	}
	second := start(t, replaceSetup, in(dir))
	if r := second.role("app"); r.ID != before.ID || strings.Join(r.AttachedARNs, " ") != strings.Join(before.AttachedARNs, " ") {
		t.Errorf("role %+v", r)
	}
	if r := second.role("door"); r.Description != "by hand" {
		t.Errorf("role that no file changed: %+v", r)
	}
	if _, err := second.as(second.role("app"), "t").Get(t.Context(), "guarded", "k"); code(t, err) != "AccessDenied" {
		t.Errorf("past the bucket's Deny: %v", err)
	}
	second.close()
	start(t, "", in(dir)).close()
}
