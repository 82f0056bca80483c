package fakeiam

import (
	"context"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

func (s *Server) boundaryOperations() []awsapi.Operation {
	return []awsapi.Operation{
		putBoundary[putRoleBoundaryInput](s, "PutRolePermissionsBoundary"),
		putBoundary[putUserBoundaryInput](s, "PutUserPermissionsBoundary"),
		deleteBoundary[roleNameInput](s, "DeleteRolePermissionsBoundary"),
		deleteBoundary[shortUserInput](s, "DeleteUserPermissionsBoundary"),
	}
}

type newBoundary struct {
	PermissionsBoundary string `rule:"required,min=20,max=2048"`
}

func (in newBoundary) boundaryARN() string { return in.PermissionsBoundary }

type (
	putRoleBoundaryInput struct {
		roleNameInput
		newBoundary
	}
	putUserBoundaryInput struct {
		shortUserInput
		newBoundary
	}
)

// putBoundary asks with the boundary that is to be: that is how a policy says
// which ones may be set.
func putBoundary[In interface {
	onIdentity
	boundaryARN() string
}](s *Server, operation string) awsapi.Operation {
	return awsapi.Guarded(operation,
		func(call *awsapi.Call, in *In) []awsapi.Target {
			return also(byARN(s.target(call, *in)), func(ctx *policy.Context) { ctx.Set("iam:PermissionsBoundary", (*in).boundaryARN()) })
		},
		func(_ context.Context, call *awsapi.Call, in *In) (*awsapi.NoResult, error) {
			return &awsapi.NoResult{}, s.updateNamed(call, *in, func(snapshot *iam.Snapshot, i *identity) error {
				i.boundary = (*in).boundaryARN()
				return bounding(snapshot, call.Caller.AccountID, i.boundary)
			})
		})
}

func deleteBoundary[In onIdentity](s *Server, operation string) awsapi.Operation {
	return awsapi.Guarded(operation,
		func(call *awsapi.Call, in *In) []awsapi.Target { return s.boundedTarget(call, *in) },
		func(_ context.Context, call *awsapi.Call, in *In) (*awsapi.NoResult, error) {
			return &awsapi.NoResult{}, s.updateNamed(call, *in, func(_ *iam.Snapshot, i *identity) error {
				if i.boundary == "" {
					// The text is not recorded.
					return noSuchEntity("The " + string(i.kind) + " with name " + i.name + " has no permissions boundary.")
				}
				i.boundary = ""
				return nil
			})
		})
}
