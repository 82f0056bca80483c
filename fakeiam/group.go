package fakeiam

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// Quotas of groups
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
const (
	maxGroups        = 300
	maxGroupsPerUser = 10
)

func (s *Server) groupOperations() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Guarded("AddUserToGroup", s.memberTargets, s.addUserToGroup),
		awsapi.Guarded("CreateGroup", s.createGroupTargets, s.createGroup),
		awsapi.Guarded("DeleteGroup", s.namedGroup, s.deleteGroup),
		awsapi.Guarded("GetGroup", s.getGroupTargets, s.getGroup),
		awsapi.Guarded("ListGroups", s.listGroupsTargets, s.listGroups),
		awsapi.Guarded("RemoveUserFromGroup", s.memberTargets, s.removeUserFromGroup),
		awsapi.Guarded("UpdateGroup", s.updateGroupTargets, s.updateGroup),
	}
}

// groupTarget is the group of this name.
func (s *Server) groupTarget(call *awsapi.Call, name string) awsapi.Target {
	return s.target(call, groupNameInput{name})
}

// group returns the caller's group of this name in the state.
func group(state *iam.Snapshot, call *awsapi.Call, name string) (*iam.Group, error) {
	g, ok := state.Group(call.Caller.AccountID, name)
	if !ok {
		return nil, groupKind.missing(name)
	}
	return g, nil
}

// groupOutput is a group on the wire.
type groupOutput struct {
	Path       string
	GroupName  string
	GroupId    string //nolint:revive // AWS's spelling
	Arn        string
	CreateDate time.Time
}

func shownGroup(g *iam.Group) groupOutput {
	return groupOutput{Path: g.Path, GroupName: g.Name, GroupId: g.ID, Arn: g.ARN, CreateDate: g.Created}
}

type createGroupInput struct {
	Path *string `rule:"min=1,max=512,pattern=path"`
	groupNameInput
}

type createGroupOutput struct{ Group groupOutput }

func (s *Server) createGroupTargets(call *awsapi.Call, in *createGroupInput) []awsapi.Target {
	return []awsapi.Target{{Resource: entityARN(call, "group"+orSlash(in.Path)+in.GroupName)}}
}

func (s *Server) createGroup(_ context.Context, call *awsapi.Call, in *createGroupInput) (*createGroupOutput, error) {
	g := iam.Group{AccountID: call.Caller.AccountID, Name: in.GroupName, Path: orSlash(in.Path)}
	var made *iam.Group
	err := s.update(func(d *iam.Draft) (err error) {
		if _, ok := d.Snapshot().Group(g.AccountID, g.Name); ok {
			return groupExists(g.Name)
		}
		if len(d.Snapshot().Groups(g.AccountID)) >= maxGroups {
			return limitExceeded("GroupsPerAccount: 300")
		}
		made, err = d.CreateGroup(g)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &createGroupOutput{shownGroup(made)}, nil
}

type groupNameInput struct {
	GroupName string `rule:"required,min=1,max=128,pattern=name+"`
}

func (s *Server) namedGroup(call *awsapi.Call, in *groupNameInput) []awsapi.Target {
	return []awsapi.Target{s.groupTarget(call, in.GroupName)}
}

// deleteGroup deletes a group that nothing hangs on any more.
func (s *Server) deleteGroup(_ context.Context, call *awsapi.Call, in *groupNameInput) (*awsapi.NoResult, error) {
	return &awsapi.NoResult{}, s.update(func(d *iam.Draft) error {
		g, err := group(d.Snapshot(), call, in.GroupName)
		switch {
		case err != nil:
			return err
		case len(d.Snapshot().Members(g)) > 0:
			return errInGroup
		case len(g.AttachedARNs) > 0:
			return errAttached
		case len(g.Inline) > 0:
			return errInline
		}
		return d.DeleteGroup(g.AccountID, g.Name)
	})
}

type getGroupInput struct {
	groupNameInput
	page
}

type getGroupOutput struct {
	Group groupOutput
	Users []userOutput
	truncation
}

func (s *Server) getGroupTargets(call *awsapi.Call, in *getGroupInput) []awsapi.Target {
	return []awsapi.Target{s.groupTarget(call, in.GroupName)}
}

func (s *Server) getGroup(_ context.Context, call *awsapi.Call, in *getGroupInput) (*getGroupOutput, error) {
	state := s.snapshot()
	g, err := group(state, call, in.GroupName)
	if err != nil {
		return nil, err
	}
	members, more, err := paginate(in.page, state.Members(g), func(u *iam.User) string { return strings.ToLower(u.Name) })
	if err != nil {
		return nil, err
	}
	return &getGroupOutput{shownGroup(g), listed(members, shortUser), more}, nil
}

type listGroupsInput struct {
	PathPrefix *string `rule:"min=1,max=512,pattern=prefix"`
	page
}

func (s *Server) listGroupsTargets(call *awsapi.Call, in *listGroupsInput) []awsapi.Target {
	return []awsapi.Target{{Resource: entityARN(call, "group"+orSlash(in.PathPrefix))}}
}

func (s *Server) listGroups(_ context.Context, call *awsapi.Call, in *listGroupsInput) (*listGroupsOutput, error) {
	return listGroupsOf(in.page, below(orSlash(in.PathPrefix), s.snapshot().Groups(call.Caller.AccountID), func(g *iam.Group) string { return g.Path }))
}

type updateGroupInput struct {
	groupNameInput
	NewPath      *string `rule:"min=1,max=512,pattern=path"`
	NewGroupName *string `rule:"min=1,max=128,pattern=name+"`
}

// updateGroupTargets asks about the group as it is and as it will be
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateGroup.html).
func (s *Server) updateGroupTargets(call *awsapi.Call, in *updateGroupInput) []awsapi.Target {
	targets := []awsapi.Target{s.groupTarget(call, in.GroupName)}
	if g, err := group(s.snapshot(), call, in.GroupName); err == nil && (in.NewPath != nil || in.NewGroupName != nil) {
		targets = append(targets, awsapi.Target{Resource: entityARN(call, "group"+either(in.NewPath, g.Path)+either(in.NewGroupName, g.Name))})
	}
	return targets
}

// updateGroup gives a group another name or path. It stays the same group.
func (s *Server) updateGroup(_ context.Context, call *awsapi.Call, in *updateGroupInput) (*awsapi.NoResult, error) {
	return &awsapi.NoResult{}, s.update(func(d *iam.Draft) error {
		g, err := group(d.Snapshot(), call, in.GroupName)
		if err != nil {
			return err
		}
		name := either(in.NewGroupName, g.Name)
		if other, ok := d.Snapshot().Group(g.AccountID, name); ok && other.ID != g.ID {
			return groupExists(name)
		}
		_, err = d.MoveGroup(g.AccountID, g.Name, name, either(in.NewPath, g.Path))
		return err
	})
}

type memberInput struct {
	groupNameInput
	UserName string `rule:"required,min=1,max=128,pattern=name+"`
}

// memberTargets is the group: who goes in or out is not asked.
func (s *Server) memberTargets(call *awsapi.Call, in *memberInput) []awsapi.Target {
	return []awsapi.Target{s.groupTarget(call, in.GroupName)}
}

// updateMember changes which groups the user is in. The group is given as it is
// called.
func (s *Server) updateMember(call *awsapi.Call, in *memberInput, change func(u *iam.User, group string) error) (*awsapi.NoResult, error) {
	return &awsapi.NoResult{}, s.update(func(d *iam.Draft) error {
		g, err := group(d.Snapshot(), call, in.GroupName)
		if err != nil {
			return err
		}
		u, err := user(d.Snapshot(), call, in.UserName)
		if err != nil {
			return err
		}
		_, err = d.UpdateUser(u.AccountID, u.Name, func(u *iam.User) error { return change(u, g.Name) })
		return err
	})
}

// addUserToGroup puts a user into a group. One that is in it already is no error
// (observed).
func (s *Server) addUserToGroup(_ context.Context, call *awsapi.Call, in *memberInput) (*awsapi.NoResult, error) {
	return s.updateMember(call, in, func(u *iam.User, group string) error {
		if slices.Contains(u.Groups, group) {
			return nil
		}
		if len(u.Groups) >= maxGroupsPerUser {
			return limitExceeded("GroupsPerUser: 10")
		}
		u.Groups = append(u.Groups, group)
		return nil
	})
}

// removeUserFromGroup takes a user out of a group. One that is not in it is no
// error (observed).
func (s *Server) removeUserFromGroup(_ context.Context, call *awsapi.Call, in *memberInput) (*awsapi.NoResult, error) {
	return s.updateMember(call, in, func(u *iam.User, group string) error {
		u.Groups = slices.DeleteFunc(u.Groups, func(name string) bool { return name == group })
		return nil
	})
}
