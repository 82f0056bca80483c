package fakeiam

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

func (s *Server) policyVersionOperations() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Guarded("CreatePolicyVersion", s.createVersionTargets, s.createVersion),
		awsapi.Guarded("DeletePolicyVersion", s.changedVersion, s.deleteVersion),
		awsapi.Guarded("GetPolicyVersion", s.shownVersion, s.getVersion),
		awsapi.Guarded("ListPolicyVersions", s.listVersionsTargets, s.listVersions),
		awsapi.Guarded("SetDefaultPolicyVersion", s.changedVersion, s.setDefaultVersion),
	}
}

type versionOutput struct {
	Document         string
	IsDefaultVersion bool
	VersionId        string //nolint:revive // AWS's spelling
	CreateDate       time.Time
}

// shownVersionOf is a version without its document, which GetPolicyVersion alone
// tells.
func shownVersionOf(p *iam.ManagedPolicy, v iam.PolicyVersion) versionOutput {
	return versionOutput{IsDefaultVersion: v.ID == p.VersionID, VersionId: v.ID, CreateDate: v.Created}
}

type versionAnswer struct{ PolicyVersion versionOutput }

type createVersionInput struct {
	policyARNInput
	PolicyDocument string `rule:"required,min=1,max=131072,pattern=document"`
	SetAsDefault   *bool
}

func (s *Server) createVersionTargets(call *awsapi.Call, in *createVersionInput) []awsapi.Target {
	return []awsapi.Target{s.changedPolicyTarget(call, in.PolicyArn)}
}

// createVersion adds a version, which becomes the default only if asked to.
func (s *Server) createVersion(_ context.Context, call *awsapi.Call, in *createVersionInput) (*versionAnswer, error) {
	d, err := managedDocument(in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	p, err := s.updatePolicy(call, in.PolicyArn, func(p *iam.ManagedPolicy) error {
		if len(p.Versions) >= policy.QuotaVersions {
			return errVersions
		}
		v := p.AddVersion(d)
		if in.SetAsDefault != nil && *in.SetAsDefault {
			p.VersionID = v.ID
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &versionAnswer{shownVersionOf(p, p.Versions[len(p.Versions)-1])}, nil
}

// version returns a version of a policy, and the policy.
func (s *Server) version(call *awsapi.Call, policyARN, id string) (*iam.ManagedPolicy, iam.PolicyVersion, error) {
	p, err := managed(s.snapshot(), call.Caller.AccountID, policyARN)
	if err != nil {
		return nil, iam.PolicyVersion{}, err
	}
	v, ok := p.Version(id)
	if !ok {
		return nil, v, noSuchVersion(policyARN, id)
	}
	return p, v, nil
}

type versionInput struct {
	policyARNInput
	VersionId string `rule:"required,pattern=version"` //nolint:revive // AWS's spelling
}

func (s *Server) shownVersion(call *awsapi.Call, in *versionInput) []awsapi.Target {
	return []awsapi.Target{s.policyTarget(call, in.PolicyArn)}
}

func (s *Server) changedVersion(call *awsapi.Call, in *versionInput) []awsapi.Target {
	return []awsapi.Target{s.changedPolicyTarget(call, in.PolicyArn)}
}

func (s *Server) getVersion(_ context.Context, call *awsapi.Call, in *versionInput) (*versionAnswer, error) {
	p, v, err := s.version(call, in.PolicyArn, in.VersionId)
	if err != nil {
		return nil, err
	}
	answer := &versionAnswer{shownVersionOf(p, v)}
	answer.PolicyVersion.Document = encoded(v.Document)
	return answer, nil
}

func (s *Server) setDefaultVersion(_ context.Context, call *awsapi.Call, in *versionInput) (*awsapi.NoResult, error) {
	_, err := s.updatePolicy(call, in.PolicyArn, func(p *iam.ManagedPolicy) error {
		if _, ok := p.Version(in.VersionId); !ok {
			return noSuchVersion(in.PolicyArn, in.VersionId)
		}
		p.VersionID = in.VersionId
		return nil
	})
	return &awsapi.NoResult{}, err
}

func (s *Server) deleteVersion(_ context.Context, call *awsapi.Call, in *versionInput) (*awsapi.NoResult, error) {
	_, err := s.updatePolicy(call, in.PolicyArn, func(p *iam.ManagedPolicy) error {
		if _, ok := p.Version(in.VersionId); !ok {
			return noSuchVersion(in.PolicyArn, in.VersionId)
		}
		if in.VersionId == p.VersionID {
			return errDefaultVersion
		}
		p.Versions = slices.DeleteFunc(p.Versions, func(v iam.PolicyVersion) bool { return v.ID == in.VersionId })
		return nil
	})
	return &awsapi.NoResult{}, err
}

type listVersionsInput struct {
	policyARNInput
	page
}

type listVersionsOutput struct {
	Versions []versionOutput
	truncation
}

func (s *Server) listVersionsTargets(call *awsapi.Call, in *listVersionsInput) []awsapi.Target {
	return []awsapi.Target{s.policyTarget(call, in.PolicyArn)}
}

// listVersions lists the newest version first, as AWS's examples do.
func (s *Server) listVersions(_ context.Context, call *awsapi.Call, in *listVersionsInput) (*listVersionsOutput, error) {
	p, err := managed(s.snapshot(), call.Caller.AccountID, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	versions, more, err := paginate(in.page, slices.Clone(p.Versions), fromNewest)
	if err != nil {
		return nil, err
	}
	return &listVersionsOutput{listed(versions, func(v iam.PolicyVersion) versionOutput { return shownVersionOf(p, v) }), more}, nil
}

// fromNewest is a key that orders versions by their number, the highest first.
func fromNewest(v iam.PolicyVersion) string {
	n, err := strconv.ParseUint(strings.TrimPrefix(v.ID, "v"), 10, 63)
	if err != nil {
		panic("fakeiam: version " + v.ID) // the store takes no other ids
	}
	return fmt.Sprintf("%020d", uint64(1)<<63-n)
}
