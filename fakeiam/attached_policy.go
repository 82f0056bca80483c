package fakeiam

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

func (s *Server) attachedPolicyOperations() []awsapi.Operation {
	return []awsapi.Operation{
		attach[roleNameInput](s, "AttachRolePolicy"),
		attach[shortUserInput](s, "AttachUserPolicy"),
		attach[groupNameInput](s, "AttachGroupPolicy"),
		detach[roleNameInput](s, "DetachRolePolicy"),
		detach[shortUserInput](s, "DetachUserPolicy"),
		detach[groupNameInput](s, "DetachGroupPolicy"),
		listAttached[roleNameInput](s, "ListAttachedRolePolicies"),
		listAttached[shortUserInput](s, "ListAttachedUserPolicies"),
		listAttached[groupNameInput](s, "ListAttachedGroupPolicies"),
	}
}

// attachedInput names an identity and the policy that is attached to it.
type attachedInput[N onIdentity] struct {
	Of N
	policyARNInput
}

// targets asks about the identity; which policy it is, is a condition key.
func (in *attachedInput[N]) targets(s *Server, call *awsapi.Call) []awsapi.Target {
	return also(s.boundedTarget(call, in.Of)[0], func(ctx *policy.Context) { ctx.Set("iam:PolicyARN", in.PolicyArn) })
}

// attach is idempotent.
func attach[N onIdentity](s *Server, operation string) awsapi.Operation {
	return awsapi.Guarded(operation,
		func(call *awsapi.Call, in *attachedInput[N]) []awsapi.Target { return in.targets(s, call) },
		func(_ context.Context, call *awsapi.Call, in *attachedInput[N]) (*awsapi.NoResult, error) {
			return &awsapi.NoResult{}, s.updateNamed(call, in.Of, func(snapshot *iam.Snapshot, i *identity) error {
				if err := attachable(snapshot, call.Caller.AccountID, in.PolicyArn); err != nil {
					return err
				}
				if slices.Contains(i.attached, in.PolicyArn) {
					return nil
				}
				i.attached = append(i.attached, in.PolicyArn)
				if len(i.attached) > policy.QuotaAttached {
					return limitExceeded(quotas[i.kind].attached + ": " + strconv.Itoa(policy.QuotaAttached))
				}
				return nil
			})
		})
}

func detach[N onIdentity](s *Server, operation string) awsapi.Operation {
	return awsapi.Guarded(operation,
		func(call *awsapi.Call, in *attachedInput[N]) []awsapi.Target { return in.targets(s, call) },
		func(_ context.Context, call *awsapi.Call, in *attachedInput[N]) (*awsapi.NoResult, error) {
			if err := checkPolicyARN(in.PolicyArn); err != nil {
				return nil, err
			}
			return &awsapi.NoResult{}, s.updateNamed(call, in.Of, func(_ *iam.Snapshot, i *identity) error {
				at := slices.Index(i.attached, in.PolicyArn)
				if at < 0 {
					return noSuchPolicy(in.PolicyArn)
				}
				i.attached = slices.Delete(i.attached, at, at+1)
				return nil
			})
		})
}

type listAttachedInput[N onIdentity] struct {
	Of         N
	PathPrefix *string `rule:"min=1,max=512,pattern=policypath"`
	page
}

type attachedOutput struct {
	PolicyName string
	PolicyArn  string
}

type listAttachedOutput struct {
	AttachedPolicies []attachedOutput
	truncation
}

func listAttached[N onIdentity](s *Server, operation string) awsapi.Operation {
	return awsapi.Guarded(operation,
		func(call *awsapi.Call, in *listAttachedInput[N]) []awsapi.Target {
			return []awsapi.Target{s.target(call, in.Of)}
		},
		func(_ context.Context, call *awsapi.Call, in *listAttachedInput[N]) (*listAttachedOutput, error) {
			i, err := s.named(call, in.Of)
			if err != nil {
				return nil, err
			}
			var all []attachedOutput
			for _, policyARN := range i.attached {
				p, err := s.snapshot().ManagedPolicy(policyARN)
				if err == nil && strings.HasPrefix(p.Path, orSlash(in.PathPrefix)) {
					all = append(all, attachedOutput{p.Name, p.ARN})
				}
			}
			all, more, err := paginate(in.page, present(all), func(p attachedOutput) string { return p.PolicyArn })
			if err != nil {
				return nil, err
			}
			return &listAttachedOutput{all, more}, nil
		})
}
