package emulator_test

import (
	"strings"
	"testing"

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
  - {<<: *role, roleName: app, path: /, roleId: AROAONEEXAMPLEEXAMPLE}
instanceProfiles: [{instanceProfileName: ip, path: /, roles: [app]}]
buckets: [{bucketName: data, objects: [{key: k, body: hello}]}]
`

// edited is the setup with the one text in it replaced.
func edited(t *testing.T, setup, old, new string) string {
	t.Helper()
	if strings.Count(setup, old) != 1 {
		t.Fatalf("%q is not there once", old)
	}
	return strings.Replace(setup, old, new, 1)
}

// TestReplaced: what the files say of one entity goes on to hold when they change
// another, that it names, in what an update does not change: above all, a Deny.
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
		"id of a role":                     {"roleId: AROAONEEXAMPLEEXAMPLE", "roleId: AROATWOEXAMPLEEXAMPLE"},
		"path of a role":                   {app, "roleName: app, path: /to/"},
		"path of a role that keeps its id": {app, "roleName: app, path: /to/, roleId: AROAONEEXAMPLEEXAMPLE"},
		"path of an instance profile":      {ip, ip + "to/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			first := start(t, replaceSetup, in(dir))
			trust := string(first.role("door").Trust.Document.Source())
			before, _ := first.IAM().Snapshot().User(account, "u")
			first.close()
			s := start(t, edited(t, replaceSetup, c.old, c.new), in(dir))

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
			if p, ok := s.IAM().Snapshot().InstanceProfile(account, "ip"); !ok || p.RoleName != "app" {
				t.Errorf("instance profile %+v", p)
			}
			// A user that is moved takes its name in trust policies along.
			want := strings.ReplaceAll(trust, before.ARN, u.ARN)
			if now := string(s.role("door").Trust.Document.Source()); now != want {
				t.Errorf("trust policy %s, want %s", now, want)
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
