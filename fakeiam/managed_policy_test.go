package fakeiam_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/golden"
)

const mine = "arn:aws:iam::" + account + ":policy/"

// policy makes a managed policy and returns its ARN.
func (w *world) policy(path, name string) string {
	w.Helper()
	var made string
	w.update(func(d *iam.Draft) error {
		p, err := d.CreatePolicy(iam.ManagedPolicy{AccountID: account, Path: path, Name: name, Document: inline("", reads)[0].Document})
		if err == nil {
			made = p.ARN
		}
		return err
	})
	return made
}

func (w *world) role(name string, change func(*iam.Role)) {
	w.Helper()
	must[*awsiam.CreateRoleOutput](w)(w.sdk(root).CreateRole(w.Context(), createRole(name)))
	w.update(func(d *iam.Draft) error {
		_, err := d.UpdateRole(account, name, func(r *iam.Role) error { change(r); return nil })
		return err
	})
}

func (w *world) group(name string) {
	w.Helper()
	w.update(func(d *iam.Draft) error {
		_, err := d.CreateGroup(iam.Group{AccountID: account, Name: name})
		return err
	})
}

// A129: GetPolicy alone tells the description. A130: to be a boundary is not to
// be attached.
func TestA129_A130_WhatIsToldOfAPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	made := must[*awsiam.CreatePolicyOutput](t)(client.CreatePolicy(t.Context(), &awsiam.CreatePolicyInput{
		PolicyName: aws.String("Read"), Path: aws.String("/team/"), PolicyDocument: aws.String(reads), Description: aws.String("what it is for"),
		Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("red")}},
	})).Policy
	if made.Description != nil || *made.Arn != mine+"team/Read" || *made.DefaultVersionId != "v1" || !made.IsAttachable || len(made.Tags) != 1 {
		t.Errorf("CreatePolicy tells %+v", made)
	}
	if !strings.HasPrefix(*made.PolicyId, "ANPA") || len(*made.PolicyId) != 21 || !made.CreateDate.Equal(begin) || !made.UpdateDate.Equal(begin) {
		t.Errorf("CreatePolicy made %s at %s", *made.PolicyId, made.CreateDate)
	}
	w.role("attached", func(r *iam.Role) { r.AttachedARNs = []string{*made.Arn} })
	w.role("bounded", func(r *iam.Role) { r.BoundaryARN = *made.Arn })
	got := must[*awsiam.GetPolicyOutput](t)(client.GetPolicy(t.Context(), &awsiam.GetPolicyInput{PolicyArn: made.Arn})).Policy
	if *got.Description != "what it is for" || len(got.Tags) != 1 || *got.AttachmentCount != 1 || *got.PermissionsBoundaryUsageCount != 1 {
		t.Errorf("GetPolicy tells %+v", got)
	}
	listed := must[*awsiam.ListPoliciesOutput](t)(client.ListPolicies(t.Context(), &awsiam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal})).Policies[0]
	if listed.Description != nil || listed.Tags != nil || *listed.AttachmentCount != 1 || *listed.PermissionsBoundaryUsageCount != 1 {
		t.Errorf("ListPolicies tells %+v", listed)
	}
	version := must[*awsiam.GetPolicyVersionOutput](t)(client.GetPolicyVersion(t.Context(), &awsiam.GetPolicyVersionInput{PolicyArn: made.Arn, VersionId: aws.String("v1")})).PolicyVersion
	if text, err := url.PathUnescape(*version.Document); err != nil || text != reads || !version.IsDefaultVersion {
		t.Errorf("the version is %+v: %v", version, err)
	}
}

func TestPolicyOnTheWire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	read := []string{"PolicyArn", mine + "read"}
	golden.Check(t, "create_policy.xml", w.call(root, "CreatePolicy", "PolicyName", "read", "PolicyDocument", reads, "Description", "d", "Tags.member.1.Key", "k", "Tags.member.1.Value", "").body)
	golden.Check(t, "get_policy.xml", w.call(root, "GetPolicy", read...).body)
	golden.Check(t, "get_policy_none.xml", w.call(root, "GetPolicy", "PolicyArn", mine+"none").body)
	golden.Check(t, "get_policy_aws.xml", w.call(root, "GetPolicy", "PolicyArn", readS3).body)
	golden.Check(t, "list_policies.xml", w.call(root, "ListPolicies", "Scope", "Local").body)
	golden.Check(t, "create_policy_version.xml", w.call(root, "CreatePolicyVersion", append(read, "PolicyDocument", reads)...).body)
	golden.Check(t, "get_policy_version.xml", w.call(root, "GetPolicyVersion", append(read, "VersionId", "v2")...).body)
	golden.Check(t, "list_policy_versions.xml", w.call(root, "ListPolicyVersions", read...).body)
	golden.Check(t, "list_policy_tags.xml", w.call(root, "ListPolicyTags", read...).body)
	golden.Check(t, "list_entities_none.xml", w.call(root, "ListEntitiesForPolicy", read...).body)
	w.role("app", func(r *iam.Role) { r.AttachedARNs = []string{mine + "read"} })
	golden.Check(t, "list_entities.xml", w.call(root, "ListEntitiesForPolicy", read...).body)
	golden.Check(t, "delete_policy_conflict.xml", w.call(root, "DeletePolicy", read...).body)
}

// A116: version ids count up and are not given again; there are five at most, and
// the default one stays.
func TestA116_PolicyVersions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	read := aws.String(w.policy("/", "read"))
	create := func(standing bool) (string, error) {
		out, err := client.CreatePolicyVersion(t.Context(), &awsiam.CreatePolicyVersionInput{PolicyArn: read, PolicyDocument: aws.String(allowing("s3:Get*")), SetAsDefault: standing})
		if err != nil {
			return "", err
		}
		if out.PolicyVersion.Document != nil || out.PolicyVersion.IsDefaultVersion != standing {
			t.Errorf("CreatePolicyVersion tells %+v", out.PolicyVersion)
		}
		return *out.PolicyVersion.VersionId, nil
	}
	remove := func(id string) error {
		_, err := client.DeletePolicyVersion(t.Context(), &awsiam.DeletePolicyVersionInput{PolicyArn: read, VersionId: &id})
		return err
	}
	for _, want := range []string{"v2", "v3", "v4", "v5"} {
		if id, err := create(want == "v3"); err != nil || id != want {
			t.Errorf("made %s, want %s: %v", id, want, err)
		}
	}
	_, err := create(false)
	refused(t, err, "LimitExceeded", "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.")
	refused(t, remove("v3"), "DeleteConflict", "Cannot delete the default version of a policy.")
	refused(t, remove("v9"), "NoSuchEntity", "Policy "+*read+" version v9 does not exist or is not attachable.")
	if err := remove("v5"); err != nil {
		t.Error(err)
	}
	if id, err := create(false); err != nil || id != "v6" {
		t.Errorf("made %s after v5 was deleted: %v", id, err)
	}
	must[*awsiam.SetDefaultPolicyVersionOutput](t)(client.SetDefaultPolicyVersion(t.Context(), &awsiam.SetDefaultPolicyVersionInput{PolicyArn: read, VersionId: aws.String("v6")}))
	got := must[*awsiam.GetPolicyOutput](t)(client.GetPolicy(t.Context(), &awsiam.GetPolicyInput{PolicyArn: read})).Policy
	if *got.DefaultVersionId != "v6" {
		t.Errorf("the default is %s", *got.DefaultVersionId)
	}
	_, err = client.SetDefaultPolicyVersion(t.Context(), &awsiam.SetDefaultPolicyVersionInput{PolicyArn: read, VersionId: aws.String("v5")})
	refused(t, err, "NoSuchEntity", "Policy "+*read+" version v5 does not exist or is not attachable.")
	var ids []string
	pages := awsiam.NewListPolicyVersionsPaginator(client, &awsiam.ListPolicyVersionsInput{PolicyArn: read, MaxItems: aws.Int32(2)})
	for pages.HasMorePages() {
		for _, v := range must[*awsiam.ListPolicyVersionsOutput](t)(pages.NextPage(t.Context())).Versions {
			ids = append(ids, *v.VersionId)
		}
	}
	if got := strings.Join(ids, " "); got != "v6 v4 v3 v2 v1" {
		t.Errorf("versions %s", got)
	}
	_, err = client.DeletePolicy(t.Context(), &awsiam.DeletePolicyInput{PolicyArn: read})
	refused(t, err, "DeleteConflict", "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
}

// A118: the policies of AWS are listed page by page, all of them.
func TestA118_ListPoliciesOfAWS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policy("/", "mine")
	for scope, want := range map[string]int{"AWS": 1485, "All": 1486, "Local": 1} {
		seen := map[string]bool{}
		for marker, more := "", true; more; more = marker != "" {
			params := []string{"Scope", scope, "MaxItems", "700"}
			if marker != "" {
				params = append(params, "Marker", marker)
			}
			body := w.call(root, "ListPolicies", params...).body
			for _, policyARN := range elements(body, "Arn") {
				seen[policyARN] = true
			}
			marker = element(body, "Marker")
			if (element(body, "IsTruncated") == "true") != (marker != "") {
				t.Errorf("truncated, and marker %q", marker)
			}
		}
		if len(seen) != want || (scope != "Local") != seen[readS3] {
			t.Errorf("scope %s: %d policies", scope, len(seen))
		}
	}
	body := w.call(root, "ListPolicies").body
	if arns := elements(body, "Arn"); len(arns) != 100 || arns[0] != mine+"mine" || element(body, "IsTruncated") != "true" {
		t.Errorf("the first page has %d policies", len(arns))
	}
}

func TestListPolicies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.policy("/team/red/", "a"), w.policy("/team/", "b")
	w.policy("/", "c")
	w.role("attached", func(r *iam.Role) { r.AttachedARNs = []string{a, readS3} })
	w.role("bounded", func(r *iam.Role) { r.BoundaryARN = b })
	for name, c := range map[string]struct {
		params []string
		want   string
	}{
		"local":                    {[]string{"Scope", "Local"}, "c b a"},
		"path":                     {[]string{"PathPrefix", "/team/"}, "b a"},
		"deeper path":              {[]string{"PathPrefix", "/team/red/"}, "a"},
		"attached":                 {[]string{"OnlyAttached", "true"}, "b a AmazonS3ReadOnlyAccess"},
		"attached, by 1":           {[]string{"OnlyAttached", "1", "Scope", "Local"}, "b a"},
		"attached as policy":       {[]string{"OnlyAttached", "true", "PolicyUsageFilter", "PermissionsPolicy"}, "a AmazonS3ReadOnlyAccess"},
		"attached as boundary":     {[]string{"OnlyAttached", "true", "PolicyUsageFilter", "PermissionsBoundary"}, "b"},
		"usage without attachment": {[]string{"Scope", "Local", "PolicyUsageFilter", "PermissionsBoundary"}, "c b a"},
		"not attached":             {[]string{"Scope", "Local", "OnlyAttached", "false"}, "c b a"},
	} {
		t.Run(name, func(t *testing.T) {
			got := elements(w.call(root, "ListPolicies", c.params...).body, "PolicyName")
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	for params, message := range map[string]string{
		"Scope=Mine":              "1 validation error detected: Value at 'scope' failed to satisfy constraint: Member must satisfy enum value set",
		"PathPrefix=%2Fteam":      "The specified value for pathPrefix is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.",
		"PolicyUsageFilter=Other": "1 validation error detected: Value at 'policyUsageFilter' failed to satisfy constraint: Member must satisfy enum value set",
	} {
		a := w.send(root, "Action=ListPolicies&Version=2010-05-08&"+params, nil)
		if a.status != 400 || element(a.body, "Message") != message {
			t.Errorf("%s: %d %s", params, a.status, a.body)
		}
	}
}

// elements returns the texts of the elements of this name.
func elements(body, name string) (texts []string) {
	for _, rest := range strings.Split(body, "<"+name+">")[1:] {
		text, _, _ := strings.Cut(rest, "<")
		texts = append(texts, text)
	}
	return texts
}

func TestListEntitiesForPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	read := w.policy("/", "read")
	w.role("r1", func(r *iam.Role) { r.AttachedARNs = []string{read} })
	w.role("r2", func(r *iam.Role) { r.BoundaryARN = read })
	w.role("r3", func(*iam.Role) {})
	w.group("g")
	w.user("u", "")
	w.update(func(d *iam.Draft) error {
		_, err := d.UpdateUser(account, "u", func(u *iam.User) error { u.AttachedARNs = []string{read}; return nil })
		if err == nil {
			_, err = d.UpdateGroup(account, "g", func(g *iam.Group) error { g.AttachedARNs = []string{read}; return nil })
		}
		return err
	})
	for params, want := range map[string]string{
		"":                                      "[g] [u] [r1 r2]",
		"EntityFilter=Role":                     "[] [] [r1 r2]",
		"EntityFilter=Group":                    "[g] [] []",
		"EntityFilter=AWSManagedPolicy":         "[] [] []",
		"PolicyUsageFilter=PermissionsPolicy":   "[g] [u] [r1]",
		"PolicyUsageFilter=PermissionsBoundary": "[] [] [r2]",
		"PathPrefix=%2Fother%2F":                "[] [] []",
		"MaxItems=2":                            "[g] [] [r1]",
		"EntityFilter=User&PolicyUsageFilter=PermissionsBoundary": "[] [] []",
	} {
		body := w.send(root, "Action=ListEntitiesForPolicy&Version=2010-05-08&PolicyArn="+url.QueryEscape(read)+"&"+params, nil).body
		got := fmt.Sprint(elements(body, "GroupName"), elements(body, "UserName"), elements(body, "RoleName"))
		if got != want {
			t.Errorf("%s: got %s, want %s", params, got, want)
		}
	}
	var names []string
	pages := awsiam.NewListEntitiesForPolicyPaginator(w.sdk(root), &awsiam.ListEntitiesForPolicyInput{PolicyArn: &read, MaxItems: aws.Int32(1)})
	for pages.HasMorePages() {
		page := must[*awsiam.ListEntitiesForPolicyOutput](t)(pages.NextPage(t.Context()))
		for _, g := range page.PolicyGroups {
			names = append(names, *g.GroupName)
		}
		for _, u := range page.PolicyUsers {
			names = append(names, *u.UserName)
		}
		for _, r := range page.PolicyRoles {
			names = append(names, *r.RoleName)
		}
	}
	if slices.Sort(names); strings.Join(names, " ") != "g r1 r2 u" {
		t.Errorf("page by page: %s", names)
	}
}

// TestRefusedPolicies: what is refused, and in which words.
func TestRefusedPolicies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	read := w.policy("/", "read")
	w.role("app", func(r *iam.Role) { r.BoundaryARN = read })
	w.update(func(d *iam.Draft) error {
		_, err := d.CreatePolicy(iam.ManagedPolicy{AccountID: stranger, Name: "theirs", Document: inline("", reads)[0].Document})
		return err
	})
	const theirs = "arn:aws:iam::" + stranger + ":policy/theirs"
	long := strings.Replace(reads, "s3:GetObject", "s3:"+strings.Repeat("Get*", 1600), 1)
	for name, c := range map[string]struct {
		action        string
		params        []string
		code, message string
	}{
		"taken":                 {"CreatePolicy", []string{"PolicyName", "READ", "Path", "/other/", "PolicyDocument", reads}, "EntityAlreadyExists", "A policy called READ already exists. Duplicate names are not allowed."},
		"too long":              {"CreatePolicy", []string{"PolicyName", "new", "PolicyDocument", long}, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144"},
		"path":                  {"CreatePolicy", []string{"PolicyName", "new", "Path", "/a", "PolicyDocument", reads}, "ValidationError", "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."},
		"tags":                  {"CreatePolicy", []string{"PolicyName", "new", "PolicyDocument", reads, "Tags.member.1.Key", "a", "Tags.member.1.Value", "", "Tags.member.2.Key", "a", "Tags.member.2.Value", ""}, "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive."},
		"not JSON":              {"CreatePolicy", []string{"PolicyName", "new", "PolicyDocument", "{"}, "MalformedPolicyDocument", "This policy contains invalid Json"},
		"version too long":      {"CreatePolicyVersion", []string{"PolicyArn", read, "PolicyDocument", long}, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144"},
		"version of none":       {"CreatePolicyVersion", []string{"PolicyArn", mine + "none", "PolicyDocument", reads}, "NoSuchEntity", "Policy " + mine + "none was not found."},
		"version id":            {"GetPolicyVersion", []string{"PolicyArn", read, "VersionId", "v0"}, "ValidationError", `1 validation error detected: Value 'v0' at 'versionId' failed to satisfy constraint: Member must satisfy regular expression pattern: v[1-9][0-9]*(\.[A-Za-z0-9-]*)?`},
		"no such version":       {"GetPolicyVersion", []string{"PolicyArn", read, "VersionId", "v2"}, "NoSuchEntity", "Policy " + read + " version v2 does not exist or is not attachable."},
		"get none":              {"GetPolicy", []string{"PolicyArn", mine + "none"}, "NoSuchEntity", "Policy " + mine + "none was not found."},
		"delete none":           {"DeletePolicy", []string{"PolicyArn", mine + "none"}, "NoSuchEntity", "Policy " + mine + "none was not found."},
		"list versions of none": {"ListPolicyVersions", []string{"PolicyArn", mine + "none"}, "NoSuchEntity", "Policy " + mine + "none was not found."},
		"list tags of none":     {"ListPolicyTags", []string{"PolicyArn", mine + "none"}, "NoSuchEntity", "Policy " + mine + "none was not found."},
		"tag none":              {"TagPolicy", []string{"PolicyArn", mine + "none", "Tags.member.1.Key", "a", "Tags.member.1.Value", ""}, "NoSuchEntity", "Policy " + mine + "none was not found."},
		"untag none":            {"UntagPolicy", []string{"PolicyArn", mine + "none", "TagKeys.member.1", "a"}, "NoSuchEntity", "Policy " + mine + "none was not found."},
		"entities of none":      {"ListEntitiesForPolicy", []string{"PolicyArn", mine + "none"}, "NoSuchEntity", "Policy " + mine + "none was not found."},
		"no ARN":                {"GetPolicy", []string{"PolicyArn", "AmazonS3ReadOnlyAccess"}, "ValidationError", "Invalid ARN:  Could not be parsed!"},
		"other partition":       {"GetPolicy", []string{"PolicyArn", "arn:aws-cn:iam::aws:policy/AmazonS3ReadOnlyAccess"}, "ValidationError", "Invalid ARN partition"},
		"in use as boundary":    {"DeletePolicy", []string{"PolicyArn", read}, "DeleteConflict", "Cannot delete a policy attached to entities."},
		"another account's":     {"GetPolicy", []string{"PolicyArn", theirs}, "AccessDenied", "User: arn:aws:iam::" + account + ":root is not authorized to perform: iam:GetPolicy on resource: policy " + theirs + " because no resource-based policy allows the iam:GetPolicy action"},
		"delete AWS's":          {"DeletePolicy", []string{"PolicyArn", readS3}, "AccessDenied", "User: arn:aws:iam::" + account + ":root is not authorized to perform: iam:DeletePolicy on resource: policy " + readS3 + " because no resource-based policy allows the iam:DeletePolicy action"},
		"version of AWS's":      {"CreatePolicyVersion", []string{"PolicyArn", readS3, "PolicyDocument", reads}, "AccessDenied", "User: arn:aws:iam::" + account + ":root is not authorized to perform: iam:CreatePolicyVersion on resource: policy " + readS3 + " because no resource-based policy allows the iam:CreatePolicyVersion action"},
		"tag AWS's":             {"TagPolicy", []string{"PolicyArn", readS3, "Tags.member.1.Key", "a", "Tags.member.1.Value", ""}, "AccessDenied", "User: arn:aws:iam::" + account + ":root is not authorized to perform: iam:TagPolicy on resource: " + readS3 + " because no resource-based policy allows the iam:TagPolicy action"},
	} {
		t.Run(name, func(t *testing.T) {
			before := w.store.Snapshot()
			a := w.call(root, c.action, c.params...)
			if got := [2]string{element(a.body, "Code"), element(a.body, "Message")}; got != [2]string{c.code, c.message} {
				t.Errorf("%d %s: %s", a.status, got[0], got[1])
			}
			if w.store.Snapshot() != before {
				t.Error("the state is another")
			}
		})
	}
}

// element returns the text of the first element of this name.
func element(body, name string) string {
	all := elements(body, name)
	if len(all) == 0 {
		return ""
	}
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(all[0])
}

// TestPolicyTags: the keys of policies' tags differ by their case, unlike those
// of roles.
func TestPolicyTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	read := w.policy("/", "read")
	w.ok("TagPolicy", "PolicyArn", read, "Tags.member.1.Key", "Team", "Tags.member.1.Value", "red", "Tags.member.2.Key", "stage", "Tags.member.2.Value", "dev")
	w.ok("TagPolicy", "PolicyArn", read, "Tags.member.1.Key", "TEAM", "Tags.member.1.Value", "blue", "Tags.member.2.Key", "Team", "Tags.member.2.Value", "green")
	w.ok("UntagPolicy", "PolicyArn", read, "TagKeys.member.1", "STAGE", "TagKeys.member.2", "stage")
	body := w.ok("ListPolicyTags", "PolicyArn", read)
	if got := fmt.Sprint(elements(body, "Key"), elements(body, "Value")); got != "[TEAM Team] [blue green]" {
		t.Errorf("tags %s", got)
	}
}

func TestDeletePolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	read := w.policy("/", "read")
	if a := w.call(root, "DeletePolicy", "PolicyArn", read); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := w.call(root, "GetPolicy", "PolicyArn", read); element(a.body, "Code") != "NoSuchEntity" {
		t.Errorf("after it is deleted: %s", a.body)
	}
}
