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
		attach[attachRoleInput](s, "AttachRolePolicy"),
		attach[attachUserInput](s, "AttachUserPolicy"),
		attach[attachGroupInput](s, "AttachGroupPolicy"),
		detach[attachRoleInput](s, "DetachRolePolicy"),
		detach[attachUserInput](s, "DetachUserPolicy"),
		detach[attachGroupInput](s, "DetachGroupPolicy"),
		listAttached[listAttachedRoleInput](s, "ListAttachedRolePolicies"),
		listAttached[listAttachedUserInput](s, "ListAttachedUserPolicies"),
		listAttached[listAttachedGroupInput](s, "ListAttachedGroupPolicies"),
	}
}

type (
	attachRoleInput struct {
		roleNameInput
		policyARNInput
	}
	attachUserInput struct {
		shortUserInput
		policyARNInput
	}
	attachGroupInput struct {
		groupNameInput
		policyARNInput
	}
)

type onAttached interface {
	onIdentity
	policyARN() string
}

// attachTargets asks about the identity; which policy it is, is a condition key.
func (s *Server) attachTargets(call *awsapi.Call, in onAttached) []awsapi.Target {
	return also(s.boundedTarget(call, in)[0], func(ctx *policy.Context) { ctx.Set("iam:PolicyARN", in.policyARN()) })
}

// attach is idempotent.
func attach[In onAttached](s *Server, operation string) awsapi.Operation {
	return awsapi.Guarded(operation,
		func(call *awsapi.Call, in *In) []awsapi.Target { return s.attachTargets(call, *in) },
		func(_ context.Context, call *awsapi.Call, in *In) (*awsapi.NoResult, error) {
			policyARN := (*in).policyARN()
			return &awsapi.NoResult{}, s.updateNamed(call, *in, func(snapshot *iam.Snapshot, i *identity) error {
				if err := attachable(snapshot, call.Caller.AccountID, policyARN); err != nil {
					return err
				}
				if slices.Contains(i.attached, policyARN) {
					return nil
				}
				i.attached = append(i.attached, policyARN)
				if len(i.attached) > policy.QuotaAttached {
					return limitExceeded(quotas[i.kind].attached + ": " + strconv.Itoa(policy.QuotaAttached))
				}
				return nil
			})
		})
}

func detach[In onAttached](s *Server, operation string) awsapi.Operation {
	return awsapi.Guarded(operation,
		func(call *awsapi.Call, in *In) []awsapi.Target { return s.attachTargets(call, *in) },
		func(_ context.Context, call *awsapi.Call, in *In) (*awsapi.NoResult, error) {
			policyARN := (*in).policyARN()
			if err := checkPolicyARN(policyARN); err != nil {
				return nil, err
			}
			return &awsapi.NoResult{}, s.updateNamed(call, *in, func(_ *iam.Snapshot, i *identity) error {
				at := slices.Index(i.attached, policyARN)
				if at < 0 {
					return noSuchPolicy(policyARN)
				}
				i.attached = slices.Delete(i.attached, at, at+1)
				return nil
			})
		})
}

// attachedPage is the input of an operation that lists attached policies.
type attachedPage struct {
	PathPrefix *string `rule:"min=1,max=512,pattern=policypath"`
	page
}

func (in attachedPage) prefix() string { return orSlash(in.PathPrefix) }

type (
	listAttachedRoleInput struct {
		roleNameInput
		attachedPage
	}
	listAttachedUserInput struct {
		shortUserInput
		attachedPage
	}
	listAttachedGroupInput struct {
		groupNameInput
		attachedPage
	}
)

type attachedOutput struct {
	PolicyName string
	PolicyArn  string
}

type listAttachedOutput struct {
	AttachedPolicies []attachedOutput
	truncation
}

func listAttached[In interface {
	onPage
	prefix() string
}](s *Server, operation string) awsapi.Operation {
	return awsapi.Guarded(operation,
		func(call *awsapi.Call, in *In) []awsapi.Target { return []awsapi.Target{s.target(call, *in)} },
		func(_ context.Context, call *awsapi.Call, in *In) (*listAttachedOutput, error) {
			i, err := s.named(call, *in)
			if err != nil {
				return nil, err
			}
			var all []attachedOutput
			for _, policyARN := range i.attached {
				p, err := s.snapshot().ManagedPolicy(policyARN)
				if err == nil && strings.HasPrefix(p.Path, (*in).prefix()) {
					all = append(all, attachedOutput{p.Name, p.ARN})
				}
			}
			all, more, err := paginate((*in).paging(), present(all), func(p attachedOutput) string { return p.PolicyArn })
			if err != nil {
				return nil, err
			}
			return &listAttachedOutput{all, more}, nil
		})
}
