package fakeiam

import (
	"context"
	"slices"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// maxAccessKeys is how many access keys a user may have
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
const maxAccessKeys = 2

// The states of an access key.
const (
	active   = "Active"
	inactive = "Inactive"
)

func (s *Server) accessKeyOperations() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Guarded("CreateAccessKey", s.createAccessKeyTargets, s.createAccessKey),
		awsapi.Guarded("DeleteAccessKey", s.accessKeyTargets, s.deleteAccessKey),
		awsapi.Guarded("GetAccessKeyLastUsed", s.lastUsedTargets, s.getAccessKeyLastUsed),
		awsapi.Guarded("ListAccessKeys", s.listAccessKeysTargets, s.listAccessKeys),
		awsapi.Guarded("UpdateAccessKey", s.updateAccessKeyTargets, s.updateAccessKey),
	}
}

// keyTargets is the user whose keys the request means. Root's own are given to
// irsatz when it starts, and stay as they are.
func (s *Server) keyTargets(call *awsapi.Call, in ownUserInput) []awsapi.Target {
	if in.meansRoot(call) {
		return []awsapi.Target{{Refusal: awsapi.NotImplemented("iam:" + call.Record.Operation + " for root's own access keys")}}
	}
	return s.ownUser(call, in)
}

// updateKeys changes the user whose keys the request means.
func (s *Server) updateKeys(call *awsapi.Call, in ownUserInput, change func(*iam.User) error) error {
	name, err := in.ownName(call)
	if err != nil {
		return err
	}
	return s.updateNamedUser(call, name, change)
}

// shownKey is an access key as lists have it.
type shownKey struct {
	UserName    string
	AccessKeyId string //nolint:revive // AWS's spelling
	Status      string
	CreateDate  time.Time
}

func status(k iam.AccessKey) string {
	if k.Inactive {
		return inactive
	}
	return active
}

// madeKey is an access key with its secret, which is told but once.
type madeKey struct {
	UserName        string
	AccessKeyId     string //nolint:revive // AWS's spelling
	Status          string
	SecretAccessKey string
	CreateDate      time.Time
}

type createAccessKeyOutput struct{ AccessKey madeKey }

func (s *Server) createAccessKeyTargets(call *awsapi.Call, in *ownUserInput) []awsapi.Target {
	return s.keyTargets(call, *in)
}

func (s *Server) createAccessKey(_ context.Context, call *awsapi.Call, in *ownUserInput) (*createAccessKeyOutput, error) {
	name, err := in.ownName(call)
	if err != nil {
		return nil, err
	}
	out := &createAccessKeyOutput{}
	return out, s.update(func(d *iam.Draft) error {
		if _, err := user(d.Snapshot(), call, name); err != nil {
			return err
		}
		_, err := d.UpdateUser(call.Caller.AccountID, name, func(u *iam.User) error {
			if len(u.AccessKeys) >= maxAccessKeys {
				return limitExceeded("AccessKeysPerUser: 2")
			}
			k := d.NewAccessKey(u.AccountID)
			u.AccessKeys = append(u.AccessKeys, k)
			out.AccessKey = madeKey{u.Name, k.ID, status(k), k.Secret, k.Created}
			return nil
		})
		return err
	})
}

type listAccessKeysInput struct {
	ownUserInput
	page
}

type listAccessKeysOutput struct {
	AccessKeyMetadata []shownKey
	truncation
}

func (s *Server) listAccessKeysTargets(call *awsapi.Call, in *listAccessKeysInput) []awsapi.Target {
	return s.keyTargets(call, in.ownUserInput)
}

func (s *Server) listAccessKeys(_ context.Context, call *awsapi.Call, in *listAccessKeysInput) (*listAccessKeysOutput, error) {
	name, err := in.ownName(call)
	if err != nil {
		return nil, err
	}
	u, err := user(s.snapshot(), call, name)
	if err != nil {
		return nil, err
	}
	keys, more, err := paginate(in.page, slices.Clone(u.AccessKeys), func(k iam.AccessKey) string { return k.ID })
	if err != nil {
		return nil, err
	}
	return &listAccessKeysOutput{listed(keys, func(k iam.AccessKey) shownKey {
		return shownKey{u.Name, k.ID, status(k), k.Created}
	}), more}, nil
}

type accessKeyInput struct {
	ownUserInput
	AccessKeyId string `rule:"required,min=16,max=128,pattern=word+"` //nolint:revive // AWS's spelling
}

func (s *Server) accessKeyTargets(call *awsapi.Call, in *accessKeyInput) []awsapi.Target {
	return s.keyTargets(call, in.ownUserInput)
}

// deleteAccessKey deletes a key, be it active or not.
func (s *Server) deleteAccessKey(_ context.Context, call *awsapi.Call, in *accessKeyInput) (*awsapi.NoResult, error) {
	return &awsapi.NoResult{}, s.updateKeys(call, in.ownUserInput, func(u *iam.User) error {
		before := len(u.AccessKeys)
		u.AccessKeys = slices.DeleteFunc(u.AccessKeys, func(k iam.AccessKey) bool { return k.ID == in.AccessKeyId })
		if len(u.AccessKeys) == before {
			return noSuchKey(in.AccessKeyId)
		}
		return nil
	})
}

type updateAccessKeyInput struct {
	accessKeyInput
	Status string `rule:"required,enum=Active|Inactive|Expired"`
}

func (s *Server) updateAccessKeyTargets(call *awsapi.Call, in *updateAccessKeyInput) []awsapi.Target {
	return s.keyTargets(call, in.ownUserInput)
}

// updateAccessKey makes a key sign nothing, or sign again. Nobody can make it
// expire.
func (s *Server) updateAccessKey(_ context.Context, call *awsapi.Call, in *updateAccessKeyInput) (*awsapi.NoResult, error) {
	if in.Status != active && in.Status != inactive {
		return nil, errKeyStatus
	}
	return &awsapi.NoResult{}, s.updateKeys(call, in.ownUserInput, func(u *iam.User) error {
		i := slices.IndexFunc(u.AccessKeys, func(k iam.AccessKey) bool { return k.ID == in.AccessKeyId })
		if i < 0 {
			return noSuchKey(in.AccessKeyId)
		}
		u.AccessKeys[i].Inactive = in.Status == inactive
		return nil
	})
}

type lastUsedInput struct {
	AccessKeyId string `rule:"required,min=16,max=128,pattern=word+"` //nolint:revive // AWS's spelling
}

type lastUsedOutput struct {
	UserName          string
	AccessKeyLastUsed lastUsed
}

type lastUsed struct{ ServiceName, Region string }

// lastUsedTargets is the user whom the key belongs to (observed), whatever account
// that is in.
func (s *Server) lastUsedTargets(_ *awsapi.Call, in *lastUsedInput) []awsapi.Target {
	target := awsapi.Target{Resource: "access key " + in.AccessKeyId, Shown: "access key " + in.AccessKeyId}
	if u, ok := s.snapshot().UserOfKey(in.AccessKeyId); ok {
		target.Resource, target.AccountID = u.ARN, u.AccountID
		target.Fill = func(ctx *policy.Context) { fillResourceTags(ctx, u.Tags) }
	}
	return []awsapi.Target{target}
}

// getAccessKeyLastUsed tells whose a key is.
//
// DIVERGES: when a key or a role was last used is not kept: GetAccessKeyLastUsed
// and GetRole answer as AWS does for one that was not used yet.
func (s *Server) getAccessKeyLastUsed(_ context.Context, call *awsapi.Call, in *lastUsedInput) (*lastUsedOutput, error) {
	u, ok := s.snapshot().UserOfKey(in.AccessKeyId)
	if !ok || u.AccountID != call.Caller.AccountID {
		return nil, noSuchKey(in.AccessKeyId)
	}
	return &lastUsedOutput{u.Name, lastUsed{"N/A", "N/A"}}, nil
}
