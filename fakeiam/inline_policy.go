package fakeiam

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

func (s *Server) inlinePolicyOperations() []awsapi.Operation {
	return []awsapi.Operation{
		putInline[putRolePolicyInput](s, "PutRolePolicy"),
		putInline[putUserPolicyInput](s, "PutUserPolicy"),
		putInline[putGroupPolicyInput](s, "PutGroupPolicy"),
		getInline[rolePolicyInput](s, "GetRolePolicy"),
		getInline[userPolicyInput](s, "GetUserPolicy"),
		getInline[groupPolicyInput](s, "GetGroupPolicy"),
		deleteInline[rolePolicyInput](s, "DeleteRolePolicy"),
		deleteInline[userPolicyInput](s, "DeleteUserPolicy"),
		deleteInline[groupPolicyInput](s, "DeleteGroupPolicy"),
		listInline[listRolePoliciesInput](s, "ListRolePolicies"),
		listInline[listUserPoliciesInput](s, "ListUserPolicies"),
		listInline[listGroupPoliciesInput](s, "ListGroupPolicies"),
	}
}

// inlineName names an inline policy. The case of the name does not matter, but
// the spelling it was first put with stays (observed).
type inlineName struct {
	PolicyName string `rule:"required,min=1,max=128,pattern=name+"`
}

func (in inlineName) policyName() string { return in.PolicyName }

// index is the place of the policy among those of the identity, -1 if it is not
// there.
func (in inlineName) index(of *identity) int {
	return slices.IndexFunc(of.inline, func(p policy.Policy) bool { return strings.EqualFold(p.Name, in.PolicyName) })
}

type (
	rolePolicyInput struct {
		roleNameInput
		inlineName
	}
	userPolicyInput struct {
		userNameInput
		inlineName
	}
	groupPolicyInput struct {
		groupNameInput
		inlineName
	}
)

type onInline interface {
	onIdentity
	policyName() string
	index(of *identity) int
}

// missing says that the identity has no such inline policy.
func missingInline(in onInline) error {
	kind, _ := in.identity()
	return noSuchEntity("The " + string(kind) + " policy with name " + in.policyName() + " cannot be found.")
}

type inlineDocument struct {
	PolicyDocument string `rule:"required,min=1,max=131072,pattern=document"`
}

func (in inlineDocument) text() string { return in.PolicyDocument }

type (
	putRolePolicyInput struct {
		rolePolicyInput
		inlineDocument
	}
	putUserPolicyInput struct {
		userPolicyInput
		inlineDocument
	}
	putGroupPolicyInput struct {
		groupPolicyInput
		inlineDocument
	}
)

func putInline[In interface {
	onInline
	text() string
}](s *Server, operation string) awsapi.Operation {
	return awsapi.Guarded(operation,
		func(call *awsapi.Call, in *In) []awsapi.Target { return s.boundedTarget(call, *in) },
		func(_ context.Context, call *awsapi.Call, in *In) (*awsapi.NoResult, error) {
			d, err := document(policy.Identity, (*in).text())
			if err != nil {
				return nil, err
			}
			return &awsapi.NoResult{}, s.updateNamed(call, *in, func(_ *iam.Snapshot, i *identity) error {
				if at := (*in).index(i); at >= 0 {
					i.inline[at].Document = d
				} else {
					i.inline = append(i.inline, policy.Policy{Name: (*in).policyName(), Document: d})
				}
				return i.checkInline()
			})
		})
}

// checkInline refuses more text than all inline policies together may have.
func (i *identity) checkInline() error {
	size := 0
	for _, p := range i.inline {
		size += p.Document.Size()
	}
	if size > quotas[i.kind].inline {
		return &awsapi.Error{Code: "LimitExceeded", Status: http.StatusConflict, Message: "Maximum policy size of " +
			strconv.Itoa(quotas[i.kind].inline) + " bytes exceeded for " + string(i.kind) + " " + i.name}
	}
	return nil
}

// inlineOutput is an inline policy as it was asked for, in the spelling of the
// request (observed).
type inlineOutput struct {
	RoleName       string
	UserName       string
	GroupName      string
	PolicyName     string
	PolicyDocument string
}

func getInline[In onInline](s *Server, operation string) awsapi.Operation {
	return awsapi.Guarded(operation,
		func(call *awsapi.Call, in *In) []awsapi.Target { return []awsapi.Target{s.target(call, *in)} },
		func(_ context.Context, call *awsapi.Call, in *In) (*inlineOutput, error) {
			i, err := s.named(call, *in)
			if err != nil {
				return nil, err
			}
			at := (*in).index(i)
			if at < 0 {
				return nil, missingInline(*in)
			}
			kind, name := (*in).identity()
			out := &inlineOutput{PolicyName: (*in).policyName(), PolicyDocument: encoded(i.inline[at].Document)}
			switch kind {
			case roleKind:
				out.RoleName = name
			case userKind:
				out.UserName = name
			default:
				out.GroupName = name
			}
			return out, nil
		})
}

func deleteInline[In onInline](s *Server, operation string) awsapi.Operation {
	return awsapi.Guarded(operation,
		func(call *awsapi.Call, in *In) []awsapi.Target { return s.boundedTarget(call, *in) },
		func(_ context.Context, call *awsapi.Call, in *In) (*awsapi.NoResult, error) {
			return &awsapi.NoResult{}, s.updateNamed(call, *in, func(_ *iam.Snapshot, i *identity) error {
				at := (*in).index(i)
				if at < 0 {
					return missingInline(*in)
				}
				i.inline = slices.Delete(i.inline, at, at+1)
				return nil
			})
		})
}

type (
	listRolePoliciesInput struct {
		roleNameInput
		page
	}
	listUserPoliciesInput struct {
		userNameInput
		page
	}
	listGroupPoliciesInput struct {
		groupNameInput
		page
	}
)

// onPage is the input of an operation that lists what an identity has.
type onPage interface {
	onIdentity
	paging() page
}

type listInlineOutput struct {
	PolicyNames []string
	truncation
}

func listInline[In onPage](s *Server, operation string) awsapi.Operation {
	return awsapi.Guarded(operation,
		func(call *awsapi.Call, in *In) []awsapi.Target { return []awsapi.Target{s.target(call, *in)} },
		func(_ context.Context, call *awsapi.Call, in *In) (*listInlineOutput, error) {
			i, err := s.named(call, *in)
			if err != nil {
				return nil, err
			}
			names := listed(i.inline, func(p policy.Policy) string { return p.Name })
			names, more, err := paginate((*in).paging(), names, strings.ToLower)
			if err != nil {
				return nil, err
			}
			return &listInlineOutput{names, more}, nil
		})
}
