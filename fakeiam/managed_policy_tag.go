package fakeiam

import (
	"context"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/awsapi"
)

type tagPolicyInput struct {
	policyARNInput
	Tags []tag `rule:"required,max=50"`
}

func (s *Server) tagPolicyTargets(call *awsapi.Call, in *tagPolicyInput) []awsapi.Target {
	return tagging(s.changedPolicyTarget(call, in.PolicyArn), in.Tags)
}

func (s *Server) tagPolicy(_ context.Context, call *awsapi.Call, in *tagPolicyInput) (*awsapi.NoResult, error) {
	_, err := s.updatePolicy(call, in.PolicyArn, func(p *iam.ManagedPolicy) (err error) {
		p.Tags, err = putTags(p.Tags, in.Tags, exact)
		return err
	})
	return &awsapi.NoResult{}, err
}

type untagPolicyInput struct {
	policyARNInput
	TagKeys []string `rule:"required,max=50" each:"min=1,max=128,pattern=tagkey"`
}

func (s *Server) untagPolicyTargets(call *awsapi.Call, in *untagPolicyInput) []awsapi.Target {
	return untagging(s.changedPolicyTarget(call, in.PolicyArn), in.TagKeys)
}

func (s *Server) untagPolicy(_ context.Context, call *awsapi.Call, in *untagPolicyInput) (*awsapi.NoResult, error) {
	_, err := s.updatePolicy(call, in.PolicyArn, func(p *iam.ManagedPolicy) error {
		p.Tags = removeTags(p.Tags, in.TagKeys, exact)
		return nil
	})
	return &awsapi.NoResult{}, err
}

type listPolicyTagsInput struct {
	policyARNInput
	page
}

func (s *Server) listPolicyTagsTargets(call *awsapi.Call, in *listPolicyTagsInput) []awsapi.Target {
	return []awsapi.Target{s.policyTarget(call, in.PolicyArn)}
}

func (s *Server) listPolicyTags(_ context.Context, call *awsapi.Call, in *listPolicyTagsInput) (*listTagsOutput, error) {
	p, err := managed(s.snapshot(), call.Caller.AccountID, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	tags, more, err := listTags(in.page, p.Tags)
	if err != nil {
		return nil, err
	}
	return &listTagsOutput{tags, more}, nil
}
