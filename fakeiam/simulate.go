package fakeiam

import (
	"context"
	"slices"

	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

func (s *Server) simulationOperations() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Guarded("GetContextKeysForCustomPolicy", s.customKeysTargets, s.customKeys),
		awsapi.Guarded("GetContextKeysForPrincipalPolicy", s.principalKeysTargets, s.principalKeys),
		awsapi.Guarded("SimulateCustomPolicy", s.simulateCustomTargets, s.simulateCustom),
		awsapi.Guarded("SimulatePrincipalPolicy", s.simulatePrincipalTargets, s.simulatePrincipal),
	}
}

// simulation is what both simulations take.
type simulation struct {
	PermissionsBoundaryPolicyInputList []string       `each:"min=1,max=131072,pattern=document"`
	ActionNames                        []string       `rule:"required" each:"min=3,max=128"`
	ResourceArns                       []string       `each:"min=1,max=2048"`
	ResourcePolicy                     *string        `rule:"min=1,max=131072,pattern=document"`
	ResourceOwner                      *string        `rule:"min=1,max=2048"`
	CallerArn                          *string        `rule:"min=1,max=2048"`
	ContextEntries                     []contextEntry //
	ResourceHandlingOption             *string        `rule:"min=1,max=64"` // for EC2 alone
	page
}

// moreDocuments are policies that the request itself brings.
type moreDocuments struct {
	PolicyInputList []string `each:"min=1,max=131072,pattern=document"`
}

type documents struct {
	PolicyInputList []string `rule:"required" each:"min=1,max=131072,pattern=document"`
}

type simulateCustomInput struct {
	documents
	simulation
}

func (s *Server) simulateCustomTargets(*awsapi.Call, *simulateCustomInput) []awsapi.Target {
	return []awsapi.Target{{}}
}

// simulateCustom answers with the policies of the request alone.
func (s *Server) simulateCustom(_ context.Context, call *awsapi.Call, in *simulateCustomInput) (*simulationOutput, error) {
	m := newSimulator(call, &in.simulation)
	if err := m.addInputs(in.PolicyInputList); err != nil {
		return nil, err
	}
	return m.run()
}

type simulatePrincipalInput struct {
	policySource
	moreDocuments
	simulation
}

func (s *Server) simulatePrincipalTargets(call *awsapi.Call, in *simulatePrincipalInput) []awsapi.Target {
	return s.sourceTargets(call, in.PolicySourceArn)
}

// simulatePrincipal answers with the policies of a user, group or role, and with
// further ones. Its trust policy has no part in it
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html).
func (s *Server) simulatePrincipal(_ context.Context, call *awsapi.Call, in *simulatePrincipalInput) (*simulationOutput, error) {
	source, err := s.source(call, in.PolicySourceArn)
	if err != nil {
		return nil, err
	}
	m := newSimulator(call, &in.simulation)
	m.addSource(s.snapshot(), source)
	if err := m.addInputs(in.PolicyInputList); err != nil {
		return nil, err
	}
	m.describe(source)
	return m.run()
}

type simulationOutput struct {
	EvaluationResults []evaluationResult
	truncation
}

// evaluationResult is the answer about one action: on the one resource, or that
// of all resources together
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html).
type evaluationResult struct {
	EvalActionName                    string
	EvalResourceName                  string
	EvalDecision                      string
	MatchedStatements                 []matchedStatement
	MissingContextValues              []string
	PermissionsBoundaryDecisionDetail *boundaryDetail
	EvalDecisionDetails               map[string]string
	ResourceSpecificResults           []resourceResult
}

// resourceResult is the answer about one resource, if the request names any.
type resourceResult struct {
	EvalResourceName                  string
	EvalResourceDecision              string
	MatchedStatements                 []matchedStatement
	MissingContextValues              []string
	EvalDecisionDetails               map[string]string
	PermissionsBoundaryDecisionDetail *boundaryDetail
}

type boundaryDetail struct{ AllowedByPermissionsBoundary bool }

type matchedStatement struct {
	SourcePolicyId   string //nolint:revive // AWS's spelling
	SourcePolicyType string
	StartPosition    position
	EndPosition      position
}

type position struct{ Line, Column int32 }

// decisions are the simulator's words.
var decisions = map[policy.Outcome]string{
	policy.Allow: "allowed", policy.ExplicitDeny: "explicitDeny", policy.ImplicitDeny: "implicitDeny",
}

// evaluation puts the answers about the resources of an action together: the
// most restrictive decision counts.
func evaluation(action string, results []resourceResult) evaluationResult {
	all := evaluationResult{
		EvalActionName: action, EvalResourceName: results[0].EvalResourceName, EvalDecision: results[0].EvalResourceDecision,
		MatchedStatements: []matchedStatement{}, MissingContextValues: []string{},
		PermissionsBoundaryDecisionDetail: results[0].PermissionsBoundaryDecisionDetail,
		EvalDecisionDetails:               results[0].EvalDecisionDetails,
	}
	if len(results) > 1 {
		// DIVERGES: of several resources together IAM's simulator says "arn:aws:s3:::${BucketName}/${KeyName}", irsatz says "*".
		all.EvalResourceName = "*"
	}
	for _, r := range results {
		if restrictive(r.EvalResourceDecision) > restrictive(all.EvalDecision) {
			all.EvalDecision, all.EvalDecisionDetails = r.EvalResourceDecision, r.EvalDecisionDetails
		}
		if d := r.PermissionsBoundaryDecisionDetail; d != nil && !d.AllowedByPermissionsBoundary {
			all.PermissionsBoundaryDecisionDetail = d
		}
		for _, key := range r.MissingContextValues {
			all.MissingContextValues = policy.AddKey(all.MissingContextValues, key)
		}
	}
	for _, r := range results {
		for _, m := range r.MatchedStatements {
			if r.EvalResourceDecision == all.EvalDecision && !slices.Contains(all.MatchedStatements, m) {
				all.MatchedStatements = append(all.MatchedStatements, m)
			}
		}
	}
	return all
}

// restrictive orders decisions.
func restrictive(decision string) int {
	return slices.Index([]string{"allowed", "implicitDeny", "explicitDeny"}, decision)
}
