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
		putInline[roleNameInput](s, "PutRolePolicy"),
		putInline[userNameInput](s, "PutUserPolicy"),
		putInline[groupNameInput](s, "PutGroupPolicy"),
		getInline[roleNameInput](s, "GetRolePolicy"),
		getInline[userNameInput](s, "GetUserPolicy"),
		getInline[groupNameInput](s, "GetGroupPolicy"),
		deleteInline[roleNameInput](s, "DeleteRolePolicy"),
		deleteInline[userNameInput](s, "DeleteUserPolicy"),
		deleteInline[groupNameInput](s, "DeleteGroupPolicy"),
		listInline[roleNameInput](s, "ListRolePolicies"),
		listInline[userNameInput](s, "ListUserPolicies"),
		listInline[groupNameInput](s, "ListGroupPolicies"),
	}
}

// inlineInput names an inline policy of an identity. The case of the name does not
// matter, but the spelling it was first put with stays (observed).
type inlineInput[N onIdentity] struct {
	Of         N
	PolicyName string `rule:"required,min=1,max=128,pattern=name+"`
}

// index is the place of the policy among those of the identity, -1 if it is not
// there.
func (in *inlineInput[N]) index(of *identity) int {
	return slices.IndexFunc(of.inline, func(p policy.Policy) bool { return strings.EqualFold(p.Name, in.PolicyName) })
}

// missing says that the identity has no such inline policy.
func (in *inlineInput[N]) missing() error {
	kind, _ := in.Of.identity()
	return noSuchEntity("The " + string(kind) + " policy with name " + in.PolicyName + " cannot be found.")
}

type putInlineInput[N onIdentity] struct {
	inlineInput[N]
	PolicyDocument string `rule:"required,min=1,max=131072,pattern=document"`
}

func putInline[N onIdentity](s *Server, operation string) awsapi.Operation {
	return awsapi.Guarded(operation,
		func(call *awsapi.Call, in *putInlineInput[N]) []awsapi.Target { return s.boundedTarget(call, in.Of) },
		func(_ context.Context, call *awsapi.Call, in *putInlineInput[N]) (*awsapi.NoResult, error) {
			d, err := document(policy.Identity, in.PolicyDocument)
			if err != nil {
				return nil, err
			}
			return &awsapi.NoResult{}, s.updateNamed(call, in.Of, func(_ *iam.Snapshot, i *identity) error {
				if at := in.index(i); at >= 0 {
					i.inline[at].Document = d
				} else {
					i.inline = append(i.inline, policy.Policy{Name: in.PolicyName, Document: d})
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

func getInline[N onIdentity](s *Server, operation string) awsapi.Operation {
	return awsapi.Guarded(operation,
		func(call *awsapi.Call, in *inlineInput[N]) []awsapi.Target {
			return []awsapi.Target{s.target(call, in.Of)}
		},
		func(_ context.Context, call *awsapi.Call, in *inlineInput[N]) (*inlineOutput, error) {
			i, err := s.named(call, in.Of)
			if err != nil {
				return nil, err
			}
			at := in.index(i)
			if at < 0 {
				return nil, in.missing()
			}
			kind, name := in.Of.identity()
			out := &inlineOutput{PolicyName: in.PolicyName, PolicyDocument: encoded(i.inline[at].Document)}
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

func deleteInline[N onIdentity](s *Server, operation string) awsapi.Operation {
	return awsapi.Guarded(operation,
		func(call *awsapi.Call, in *inlineInput[N]) []awsapi.Target { return s.boundedTarget(call, in.Of) },
		func(_ context.Context, call *awsapi.Call, in *inlineInput[N]) (*awsapi.NoResult, error) {
			return &awsapi.NoResult{}, s.updateNamed(call, in.Of, func(_ *iam.Snapshot, i *identity) error {
				at := in.index(i)
				if at < 0 {
					return in.missing()
				}
				i.inline = slices.Delete(i.inline, at, at+1)
				return nil
			})
		})
}

type listInlineOutput struct {
	PolicyNames []string
	truncation
}

func listInline[N onIdentity](s *Server, operation string) awsapi.Operation {
	return awsapi.Guarded(operation,
		func(call *awsapi.Call, in *listInput[N]) []awsapi.Target {
			return []awsapi.Target{s.target(call, in.Of)}
		},
		func(_ context.Context, call *awsapi.Call, in *listInput[N]) (*listInlineOutput, error) {
			i, err := s.named(call, in.Of)
			if err != nil {
				return nil, err
			}
			names := listed(i.inline, func(p policy.Policy) string { return p.Name })
			names, more, err := paginate(in.page, names, strings.ToLower)
			if err != nil {
				return nil, err
			}
			return &listInlineOutput{names, more}, nil
		})
}
