package fakeiam

import (
	"context"
	"strings"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/awsapi"
)

type updateUserInput struct {
	userNameInput
	NewPath     *string `rule:"min=1,max=512,pattern=path"`
	NewUserName *string `rule:"min=1,max=64,pattern=name+"`
}

// updateUserTargets asks about the user as it is and as it will be
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html).
func (s *Server) updateUserTargets(call *awsapi.Call, in *updateUserInput) []awsapi.Target {
	targets := []awsapi.Target{s.userTarget(call, in.UserName)}
	if u, err := user(s.snapshot(), call, in.UserName); err == nil && (in.NewPath != nil || in.NewUserName != nil) {
		moved := targets[0]
		moved.Resource, moved.Shown = entityARN(call, "user"+either(in.NewPath, u.Path)+either(in.NewUserName, u.Name)), ""
		targets = append(targets, moved)
	}
	return targets
}

// updateUser gives a user another name or path. It stays the same user, also to
// the trust policies that name it.
func (s *Server) updateUser(_ context.Context, call *awsapi.Call, in *updateUserInput) (*awsapi.NoResult, error) {
	return &awsapi.NoResult{}, s.update(func(d *iam.Draft) error {
		u, err := user(d.Snapshot(), call, in.UserName)
		if err != nil {
			return err
		}
		name := either(in.NewUserName, u.Name)
		if other, ok := d.Snapshot().User(u.AccountID, name); ok && other.ID != u.ID {
			return userExists(name)
		}
		_, err = d.MoveUser(u.AccountID, u.Name, name, either(in.NewPath, u.Path))
		return err
	})
}

type listGroupsOutput struct {
	Groups []groupOutput
	truncation
}

func (s *Server) listGroupsForUserTargets(call *awsapi.Call, in *listInput[userNameInput]) []awsapi.Target {
	return []awsapi.Target{s.userTarget(call, in.Of.UserName)}
}

func (s *Server) listGroupsForUser(_ context.Context, call *awsapi.Call, in *listInput[userNameInput]) (*listGroupsOutput, error) {
	state := s.snapshot()
	u, err := user(state, call, in.Of.UserName)
	if err != nil {
		return nil, err
	}
	var groups []*iam.Group
	for _, name := range u.Groups {
		if g, ok := state.Group(u.AccountID, name); ok {
			groups = append(groups, g)
		}
	}
	return listGroupsOf(in.page, groups)
}

// listGroupsOf is the page of the groups.
func listGroupsOf(p page, groups []*iam.Group) (*listGroupsOutput, error) {
	groups, more, err := paginate(p, groups, func(g *iam.Group) string { return strings.ToLower(g.Name) })
	if err != nil {
		return nil, err
	}
	return &listGroupsOutput{listed(groups, shownGroup), more}, nil
}

// either is the new value, or, where there is none, the old one.
func either(newer *string, old string) string {
	if newer == nil {
		return old
	}
	return *newer
}
