package fakeiam_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/golden"
)

const userARN = "arn:aws:iam::" + account + ":user/"

func createUser(w *world, name string) (*awsiam.CreateUserOutput, error) {
	return w.sdk(root).CreateUser(w.Context(), &awsiam.CreateUserInput{UserName: &name})
}

func (w *world) getUser(name string) (*types.User, error) {
	out, err := w.sdk(root).GetUser(w.Context(), &awsiam.GetUserInput{UserName: &name})
	if err != nil {
		return nil, err
	}
	return out.User, nil
}

func TestUserOnTheWire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	golden.Check(t, "create_user.xml", w.call(root, "CreateUser", "UserName", "app", "Path", "/team/", "PermissionsBoundary", readS3, "Tags.member.1.Key", "k", "Tags.member.1.Value", "").body)
	w.call(root, "CreateUser", "UserName", "bare")
	golden.Check(t, "get_user.xml", w.call(root, "GetUser", "UserName", "APP").body)
	golden.Check(t, "get_user_bare.xml", w.call(root, "GetUser", "UserName", "bare").body)
	golden.Check(t, "get_user_root.xml", w.call(root, "GetUser").body)
	golden.Check(t, "get_user_none.xml", w.call(root, "GetUser", "UserName", "none").body)
	golden.Check(t, "list_users.xml", w.call(root, "ListUsers", "MaxItems", "1").body)
	golden.Check(t, "list_user_tags.xml", w.call(root, "ListUserTags", "UserName", "app").body)
	golden.Check(t, "list_groups_for_user.xml", w.call(root, "ListGroupsForUser", "UserName", "app").body)
	golden.Check(t, "update_user.xml", w.call(root, "UpdateUser", "UserName", "app").body)
}

func TestRefusedUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	must[*awsiam.CreateUserOutput](t)(createUser(w, "app"))
	_, err := createUser(w, "APP")
	refused(t, err, "EntityAlreadyExists", "User with name APP already exists.")
	_, err = createUser(w, strings.Repeat("x", 65))
	refused(t, err, "ValidationError", "1 validation error detected: Value '"+strings.Repeat("x", 65)+"' at 'userName' failed to satisfy constraint: Member must have length less than or equal to 64")
	_, err = client.CreateUser(t.Context(), &awsiam.CreateUserInput{UserName: aws.String("b"), PermissionsBoundary: aws.String("arn:aws:iam::" + account + ":policy/none")})
	refused(t, err, "NoSuchEntity", "Scope ARN: arn:aws:iam::"+account+":policy/none does not exist or is not attachable.")
	_, err = client.CreateUser(t.Context(), &awsiam.CreateUserInput{UserName: aws.String("b"), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("")}, {Key: aws.String("A"), Value: aws.String("")}}})
	refused(t, err, "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
	const none = "The user with name none cannot be found."
	for action, params := range map[string][]string{
		"GetUser": nil, "DeleteUser": nil, "UpdateUser": {"NewPath", "/x/"}, "ListUserTags": nil, "ListGroupsForUser": nil, "CreateAccessKey": nil, "ListAccessKeys": nil,
		"TagUser": {"Tags.member.1.Key", "k", "Tags.member.1.Value", "v"}, "UntagUser": {"TagKeys.member.1", "k"},
		"DeleteAccessKey": {"AccessKeyId", "AKIAIOSFODNN7EXAMPLE"},
	} {
		a := w.call(root, action, append(params, "UserName", "none")...)
		if a.status != 404 || !strings.Contains(a.body, "<Code>NoSuchEntity</Code>") || !strings.Contains(a.body, none) {
			t.Errorf("%s: %d %s", action, a.status, a.body)
		}
	}
	if len(w.store.Snapshot().Users(account)) != 1 {
		t.Error("a refused user was made")
	}
	w.update(func(d *iam.Draft) error {
		for i := range 4999 {
			if _, err := d.CreateUser(iam.User{AccountID: account, Name: "u" + strconv.Itoa(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	_, err = createUser(w, "b")
	refused(t, err, "LimitExceeded", "Cannot exceed quota for UsersPerAccount: 5000")
}

// TestOwnUser: who names no user means its own, which only users have, and root.
func TestOwnUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	own := on("iam:GetUser", userARN+"${aws:username}", "")
	a := w.call(w.user("me", own), "GetUser")
	if a.status != 200 || !strings.Contains(a.body, "<Arn>"+userARN+"me</Arn>") {
		t.Errorf("a user: %d %s", a.status, a.body)
	}
	a = w.call(w.user("poor", ""), "GetUser")
	if a.status != 403 || !strings.Contains(a.body, "iam:GetUser on resource: user poor because") {
		t.Errorf("a user without leave: %d %s", a.status, a.body)
	}
	for _, action := range []string{"GetUser", "CreateAccessKey", "ListAccessKeys"} {
		a := w.callAs(w.session(allowing("iam:*")), action)
		if a.status != 400 || !strings.Contains(a.body, "<Code>ValidationError</Code>") || !strings.Contains(a.body, "Must specify userName when calling with non-User credentials") {
			t.Errorf("a role, %s: %d %s", action, a.status, a.body)
		}
	}
	if a := w.callAs(w.session(allowing("iam:GetUser")), "GetUser", "UserName", "me"); a.status != 200 {
		t.Errorf("a role that names a user: %d %s", a.status, a.body)
	}
}

func TestDeleteUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	must[*awsiam.CreateUserOutput](t)(createUser(w, "app"))
	must[*awsiam.CreateGroupOutput](t)(client.CreateGroup(t.Context(), &awsiam.CreateGroupInput{GroupName: aws.String("g")}))
	remove := func() error {
		_, err := client.DeleteUser(t.Context(), &awsiam.DeleteUserInput{UserName: aws.String("App")})
		return err
	}
	for _, c := range []struct {
		change  func(*iam.User)
		message string
	}{
		{func(u *iam.User) { u.AccessKeys = []iam.AccessKey{{ID: "AKIAX", Secret: "s"}} }, "Cannot delete entity, must delete access keys first."},
		{func(u *iam.User) { u.AccessKeys, u.Groups = nil, []string{"g"} }, "Cannot delete entity, must remove users from group first."},
		{func(u *iam.User) { u.Groups, u.AttachedARNs = nil, []string{readS3} }, "Cannot delete entity, must detach all policies first."},
		{func(u *iam.User) { u.AttachedARNs, u.Inline = nil, inline("p", reads) }, "Cannot delete entity, must delete policies first."},
	} {
		w.update(func(d *iam.Draft) error {
			_, err := d.UpdateUser(account, "app", func(u *iam.User) error { c.change(u); return nil })
			return err
		})
		refused(t, remove(), "DeleteConflict", c.message)
	}
	w.update(func(d *iam.Draft) error {
		_, err := d.UpdateUser(account, "app", func(u *iam.User) error { u.Inline = nil; return nil })
		return err
	})
	if err := remove(); err != nil {
		t.Error(err)
	}
	refused(t, remove(), "NoSuchEntity", "The user with name App cannot be found.")
}

func TestListUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	for i := range 7 {
		path := "/"
		if i%2 == 0 {
			path = "/even/"
		}
		must[*awsiam.CreateUserOutput](t)(client.CreateUser(t.Context(), &awsiam.CreateUserInput{UserName: aws.String("u" + strconv.Itoa(6-i)), Path: &path}))
	}
	var names []string
	pages := awsiam.NewListUsersPaginator(client, &awsiam.ListUsersInput{MaxItems: aws.Int32(2)})
	for pages.HasMorePages() {
		for _, u := range must[*awsiam.ListUsersOutput](t)(pages.NextPage(t.Context())).Users {
			names = append(names, *u.UserName)
		}
	}
	if got := strings.Join(names, " "); got != "u0 u1 u2 u3 u4 u5 u6" {
		t.Errorf("page by page: %s", got)
	}
	if even := must[*awsiam.ListUsersOutput](t)(client.ListUsers(t.Context(), &awsiam.ListUsersInput{PathPrefix: aws.String("/ev")})); len(even.Users) != 4 {
		t.Errorf("%d users below /ev", len(even.Users))
	}
}

// TestUpdateUser: a user keeps its id, its keys, groups and tags under another
// name and path.
func TestUpdateUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	must[*awsiam.CreateGroupOutput](t)(client.CreateGroup(t.Context(), &awsiam.CreateGroupInput{GroupName: aws.String("g")}))
	k := w.user("old", allowing("iam:GetUser"))
	must[*awsiam.AddUserToGroupOutput](t)(client.AddUserToGroup(t.Context(), &awsiam.AddUserToGroupInput{GroupName: aws.String("g"), UserName: aws.String("old")}))
	must[*awsiam.CreateUserOutput](t)(createUser(w, "other"))
	before := must[*types.User](t)(w.getUser("old"))
	update := func(name, newName, newPath *string) error {
		_, err := client.UpdateUser(t.Context(), &awsiam.UpdateUserInput{UserName: name, NewUserName: newName, NewPath: newPath})
		return err
	}
	if err := update(aws.String("OLD"), aws.String("new"), nil); err != nil {
		t.Fatal(err)
	}
	if err := update(aws.String("new"), nil, aws.String("/team/")); err != nil {
		t.Fatal(err)
	}
	after := must[*types.User](t)(w.getUser("new"))
	if *after.UserId != *before.UserId || *after.Arn != userARN+"team/new" || *after.Path != "/team/" || *after.UserName != "new" {
		t.Errorf("user %s %s", *after.UserId, *after.Arn)
	}
	if a := w.call(k, "GetUser"); a.status != 200 || !strings.Contains(a.body, "<UserName>new</UserName>") {
		t.Errorf("with the key: %d %s", a.status, a.body)
	}
	if groups := must[*awsiam.ListGroupsForUserOutput](t)(client.ListGroupsForUser(t.Context(), &awsiam.ListGroupsForUserInput{UserName: aws.String("new")})).Groups; len(groups) != 1 {
		t.Errorf("groups %v", groups)
	}
	refused(t, update(aws.String("new"), aws.String("OTHER"), nil), "EntityAlreadyExists", "User with name OTHER already exists.")
	refused(t, update(aws.String("old"), aws.String("x"), nil), "NoSuchEntity", "The user with name old cannot be found.")
	if err := update(aws.String("new"), aws.String("New"), nil); err != nil {
		t.Errorf("another case: %v", err)
	}
}

func TestUserTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	must[*awsiam.CreateUserOutput](t)(createUser(w, "app"))
	put := func(key, value string) error {
		_, err := client.TagUser(t.Context(), &awsiam.TagUserInput{UserName: aws.String("app"), Tags: []types.Tag{{Key: &key, Value: &value}}})
		return err
	}
	for _, pair := range [][2]string{{"Team", "red"}, {"team", "blue"}, {"stage", "dev"}} {
		if err := put(pair[0], pair[1]); err != nil {
			t.Error(err)
		}
	}
	must[*awsiam.UntagUserOutput](t)(client.UntagUser(t.Context(), &awsiam.UntagUserInput{UserName: aws.String("app"), TagKeys: []string{"STAGE"}}))
	got := must[*awsiam.ListUserTagsOutput](t)(client.ListUserTags(t.Context(), &awsiam.ListUserTagsInput{UserName: aws.String("app")})).Tags
	if len(got) != 1 || *got[0].Key != "team" || *got[0].Value != "blue" {
		t.Errorf("tags %v", got)
	}
	refused(t, put("aws:x", ""), "InvalidInput", "Tag keys beginning with aws: are reserved for system use.")
}

func TestUserGate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"app", "other"} {
		w.call(root, "CreateUser", "UserName", name, "Path", "/team/", "Tags.member.1.Key", "name", "Tags.member.1.Value", name)
	}
	app := []string{"UserName", "app"}
	moved := append(app, "NewUserName", "next", "NewPath", "/next/")
	w.gate([]gateCase{
		{"nothing", "", "GetUser", app, "user app"},
		{"the ARN", on("iam:GetUser", userARN+"team/app", ""), "GetUser", app, ""},
		{"the ARN without path", on("iam:GetUser", userARN+"app", ""), "GetUser", app, "user app"},
		{"resource tag", on("iam:ListAccessKeys", "*", `"StringEquals":{"iam:ResourceTag/name":"app"}`), "ListAccessKeys", app, ""},
		{"other resource tag", on("iam:ListAccessKeys", "*", `"StringEquals":{"iam:ResourceTag/name":"other"}`), "ListAccessKeys", app, "user app"},
		{"keys of its own", on("iam:*AccessKey*", userARN+"${aws:username}", ""), "CreateAccessKey", nil, ""},
		{"keys of another", on("iam:*AccessKey*", userARN+"${aws:username}", ""), "CreateAccessKey", app, "user app"},
		{"request tag", on("iam:TagUser", "*", `"StringEquals":{"aws:RequestTag/stage":"dev"}`), "TagUser", append(app, "Tags.member.1.Key", "stage", "Tags.member.1.Value", "prod"), userARN + "team/app"},
		{"to create below a path", on("iam:CreateUser", userARN+"team/*", ""), "CreateUser", []string{"UserName", "n1", "Path", "/team/"}, ""},
		{"to create elsewhere", on("iam:CreateUser", userARN+"team/*", ""), "CreateUser", []string{"UserName", "n2"}, userARN + "n2"},
		{"to create with a boundary", on("iam:CreateUser", "*", `"StringEquals":{"iam:PermissionsBoundary":"`+readS3+`"}`), "CreateUser", []string{"UserName", "n3"}, userARN + "n3"},
		{"to create with tags", allowing("iam:CreateUser"), "CreateUser", []string{"UserName", "n4", "Tags.member.1.Key", "k", "Tags.member.1.Value", "v"}, userARN + "n4"},
		{"to list below a path", on("iam:ListUsers", userARN+"team/*", ""), "ListUsers", []string{"PathPrefix", "/team/"}, ""},
		{"to list all", on("iam:ListUsers", userARN+"team/*", ""), "ListUsers", nil, userARN},
		{"to move from here", on("iam:UpdateUser", userARN+"team/app", ""), "UpdateUser", moved, userARN + "next/next"},
		{"to move to there", on("iam:UpdateUser", userARN+"next/next", ""), "UpdateUser", moved, "user app"},
		{"to move", allowing("iam:UpdateUser"), "UpdateUser", moved, ""},
	})
}
