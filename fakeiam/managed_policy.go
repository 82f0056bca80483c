package fakeiam

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// maxPolicies is how many managed policies an account may have by default
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
const maxPolicies = 1500

// policyOperations are all operations on policies.
func (s *Server) policyOperations() []awsapi.Operation {
	return slices.Concat(
		s.managedPolicyOperations(), s.policyVersionOperations(),
		s.inlinePolicyOperations(), s.attachedPolicyOperations(), s.boundaryOperations(),
		s.simulationOperations(),
	)
}

func (s *Server) managedPolicyOperations() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Guarded("CreatePolicy", s.createPolicyTargets, s.createPolicy),
		awsapi.Guarded("DeletePolicy", s.changedPolicy, s.deletePolicy),
		awsapi.Guarded("GetPolicy", s.shownPolicy, s.getPolicy),
		awsapi.Guarded("ListEntitiesForPolicy", s.listEntitiesTargets, s.listEntities),
		awsapi.Guarded("ListPolicies", s.listPoliciesTargets, s.listPolicies),
	}
}

type policyARNInput struct {
	PolicyArn string `rule:"required,min=20,max=2048"`
}

// checkPolicyARN refuses what is no ARN of this partition, as IAM does for all
// ARNs it is given since 2024.
func checkPolicyARN(policyARN string) error {
	switch a, err := arn.Parse(policyARN); {
	case err != nil:
		return errPolicyARN
	case a.Partition != "aws":
		return errPartition
	}
	return nil
}

// managed returns the policy of the account or of AWS with this ARN.
func managed(snapshot *iam.Snapshot, accountID, policyARN string) (*iam.ManagedPolicy, error) {
	if err := checkPolicyARN(policyARN); err != nil {
		return nil, err
	}
	p, err := snapshot.ManagedPolicy(policyARN)
	if err != nil || p.AccountID != accountID && !p.IsAWS() {
		return nil, noSuchPolicy(policyARN)
	}
	return p, nil
}

// attachable refuses a policy that cannot be attached to an identity of the
// account.
func attachable(snapshot *iam.Snapshot, accountID, policyARN string) error {
	p, err := managed(snapshot, accountID, policyARN)
	switch {
	case errors.Is(err, errPolicyARN), errors.Is(err, errPartition):
		return err
	case err != nil, !isAttachable(p.Path):
		return noSuchEntity("Policy " + policyARN + " does not exist or is not attachable.")
	case p.IsAWS() && strings.HasPrefix(p.Path, "/aws-service-role/"):
		return errServicePolicy
	}
	return nil
}

// bounding refuses a policy that cannot be a permissions boundary in the
// account; "" is none.
func bounding(snapshot *iam.Snapshot, accountID, policyARN string) error {
	if policyARN == "" {
		return nil
	}
	err := attachable(snapshot, accountID, policyARN)
	if e, ok := errors.AsType[*awsapi.Error](err); ok && e.Code == "NoSuchEntity" {
		return noSuchEntity("Scope ARN: " + policyARN + " does not exist or is not attachable.")
	}
	return err
}

// isAttachable reports whether policies below the path can be attached: those
// for the tasks of AssumeRoot cannot
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html).
func isAttachable(path string) bool { return !strings.HasPrefix(path, "/root-task/") }

// shownPolicy asks about a policy that is only read.
func (s *Server) shownPolicy(call *awsapi.Call, in *policyARNInput) []awsapi.Target {
	return []awsapi.Target{s.policyTarget(call, in.PolicyArn)}
}

// changedPolicy asks about a policy that is changed.
func (s *Server) changedPolicy(call *awsapi.Call, in *policyARNInput) []awsapi.Target {
	return []awsapi.Target{s.changedPolicyTarget(call, in.PolicyArn)}
}

// policyTarget is a managed policy. Those of AWS are to everybody as if they
// were of their own account.
func (s *Server) policyTarget(call *awsapi.Call, policyARN string) awsapi.Target {
	t := s.changedPolicyTarget(call, policyARN)
	if t.AccountID == iam.AWSAccount {
		t.AccountID = ""
	}
	return t
}

// changedPolicyTarget is a managed policy that is to be changed: those of AWS
// belong to an account that lets nobody.
func (s *Server) changedPolicyTarget(call *awsapi.Call, policyARN string) awsapi.Target {
	t := arnTarget(policyARN)
	t.Shown = "policy " + policyARN
	if p, err := managed(s.snapshot(), call.Caller.AccountID, policyARN); err == nil {
		t.Fill = func(ctx *policy.Context) { fillResourceTags(ctx, p.Tags) }
	}
	return t
}

// updatePolicy changes a policy of the caller's account and returns it.
func (s *Server) updatePolicy(call *awsapi.Call, policyARN string, change func(*iam.ManagedPolicy) error) (p *iam.ManagedPolicy, err error) {
	err = s.update(func(d *iam.Draft) error {
		if _, err := managed(d.Snapshot(), call.Caller.AccountID, policyARN); err != nil {
			return err
		}
		p, err = d.UpdatePolicy(policyARN, change)
		return err
	})
	return p, err
}

// policyOutput is a managed policy on the wire.
type policyOutput struct {
	PolicyName                    string
	PolicyId                      string //nolint:revive // AWS's spelling
	Arn                           string
	Path                          string
	DefaultVersionId              string //nolint:revive // AWS's spelling
	AttachmentCount               int32
	PermissionsBoundaryUsageCount int32
	IsAttachable                  bool
	Description                   string
	CreateDate                    time.Time
	UpdateDate                    time.Time
	Tags                          []shownTag
}

// shownSummary is what lists tell of a policy: neither description nor tags.
func shownSummary(p *iam.PolicySummary, used usage) policyOutput {
	return policyOutput{
		PolicyName: p.Name, PolicyId: p.ID, Arn: p.ARN, Path: p.Path, DefaultVersionId: p.VersionID,
		AttachmentCount: used.attached, PermissionsBoundaryUsageCount: used.bounding,
		IsAttachable: isAttachable(p.Path), CreateDate: p.Created, UpdateDate: p.Updated,
	}
}

type policyAnswer struct{ Policy policyOutput }

type createPolicyInput struct {
	PolicyName     string  `rule:"required,min=1,max=128,pattern=name+"`
	Path           *string `rule:"min=1,max=512,pattern=policypath"`
	PolicyDocument string  `rule:"required,min=1,max=131072,pattern=document"`
	Description    *string `rule:"max=1000"`
	Tags           []tag   `rule:"max=50"`
}

func (s *Server) createPolicyTargets(call *awsapi.Call, in *createPolicyInput) []awsapi.Target {
	target := awsapi.Target{Resource: entityARN(call, "policy"+orSlash(in.Path)+in.PolicyName), Shown: "policy " + in.PolicyName}
	return creating(target, "iam:TagPolicy", in.Tags, nil)
}

// createPolicy makes a managed policy. Its answer has no description (observed).
func (s *Server) createPolicy(_ context.Context, call *awsapi.Call, in *createPolicyInput) (*policyAnswer, error) {
	d, err := managedDocument(in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	tags, err := newTags(in.Tags, exact)
	if err != nil {
		return nil, err
	}
	p := iam.ManagedPolicy{
		AccountID: call.Caller.AccountID, Name: in.PolicyName, Path: orSlash(in.Path),
		Description: valueOf(in.Description), Document: d, Tags: tags,
	}
	var made *iam.ManagedPolicy
	err = s.update(func(d *iam.Draft) error {
		there := d.Snapshot().ManagedPolicies(p.AccountID)
		for _, other := range there {
			if strings.EqualFold(other.Name, p.Name) {
				return alreadyExists("A policy called " + p.Name + " already exists. Duplicate names are not allowed.")
			}
		}
		if len(there) >= maxPolicies {
			return limitExceeded("PoliciesPerAccount: 1500")
		}
		made, err = d.CreatePolicy(p)
		return err
	})
	if err != nil {
		return nil, err
	}
	answer := &policyAnswer{shownSummary(made.Summary(), usage{})}
	answer.Policy.Tags = shownTags(made.Tags)
	return answer, nil
}

// managedDocument reads a document of a managed policy.
func managedDocument(text string) (*policy.Document, error) {
	d, err := document(policy.Identity, text)
	if err != nil {
		return nil, err
	}
	if d.ExceedsQuota() {
		return nil, limitExceeded("PolicySize: 6144")
	}
	return d, nil
}

// getPolicy tells all of a policy; one without tags has an empty list of them
// (observed).
func (s *Server) getPolicy(_ context.Context, call *awsapi.Call, in *policyARNInput) (*policyAnswer, error) {
	snapshot := s.snapshot()
	p, err := managed(snapshot, call.Caller.AccountID, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	answer := &policyAnswer{shownSummary(p.Summary(), usages(snapshot, call.Caller.AccountID)[p.ARN])}
	answer.Policy.Description, answer.Policy.Tags = p.Description, present(shownTags(p.Tags))
	return answer, nil
}

// deletePolicy deletes a policy that is used nowhere, with its default version.
func (s *Server) deletePolicy(_ context.Context, call *awsapi.Call, in *policyARNInput) (*awsapi.NoResult, error) {
	return &awsapi.NoResult{}, s.update(func(d *iam.Draft) error {
		p, err := managed(d.Snapshot(), call.Caller.AccountID, in.PolicyArn)
		switch {
		case err != nil:
			return err
		case usages(d.Snapshot(), call.Caller.AccountID)[p.ARN] != usage{}:
			return errAttachedPolicy
		case len(p.Versions) > 1:
			return errVersionsLeft
		}
		return d.DeletePolicy(in.PolicyArn)
	})
}
