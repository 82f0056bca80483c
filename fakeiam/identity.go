package fakeiam

import (
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// identity is a role, user or group, as far as policies hang on it.
type identity struct {
	kind      identityKind
	accountID string
	name      string
	path      string
	id        string
	arn       string
	inline    []policy.Policy
	attached  []string // ARNs
	boundary  string   // ARN; "" if there is none, as there never is on a group
	tags      []iam.Tag
	groups    []string // names; of a user
}

// identityKind is one of the three kinds of identity, by the noun that messages
// and ARNs have for it.
type identityKind string

const (
	roleKind  identityKind = "role"
	userKind  identityKind = "user"
	groupKind identityKind = "group"
)

// quotas are an identity's quotas: the name of that of its managed policies, and
// the characters of all its inline policies together.
var quotas = map[identityKind]struct {
	attached string
	inline   int
}{
	roleKind:  {"PoliciesPerRole", policy.QuotaRoleInline},
	userKind:  {"PoliciesPerUser", policy.QuotaUserInline},
	groupKind: {"PoliciesPerGroup", policy.QuotaGroupInline},
}

// find returns the account's identity of this name.
func (k identityKind) find(s *iam.Snapshot, accountID, name string) (*identity, bool) {
	switch k {
	case roleKind:
		if r, ok := s.Role(accountID, name); ok {
			return ofRole(r), true
		}
	case userKind:
		if u, ok := s.User(accountID, name); ok {
			return ofUser(u), true
		}
	case groupKind:
		if g, ok := s.Group(accountID, name); ok {
			return ofGroup(g), true
		}
	}
	return nil, false
}

// update changes the policies and tags of the account's identity of this name.
func (k identityKind) update(d *iam.Draft, accountID, name string, change func(*identity) error) (err error) {
	switch k {
	case roleKind:
		_, err = d.UpdateRole(accountID, name, func(r *iam.Role) error {
			i := ofRole(r)
			err := change(i)
			r.Inline, r.AttachedARNs, r.BoundaryARN, r.Tags = i.inline, i.attached, i.boundary, i.tags
			return err
		})
	case userKind:
		_, err = d.UpdateUser(accountID, name, func(u *iam.User) error {
			i := ofUser(u)
			err := change(i)
			u.Inline, u.AttachedARNs, u.BoundaryARN, u.Tags = i.inline, i.attached, i.boundary, i.tags
			return err
		})
	case groupKind:
		_, err = d.UpdateGroup(accountID, name, func(g *iam.Group) error {
			i := ofGroup(g)
			err := change(i)
			g.Inline, g.AttachedARNs = i.inline, i.attached
			return err
		})
	}
	return err
}

func ofRole(r *iam.Role) *identity {
	return &identity{
		kind: roleKind, accountID: r.AccountID, name: r.Name, path: r.Path, id: r.ID, arn: r.ARN,
		inline: r.Inline, attached: r.AttachedARNs, boundary: r.BoundaryARN, tags: r.Tags,
	}
}

func ofUser(u *iam.User) *identity {
	return &identity{
		kind: userKind, accountID: u.AccountID, name: u.Name, path: u.Path, id: u.ID, arn: u.ARN,
		inline: u.Inline, attached: u.AttachedARNs, boundary: u.BoundaryARN, tags: u.Tags, groups: u.Groups,
	}
}

func ofGroup(g *iam.Group) *identity {
	return &identity{
		kind: groupKind, accountID: g.AccountID, name: g.Name, path: g.Path, id: g.ID, arn: g.ARN,
		inline: g.Inline, attached: g.AttachedARNs,
	}
}

// identities returns all identities of the account, in no order.
func identities(s *iam.Snapshot, accountID string) []*identity {
	var all []*identity
	for _, r := range s.Roles(accountID) {
		all = append(all, ofRole(r))
	}
	for _, u := range s.Users(accountID) {
		all = append(all, ofUser(u))
	}
	for _, g := range s.Groups(accountID) {
		all = append(all, ofGroup(g))
	}
	return all
}

// An onIdentity is the input of an operation on an identity, which the request
// names by a parameter of its own for each kind.
type onIdentity interface {
	identity() (kind identityKind, name string)
}

func (in roleNameInput) identity() (identityKind, string) { return roleKind, in.RoleName }

func (in userNameInput) identity() (identityKind, string) { return userKind, in.UserName }

func (in groupNameInput) identity() (identityKind, string) { return groupKind, in.GroupName }

// shortUserInput names a user where the model says at once that its name has 64
// characters at most.
type shortUserInput struct {
	UserName string `rule:"required,min=1,max=64,pattern=name+"`
}

func (in shortUserInput) identity() (identityKind, string) { return userKind, in.UserName }

// named returns the caller's identity that the request names.
func (s *Server) named(call *awsapi.Call, in onIdentity) (*identity, error) {
	kind, name := in.identity()
	i, ok := kind.find(s.snapshot(), call.Caller.AccountID, name)
	if !ok {
		return nil, kind.missing(name)
	}
	return i, nil
}

// updateNamed changes the policies and tags of the caller's identity that the request
// names.
func (s *Server) updateNamed(call *awsapi.Call, in onIdentity, change func(*iam.Snapshot, *identity) error) error {
	kind, name := in.identity()
	return s.update(func(d *iam.Draft) error {
		if _, ok := kind.find(d.Snapshot(), call.Caller.AccountID, name); !ok {
			return kind.missing(name)
		}
		return kind.update(d, call.Caller.AccountID, name, func(i *identity) error { return change(d.Snapshot(), i) })
	})
}

func (k identityKind) missing(name string) *awsapi.Error {
	return noSuchEntity("The " + string(k) + " with name " + name + " cannot be found.")
}

// target is the identity that the request names, as it is there, its path and
// tags included; if it is not there, what it would be without a path. A denial
// has its name alone (observed).
func (s *Server) target(call *awsapi.Call, in onIdentity) awsapi.Target {
	kind, name := in.identity()
	t := awsapi.Target{Resource: entityARN(call, string(kind)+"/"+name), Shown: string(kind) + " " + name}
	if i, ok := kind.find(s.snapshot(), call.Caller.AccountID, name); ok {
		t.Resource = i.arn
		t.Fill = func(ctx *policy.Context) { fillResourceTags(ctx, i.tags) }
	}
	return t
}

// boundedTarget is target for the operations whose permission may depend on the
// boundary that the identity has
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html).
func (s *Server) boundedTarget(call *awsapi.Call, in onIdentity) []awsapi.Target {
	return also(s.target(call, in), func(ctx *policy.Context) {
		if i, err := s.named(call, in); err == nil && i.boundary != "" {
			ctx.Set("iam:PermissionsBoundary", i.boundary)
		}
	})
}

// byARN makes a denial name the target by its ARN.
func byARN(t awsapi.Target) awsapi.Target {
	t.Shown = ""
	return t
}
