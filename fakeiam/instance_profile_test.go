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

const profileARN = "arn:aws:iam::" + account + ":instance-profile/"

func createProfile(w *world, name string) (*awsiam.CreateInstanceProfileOutput, error) {
	return w.sdk(root).CreateInstanceProfile(w.Context(), &awsiam.CreateInstanceProfileInput{InstanceProfileName: &name})
}

func TestInstanceProfileOnTheWire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	golden.Check(t, "create_instance_profile.xml", w.call(root, "CreateInstanceProfile", "InstanceProfileName", "Nodes", "Path", "/eks/", "Tags.member.1.Key", "team", "Tags.member.1.Value", "two", "Tags.member.2.Key", "Team", "Tags.member.2.Value", "one").body)
	w.call(root, "CreateRole", "RoleName", "node", "AssumeRolePolicyDocument", trusted)
	golden.Check(t, "add_role_to_instance_profile.xml", w.call(root, "AddRoleToInstanceProfile", "InstanceProfileName", "nodes", "RoleName", "NODE").body)
	golden.Check(t, "get_instance_profile.xml", w.call(root, "GetInstanceProfile", "InstanceProfileName", "nodes").body)
	golden.Check(t, "list_instance_profiles.xml", w.call(root, "ListInstanceProfiles").body)
	golden.Check(t, "list_instance_profiles_for_role.xml", w.call(root, "ListInstanceProfilesForRole", "RoleName", "node").body)
	golden.Check(t, "list_instance_profile_tags.xml", w.call(root, "ListInstanceProfileTags", "InstanceProfileName", "nodes").body)
	golden.Check(t, "get_instance_profile_none.xml", w.call(root, "GetInstanceProfile", "InstanceProfileName", "none").body)
}

// A122: the list that Terraform asks for before it deletes a role.
func TestA122_ListInstanceProfilesForRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	must[*awsiam.CreateRoleOutput](t)(client.CreateRole(t.Context(), createRole("app")))
	list := func(name string) (*awsiam.ListInstanceProfilesForRoleOutput, error) {
		return client.ListInstanceProfilesForRole(t.Context(), &awsiam.ListInstanceProfilesForRoleInput{RoleName: &name})
	}
	if got := must[*awsiam.ListInstanceProfilesForRoleOutput](t)(list("app")); got.InstanceProfiles == nil || len(got.InstanceProfiles) != 0 || got.IsTruncated {
		t.Errorf("profiles %v", got.InstanceProfiles)
	}
	if a := w.call(root, "ListInstanceProfilesForRole", "RoleName", "app"); !strings.Contains(a.body, "<InstanceProfiles/>") {
		t.Errorf("no empty list: %s", a.body)
	}
	for _, name := range []string{"b", "a", "unused"} {
		must[*awsiam.CreateInstanceProfileOutput](t)(createProfile(w, name))
		if name != "unused" {
			must[*awsiam.AddRoleToInstanceProfileOutput](t)(client.AddRoleToInstanceProfile(t.Context(), &awsiam.AddRoleToInstanceProfileInput{InstanceProfileName: &name, RoleName: aws.String("app")}))
		}
	}
	var names []string
	for _, p := range must[*awsiam.ListInstanceProfilesForRoleOutput](t)(list("APP")).InstanceProfiles {
		names = append(names, *p.InstanceProfileName)
	}
	if got := strings.Join(names, " "); got != "a b" {
		t.Errorf("profiles %s", got)
	}
	_, err := list("none")
	refused(t, err, "NoSuchEntity", "The role with name none cannot be found.")
}

func TestInstanceProfileRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	for _, name := range []string{"one", "two"} {
		must[*awsiam.CreateRoleOutput](t)(client.CreateRole(t.Context(), createRole(name)))
	}
	must[*awsiam.CreateInstanceProfileOutput](t)(createProfile(w, "p"))
	add := func(role string) error {
		_, err := client.AddRoleToInstanceProfile(t.Context(), &awsiam.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("P"), RoleName: &role})
		return err
	}
	remove := func(role string) error {
		_, err := client.RemoveRoleFromInstanceProfile(t.Context(), &awsiam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: aws.String("P"), RoleName: &role})
		return err
	}
	noRole := func(name string) string { return "The role with name " + name + " cannot be found." }
	const oneOnly = "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"
	refused(t, remove("one"), "NoSuchEntity", noRole("one"))
	refused(t, add("none"), "NoSuchEntity", noRole("none"))
	if err := add("ONE"); err != nil {
		t.Fatal(err)
	}
	refused(t, add("one"), "LimitExceeded", oneOnly)
	refused(t, add("two"), "LimitExceeded", oneOnly)
	refused(t, remove("two"), "NoSuchEntity", noRole("two"))
	_, err := client.DeleteInstanceProfile(t.Context(), &awsiam.DeleteInstanceProfileInput{InstanceProfileName: aws.String("p")})
	refused(t, err, "DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.")
	_, err = client.DeleteRole(t.Context(), &awsiam.DeleteRoleInput{RoleName: aws.String("one")})
	refused(t, err, "DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.")
	if err := remove("one"); err != nil {
		t.Error(err)
	}
	refused(t, remove("one"), "NoSuchEntity", noRole("one"))
	must[*awsiam.DeleteInstanceProfileOutput](t)(client.DeleteInstanceProfile(t.Context(), &awsiam.DeleteInstanceProfileInput{InstanceProfileName: aws.String("p")}))
	const none = "Instance Profile P cannot be found."
	refused(t, add("one"), "NoSuchEntity", none)
	refused(t, remove("one"), "NoSuchEntity", none)
}

func TestRefusedInstanceProfiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	must[*awsiam.CreateInstanceProfileOutput](t)(createProfile(w, "p"))
	_, err := createProfile(w, "P")
	refused(t, err, "EntityAlreadyExists", "Instance Profile P already exists.")
	for _, action := range []string{"GetInstanceProfile", "DeleteInstanceProfile", "ListInstanceProfileTags"} {
		if a := w.call(root, action, "InstanceProfileName", "none"); a.status != 404 || !strings.Contains(a.body, "Instance Profile none cannot be found.") {
			t.Errorf("%s: %d %s", action, a.status, a.body)
		}
	}
	w.update(func(d *iam.Draft) error {
		for i := range 999 {
			if _, err := d.CreateInstanceProfile(iam.InstanceProfile{AccountID: account, Name: "p" + strconv.Itoa(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	_, err = createProfile(w, "more")
	refused(t, err, "LimitExceeded", "Cannot exceed quota for InstanceProfilesPerAccount: 1000")
	var n int
	pages := awsiam.NewListInstanceProfilesPaginator(w.sdk(root), &awsiam.ListInstanceProfilesInput{MaxItems: aws.Int32(300)})
	for pages.HasMorePages() {
		n += len(must[*awsiam.ListInstanceProfilesOutput](t)(pages.NextPage(t.Context())).InstanceProfiles)
	}
	if n != 1000 {
		t.Errorf("%d profiles, page by page", n)
	}
}

func TestInstanceProfileTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	must[*awsiam.CreateInstanceProfileOutput](t)(createProfile(w, "p"))
	tags := []types.Tag{{Key: aws.String("team"), Value: aws.String("two")}, {Key: aws.String("Team"), Value: aws.String("one")}, {Key: aws.String("gone"), Value: aws.String("")}}
	must[*awsiam.TagInstanceProfileOutput](t)(client.TagInstanceProfile(t.Context(), &awsiam.TagInstanceProfileInput{InstanceProfileName: aws.String("p"), Tags: tags}))
	must[*awsiam.UntagInstanceProfileOutput](t)(client.UntagInstanceProfile(t.Context(), &awsiam.UntagInstanceProfileInput{InstanceProfileName: aws.String("p"), TagKeys: []string{"gone", "TEAM"}}))
	got := must[*awsiam.ListInstanceProfileTagsOutput](t)(client.ListInstanceProfileTags(t.Context(), &awsiam.ListInstanceProfileTagsInput{InstanceProfileName: aws.String("p")})).Tags
	if len(got) != 2 || *got[0].Key != "Team" || *got[1].Value != "two" {
		t.Errorf("tags %v", got)
	}
}

func TestInstanceProfileGate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.call(root, "CreateInstanceProfile", "InstanceProfileName", "p", "Path", "/eks/", "Tags.member.1.Key", "team", "Tags.member.1.Value", "red")
	w.call(root, "CreateRole", "RoleName", "node", "Path", "/eks/", "AssumeRolePolicyDocument", trusted)
	const role = "arn:aws:iam::" + account + ":role/eks/node"
	p := []string{"InstanceProfileName", "p"}
	adding := append(p, "RoleName", "node")
	both := func(pass string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:AddRoleToInstanceProfile","Resource":"` + profileARN + `eks/p"},` + pass + `]}`
	}
	w.gate([]gateCase{
		{"nothing", "", "GetInstanceProfile", p, "instance profile p"},
		{"the ARN", on("iam:GetInstanceProfile", profileARN+"eks/p", ""), "GetInstanceProfile", p, ""},
		{"the ARN without path", on("iam:GetInstanceProfile", profileARN+"p", ""), "GetInstanceProfile", p, "instance profile p"},
		{"resource tag", on("iam:ListInstanceProfileTags", "*", `"StringEquals":{"aws:ResourceTag/team":"red"}`), "ListInstanceProfileTags", p, ""},
		{"to create with tags", allowing("iam:CreateInstanceProfile"), "CreateInstanceProfile", []string{"InstanceProfileName", "n", "Tags.member.1.Key", "k", "Tags.member.1.Value", "v"}, profileARN + "n"},
		{"to list", allowing("iam:GetInstanceProfile"), "ListInstanceProfiles", nil, profileARN},
		{"to list for a role", on("iam:ListInstanceProfilesForRole", role, ""), "ListInstanceProfilesForRole", []string{"RoleName", "node"}, ""},
		{"to list for another role", on("iam:ListInstanceProfilesForRole", role+"2", ""), "ListInstanceProfilesForRole", []string{"RoleName", "node"}, "role node"},
		{"to add a role, without passing it", on("iam:AddRoleToInstanceProfile", profileARN+"eks/p", ""), "AddRoleToInstanceProfile", adding, role},
		{"to pass a role, without adding it", on("iam:PassRole", role, ""), "AddRoleToInstanceProfile", adding, "instance profile p"},
		{"to pass another role", both(`{"Effect":"Allow","Action":"iam:PassRole","Resource":"` + role + `2"}`), "AddRoleToInstanceProfile", adding, role},
		{"to pass to another service", both(`{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"eks.amazonaws.com"}}}`), "AddRoleToInstanceProfile", adding, role},
		{"to pass to EC2", both(`{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}}`), "AddRoleToInstanceProfile", adding, ""},
		{"to remove it", allowing("iam:AddRoleToInstanceProfile"), "RemoveRoleFromInstanceProfile", adding, "instance profile p"},
	})
}
