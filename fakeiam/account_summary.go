package fakeiam

import (
	"context"

	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

type accountSummaryOutput struct {
	SummaryMap map[string]int32
}

func (s *Server) accountSummaryTargets(*awsapi.Call, *struct{}) []awsapi.Target {
	return []awsapi.Target{{}}
}

// getAccountSummary counts what the account has, beside the default quotas. The
// keys are those that AWS was seen to answer with; of a policy, every version in
// use counts once, however often it is used.
func (s *Server) getAccountSummary(_ context.Context, call *awsapi.Call, _ *struct{}) (*accountSummaryOutput, error) {
	state, account := s.snapshot(), call.Caller.AccountID
	var rootKeys int32
	if s.config.Store.HasRootKey(account) {
		rootKeys = 1
	}
	return &accountSummaryOutput{map[string]int32{
		"Users":               int32(len(state.Users(account))),
		"Groups":              int32(len(state.Groups(account))),
		"Roles":               int32(len(state.Roles(account))),
		"InstanceProfiles":    int32(len(state.InstanceProfiles(account))),
		"Policies":            int32(len(state.ManagedPolicies(account))),
		"PolicyVersionsInUse": int32(len(usages(state, account))),
		"Providers":           int32(len(state.Providers(account))),

		"AccountAccessKeysPresent": rootKeys,

		// Nobody can make these here.
		"AccountMFAEnabled": 0, "AccountPasswordPresent": 0, "AccountSigningCertificatesPresent": 0,
		"MFADevices": 0, "MFADevicesInUse": 0, "ServerCertificates": 0,

		"GlobalEndpointTokenVersion": 1,

		"UsersQuota": maxUsers, "GroupsQuota": maxGroups, "RolesQuota": maxRoles, "InstanceProfilesQuota": maxProfiles, "PoliciesQuota": maxPolicies,
		"GroupsPerUserQuota": maxGroupsPerUser, "AccessKeysPerUserQuota": maxAccessKeys,
		"AttachedPoliciesPerUserQuota": policy.QuotaAttached, "AttachedPoliciesPerGroupQuota": policy.QuotaAttached, "AttachedPoliciesPerRoleQuota": policy.QuotaAttached,
		"VersionsPerPolicyQuota": policy.QuotaVersions, "PolicyVersionsInUseQuota": 10000,
		"PolicySizeQuota": policy.QuotaManaged, "AssumeRolePolicySizeQuota": policy.QuotaTrust,
		"UserPolicySizeQuota": policy.QuotaUserInline, "GroupPolicySizeQuota": policy.QuotaGroupInline, "RolePolicySizeQuota": policy.QuotaRoleInline,
		"ServerCertificatesQuota": 20, "SigningCertificatesPerUserQuota": 2,
	}}, nil
}
