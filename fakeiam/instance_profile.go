package fakeiam

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// maxProfiles is how many instance profiles an account may have
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
const maxProfiles = 1000

func (s *Server) profileOperations() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Guarded("AddRoleToInstanceProfile", s.addRoleTargets, s.addRole),
		awsapi.Guarded("CreateInstanceProfile", s.createProfileTargets, s.createProfile),
		awsapi.Guarded("DeleteInstanceProfile", s.namedProfile, s.deleteProfile),
		awsapi.Guarded("GetInstanceProfile", s.namedProfile, s.getProfile),
		awsapi.Guarded("ListInstanceProfiles", s.listProfilesTargets, s.listProfiles),
		awsapi.Guarded("ListInstanceProfilesForRole", s.listProfilesForRoleTargets, s.listProfilesForRole),
		awsapi.Guarded("RemoveRoleFromInstanceProfile", s.removeRoleTargets, s.removeRole),
	}
}

// profileTarget is the instance profile of this name as it is there, its path and
// tags included; if it is not there, what it would be without a path.
func (s *Server) profileTarget(call *awsapi.Call, name string) awsapi.Target {
	target := awsapi.Target{Resource: entityARN(call, "instance-profile/"+name), Shown: "instance profile " + name}
	if p, ok := s.snapshot().InstanceProfile(call.Caller.AccountID, name); ok {
		target.Resource, target.Fill = p.ARN, func(ctx *policy.Context) { fillResourceTags(ctx, p.Tags) }
	}
	return target
}

// profile returns the caller's instance profile of this name in the state.
func profile(state *iam.Snapshot, call *awsapi.Call, name string) (*iam.InstanceProfile, error) {
	p, ok := state.InstanceProfile(call.Caller.AccountID, name)
	if !ok {
		return nil, noSuchProfile(name)
	}
	return p, nil
}

// updateProfile changes the caller's instance profile of this name.
func (s *Server) updateProfile(call *awsapi.Call, name string, change func(*iam.Snapshot, *iam.InstanceProfile) error) (*awsapi.NoResult, error) {
	return &awsapi.NoResult{}, s.update(func(d *iam.Draft) error {
		if _, err := profile(d.Snapshot(), call, name); err != nil {
			return err
		}
		_, err := d.UpdateInstanceProfile(call.Caller.AccountID, name, func(p *iam.InstanceProfile) error { return change(d.Snapshot(), p) })
		return err
	})
}

// profileOutput is an instance profile on the wire.
type profileOutput struct {
	Path                string
	InstanceProfileName string
	InstanceProfileId   string //nolint:revive // AWS's spelling
	Arn                 string
	CreateDate          time.Time
	Roles               []roleOutput
	Tags                []shownTag
}

// shortProfile is what lists tell of an instance profile: no tags (observed).
func shortProfile(state *iam.Snapshot) func(*iam.InstanceProfile) profileOutput {
	return func(p *iam.InstanceProfile) profileOutput {
		out := profileOutput{Path: p.Path, InstanceProfileName: p.Name, InstanceProfileId: p.ID, Arn: p.ARN, CreateDate: p.Created, Roles: []roleOutput{}}
		if role, ok := state.Role(p.AccountID, p.RoleName); ok {
			out.Roles = append(out.Roles, shortRole(role))
		}
		return out
	}
}

type profileAnswer struct{ InstanceProfile profileOutput }

type createProfileInput struct {
	profileNameInput
	Path *string `rule:"min=1,max=512,pattern=path"`
	Tags []tag   `rule:"max=50"`
}

func (s *Server) createProfileTargets(call *awsapi.Call, in *createProfileInput) []awsapi.Target {
	target := awsapi.Target{Resource: entityARN(call, "instance-profile"+orSlash(in.Path)+in.InstanceProfileName)}
	return creating(target, "iam:TagInstanceProfile", in.Tags, nil)
}

func (s *Server) createProfile(_ context.Context, call *awsapi.Call, in *createProfileInput) (*profileAnswer, error) {
	tags, err := newTags(in.Tags, exact)
	if err != nil {
		return nil, err
	}
	p := iam.InstanceProfile{AccountID: call.Caller.AccountID, Name: in.InstanceProfileName, Path: orSlash(in.Path), Tags: tags}
	answer := &profileAnswer{}
	return answer, s.update(func(d *iam.Draft) error {
		if _, ok := d.Snapshot().InstanceProfile(p.AccountID, p.Name); ok {
			return alreadyExists("Instance Profile " + p.Name + " already exists.")
		}
		if len(d.Snapshot().InstanceProfiles(p.AccountID)) >= maxProfiles {
			return limitExceeded("InstanceProfilesPerAccount: 1000")
		}
		made, err := d.CreateInstanceProfile(p)
		if err != nil {
			return err
		}
		answer.InstanceProfile = shortProfile(d.Snapshot())(made)
		answer.InstanceProfile.Tags = shownTags(made.Tags)
		return nil
	})
}

type profileNameInput struct {
	InstanceProfileName string `rule:"required,min=1,max=128,pattern=name+"`
}

func (s *Server) namedProfile(call *awsapi.Call, in *profileNameInput) []awsapi.Target {
	return []awsapi.Target{s.profileTarget(call, in.InstanceProfileName)}
}

func (s *Server) getProfile(_ context.Context, call *awsapi.Call, in *profileNameInput) (*profileAnswer, error) {
	state := s.snapshot()
	p, err := profile(state, call, in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	answer := &profileAnswer{shortProfile(state)(p)}
	answer.InstanceProfile.Tags = present(shownTags(p.Tags))
	return answer, nil
}

// deleteProfile deletes an instance profile that has no role any more.
func (s *Server) deleteProfile(_ context.Context, call *awsapi.Call, in *profileNameInput) (*awsapi.NoResult, error) {
	return &awsapi.NoResult{}, s.update(func(d *iam.Draft) error {
		p, err := profile(d.Snapshot(), call, in.InstanceProfileName)
		if err != nil {
			return err
		}
		if p.RoleName != "" {
			return errInProfile
		}
		return d.DeleteInstanceProfile(p.AccountID, p.Name)
	})
}

type profileRoleInput struct {
	profileNameInput
	RoleName string `rule:"required,min=1,max=64,pattern=name+"`
}

// addRoleTargets is the profile, and the role, which is handed to EC2 with it
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html).
func (s *Server) addRoleTargets(call *awsapi.Call, in *profileRoleInput) []awsapi.Target {
	passed := also(s.roleTarget(call, in.RoleName), func(ctx *policy.Context) { ctx.Set("iam:PassedToService", "ec2.amazonaws.com") })[0]
	passed.Action, passed.Shown = "iam:PassRole", ""
	return []awsapi.Target{s.profileTarget(call, in.InstanceProfileName), passed}
}

// addRole gives a profile its role. It can have one only, and not the same again
// (observed).
func (s *Server) addRole(_ context.Context, call *awsapi.Call, in *profileRoleInput) (*awsapi.NoResult, error) {
	return s.updateProfile(call, in.InstanceProfileName, func(state *iam.Snapshot, p *iam.InstanceProfile) error {
		if _, ok := state.Role(p.AccountID, in.RoleName); !ok {
			return roleKind.missing(in.RoleName)
		}
		if p.RoleName != "" {
			return limitExceeded("InstanceSessionsPerInstanceProfile: 1")
		}
		p.RoleName = in.RoleName
		return nil
	})
}

func (s *Server) removeRoleTargets(call *awsapi.Call, in *profileRoleInput) []awsapi.Target {
	return []awsapi.Target{s.profileTarget(call, in.InstanceProfileName)}
}

// removeRole takes a profile's role away. A role that it has not is NoSuchEntity
// (observed; the text is not recorded).
func (s *Server) removeRole(_ context.Context, call *awsapi.Call, in *profileRoleInput) (*awsapi.NoResult, error) {
	return s.updateProfile(call, in.InstanceProfileName, func(_ *iam.Snapshot, p *iam.InstanceProfile) error {
		if !strings.EqualFold(p.RoleName, in.RoleName) {
			return roleKind.missing(in.RoleName)
		}
		p.RoleName = ""
		return nil
	})
}

type listProfilesInput struct {
	PathPrefix *string `rule:"min=1,max=512,pattern=prefix"`
	page
}

type listProfilesOutput struct {
	InstanceProfiles []profileOutput
	truncation
}

func (s *Server) listProfilesTargets(call *awsapi.Call, in *listProfilesInput) []awsapi.Target {
	return []awsapi.Target{{Resource: entityARN(call, "instance-profile"+orSlash(in.PathPrefix))}}
}

func (s *Server) listProfiles(_ context.Context, call *awsapi.Call, in *listProfilesInput) (*listProfilesOutput, error) {
	state := s.snapshot()
	profiles := below(orSlash(in.PathPrefix), state.InstanceProfiles(call.Caller.AccountID), func(p *iam.InstanceProfile) string { return p.Path })
	return listProfilesOf(in.page, state, profiles)
}

func listProfilesOf(p page, state *iam.Snapshot, profiles []*iam.InstanceProfile) (*listProfilesOutput, error) {
	profiles, more, err := paginate(p, profiles, func(p *iam.InstanceProfile) string { return strings.ToLower(p.Name) })
	if err != nil {
		return nil, err
	}
	return &listProfilesOutput{listed(profiles, shortProfile(state)), more}, nil
}

func (s *Server) listProfilesForRoleTargets(call *awsapi.Call, in *listInput[roleNameInput]) []awsapi.Target {
	return []awsapi.Target{s.roleTarget(call, in.Of.RoleName)}
}

func (s *Server) listProfilesForRole(_ context.Context, call *awsapi.Call, in *listInput[roleNameInput]) (*listProfilesOutput, error) {
	state := s.snapshot()
	role, ok := state.Role(call.Caller.AccountID, in.Of.RoleName)
	if !ok {
		return nil, roleKind.missing(in.Of.RoleName)
	}
	return listProfilesOf(in.page, state, profilesOf(state, role))
}

// profilesOf are the instance profiles that have the role, in the order of their
// names.
func profilesOf(state *iam.Snapshot, role *iam.Role) []*iam.InstanceProfile {
	profiles := slices.DeleteFunc(state.InstanceProfiles(role.AccountID), func(p *iam.InstanceProfile) bool { return p.RoleName != role.Name })
	slices.SortFunc(profiles, func(a, b *iam.InstanceProfile) int { return strings.Compare(a.Name, b.Name) })
	return profiles
}
