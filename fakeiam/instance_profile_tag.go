package fakeiam

import (
	"context"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/awsapi"
)

type tagProfileInput struct {
	profileNameInput
	Tags []tag `rule:"required,max=50"`
}

func (s *Server) tagProfileTargets(call *awsapi.Call, in *tagProfileInput) []awsapi.Target {
	return tagging(s.profileTarget(call, in.InstanceProfileName), in.Tags)
}

func (s *Server) tagProfile(_ context.Context, call *awsapi.Call, in *tagProfileInput) (*awsapi.NoResult, error) {
	return s.updateProfile(call, in.InstanceProfileName, func(_ *iam.Snapshot, p *iam.InstanceProfile) (err error) {
		p.Tags, err = putTags(p.Tags, in.Tags, exact)
		return err
	})
}

type untagProfileInput struct {
	profileNameInput
	TagKeys []string `rule:"required,max=50" each:"min=1,max=128,pattern=tagkey"`
}

func (s *Server) untagProfileTargets(call *awsapi.Call, in *untagProfileInput) []awsapi.Target {
	return untagging(s.profileTarget(call, in.InstanceProfileName), in.TagKeys)
}

func (s *Server) untagProfile(_ context.Context, call *awsapi.Call, in *untagProfileInput) (*awsapi.NoResult, error) {
	return s.updateProfile(call, in.InstanceProfileName, func(_ *iam.Snapshot, p *iam.InstanceProfile) error {
		p.Tags = removeTags(p.Tags, in.TagKeys, exact)
		return nil
	})
}

type listProfileTagsInput struct {
	profileNameInput
	page
}

func (s *Server) listProfileTagsTargets(call *awsapi.Call, in *listProfileTagsInput) []awsapi.Target {
	return []awsapi.Target{s.profileTarget(call, in.InstanceProfileName)}
}

func (s *Server) listProfileTags(_ context.Context, call *awsapi.Call, in *listProfileTagsInput) (*listTagsOutput, error) {
	p, err := profile(s.snapshot(), call, in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	tags, more, err := listTags(in.page, p.Tags)
	if err != nil {
		return nil, err
	}
	return &listTagsOutput{tags, more}, nil
}
