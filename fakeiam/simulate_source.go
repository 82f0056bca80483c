package fakeiam

import (
	"strings"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// policySource names a user, group or role by its ARN.
type policySource struct {
	PolicySourceArn string `rule:"required,min=20,max=2048"`
}

// sourceTargets asks about the identity as it is there: what its ARN says of its
// path is not looked at (observed). A denial has the ARN that was asked about, and
// tells neither the path nor whether anybody is there.
func (s *Server) sourceTargets(call *awsapi.Call, sourceARN string) []awsapi.Target {
	t := awsapi.Target{Resource: sourceARN, Shown: sourceARN}
	if i, err := s.source(call, sourceARN); err == nil {
		t.Resource = i.arn
		t.Fill = func(ctx *policy.Context) { fillResourceTags(ctx, i.tags) }
	}
	return []awsapi.Target{t}
}

// source finds the caller's identity with this ARN.
func (s *Server) source(call *awsapi.Call, sourceARN string) (*identity, error) {
	a, err := arn.Parse(sourceARN)
	if err != nil || a.Service != "iam" || a.Partition != "aws" || a.Region != "" {
		return nil, invalidInput("Invalid ARN provided in the request: " + sourceARN)
	}
	head, name, _ := strings.Cut(a.Resource, "/")
	kind := identityKind(head)
	switch kind {
	case roleKind, userKind, groupKind:
	default:
		return nil, invalidInput("Invalid Entity Arn: " + sourceARN + " does not clearly define entity type and name.")
	}
	if a.AccountID != call.Caller.AccountID {
		return nil, invalidInput("Invalid Policy Source Arn: caller's account " + call.Caller.AccountID + " does not have access to policies in account " + a.AccountID)
	}
	name = name[strings.LastIndexByte(name, '/')+1:]
	i, ok := kind.find(s.snapshot(), a.AccountID, name)
	if !ok {
		return nil, kind.missing(name)
	}
	return i, nil
}

// named is a policy under the simulator's name for it.
type named struct {
	id       string
	document *policy.Document
}

// policiesOf are the identity policies of an identity, those of a user's groups
// included. The names are the simulator's: of an inline policy, whose it is too
// (observed).
func policiesOf(snapshot *iam.Snapshot, i *identity) []named {
	var all []named
	for _, p := range i.inline {
		all = append(all, named{string(i.kind) + "_" + i.name + "_" + p.Name, p.Document})
	}
	for _, policyARN := range i.attached {
		if p, err := snapshot.ManagedPolicy(policyARN); err == nil {
			all = append(all, named{p.Name, p.Document})
		}
	}
	for _, name := range i.groups {
		if g, ok := groupKind.find(snapshot, i.accountID, name); ok {
			all = append(all, policiesOf(snapshot, g)...)
		}
	}
	return all
}
