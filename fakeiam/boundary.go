package fakeiam

import (
	"context"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

func (s *Server) boundaryOperations() []awsapi.Operation {
	return []awsapi.Operation{
		putBoundary[roleNameInput](s, "PutRolePermissionsBoundary"),
		putBoundary[shortUserInput](s, "PutUserPermissionsBoundary"),
		deleteBoundary[roleNameInput](s, "DeleteRolePermissionsBoundary"),
		deleteBoundary[shortUserInput](s, "DeleteUserPermissionsBoundary"),
	}
}

type boundaryInput[N onIdentity] struct {
	Of                  N
	PermissionsBoundary string `rule:"required,min=20,max=2048"`
}

// putBoundary asks with the boundary that is to be: that is how a policy says
// which ones may be set.
func putBoundary[N onIdentity](s *Server, operation string) awsapi.Operation {
	return awsapi.Guarded(operation,
		func(call *awsapi.Call, in *boundaryInput[N]) []awsapi.Target {
			return also(byARN(s.target(call, in.Of)), func(ctx *policy.Context) { ctx.Set("iam:PermissionsBoundary", in.PermissionsBoundary) })
		},
		func(_ context.Context, call *awsapi.Call, in *boundaryInput[N]) (*awsapi.NoResult, error) {
			return &awsapi.NoResult{}, s.updateNamed(call, in.Of, func(snapshot *iam.Snapshot, i *identity) error {
				i.boundary = in.PermissionsBoundary
				return bounding(snapshot, call.Caller.AccountID, i.boundary)
			})
		})
}

func deleteBoundary[N onIdentity](s *Server, operation string) awsapi.Operation {
	return awsapi.Guarded(operation,
		func(call *awsapi.Call, in *N) []awsapi.Target { return s.boundedTarget(call, *in) },
		func(_ context.Context, call *awsapi.Call, in *N) (*awsapi.NoResult, error) {
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
