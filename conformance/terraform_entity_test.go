package conformance_test

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"
)

func cutID(id string) (role, arn string) {
	role, arn, _ = strings.Cut(id, " ")
	return role, arn
}

var tfProvider = resource{create: createTFProvider, read: readTFProvider, update: updateTFProvider, destroy: destroyTFProvider}

func createTFProvider(tf *terraform, want attributes) string {
	tf.Helper()
	in := &iam.CreateOpenIDConnectProviderInput{ClientIDList: want["client_id_list"].([]string), Tags: want["tags"].(tagSet).list(), Url: aws.String("https://" + want["url"].(string))}
	if list, ok := want["thumbprint_list"].([]string); ok {
		in.ThumbprintList = list
	}
	out, err := tf.CreateOpenIDConnectProvider(tf.Context(), in)
	tf.done(out, err)
	return *out.OpenIDConnectProviderArn
}

func readTFProvider(tf *terraform, id string) attributes {
	tf.Helper()
	out, err := tf.GetOpenIDConnectProvider(tf.Context(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &id})
	if tf.gone(err) {
		return nil
	}
	return attributes{
		"arn": id, "client_id_list": sorted(out.ClientIDList), "thumbprint_list": out.ThumbprintList, "url": *out.Url, "tags": tagsOf(out.Tags),
	}
}

func updateTFProvider(tf *terraform, id string, old, changed attributes) string {
	tf.Helper()
	if list, ok := changed["thumbprint_list"].([]string); ok && !cmp.Equal(old["thumbprint_list"], changed["thumbprint_list"]) {
		tf.done(tf.UpdateOpenIDConnectProviderThumbprint(tf.Context(), &iam.UpdateOpenIDConnectProviderThumbprintInput{OpenIDConnectProviderArn: &id, ThumbprintList: list}))
	}
	for _, client := range minus(changed["client_id_list"], old["client_id_list"]) {
		tf.done(tf.AddClientIDToOpenIDConnectProvider(tf.Context(), &iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: &id, ClientID: &client}))
	}
	for _, client := range minus(old["client_id_list"], changed["client_id_list"]) {
		tf.done(tf.RemoveClientIDFromOpenIDConnectProvider(tf.Context(), &iam.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: &id, ClientID: &client}))
	}
	retag(old, changed,
		func(keys []string) {
			tf.done(tf.UntagOpenIDConnectProvider(tf.Context(), &iam.UntagOpenIDConnectProviderInput{OpenIDConnectProviderArn: &id, TagKeys: keys}))
		},
		func(tags []types.Tag) {
			tf.done(tf.TagOpenIDConnectProvider(tf.Context(), &iam.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: &id, Tags: tags}))
		})
	return id
}

func destroyTFProvider(tf *terraform, id string) {
	tf.Helper()
	tf.done(tf.DeleteOpenIDConnectProvider(tf.Context(), &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: &id}))
}

var tfUser = resource{create: createTFUser, read: readTFUser, update: updateTFUser, destroy: destroyTFUser}

func createTFUser(tf *terraform, want attributes) string {
	tf.Helper()
	out, err := tf.CreateUser(tf.Context(), &iam.CreateUserInput{
		Path: want.optional("path"), Tags: want["tags"].(tagSet).list(), UserName: want.optional("name"), PermissionsBoundary: want.optional("permissions_boundary"),
	})
	tf.done(out, err)
	return *out.User.UserName
}

func readTFUser(tf *terraform, id string) attributes {
	tf.Helper()
	out, err := tf.GetUser(tf.Context(), &iam.GetUserInput{UserName: &id})
	if tf.gone(err) {
		return nil
	}
	u := out.User
	got := attributes{"arn": *u.Arn, "name": *u.UserName, "path": *u.Path, "unique_id": *u.UserId, "tags": tagsOf(u.Tags)}
	if u.PermissionsBoundary != nil {
		got["permissions_boundary"] = *u.PermissionsBoundary.PermissionsBoundaryArn
	}
	return got
}

func updateTFUser(tf *terraform, id string, old, changed attributes) string {
	tf.Helper()
	tf.done(tf.UpdateUser(tf.Context(), &iam.UpdateUserInput{UserName: &id, NewUserName: changed.optional("name"), NewPath: changed.optional("path")}))
	id = changed["name"].(string)
	tf.done(tf.DeleteUserPermissionsBoundary(tf.Context(), &iam.DeleteUserPermissionsBoundaryInput{UserName: &id}))
	retag(old, changed,
		func(keys []string) {
			tf.done(tf.UntagUser(tf.Context(), &iam.UntagUserInput{UserName: &id, TagKeys: keys}))
		},
		func(tags []types.Tag) {
			tf.done(tf.TagUser(tf.Context(), &iam.TagUserInput{UserName: &id, Tags: tags}))
		})
	return id
}

// destroyTFUser is that of a user whose force_destroy is on.
func destroyTFUser(tf *terraform, id string) {
	tf.Helper()
	groups, err := tf.ListGroupsForUser(tf.Context(), &iam.ListGroupsForUserInput{UserName: &id})
	tf.done(groups, err)
	for _, g := range groups.Groups {
		tf.done(tf.RemoveUserFromGroup(tf.Context(), &iam.RemoveUserFromGroupInput{GroupName: g.GroupName, UserName: &id}))
	}
	keys, err := tf.ListAccessKeys(tf.Context(), &iam.ListAccessKeysInput{UserName: &id})
	tf.done(keys, err)
	for _, k := range keys.AccessKeyMetadata {
		tf.done(tf.DeleteAccessKey(tf.Context(), &iam.DeleteAccessKeyInput{UserName: &id, AccessKeyId: k.AccessKeyId}))
	}
	ssh, err := tf.ListSSHPublicKeys(tf.Context(), &iam.ListSSHPublicKeysInput{UserName: &id})
	tf.done(ssh, err)
	virtual, err := tf.ListVirtualMFADevices(tf.Context(), &iam.ListVirtualMFADevicesInput{AssignmentStatus: types.AssignmentStatusTypeAssigned})
	tf.done(virtual, err)
	mfa, err := tf.ListMFADevices(tf.Context(), &iam.ListMFADevicesInput{UserName: &id})
	tf.done(mfa, err)
	if _, err := tf.DeleteLoginProfile(tf.Context(), &iam.DeleteLoginProfileInput{UserName: &id}); !tf.gone(err) {
		tf.Error("the user had a password")
	}
	certificates, err := tf.ListSigningCertificates(tf.Context(), &iam.ListSigningCertificatesInput{UserName: &id})
	tf.done(certificates, err)
	services, err := tf.ListServiceSpecificCredentials(tf.Context(), &iam.ListServiceSpecificCredentialsInput{UserName: &id})
	tf.done(services, err)
	if n := len(ssh.SSHPublicKeys) + len(virtual.VirtualMFADevices) + len(mfa.MFADevices) + len(certificates.Certificates) + len(services.ServiceSpecificCredentials); n > 0 {
		tf.Errorf("the user had %d credentials that nobody can have", n)
	}
	tf.done(tf.DeleteUser(tf.Context(), &iam.DeleteUserInput{UserName: &id}))
}

var tfGroup = resource{create: createTFGroup, read: readTFGroup, update: updateTFGroup, destroy: destroyTFGroup}

// createTFGroup waits until the group is there.
func createTFGroup(tf *terraform, want attributes) string {
	tf.Helper()
	out, err := tf.CreateGroup(tf.Context(), &iam.CreateGroupInput{GroupName: want.optional("name"), Path: want.optional("path")})
	tf.done(out, err)
	tf.done(tf.GetGroup(tf.Context(), &iam.GetGroupInput{GroupName: out.Group.GroupName}))
	return *out.Group.GroupName
}

func readTFGroup(tf *terraform, id string) attributes {
	tf.Helper()
	out, err := tf.GetGroup(tf.Context(), &iam.GetGroupInput{GroupName: &id})
	if tf.gone(err) {
		return nil
	}
	g := out.Group
	return attributes{"arn": *g.Arn, "name": *g.GroupName, "path": *g.Path, "unique_id": *g.GroupId}
}

func updateTFGroup(tf *terraform, id string, _, changed attributes) string {
	tf.Helper()
	tf.done(tf.UpdateGroup(tf.Context(), &iam.UpdateGroupInput{GroupName: &id, NewGroupName: changed.optional("name"), NewPath: changed.optional("path")}))
	return changed["name"].(string)
}

func destroyTFGroup(tf *terraform, id string) {
	tf.Helper()
	tf.done(tf.DeleteGroup(tf.Context(), &iam.DeleteGroupInput{GroupName: &id}))
}

var tfInstanceProfile = resource{create: createTFProfile, read: readTFProfile, update: updateTFProfile, destroy: destroyTFProfile}

// createTFProfile waits until the profile is there.
func createTFProfile(tf *terraform, want attributes) string {
	tf.Helper()
	out, err := tf.CreateInstanceProfile(tf.Context(), &iam.CreateInstanceProfileInput{InstanceProfileName: want.optional("name"), Path: want.optional("path"), Tags: want["tags"].(tagSet).list()})
	tf.done(out, err)
	name := out.InstanceProfile.InstanceProfileName
	tf.done(tf.GetInstanceProfile(tf.Context(), &iam.GetInstanceProfileInput{InstanceProfileName: name}))
	tf.done(tf.AddRoleToInstanceProfile(tf.Context(), &iam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: want.optional("role")}))
	return *name
}

// readTFProfile looks for the profile's role, too.
func readTFProfile(tf *terraform, id string) attributes {
	tf.Helper()
	out, err := tf.GetInstanceProfile(tf.Context(), &iam.GetInstanceProfileInput{InstanceProfileName: &id})
	if tf.gone(err) {
		return nil
	}
	p := out.InstanceProfile
	got := attributes{"arn": *p.Arn, "create_date": p.CreateDate.Format(time.RFC3339), "name": *p.InstanceProfileName, "path": *p.Path, "unique_id": *p.InstanceProfileId, "tags": tagsOf(p.Tags)}
	for _, r := range p.Roles {
		tf.done(tf.GetRole(tf.Context(), &iam.GetRoleInput{RoleName: r.RoleName}))
		got["role"] = *r.RoleName
	}
	return got
}

func updateTFProfile(tf *terraform, id string, old, changed attributes) string {
	tf.Helper()
	tf.done(tf.RemoveRoleFromInstanceProfile(tf.Context(), &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: &id, RoleName: old.optional("role")}))
	tf.done(tf.AddRoleToInstanceProfile(tf.Context(), &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &id, RoleName: changed.optional("role")}))
	retag(old, changed,
		func(keys []string) {
			tf.done(tf.UntagInstanceProfile(tf.Context(), &iam.UntagInstanceProfileInput{InstanceProfileName: &id, TagKeys: keys}))
		},
		func(tags []types.Tag) {
			tf.done(tf.TagInstanceProfile(tf.Context(), &iam.TagInstanceProfileInput{InstanceProfileName: &id, Tags: tags}))
		})
	return id
}

func destroyTFProfile(tf *terraform, id string) {
	tf.Helper()
	out, err := tf.GetInstanceProfile(tf.Context(), &iam.GetInstanceProfileInput{InstanceProfileName: &id})
	tf.done(out, err)
	tf.irsa.Trail().Reset() // the provider has the role in its state
	tf.done(tf.RemoveRoleFromInstanceProfile(tf.Context(), &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: &id, RoleName: out.InstanceProfile.Roles[0].RoleName}))
	tf.done(tf.DeleteInstanceProfile(tf.Context(), &iam.DeleteInstanceProfileInput{InstanceProfileName: &id}))
}
