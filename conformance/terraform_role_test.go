package conformance_test

import (
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"
)

// optional is a string attribute; the provider leaves out one that is empty.
func (a attributes) optional(name string) *string {
	if s, _ := a[name].(string); s != "" {
		return &s
	}
	return nil
}

func (a attributes) inline() map[string]document {
	m, _ := a["inline_policy"].(map[string]document)
	return m
}

func (a attributes) managed() []string {
	list, _ := a["managed_policy_arns"].([]string)
	return list
}

var tfRole = resource{create: createTFRole, read: readTFRole, update: updateTFRole, destroy: destroyTFRole}

func createTFRole(tf *terraform, want attributes) string {
	tf.Helper()
	in := &iam.CreateRoleInput{
		AssumeRolePolicyDocument: want["assume_role_policy"].(document).text(), Path: want.optional("path"), RoleName: want.optional("name"),
		Description: want.optional("description"), MaxSessionDuration: aws.Int32(want["max_session_duration"].(int32)),
		PermissionsBoundary: want.optional("permissions_boundary"), Tags: want["tags"].(tagSet).list(),
	}
	out, err := tf.CreateRole(tf.Context(), in)
	tf.done(out, err)
	for _, name := range slices.Sorted(maps.Keys(want.inline())) {
		tf.done(tf.PutRolePolicy(tf.Context(), &iam.PutRolePolicyInput{RoleName: out.Role.RoleName, PolicyName: &name, PolicyDocument: want.inline()[name].text()}))
	}
	for _, arn := range want.managed() {
		tf.done(tf.AttachRolePolicy(tf.Context(), &iam.AttachRolePolicyInput{RoleName: out.Role.RoleName, PolicyArn: &arn}))
	}
	return *out.Role.RoleName
}

// readTFRole leaves attributes that are empty to the configuration.
func readTFRole(tf *terraform, id string) attributes {
	tf.Helper()
	out, err := tf.GetRole(tf.Context(), &iam.GetRoleInput{RoleName: &id})
	if tf.gone(err) {
		return nil
	}
	r := out.Role
	got := attributes{
		"arn": *r.Arn, "create_date": r.CreateDate.Format(time.RFC3339), "max_session_duration": *r.MaxSessionDuration, "name": *r.RoleName, "path": *r.Path,
		"unique_id": *r.RoleId, "assume_role_policy": tf.decoded(r.AssumeRolePolicyDocument), "tags": tagsOf(r.Tags),
	}
	if r.Description != nil {
		got["description"] = *r.Description
	}
	if r.PermissionsBoundary != nil {
		got["permissions_boundary"] = *r.PermissionsBoundary.PermissionsBoundaryArn
	}
	if inline := readTFInline(tf, id); len(inline) > 0 {
		got["inline_policy"] = inline
	}
	if managed := tfAttached(tf, id); len(managed) > 0 {
		got["managed_policy_arns"] = managed
	}
	return got
}

func tfInlineNames(tf *terraform, role string) (names []string) {
	tf.Helper()
	pages := iam.NewListRolePoliciesPaginator(tf, &iam.ListRolePoliciesInput{RoleName: &role})
	for pages.HasMorePages() {
		page, err := pages.NextPage(tf.Context())
		tf.done(page, err)
		names = append(names, page.PolicyNames...)
	}
	return names
}

func readTFInline(tf *terraform, role string) map[string]document {
	tf.Helper()
	inline := map[string]document{}
	for _, name := range tfInlineNames(tf, role) {
		out, err := tf.GetRolePolicy(tf.Context(), &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
		tf.done(out, err)
		inline[name] = tf.decoded(out.PolicyDocument)
	}
	return inline
}

func tfAttached(tf *terraform, role string) (arns []string) {
	tf.Helper()
	pages := iam.NewListAttachedRolePoliciesPaginator(tf, &iam.ListAttachedRolePoliciesInput{RoleName: &role})
	for pages.HasMorePages() {
		page, err := pages.NextPage(tf.Context())
		tf.done(page, err)
		for _, p := range page.AttachedPolicies {
			arns = append(arns, *p.PolicyArn)
		}
	}
	return sorted(arns)
}

func updateTFRole(tf *terraform, id string, old, changed attributes) string {
	tf.Helper()
	differs := func(name string) bool { return !cmp.Equal(old[name], changed[name]) }
	if differs("assume_role_policy") {
		tf.done(tf.UpdateAssumeRolePolicy(tf.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: &id, PolicyDocument: changed["assume_role_policy"].(document).text()}))
	}
	if differs("description") {
		tf.done(tf.UpdateRoleDescription(tf.Context(), &iam.UpdateRoleDescriptionInput{RoleName: &id, Description: aws.String(changed["description"].(string))}))
	}
	if differs("max_session_duration") {
		tf.done(tf.UpdateRole(tf.Context(), &iam.UpdateRoleInput{RoleName: &id, MaxSessionDuration: aws.Int32(changed["max_session_duration"].(int32))}))
	}
	boundary := changed.optional("permissions_boundary")
	switch {
	case !differs("permissions_boundary"):
	case boundary != nil:
		tf.done(tf.PutRolePermissionsBoundary(tf.Context(), &iam.PutRolePermissionsBoundaryInput{RoleName: &id, PermissionsBoundary: boundary}))
	default:
		tf.done(tf.DeleteRolePermissionsBoundary(tf.Context(), &iam.DeleteRolePermissionsBoundaryInput{RoleName: &id}))
	}
	updateTFPolicies(tf, id, old, changed)
	retag(old, changed,
		func(keys []string) {
			tf.done(tf.UntagRole(tf.Context(), &iam.UntagRoleInput{RoleName: &id, TagKeys: keys}))
		},
		func(tags []types.Tag) {
			tf.done(tf.TagRole(tf.Context(), &iam.TagRoleInput{RoleName: &id, Tags: tags}))
		})
	return id
}

// updateTFPolicies takes away what is no longer wanted before it adds what is.
func updateTFPolicies(tf *terraform, id string, old, changed attributes) {
	tf.Helper()
	for name := range old.inline() {
		if !cmp.Equal(old.inline()[name], changed.inline()[name]) {
			tf.done(tf.DeleteRolePolicy(tf.Context(), &iam.DeleteRolePolicyInput{RoleName: &id, PolicyName: &name}))
		}
	}
	for name, d := range changed.inline() {
		if !cmp.Equal(old.inline()[name], d) {
			tf.done(tf.PutRolePolicy(tf.Context(), &iam.PutRolePolicyInput{RoleName: &id, PolicyName: &name, PolicyDocument: d.text()}))
		}
	}
	for _, arn := range minus(old.managed(), changed.managed()) {
		tf.done(tf.DetachRolePolicy(tf.Context(), &iam.DetachRolePolicyInput{RoleName: &id, PolicyArn: &arn}))
	}
	for _, arn := range minus(changed.managed(), old.managed()) {
		tf.done(tf.AttachRolePolicy(tf.Context(), &iam.AttachRolePolicyInput{RoleName: &id, PolicyArn: &arn}))
	}
}

// destroyTFRole is that of a role whose force_detach_policies is on.
func destroyTFRole(tf *terraform, id string) {
	tf.Helper()
	profiles, err := tf.ListInstanceProfilesForRole(tf.Context(), &iam.ListInstanceProfilesForRoleInput{RoleName: &id})
	tf.done(profiles, err)
	for _, p := range profiles.InstanceProfiles {
		tf.done(tf.RemoveRoleFromInstanceProfile(tf.Context(), &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: p.InstanceProfileName, RoleName: &id}))
	}
	for _, arn := range tfAttached(tf, id) {
		tf.done(tf.DetachRolePolicy(tf.Context(), &iam.DetachRolePolicyInput{RoleName: &id, PolicyArn: &arn}))
	}
	for _, name := range tfInlineNames(tf, id) {
		tf.done(tf.DeleteRolePolicy(tf.Context(), &iam.DeleteRolePolicyInput{RoleName: &id, PolicyName: &name}))
	}
	tf.done(tf.DeleteRole(tf.Context(), &iam.DeleteRoleInput{RoleName: &id}))
}

var tfPolicy = resource{create: createTFPolicy, read: readTFPolicy, update: updateTFPolicy, destroy: destroyTFPolicy}

func createTFPolicy(tf *terraform, want attributes) string {
	tf.Helper()
	out, err := tf.CreatePolicy(tf.Context(), &iam.CreatePolicyInput{
		Description: aws.String(want["description"].(string)), Path: want.optional("path"), PolicyDocument: want["policy"].(document).text(),
		PolicyName: want.optional("name"), Tags: want["tags"].(tagSet).list(),
	})
	tf.done(out, err)
	return *out.Policy.Arn
}

func readTFPolicy(tf *terraform, id string) attributes {
	tf.Helper()
	out, err := tf.GetPolicy(tf.Context(), &iam.GetPolicyInput{PolicyArn: &id})
	if tf.gone(err) {
		return nil
	}
	p := out.Policy
	version, err := tf.GetPolicyVersion(tf.Context(), &iam.GetPolicyVersionInput{PolicyArn: &id, VersionId: p.DefaultVersionId})
	tf.done(version, err)
	return attributes{
		"arn": *p.Arn, "attachment_count": *p.AttachmentCount, "description": aws.ToString(p.Description), "name": *p.PolicyName, "path": *p.Path,
		"policy_id": *p.PolicyId, "policy": tf.decoded(version.PolicyVersion.Document), "tags": tagsOf(p.Tags),
	}
}

// updateTFPolicy makes room for a version first, if there are five.
func updateTFPolicy(tf *terraform, id string, old, changed attributes) string {
	tf.Helper()
	out, err := tf.ListPolicyVersions(tf.Context(), &iam.ListPolicyVersionsInput{PolicyArn: &id})
	tf.done(out, err)
	if len(out.Versions) >= 5 {
		others := slices.DeleteFunc(out.Versions, func(v types.PolicyVersion) bool { return v.IsDefaultVersion })
		oldest := slices.MinFunc(others, func(a, b types.PolicyVersion) int { return a.CreateDate.Compare(*b.CreateDate) })
		tf.done(tf.DeletePolicyVersion(tf.Context(), &iam.DeletePolicyVersionInput{PolicyArn: &id, VersionId: oldest.VersionId}))
	}
	made, err := tf.CreatePolicyVersion(tf.Context(), &iam.CreatePolicyVersionInput{PolicyArn: &id, PolicyDocument: changed["policy"].(document).text(), SetAsDefault: false})
	tf.done(made, err)
	tf.done(tf.SetDefaultPolicyVersion(tf.Context(), &iam.SetDefaultPolicyVersionInput{PolicyArn: &id, VersionId: made.PolicyVersion.VersionId}))
	retag(old, changed,
		func(keys []string) {
			tf.done(tf.UntagPolicy(tf.Context(), &iam.UntagPolicyInput{PolicyArn: &id, TagKeys: keys}))
		},
		func(tags []types.Tag) {
			tf.done(tf.TagPolicy(tf.Context(), &iam.TagPolicyInput{PolicyArn: &id, Tags: tags}))
		})
	return id
}

func destroyTFPolicy(tf *terraform, id string) {
	tf.Helper()
	out, err := tf.ListPolicyVersions(tf.Context(), &iam.ListPolicyVersionsInput{PolicyArn: &id})
	tf.done(out, err)
	for _, v := range out.Versions {
		if !v.IsDefaultVersion {
			tf.done(tf.DeletePolicyVersion(tf.Context(), &iam.DeletePolicyVersionInput{PolicyArn: &id, VersionId: v.VersionId}))
		}
	}
	tf.done(tf.DeletePolicy(tf.Context(), &iam.DeletePolicyInput{PolicyArn: &id}))
}

// tfAttachment cannot be updated. Its id is made of the two that it joins.
var tfAttachment = resource{create: createTFAttachment, read: readTFAttachment, destroy: destroyTFAttachment}

func createTFAttachment(tf *terraform, want attributes) string {
	tf.Helper()
	tf.done(tf.AttachRolePolicy(tf.Context(), &iam.AttachRolePolicyInput{RoleName: want.optional("role"), PolicyArn: want.optional("policy_arn")}))
	return *want.optional("role") + " " + *want.optional("policy_arn")
}

func readTFAttachment(tf *terraform, id string) attributes {
	tf.Helper()
	role, arn := cutID(id)
	if !slices.Contains(tfAttached(tf, role), arn) {
		return nil
	}
	return attributes{"role": role, "policy_arn": arn}
}

func destroyTFAttachment(tf *terraform, id string) {
	tf.Helper()
	role, arn := cutID(id)
	tf.done(tf.DetachRolePolicy(tf.Context(), &iam.DetachRolePolicyInput{RoleName: &role, PolicyArn: &arn}))
}
