package fakeiam

import (
	"context"
	"slices"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// tagOperations are the same three for everything that has tags.
func (s *Server) tagOperations() []awsapi.Operation {
	return slices.Concat(
		identityTags[roleNameInput](s).operations("TagRole", "UntagRole", "ListRoleTags"),
		identityTags[userNameInput](s).operations("TagUser", "UntagUser", "ListUserTags"),
		s.policyTags().operations("TagPolicy", "UntagPolicy", "ListPolicyTags"),
		s.providerTags().operations("TagOpenIDConnectProvider", "UntagOpenIDConnectProvider", "ListOpenIDConnectProviderTags"),
		s.profileTags().operations("TagInstanceProfile", "UntagInstanceProfile", "ListInstanceProfileTags"),
	)
}

// tagged is how the tags of entities of one kind, which N names, are found and
// changed.
type tagged[N any] struct {
	same   sameKey
	target func(*awsapi.Call, N) awsapi.Target // if they are changed
	shown  func(*awsapi.Call, N) awsapi.Target // if they are read
	find   func(*awsapi.Call, N) ([]iam.Tag, error)
	update func(*awsapi.Call, N, func(*[]iam.Tag) error) error
}

func identityTags[N onIdentity](s *Server) tagged[N] {
	target := func(call *awsapi.Call, in N) awsapi.Target { return s.target(call, in) }
	return tagged[N]{
		same: insensitive, target: target, shown: target,
		find: func(call *awsapi.Call, in N) ([]iam.Tag, error) {
			i, err := s.named(call, in)
			if err != nil {
				return nil, err
			}
			return i.tags, nil
		},
		update: func(call *awsapi.Call, in N, change func(*[]iam.Tag) error) error {
			return s.updateNamed(call, in, func(_ *iam.Snapshot, i *identity) error { return change(&i.tags) })
		},
	}
}

func (s *Server) policyTags() tagged[policyARNInput] {
	return tagged[policyARNInput]{
		same: exact,
		target: func(call *awsapi.Call, in policyARNInput) awsapi.Target {
			return s.changedPolicyTarget(call, in.PolicyArn)
		},
		shown: func(call *awsapi.Call, in policyARNInput) awsapi.Target { return s.policyTarget(call, in.PolicyArn) },
		find: func(call *awsapi.Call, in policyARNInput) ([]iam.Tag, error) {
			p, err := managed(s.snapshot(), call.Caller.AccountID, in.PolicyArn)
			if err != nil {
				return nil, err
			}
			return p.Tags, nil
		},
		update: func(call *awsapi.Call, in policyARNInput, change func(*[]iam.Tag) error) error {
			_, err := s.updatePolicy(call, in.PolicyArn, func(p *iam.ManagedPolicy) error { return change(&p.Tags) })
			return err
		},
	}
}

func (s *Server) providerTags() tagged[providerInput] {
	target := func(call *awsapi.Call, in providerInput) awsapi.Target {
		return s.providerTarget(call, in.OpenIDConnectProviderArn)
	}
	return tagged[providerInput]{
		same: exact, target: target, shown: target,
		find: func(call *awsapi.Call, in providerInput) ([]iam.Tag, error) {
			p, err := provider(s.snapshot(), call, in.OpenIDConnectProviderArn)
			if err != nil {
				return nil, err
			}
			return p.Tags, nil
		},
		update: func(call *awsapi.Call, in providerInput, change func(*[]iam.Tag) error) error {
			_, err := s.updateProvider(call, in.OpenIDConnectProviderArn, func(p *iam.Provider) error { return change(&p.Tags) })
			return err
		},
	}
}

func (s *Server) profileTags() tagged[profileNameInput] {
	target := func(call *awsapi.Call, in profileNameInput) awsapi.Target {
		return s.profileTarget(call, in.InstanceProfileName)
	}
	return tagged[profileNameInput]{
		same: exact, target: target, shown: target,
		find: func(call *awsapi.Call, in profileNameInput) ([]iam.Tag, error) {
			p, err := profile(s.snapshot(), call, in.InstanceProfileName)
			if err != nil {
				return nil, err
			}
			return p.Tags, nil
		},
		update: func(call *awsapi.Call, in profileNameInput, change func(*[]iam.Tag) error) error {
			_, err := s.updateProfile(call, in.InstanceProfileName, func(_ *iam.Snapshot, p *iam.InstanceProfile) error { return change(&p.Tags) })
			return err
		},
	}
}

type tagInput[N any] struct {
	Of   N
	Tags []tag `rule:"required,max=50"`
}

type untagInput[N any] struct {
	Of      N
	TagKeys []string `rule:"required,max=50" each:"min=1,max=128,pattern=tagkey"`
}

type listTagsOutput struct {
	Tags []shownTag
	truncation
}

// operations are those of the three names.
func (t tagged[N]) operations(put, remove, list string) []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Guarded(put,
			func(call *awsapi.Call, in *tagInput[N]) []awsapi.Target {
				return tagging(t.target(call, in.Of), in.Tags)
			},
			func(_ context.Context, call *awsapi.Call, in *tagInput[N]) (*awsapi.NoResult, error) {
				return &awsapi.NoResult{}, t.update(call, in.Of, func(tags *[]iam.Tag) (err error) {
					*tags, err = putTags(*tags, in.Tags, t.same)
					return err
				})
			}),
		awsapi.Guarded(remove,
			func(call *awsapi.Call, in *untagInput[N]) []awsapi.Target {
				return untagging(t.target(call, in.Of), in.TagKeys)
			},
			func(_ context.Context, call *awsapi.Call, in *untagInput[N]) (*awsapi.NoResult, error) {
				return &awsapi.NoResult{}, t.update(call, in.Of, func(tags *[]iam.Tag) error {
					*tags = removeTags(*tags, in.TagKeys, t.same)
					return nil
				})
			}),
		awsapi.Guarded(list,
			func(call *awsapi.Call, in *listInput[N]) []awsapi.Target {
				return []awsapi.Target{t.shown(call, in.Of)}
			},
			func(_ context.Context, call *awsapi.Call, in *listInput[N]) (*listTagsOutput, error) {
				tags, err := t.find(call, in.Of)
				if err != nil {
					return nil, err
				}
				shown, more, err := listTags(in.page, tags)
				if err != nil {
					return nil, err
				}
				return &listTagsOutput{shown, more}, nil
			}),
	}
}
