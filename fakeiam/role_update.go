package fakeiam

import (
	"context"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/awsapi"
)

type updateRoleInput struct {
	roleNameInput
	Description        *string `rule:"max=1000,pattern=description"`
	MaxSessionDuration *int32  `rule:"min=3600,max=43200"`
}

func (s *Server) updateRoleTargets(call *awsapi.Call, in *updateRoleInput) []awsapi.Target {
	return s.boundedTarget(call, in)
}

// updateRole changes what the request names; an empty description clears it.
func (s *Server) updateRole(_ context.Context, call *awsapi.Call, in *updateRoleInput) (*struct{}, error) {
	return &struct{}{}, s.updateNamedRole(call, in.RoleName, func(r *iam.Role) error {
		if in.Description != nil {
			r.Description = *in.Description
		}
		if in.MaxSessionDuration != nil {
			r.MaxSessionDuration = time.Duration(*in.MaxSessionDuration) * time.Second
		}
		return nil
	})
}

type updateRoleDescriptionInput struct {
	roleNameInput
	Description *string `rule:"required,max=1000,pattern=description"`
}

func (s *Server) updateRoleDescriptionTargets(call *awsapi.Call, in *updateRoleDescriptionInput) []awsapi.Target {
	return s.boundedTarget(call, in)
}

func (s *Server) updateRoleDescription(_ context.Context, call *awsapi.Call, in *updateRoleDescriptionInput) (*roleAnswer, error) {
	err := s.updateNamedRole(call, in.RoleName, func(r *iam.Role) error {
		r.Description = *in.Description
		return nil
	})
	if err != nil {
		return nil, err
	}
	role, err := s.role(call, in.RoleName)
	if err != nil {
		return nil, err
	}
	return &roleAnswer{fullRole(role)}, nil
}

type updateAssumeRolePolicyInput struct {
	roleNameInput
	PolicyDocument string `rule:"required,min=1,max=131072,pattern=document"`
}

func (s *Server) updateAssumeRolePolicyTargets(call *awsapi.Call, in *updateAssumeRolePolicyInput) []awsapi.Target {
	return s.boundedTarget(call, in)
}

func (s *Server) updateAssumeRolePolicy(_ context.Context, call *awsapi.Call, in *updateAssumeRolePolicyInput) (*awsapi.NoResult, error) {
	trust, err := s.trustPolicy(in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	return &awsapi.NoResult{}, s.update(func(d *iam.Draft) error {
		if _, ok := d.Snapshot().Role(call.Caller.AccountID, in.RoleName); !ok {
			return roleKind.missing(in.RoleName)
		}
		if err := s.checkTrusted(d.Snapshot(), call.Caller.AccountID, trust); err != nil {
			return err
		}
		_, err := d.UpdateRole(call.Caller.AccountID, in.RoleName, func(r *iam.Role) error {
			r.Trust.Document = trust
			return nil
		})
		return err
	})
}
