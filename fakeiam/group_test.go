package fakeiam_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/golden"
)

const groupARN = "arn:aws:iam::" + account + ":group/"

func createGroup(w *world, name string) (*awsiam.CreateGroupOutput, error) {
	return w.sdk(root).CreateGroup(w.Context(), &awsiam.CreateGroupInput{GroupName: &name})
}

func TestGroupOnTheWire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	golden.Check(t, "create_group.xml", w.call(root, "CreateGroup", "GroupName", "Admins", "Path", "/team/").body)
	golden.Check(t, "get_group_empty.xml", w.call(root, "GetGroup", "GroupName", "admins").body)
	w.call(root, "CreateUser", "UserName", "app", "Tags.member.1.Key", "k", "Tags.member.1.Value", "v")
	golden.Check(t, "add_user_to_group.xml", w.call(root, "AddUserToGroup", "GroupName", "ADMINS", "UserName", "APP").body)
	golden.Check(t, "get_group.xml", w.call(root, "GetGroup", "GroupName", "admins").body)
	golden.Check(t, "list_groups.xml", w.call(root, "ListGroups").body)
	golden.Check(t, "list_groups_for_app.xml", w.call(root, "ListGroupsForUser", "UserName", "app").body)
	golden.Check(t, "delete_group_none.xml", w.call(root, "DeleteGroup", "GroupName", "none").body)
}

// TestMembers: members of a group have its policies from the moment they are in it
// to the moment they are not.
func TestMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	must[*awsiam.CreateGroupOutput](t)(createGroup(w, "Readers"))
	w.update(func(d *iam.Draft) error {
		_, err := d.UpdateGroup(account, "readers", func(g *iam.Group) error { g.Inline = inline("p", allowing("iam:ListUsers")); return nil })
		return err
	})
	k := w.user("app", "")
	allowed := func(when string, want bool) {
		t.Helper()
		if a := w.call(k, "ListUsers"); (a.status == 200) != want {
			t.Errorf("%s: %d", when, a.status)
		}
	}
	add := func() error {
		_, err := client.AddUserToGroup(t.Context(), &awsiam.AddUserToGroupInput{GroupName: aws.String("READERS"), UserName: aws.String("App")})
		return err
	}
	remove := func() error {
		_, err := client.RemoveUserFromGroup(t.Context(), &awsiam.RemoveUserFromGroupInput{GroupName: aws.String("readers"), UserName: aws.String("app")})
		return err
	}
	allowed("before", false)
	for range 2 {
		if err := add(); err != nil {
			t.Error(err)
		}
		allowed("in the group", true)
	}
	_, err := client.DeleteGroup(t.Context(), &awsiam.DeleteGroupInput{GroupName: aws.String("readers")})
	refused(t, err, "DeleteConflict", "Cannot delete entity, must remove users from group first.")
	must[*awsiam.UpdateGroupOutput](t)(client.UpdateGroup(t.Context(), &awsiam.UpdateGroupInput{GroupName: aws.String("readers"), NewGroupName: aws.String("Others"), NewPath: aws.String("/x/")}))
	allowed("in the renamed group", true)
	refused(t, remove(), "NoSuchEntity", "The group with name readers cannot be found.")
	must[*awsiam.UpdateGroupOutput](t)(client.UpdateGroup(t.Context(), &awsiam.UpdateGroupInput{GroupName: aws.String("others"), NewGroupName: aws.String("Readers")}))
	for range 2 {
		if err := remove(); err != nil {
			t.Error(err)
		}
		allowed("out of the group", false)
	}
}

func TestRefusedGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	must[*awsiam.CreateGroupOutput](t)(createGroup(w, "g"))
	must[*awsiam.CreateGroupOutput](t)(createGroup(w, "other"))
	must[*awsiam.CreateUserOutput](t)(createUser(w, "app"))
	_, err := createGroup(w, "G")
	refused(t, err, "EntityAlreadyExists", "Group with name G already exists.")
	_, err = client.UpdateGroup(t.Context(), &awsiam.UpdateGroupInput{GroupName: aws.String("g"), NewGroupName: aws.String("OTHER")})
	refused(t, err, "EntityAlreadyExists", "Group with name OTHER already exists.")
	_, err = client.AddUserToGroup(t.Context(), &awsiam.AddUserToGroupInput{GroupName: aws.String("g"), UserName: aws.String("none")})
	refused(t, err, "NoSuchEntity", "The user with name none cannot be found.")
	for action, params := range map[string][]string{
		"GetGroup": nil, "DeleteGroup": nil, "UpdateGroup": {"NewPath", "/x/"}, "AddUserToGroup": {"UserName", "app"}, "RemoveUserFromGroup": {"UserName", "app"},
	} {
		a := w.call(root, action, append(params, "GroupName", "none")...)
		if a.status != 404 || !strings.Contains(a.body, "The group with name none cannot be found.") {
			t.Errorf("%s: %d %s", action, a.status, a.body)
		}
	}
	change := func(change func(*iam.Group)) {
		w.update(func(d *iam.Draft) error {
			_, err := d.UpdateGroup(account, "g", func(g *iam.Group) error { change(g); return nil })
			return err
		})
	}
	remove := func() error {
		_, err := client.DeleteGroup(t.Context(), &awsiam.DeleteGroupInput{GroupName: aws.String("g")})
		return err
	}
	change(func(g *iam.Group) { g.AttachedARNs = []string{readS3} })
	refused(t, remove(), "DeleteConflict", "Cannot delete entity, must detach all policies first.")
	change(func(g *iam.Group) { g.AttachedARNs, g.Inline = nil, inline("p", reads) })
	refused(t, remove(), "DeleteConflict", "Cannot delete entity, must delete policies first.")
	change(func(g *iam.Group) { g.Inline = nil })
	if err := remove(); err != nil {
		t.Error(err)
	}
}

func TestGroupQuotas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	must[*awsiam.CreateUserOutput](t)(createUser(w, "app"))
	w.update(func(d *iam.Draft) error {
		for i := range 300 {
			if _, err := d.CreateGroup(iam.Group{AccountID: account, Name: "g" + strconv.Itoa(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	_, err := createGroup(w, "more")
	refused(t, err, "LimitExceeded", "Cannot exceed quota for GroupsPerAccount: 300")
	for i := range 11 {
		_, err = client.AddUserToGroup(t.Context(), &awsiam.AddUserToGroupInput{GroupName: aws.String("g" + strconv.Itoa(i)), UserName: aws.String("app")})
		if i < 10 && err != nil {
			t.Errorf("group %d: %v", i, err)
		}
	}
	refused(t, err, "LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10")
	var n int
	pages := awsiam.NewListGroupsForUserPaginator(client, &awsiam.ListGroupsForUserInput{UserName: aws.String("app"), MaxItems: aws.Int32(3)})
	for pages.HasMorePages() {
		n += len(must[*awsiam.ListGroupsForUserOutput](t)(pages.NextPage(t.Context())).Groups)
	}
	if n != 10 {
		t.Errorf("%d groups, page by page", n)
	}
}

// TestGetGroup: members come in pages.
func TestGetGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	must[*awsiam.CreateGroupOutput](t)(createGroup(w, "g"))
	for i := range 5 {
		name := "u" + strconv.Itoa(4-i)
		must[*awsiam.CreateUserOutput](t)(createUser(w, name))
		must[*awsiam.AddUserToGroupOutput](t)(client.AddUserToGroup(t.Context(), &awsiam.AddUserToGroupInput{GroupName: aws.String("g"), UserName: &name}))
	}
	var names []string
	pages := awsiam.NewGetGroupPaginator(client, &awsiam.GetGroupInput{GroupName: aws.String("g"), MaxItems: aws.Int32(2)})
	for pages.HasMorePages() {
		page := must[*awsiam.GetGroupOutput](t)(pages.NextPage(t.Context()))
		if *page.Group.Arn != groupARN+"g" {
			t.Errorf("group %s", *page.Group.Arn)
		}
		for _, u := range page.Users {
			names = append(names, *u.UserName)
		}
	}
	if got := strings.Join(names, " "); got != "u0 u1 u2 u3 u4" {
		t.Errorf("page by page: %s", got)
	}
}

func TestGroupGate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.call(root, "CreateGroup", "GroupName", "g", "Path", "/team/")
	w.call(root, "CreateUser", "UserName", "app")
	member := []string{"GroupName", "g", "UserName", "app"}
	moved := []string{"GroupName", "g", "NewGroupName", "h"}
	w.gate([]gateCase{
		{"nothing", "", "GetGroup", []string{"GroupName", "g"}, "group g"},
		{"the ARN", on("iam:GetGroup", groupARN+"team/g", ""), "GetGroup", []string{"GroupName", "G"}, ""},
		{"the ARN without path", on("iam:GetGroup", groupARN+"g", ""), "GetGroup", []string{"GroupName", "g"}, "group g"},
		{"to add to it", on("iam:AddUserToGroup", groupARN+"team/g", ""), "AddUserToGroup", member, ""},
		{"to add the user", on("iam:AddUserToGroup", userARN+"app", ""), "AddUserToGroup", member, "group g"},
		{"to remove", allowing("iam:AddUserToGroup"), "RemoveUserFromGroup", member, "group g"},
		{"to create", on("iam:CreateGroup", groupARN+"team/*", ""), "CreateGroup", []string{"GroupName", "n", "Path", "/other/"}, groupARN + "other/n"},
		{"to list", allowing("iam:GetGroup"), "ListGroups", nil, groupARN},
		{"to move from here", on("iam:UpdateGroup", groupARN+"team/g", ""), "UpdateGroup", moved, groupARN + "team/h"},
		{"to move to there", on("iam:UpdateGroup", groupARN+"team/h", ""), "UpdateGroup", moved, "group g"},
		{"to move", allowing("iam:UpdateGroup"), "UpdateGroup", moved, ""},
	})
}
