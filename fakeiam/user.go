package fakeiam

import (
	"context"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// maxUsers is how many users an account may have
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
const maxUsers = 5000

func (s *Server) userOperations() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Guarded("CreateUser", s.createUserTargets, s.createUser),
		awsapi.Guarded("DeleteUser", s.namedUser, s.deleteUser),
		awsapi.Guarded("GetUser", s.getUserTargets, s.getUser),
		awsapi.Guarded("ListGroupsForUser", s.listGroupsForUserTargets, s.listGroupsForUser),
		awsapi.Guarded("ListUsers", s.listUsersTargets, s.listUsers),
		awsapi.Guarded("UpdateUser", s.updateUserTargets, s.updateUser),
	}
}

// userTarget is the user of this name.
func (s *Server) userTarget(call *awsapi.Call, name string) awsapi.Target {
	return s.target(call, userNameInput{name})
}

// user returns the caller's user of this name in the state.
func user(state *iam.Snapshot, call *awsapi.Call, name string) (*iam.User, error) {
	u, ok := state.User(call.Caller.AccountID, name)
	if !ok {
		return nil, userKind.missing(name)
	}
	return u, nil
}

// updateNamedUser changes the caller's user of this name.
func (s *Server) updateNamedUser(call *awsapi.Call, name string, change func(*iam.User) error) error {
	return s.update(func(d *iam.Draft) error {
		if _, err := user(d.Snapshot(), call, name); err != nil {
			return err
		}
		_, err := d.UpdateUser(call.Caller.AccountID, name, change)
		return err
	})
}

// userOutput is a user on the wire. Root has neither path nor name, and when it
// was made is not known.
type userOutput struct {
	Path                string
	UserName            string
	UserId              string //nolint:revive // AWS's spelling
	Arn                 string
	CreateDate          *time.Time
	PermissionsBoundary *boundary
	Tags                []shownTag
}

// shortUser is what lists tell of a user.
func shortUser(u *iam.User) userOutput {
	return userOutput{Path: u.Path, UserName: u.Name, UserId: u.ID, Arn: u.ARN, CreateDate: &u.Created}
}

// fullUser is all that there is to tell of a user. Nobody has a password here.
func fullUser(u *iam.User) userOutput {
	full := shortUser(u)
	full.PermissionsBoundary, full.Tags = shownBoundary(u.BoundaryARN), shownTags(u.Tags)
	return full
}

type createUserInput struct {
	Path                *string `rule:"min=1,max=512,pattern=path"`
	UserName            string  `rule:"required,min=1,max=64,pattern=name+"`
	PermissionsBoundary *string `rule:"min=20,max=2048"`
	Tags                []tag   `rule:"max=50"`
}

type userAnswer struct{ User userOutput }

func (s *Server) createUserTargets(call *awsapi.Call, in *createUserInput) []awsapi.Target {
	target := awsapi.Target{Resource: entityARN(call, "user"+orSlash(in.Path)+in.UserName)}
	return creating(target, "iam:TagUser", in.Tags, in.PermissionsBoundary)
}

func (s *Server) createUser(_ context.Context, call *awsapi.Call, in *createUserInput) (*userAnswer, error) {
	tags, err := newTags(in.Tags, insensitive)
	if err != nil {
		return nil, err
	}
	u := iam.User{
		AccountID: call.Caller.AccountID, Name: in.UserName, Path: orSlash(in.Path),
		BoundaryARN: valueOf(in.PermissionsBoundary), Tags: tags,
	}
	var made *iam.User
	err = s.update(func(d *iam.Draft) error {
		if _, ok := d.Snapshot().User(u.AccountID, u.Name); ok {
			return userExists(u.Name)
		}
		if len(d.Snapshot().Users(u.AccountID)) >= maxUsers {
			return limitExceeded("UsersPerAccount: 5000")
		}
		if err := bounding(d.Snapshot(), u.AccountID, u.BoundaryARN); err != nil {
			return err
		}
		made, err = d.CreateUser(u)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &userAnswer{fullUser(made)}, nil
}

type userNameInput struct {
	UserName string `rule:"required,min=1,max=128,pattern=name+"`
}

func (s *Server) namedUser(call *awsapi.Call, in *userNameInput) []awsapi.Target {
	return []awsapi.Target{s.userTarget(call, in.UserName)}
}

// deleteUser deletes a user that nothing hangs on any more.
func (s *Server) deleteUser(_ context.Context, call *awsapi.Call, in *userNameInput) (*awsapi.NoResult, error) {
	return &awsapi.NoResult{}, s.update(func(d *iam.Draft) error {
		u, err := user(d.Snapshot(), call, in.UserName)
		switch {
		case err != nil:
			return err
		case len(u.AccessKeys) > 0:
			return errKeysLeft
		case len(u.Groups) > 0:
			return errInGroup
		case len(u.AttachedARNs) > 0:
			return errAttached
		case len(u.Inline) > 0:
			return errInline
		}
		return d.DeleteUser(u.AccountID, u.Name)
	})
}

// ownUserInput names a user, or means the caller.
type ownUserInput struct {
	UserName *string `rule:"min=1,max=128,pattern=name+"`
}

// ownName is the name of the user that the request means: its caller's where it
// names none. Nobody has one but users.
func (in ownUserInput) ownName(call *awsapi.Call) (string, error) {
	switch {
	case in.UserName != nil:
		return *in.UserName, nil
	case call.Caller.Kind == policy.User:
		return call.Caller.User.Name, nil
	}
	return "", errNotUser
}

// meansRoot reports whether the request means root, who calls it.
func (in ownUserInput) meansRoot(call *awsapi.Call) bool {
	return in.UserName == nil && call.Caller.Kind == policy.Root
}

// ownUser is the user that the request means, or root.
func (s *Server) ownUser(call *awsapi.Call, in ownUserInput) []awsapi.Target {
	if in.meansRoot(call) {
		return []awsapi.Target{{Resource: call.Caller.ARN}}
	}
	name, err := in.ownName(call)
	if err != nil {
		return []awsapi.Target{{Refusal: err}}
	}
	return []awsapi.Target{s.userTarget(call, name)}
}

func (s *Server) getUserTargets(call *awsapi.Call, in *ownUserInput) []awsapi.Target {
	return s.ownUser(call, *in)
}

func (s *Server) getUser(_ context.Context, call *awsapi.Call, in *ownUserInput) (*userAnswer, error) {
	if in.meansRoot(call) {
		return &userAnswer{userOutput{UserId: call.Caller.UserID, Arn: call.Caller.ARN}}, nil
	}
	name, err := in.ownName(call)
	if err != nil {
		return nil, err
	}
	u, err := user(s.snapshot(), call, name)
	if err != nil {
		return nil, err
	}
	return &userAnswer{fullUser(u)}, nil
}

type listUsersInput struct {
	PathPrefix *string `rule:"min=1,max=512,pattern=prefix"`
	page
}

type listUsersOutput struct {
	Users []userOutput
	truncation
}

func (s *Server) listUsersTargets(call *awsapi.Call, in *listUsersInput) []awsapi.Target {
	return []awsapi.Target{{Resource: entityARN(call, "user"+orSlash(in.PathPrefix))}}
}

// listUsers tells of users neither boundary nor tags.
func (s *Server) listUsers(_ context.Context, call *awsapi.Call, in *listUsersInput) (*listUsersOutput, error) {
	users := below(orSlash(in.PathPrefix), s.snapshot().Users(call.Caller.AccountID), func(u *iam.User) string { return u.Path })
	users, more, err := paginate(in.page, users, func(u *iam.User) string { return strings.ToLower(u.Name) })
	if err != nil {
		return nil, err
	}
	return &listUsersOutput{listed(users, shortUser), more}, nil
}
