package fakeiam

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// maxRoles is how many roles an account may have by default
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
const maxRoles = 1000

func (s *Server) roleOperations() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Guarded("CreateRole", s.createRoleTargets, s.createRole),
		awsapi.Guarded("DeleteRole", s.namedRole, s.deleteRole),
		awsapi.Guarded("GetRole", s.namedRole, s.getRole),
		awsapi.Guarded("ListRoles", s.listRolesTargets, s.listRoles),
		awsapi.Guarded("UpdateAssumeRolePolicy", s.updateAssumeRolePolicyTargets, s.updateAssumeRolePolicy),
		awsapi.Guarded("UpdateRole", s.updateRoleTargets, s.updateRole),
		awsapi.Guarded("UpdateRoleDescription", s.updateRoleDescriptionTargets, s.updateRoleDescription),
	}
}

// entityARN is the ARN of an entity of the caller's account.
func entityARN(call *awsapi.Call, resource string) string {
	return arn.ARN{Partition: "aws", Service: "iam", AccountID: call.Caller.AccountID, Resource: resource}.String()
}

// arnTarget is the resource with this ARN, in the account that the ARN names.
func arnTarget(text string) awsapi.Target {
	target := awsapi.Target{Resource: text}
	if a, err := arn.Parse(text); err == nil {
		target.AccountID = a.AccountID
	}
	return target
}

// roleTarget is the role of this name.
func (s *Server) roleTarget(call *awsapi.Call, name string) awsapi.Target {
	return s.target(call, roleNameInput{name})
}

// role returns the caller's role of this name.
func (s *Server) role(call *awsapi.Call, name string) (*iam.Role, error) {
	role, ok := s.snapshot().Role(call.Caller.AccountID, name)
	if !ok {
		return nil, roleKind.missing(name)
	}
	return role, nil
}

// updateNamedRole changes the caller's role of this name.
func (s *Server) updateNamedRole(call *awsapi.Call, name string, change func(*iam.Role) error) error {
	return s.update(func(d *iam.Draft) error {
		if _, ok := d.Snapshot().Role(call.Caller.AccountID, name); !ok {
			return roleKind.missing(name)
		}
		_, err := d.UpdateRole(call.Caller.AccountID, name, change)
		return err
	})
}

// boundary is a permissions boundary on the wire.
type boundary struct {
	PermissionsBoundaryType string
	PermissionsBoundaryArn  string
}

// shownBoundary is the boundary of an entity, nil if it has none. The model says
// PermissionsBoundaryPolicy, the service says Policy (observed).
func shownBoundary(policyARN string) *boundary {
	if policyARN == "" {
		return nil
	}
	return &boundary{"Policy", policyARN}
}

// roleOutput is a role on the wire, in the order of the elements there
// (observed).
type roleOutput struct {
	Path                     string
	RoleName                 string
	RoleId                   string //nolint:revive // AWS's spelling
	Arn                      string
	CreateDate               time.Time
	AssumeRolePolicyDocument string
	Description              string
	MaxSessionDuration       *int32
	PermissionsBoundary      *boundary
	Tags                     []shownTag
	RoleLastUsed             *struct{}
}

// shortRole is what lists and CreateRole tell of a role.
func shortRole(r *iam.Role) roleOutput {
	return roleOutput{
		Path: r.Path, RoleName: r.Name, RoleId: r.ID, Arn: r.ARN, CreateDate: r.Created,
		AssumeRolePolicyDocument: encoded(r.Trust.Document),
	}
}

// fullRole is all that there is to tell of a role. When it was last used is not
// kept: the element stays empty, as on AWS for a role that was not used yet.
func fullRole(r *iam.Role) roleOutput {
	seconds := int32(r.MaxSessionDuration / time.Second)
	full := shortRole(r)
	full.Description, full.MaxSessionDuration = r.Description, &seconds
	full.PermissionsBoundary, full.Tags, full.RoleLastUsed = shownBoundary(r.BoundaryARN), shownTags(r.Tags), &struct{}{}
	return full
}

type createRoleInput struct {
	Path                     *string `rule:"min=1,max=512,pattern=path"`
	RoleName                 string  `rule:"required,min=1,max=64,pattern=name+"`
	AssumeRolePolicyDocument string  `rule:"required,min=1,max=131072,pattern=document"`
	Description              *string `rule:"max=1000,pattern=description"`
	MaxSessionDuration       *int32  `rule:"min=3600,max=43200"`
	PermissionsBoundary      *string `rule:"min=20,max=2048"`
	Tags                     []tag   `rule:"max=50"`
}

type roleAnswer struct{ Role roleOutput }

func (s *Server) createRoleTargets(call *awsapi.Call, in *createRoleInput) []awsapi.Target {
	target := awsapi.Target{Resource: entityARN(call, "role"+orSlash(in.Path)+in.RoleName)}
	return creating(target, "iam:TagRole", in.Tags, in.PermissionsBoundary)
}

// createRole makes a role. Its answer has neither description nor longest
// session (observed).
func (s *Server) createRole(_ context.Context, call *awsapi.Call, in *createRoleInput) (*roleAnswer, error) {
	trust, err := s.trustPolicy(in.AssumeRolePolicyDocument)
	if err != nil {
		return nil, err
	}
	tags, err := newTags(in.Tags, insensitive)
	if err != nil {
		return nil, err
	}
	role := iam.Role{
		AccountID: call.Caller.AccountID, Name: in.RoleName, Path: orSlash(in.Path), Description: valueOf(in.Description),
		Trust: policy.Policy{Name: in.RoleName, Document: trust}, BoundaryARN: valueOf(in.PermissionsBoundary), Tags: tags,
	}
	if in.MaxSessionDuration != nil {
		role.MaxSessionDuration = time.Duration(*in.MaxSessionDuration) * time.Second
	}
	var made *iam.Role
	err = s.update(func(d *iam.Draft) error {
		if _, ok := d.Snapshot().Role(role.AccountID, role.Name); ok {
			return alreadyExists("Role with name " + role.Name + " already exists.")
		}
		if len(d.Snapshot().Roles(role.AccountID)) >= maxRoles {
			return limitExceeded("RolesPerAccount: 1000")
		}
		err := s.checkTrusted(d.Snapshot(), role.AccountID, trust)
		if err == nil {
			err = bounding(d.Snapshot(), role.AccountID, role.BoundaryARN)
		}
		if err != nil {
			return err
		}
		made, err = d.CreateRole(role)
		return err
	})
	if err != nil {
		return nil, err
	}
	answer := &roleAnswer{shortRole(made)}
	answer.Role.PermissionsBoundary, answer.Role.Tags = shownBoundary(made.BoundaryARN), shownTags(made.Tags)
	return answer, nil
}

type roleNameInput struct {
	RoleName string `rule:"required,min=1,max=64,pattern=name+"`
}

func (s *Server) namedRole(call *awsapi.Call, in *roleNameInput) []awsapi.Target {
	return s.boundedTarget(call, in)
}

func (s *Server) getRole(_ context.Context, call *awsapi.Call, in *roleNameInput) (*roleAnswer, error) {
	role, err := s.role(call, in.RoleName)
	if err != nil {
		return nil, err
	}
	return &roleAnswer{fullRole(role)}, nil
}

// deleteRole deletes a role that nothing hangs on any more.
func (s *Server) deleteRole(_ context.Context, call *awsapi.Call, in *roleNameInput) (*awsapi.NoResult, error) {
	account := call.Caller.AccountID
	return &awsapi.NoResult{}, s.update(func(d *iam.Draft) error {
		role, ok := d.Snapshot().Role(account, in.RoleName)
		if !ok {
			return roleKind.missing(in.RoleName)
		}
		inProfile := func(p *iam.InstanceProfile) bool { return p.RoleName == role.Name }
		switch {
		case len(role.AttachedARNs) > 0:
			return errAttached
		case len(role.Inline) > 0:
			return errInline
		case slices.ContainsFunc(d.Snapshot().InstanceProfiles(account), inProfile):
			return errInProfile
		}
		return d.DeleteRole(account, in.RoleName)
	})
}

type listRolesInput struct {
	PathPrefix *string `rule:"min=1,max=512,pattern=prefix"`
	page
}

type listRolesOutput struct {
	Roles []roleOutput
	truncation
}

func (s *Server) listRolesTargets(call *awsapi.Call, in *listRolesInput) []awsapi.Target {
	return []awsapi.Target{{Resource: entityARN(call, "role"+orSlash(in.PathPrefix))}}
}

// listRoles tells of roles neither boundary nor tags.
func (s *Server) listRoles(_ context.Context, call *awsapi.Call, in *listRolesInput) (*listRolesOutput, error) {
	roles := below(orSlash(in.PathPrefix), s.snapshot().Roles(call.Caller.AccountID), func(r *iam.Role) string { return r.Path })
	roles, more, err := paginate(in.page, roles, func(r *iam.Role) string { return strings.ToLower(r.Name) })
	if err != nil {
		return nil, err
	}
	return &listRolesOutput{listed(roles, func(r *iam.Role) roleOutput {
		shown := shortRole(r)
		seconds := int32(r.MaxSessionDuration / time.Second)
		shown.Description, shown.MaxSessionDuration = r.Description, &seconds
		return shown
	}), more}, nil
}

func orSlash(path *string) string {
	if path == nil || *path == "" {
		return "/"
	}
	return *path
}

func valueOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
