package fakeiam_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/golden"
)

func createRole(name string) *awsiam.CreateRoleInput {
	return &awsiam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trusted)}
}

// A108, A109, A110: which answer tells what of a role.
func TestA108_A109_A110_WhatIsToldOfARole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	in := createRole("App")
	in.Path, in.Description, in.MaxSessionDuration = aws.String("/team/"), aws.String("what it is for"), aws.Int32(7200)
	in.PermissionsBoundary, in.Tags = aws.String(readS3), []types.Tag{{Key: aws.String("team"), Value: aws.String("red")}}
	made := must[*awsiam.CreateRoleOutput](t)(client.CreateRole(t.Context(), in)).Role
	if made.Description != nil || made.MaxSessionDuration != nil || made.RoleLastUsed != nil {
		t.Errorf("CreateRole tells %+v", made)
	}
	if *made.Arn != "arn:aws:iam::"+account+":role/team/App" || !strings.HasPrefix(*made.RoleId, "AROA") || len(*made.RoleId) != 21 || !made.CreateDate.Equal(begin) {
		t.Errorf("CreateRole made %s, %s, %s", *made.Arn, *made.RoleId, made.CreateDate)
	}
	got := must[*awsiam.GetRoleOutput](t)(client.GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: aws.String("App")})).Role
	if *got.Description != "what it is for" || *got.MaxSessionDuration != 7200 || got.RoleLastUsed == nil || len(got.Tags) != 1 {
		t.Errorf("GetRole tells %+v", got)
	}
	if string(got.PermissionsBoundary.PermissionsBoundaryType) != "Policy" || *got.PermissionsBoundary.PermissionsBoundaryArn != readS3 {
		t.Errorf("boundary %+v", got.PermissionsBoundary)
	}
	if text, err := url.PathUnescape(*got.AssumeRolePolicyDocument); err != nil || text != trusted {
		t.Errorf("trust policy %s, %v", *got.AssumeRolePolicyDocument, err)
	}
	listed := must[*awsiam.ListRolesOutput](t)(client.ListRoles(t.Context(), &awsiam.ListRolesInput{})).Roles[0]
	if listed.PermissionsBoundary != nil || listed.Tags != nil || listed.RoleLastUsed != nil || *listed.MaxSessionDuration != 7200 {
		t.Errorf("ListRoles tells %+v", listed)
	}
}

func TestRoleOnTheWire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.call(root, "CreateRole", "RoleName", "app", "AssumeRolePolicyDocument", trusted, "Description", "d", "PermissionsBoundary", readS3, "Tags.member.1.Key", "k", "Tags.member.1.Value", "")
	golden.Check(t, "get_role.xml", w.call(root, "GetRole", "RoleName", "app").body)
	golden.Check(t, "list_role_tags.xml", w.call(root, "ListRoleTags", "RoleName", "app").body)
	golden.Check(t, "list_roles_none.xml", w.call(root, "ListRoles", "PathPrefix", "/none/").body)
	golden.Check(t, "update_role.xml", w.call(root, "UpdateRole", "RoleName", "app").body)
	golden.Check(t, "tag_role.xml", w.call(root, "TagRole", "RoleName", "app", "Tags.member.1.Key", "k", "Tags.member.1.Value", "v").body)
	golden.Check(t, "get_role_none.xml", w.call(root, "GetRole", "RoleName", "none").body)
}

func TestA111_UpdateRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	in := createRole("app")
	in.MaxSessionDuration, in.Description = aws.Int32(7200), aws.String("one")
	must[*awsiam.CreateRoleOutput](t)(client.CreateRole(t.Context(), in))
	for _, c := range []struct {
		in          awsiam.UpdateRoleInput
		description string
		longest     int32
	}{
		{awsiam.UpdateRoleInput{Description: aws.String("two")}, "two", 7200},
		{awsiam.UpdateRoleInput{MaxSessionDuration: aws.Int32(3600)}, "two", 3600},
		{awsiam.UpdateRoleInput{Description: aws.String("")}, "", 3600},
	} {
		c.in.RoleName = aws.String("APP")
		must[*awsiam.UpdateRoleOutput](t)(client.UpdateRole(t.Context(), &c.in))
		got := must[*awsiam.GetRoleOutput](t)(client.GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: aws.String("app")})).Role
		if aws.ToString(got.Description) != c.description || *got.MaxSessionDuration != c.longest {
			t.Errorf("%+v gives %q, %d", c.in, aws.ToString(got.Description), *got.MaxSessionDuration)
		}
	}
	described := must[*awsiam.UpdateRoleDescriptionOutput](t)(client.UpdateRoleDescription(t.Context(), &awsiam.UpdateRoleDescriptionInput{RoleName: aws.String("app"), Description: aws.String("three")}))
	if *described.Role.Description != "three" {
		t.Errorf("described as %q", *described.Role.Description)
	}
	_, err := client.UpdateRole(t.Context(), &awsiam.UpdateRoleInput{RoleName: aws.String("app"), MaxSessionDuration: aws.Int32(43201)})
	refused(t, err, "ValidationError", "1 validation error detected: Value '43201' at 'maxSessionDuration' failed to satisfy constraint: Member must have value less than or equal to 43200")
	must[*awsiam.UpdateAssumeRolePolicyOutput](t)(client.UpdateAssumeRolePolicy(t.Context(), &awsiam.UpdateAssumeRolePolicyInput{RoleName: aws.String("app"), PolicyDocument: aws.String(strings.ReplaceAll(trusted, "Allow", "Deny"))}))
	role, _ := w.store.Snapshot().Role(account, "app")
	if !strings.Contains(string(role.Trust.Document.Source()), "Deny") {
		t.Error("the trust policy is the old one")
	}
}

func TestA112_DeleteRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	must[*awsiam.CreateRoleOutput](t)(client.CreateRole(t.Context(), createRole("app")))
	remove := func() error {
		_, err := client.DeleteRole(t.Context(), &awsiam.DeleteRoleInput{RoleName: aws.String("app")})
		return err
	}
	change := func(change func(*iam.Role)) {
		w.update(func(d *iam.Draft) error {
			_, err := d.UpdateRole(account, "app", func(r *iam.Role) error { change(r); return nil })
			return err
		})
	}
	change(func(r *iam.Role) { r.AttachedARNs = []string{readS3} })
	refused(t, remove(), "DeleteConflict", "Cannot delete entity, must detach all policies first.")
	change(func(r *iam.Role) { r.AttachedARNs, r.Inline = nil, inline("p", reads) })
	refused(t, remove(), "DeleteConflict", "Cannot delete entity, must delete policies first.")
	change(func(r *iam.Role) { r.Inline = nil })
	w.update(func(d *iam.Draft) error {
		_, err := d.CreateInstanceProfile(iam.InstanceProfile{AccountID: account, Name: "ip", RoleName: "app"})
		return err
	})
	refused(t, remove(), "DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.")
	w.update(func(d *iam.Draft) error { return d.DeleteInstanceProfile(account, "ip") })
	if err := remove(); err != nil {
		t.Error(err)
	}
	refused(t, remove(), "NoSuchEntity", "The role with name app cannot be found.")
}

func TestA113_A114_A119_A120_A121_RefusedRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	must[*awsiam.CreateRoleOutput](t)(client.CreateRole(t.Context(), createRole("app")))
	long := strings.Replace(trusted, `"sts:AssumeRole"`, `["sts:AssumeRole"`+strings.Repeat(`,"sts:AssumeRole"`, 120)+`]`, 1)
	for name, c := range map[string]struct {
		change        func(*awsiam.CreateRoleInput)
		code, message string
	}{
		"A114 another case": {func(in *awsiam.CreateRoleInput) { in.RoleName = aws.String("APP") }, "EntityAlreadyExists", "Role with name APP already exists."},
		"A119 too long":     {func(in *awsiam.CreateRoleInput) { in.AssumeRolePolicyDocument = &long }, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048"},
		"A120 no JSON":      {func(in *awsiam.CreateRoleInput) { in.AssumeRolePolicyDocument = aws.String("{") }, "MalformedPolicyDocument", "This policy contains invalid Json"},
		"A121 path":         {func(in *awsiam.CreateRoleInput) { in.Path = aws.String("/team") }, "ValidationError", "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."},
		"no such boundary": {func(in *awsiam.CreateRoleInput) {
			in.PermissionsBoundary = aws.String("arn:aws:iam::" + account + ":policy/none")
		}, "NoSuchEntity", "Scope ARN: arn:aws:iam::" + account + ":policy/none does not exist or is not attachable."},
		"tags twice": {func(in *awsiam.CreateRoleInput) {
			in.Tags = []types.Tag{{Key: aws.String("a"), Value: aws.String("")}, {Key: aws.String("A"), Value: aws.String("")}}
		}, "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive."},
	} {
		in := createRole("other")
		c.change(in)
		_, err := client.CreateRole(t.Context(), in)
		t.Run(name, func(t *testing.T) { refused(t, err, c.code, c.message) })
	}
	_, err := client.GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: aws.String("none")})
	refused(t, err, "NoSuchEntity", "The role with name none cannot be found.") // A113
	if len(w.store.Snapshot().Roles(account)) != 1 {
		t.Error("a refused role was made")
	}
}

// A121, A123: which roles are listed, and how many at a time.
func TestA121_A123_ListRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	for i := range 7 {
		in := createRole("r" + strconv.Itoa(i))
		if i%2 == 0 {
			in.Path = aws.String("/even/" + strconv.Itoa(i) + "/")
		}
		must[*awsiam.CreateRoleOutput](t)(client.CreateRole(t.Context(), in))
	}
	var names []string
	pages := awsiam.NewListRolesPaginator(client, &awsiam.ListRolesInput{MaxItems: aws.Int32(2)})
	for pages.HasMorePages() {
		page := must[*awsiam.ListRolesOutput](t)(pages.NextPage(t.Context()))
		for _, r := range page.Roles {
			names = append(names, *r.RoleName)
		}
	}
	if got := strings.Join(names, " "); got != "r0 r1 r2 r3 r4 r5 r6" {
		t.Errorf("page by page: %s", got)
	}
	even := must[*awsiam.ListRolesOutput](t)(client.ListRoles(t.Context(), &awsiam.ListRolesInput{PathPrefix: aws.String("/even/")}))
	if len(even.Roles) != 4 || even.IsTruncated {
		t.Errorf("%d roles below /even/", len(even.Roles))
	}
	for value, status := range map[string]int{"01": 200, "+1": 200, " 1 ": 400, "1001": 400, "0": 400, "": 400} {
		if a := w.call(root, "ListRoles", "MaxItems", value); a.status != status {
			t.Errorf("MaxItems %q: %d %s", value, a.status, a.body)
		}
	}
	if a := w.call(root, "ListRoles", "Marker", "!"); a.status != 400 {
		t.Errorf("a marker that is none: %d", a.status)
	}
}

func TestA124_RoleTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	must[*awsiam.CreateRoleOutput](t)(client.CreateRole(t.Context(), createRole("app")))
	tags := func(pairs ...string) (list []types.Tag) {
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
		}
		return list
	}
	must[*awsiam.TagRoleOutput](t)(client.TagRole(t.Context(), &awsiam.TagRoleInput{RoleName: aws.String("app"), Tags: tags("Team", "red", "stage", "dev")}))
	must[*awsiam.TagRoleOutput](t)(client.TagRole(t.Context(), &awsiam.TagRoleInput{RoleName: aws.String("app"), Tags: tags("TEAM", "blue")}))
	must[*awsiam.UntagRoleOutput](t)(client.UntagRole(t.Context(), &awsiam.UntagRoleInput{RoleName: aws.String("app"), TagKeys: []string{"STAGE", "absent"}}))
	got := must[*awsiam.ListRoleTagsOutput](t)(client.ListRoleTags(t.Context(), &awsiam.ListRoleTagsInput{RoleName: aws.String("app")})).Tags
	if len(got) != 1 || *got[0].Key != "TEAM" || *got[0].Value != "blue" {
		t.Errorf("tags %v", got)
	}
	_, err := client.TagRole(t.Context(), &awsiam.TagRoleInput{RoleName: aws.String("app"), Tags: tags("aws:x", "1")})
	refused(t, err, "InvalidInput", "Tag keys beginning with aws: are reserved for system use.")
	if a := w.call(root, "TagRole", "RoleName", "app", "Tags", ""); a.status != 400 || !strings.Contains(a.body, "<Code>InvalidInput</Code>") {
		t.Errorf("no tags: %d %s", a.status, a.body)
	}
	must[*awsiam.UntagRoleOutput](t)(client.UntagRole(t.Context(), &awsiam.UntagRoleInput{RoleName: aws.String("app"), TagKeys: []string{}}))
	var fifty []string
	for i := range 50 {
		fifty = append(fifty, "k"+strconv.Itoa(i), "")
	}
	_, err = client.TagRole(t.Context(), &awsiam.TagRoleInput{RoleName: aws.String("app"), Tags: tags(fifty...)})
	refused(t, err, "LimitExceeded", "Cannot exceed quota for TagsPerResource: 50")
}

// TestGate: a session may do to IAM only what its policies allow; the role's
// path and tags and the request's are what the policies see.
func TestGate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := createRole("app")
	in.Path, in.Tags = aws.String("/team/"), []types.Tag{{Key: aws.String("team"), Value: aws.String("red")}}
	must[*awsiam.CreateRoleOutput](t)(w.sdk(root).CreateRole(t.Context(), in))
	const app = "arn:aws:iam::" + account + ":role/team/app"
	get := []string{"RoleName", "app"}
	tagging := []string{"RoleName", "app", "Tags.member.1.Key", "stage", "Tags.member.1.Value", "dev"}
	for name, c := range map[string]struct {
		policy, action string
		params         []string
		allowed        bool
	}{
		"nothing":              {"", "GetRole", get, false},
		"the action":           {allowing("iam:GetRole"), "GetRole", get, true},
		"another action":       {allowing("iam:ListRoles"), "GetRole", get, false},
		"the ARN":              {on("iam:GetRole", app, ""), "GetRole", get, true},
		"the ARN without path": {on("iam:GetRole", "arn:aws:iam::"+account+":role/app", ""), "GetRole", get, false},
		"name in another case": {on("iam:GetRole", app, ""), "GetRole", []string{"RoleName", "APP"}, true},
		"resource tag":         {on("iam:GetRole", "*", `"StringEquals":{"aws:ResourceTag/team":"red"}`), "GetRole", get, true},
		"other resource tag":   {on("iam:GetRole", "*", `"StringEquals":{"iam:ResourceTag/team":"blue"}`), "GetRole", get, false},
		"request tag":          {on("iam:TagRole", "*", `"StringEquals":{"aws:RequestTag/stage":"dev"}`), "TagRole", tagging, true},
		"tag keys":             {on("iam:TagRole", "*", `"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}`), "TagRole", tagging, false},
		"boundary":             {on("iam:CreateRole", "*", `"StringEquals":{"iam:PermissionsBoundary":"`+readS3+`"}`), "CreateRole", []string{"RoleName", "new", "AssumeRolePolicyDocument", trusted, "PermissionsBoundary", readS3}, true},
		"tags on create":       {allowing("iam:CreateRole", "iam:TagRole"), "CreateRole", []string{"RoleName", "new3", "AssumeRolePolicyDocument", trusted, "Tags.member.1.Key", "k", "Tags.member.1.Value", "v"}, true},
		"no tags on create":    {allowing("iam:CreateRole"), "CreateRole", []string{"RoleName", "new4", "AssumeRolePolicyDocument", trusted, "Tags.member.1.Key", "k", "Tags.member.1.Value", "v"}, false},
		"no boundary":          {on("iam:CreateRole", "*", `"StringEquals":{"iam:PermissionsBoundary":"`+readS3+`"}`), "CreateRole", []string{"RoleName", "new2", "AssumeRolePolicyDocument", trusted}, false},
	} {
		t.Run(name, func(t *testing.T) {
			user := "u" + strings.ReplaceAll(name, " ", "")
			a := w.call(w.user(user, c.policy), c.action, c.params...)
			if c.allowed != (a.status == 200) || !c.allowed && a.status != 403 {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
	before := w.store.Snapshot()
	a := w.call(w.user("denied", ""), "DeleteRole", "RoleName", "app")
	want := "User: arn:aws:iam::" + account + ":user/denied is not authorized to perform: iam:DeleteRole on resource: role app because no identity-based policy allows the iam:DeleteRole action"
	if !strings.Contains(a.body, "<Code>AccessDenied</Code>") || !strings.Contains(a.body, want) {
		t.Errorf("the denial says %s", a.body)
	}
	if len(before.Roles(account)) != len(w.store.Snapshot().Roles(account)) {
		t.Error("a denied request changed the state")
	}
}
