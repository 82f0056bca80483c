package fakeiam

import (
	"context"
	"slices"
	"strings"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// usage is how often a managed policy is used in an account.
type usage struct{ attached, bounding int32 }

// usages counts the uses of all managed policies in the account. To be a
// boundary is not to be attached (observed).
func usages(snapshot *iam.Snapshot, accountID string) map[string]usage {
	all := map[string]usage{}
	for _, i := range identities(snapshot, accountID) {
		for _, policyARN := range i.attached {
			u := all[policyARN]
			u.attached++
			all[policyARN] = u
		}
		if i.boundary != "" {
			u := all[i.boundary]
			u.bounding++
			all[i.boundary] = u
		}
	}
	return all
}

// uses is a filter by usage: nil is every use.
type uses struct {
	PolicyUsageFilter *string `rule:"enum=PermissionsPolicy|PermissionsBoundary"`
}

func (f uses) attached() bool { return valueOf(f.PolicyUsageFilter) != "PermissionsBoundary" }
func (f uses) bounding() bool { return valueOf(f.PolicyUsageFilter) != "PermissionsPolicy" }

type listPoliciesInput struct {
	Scope        *string `rule:"enum=All|AWS|Local"`
	OnlyAttached *bool
	PathPrefix   *string `rule:"min=1,max=512,pattern=policypath"`
	uses
	page
}

type listPoliciesOutput struct {
	Policies []policyOutput
	truncation
}

func (s *Server) listPoliciesTargets(_ *awsapi.Call, in *listPoliciesInput) []awsapi.Target {
	return []awsapi.Target{{Shown: "policy path " + orSlash(in.PathPrefix)}}
}

// listPolicies lists the policies of the account before those of AWS. The filter
// by usage works only together with OnlyAttached (observed).
func (s *Server) listPolicies(_ context.Context, call *awsapi.Call, in *listPoliciesInput) (*listPoliciesOutput, error) {
	snapshot := s.snapshot()
	used := usages(snapshot, call.Caller.AccountID)
	all, err := summaries(snapshot, call.Caller.AccountID, valueOf(in.Scope))
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(p *iam.PolicySummary) bool {
		u := used[p.ARN]
		unused := (u.attached == 0 || !in.attached()) && (u.bounding == 0 || !in.bounding())
		return !strings.HasPrefix(p.Path, orSlash(in.PathPrefix)) || in.OnlyAttached != nil && *in.OnlyAttached && unused
	})
	all, more, err := paginate(in.page, all, func(p *iam.PolicySummary) string { return p.ARN })
	if err != nil {
		return nil, err
	}
	return &listPoliciesOutput{listed(all, func(p *iam.PolicySummary) policyOutput { return shownSummary(p, used[p.ARN]) }), more}, nil
}

// summaries returns the policies of the account, of AWS, or of both.
func summaries(snapshot *iam.Snapshot, accountID, scope string) ([]*iam.PolicySummary, error) {
	var all []*iam.PolicySummary
	if scope != "AWS" {
		for _, p := range snapshot.ManagedPolicies(accountID) {
			all = append(all, p.Summary())
		}
	}
	if scope == "Local" {
		return all, nil
	}
	aws, err := iam.AWSPolicies()
	if err != nil {
		return nil, awsapi.Internal(err)
	}
	for i := range aws {
		all = append(all, &aws[i])
	}
	return all, nil
}

type listEntitiesInput struct {
	policyARNInput
	EntityFilter *string `rule:"enum=User|Role|Group|LocalManagedPolicy|AWSManagedPolicy"`
	PathPrefix   *string `rule:"min=1,max=512,pattern=path"`
	uses
	page
}

type (
	policyGroup struct {
		GroupName string
		GroupId   string //nolint:revive // AWS's spelling
	}
	policyUser struct {
		UserName string
		UserId   string //nolint:revive // AWS's spelling
	}
	policyRole struct {
		RoleName string
		RoleId   string //nolint:revive // AWS's spelling
	}
)

type listEntitiesOutput struct {
	PolicyGroups []policyGroup
	PolicyUsers  []policyUser
	PolicyRoles  []policyRole
	truncation
}

func (s *Server) listEntitiesTargets(call *awsapi.Call, in *listEntitiesInput) []awsapi.Target {
	return []awsapi.Target{s.policyTarget(call, in.PolicyArn)}
}

// listEntities lists the identities of the account that use a policy. A page
// counts groups, users and roles together.
func (s *Server) listEntities(_ context.Context, call *awsapi.Call, in *listEntitiesInput) (*listEntitiesOutput, error) {
	snapshot := s.snapshot()
	p, err := managed(snapshot, call.Caller.AccountID, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(identities(snapshot, call.Caller.AccountID), func(i *identity) bool {
		use := in.attached() && slices.Contains(i.attached, p.ARN) || in.bounding() && i.boundary == p.ARN
		kind := in.EntityFilter == nil || strings.EqualFold(*in.EntityFilter, string(i.kind))
		return !use || !kind || !strings.HasPrefix(i.path, orSlash(in.PathPrefix))
	})
	all, more, err := paginate(in.page, all, func(i *identity) string { return string(i.kind) + "/" + strings.ToLower(i.name) })
	if err != nil {
		return nil, err
	}
	out := &listEntitiesOutput{[]policyGroup{}, []policyUser{}, []policyRole{}, more}
	for _, i := range all {
		switch i.kind {
		case groupKind:
			out.PolicyGroups = append(out.PolicyGroups, policyGroup{i.name, i.id})
		case userKind:
			out.PolicyUsers = append(out.PolicyUsers, policyUser{i.name, i.id})
		default:
			out.PolicyRoles = append(out.PolicyRoles, policyRole{i.name, i.id})
		}
	}
	return out, nil
}
