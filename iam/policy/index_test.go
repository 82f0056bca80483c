package policy_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

// pick is one of several texts.
func pick(r *rand.Rand, texts ...string) string { return texts[r.IntN(len(texts))] }

// randomStatement is a statement of few words, so that some of them match.
func randomStatement(r *rand.Rand) string {
	var list []string
	for range 1 + r.IntN(3) {
		list = append(list, "'"+pick(r, "s3:GetObject", "S3:GETOBJECT", "s3:Get*", "s3:*", "sqs:SendMessage", "sqs:*", "s3:?utObject", "s3:GetObjec")+"'")
	}
	if r.IntN(20) == 0 {
		list = []string{"'*'"}
	}
	var resources []string
	for range 1 + r.IntN(2) {
		resources = append(resources, "'"+pick(r, "arn:aws:s3:::b/*", "arn:aws:S3:::b/k", "arn:aws:s3:::b*", "arn:aws:s3:::c/*", "arn:aws:s3:::b", "*",
			"arn:aws:sqs:eu-west-1:111122223333:q", "arn:aws:s3:::${aws:PrincipalTag/team}/*", "arn:aws:s3:::b/${aws:PrincipalTag/team}", "arn:aws:s3:::${*}", "arn:*:s3:::b/k",
			"arn:aws:s3:::?/k", "arn:aws:s3:::b/?")+"'")
	}
	return fmt.Sprintf("{'Effect':'%s','%s':[%s],'%s':[%s]}", pick(r, "Allow", "Allow", "Deny"),
		pick(r, "Action", "Action", "Action", "Action", "NotAction"), strings.Join(list, ","),
		pick(r, "Resource", "Resource", "Resource", "Resource", "NotResource"), strings.Join(resources, ","))
}

// TestIndexMissesNothing compares a decision, which looks statements up, with
// its explanation, which asks them all.
func TestIndexMissesNothing(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	outcomes := map[policy.Outcome]int{}
	for round := range 30 {
		var statements []string
		for range 1 + random.IntN(140) {
			s := randomStatement(random)
			if random.IntN(10) > 0 {
				// Mostly Allow, or everything is denied.
				s = strings.Replace(s, "'Deny'", "'Allow'", 1)
			}
			statements = append(statements, s)
		}
		p := &policy.Policies{Identity: identity(statements...), Boundary: attached(policy.Boundary, randomBoundary(random)...)}
		for _, action := range []string{"s3:GetObject", "S3:putobject", "sqs:SendMessage", "s3:ListAllMyBuckets", "\u212ams:Decrypt"} {
			for _, resource := range []string{"arn:aws:s3:::b/k", "arn:aws:s3:::b", "*", "ARN:aws:s3:::b/k", "arn:aws:\u017f3:::b/k", "arn:aws:sqs:eu-west-1:111122223333:q", "nonsense"} {
				r := get(roleSession)
				r.Action, r.Resource = action, resource
				r.Context.Set("aws:PrincipalTag/team", pick(random, "b", "k", "*"))
				d, e := p.Decide(r), p.Explain(r)
				e.Explanation = nil
				if d != e {
					t.Fatalf("round %d, %s on %s: Decide = %+v, Explain = %+v", round, action, resource, d, e)
				}
				outcomes[d.Outcome]++
			}
		}
	}
	if len(outcomes) < 3 {
		t.Errorf("not all outcomes come about: %v", outcomes)
	}
}

// randomBoundary allows in many statements, that it be indexed as well.
func randomBoundary(r *rand.Rand) []string {
	statements := []string{allowAll}
	for range r.IntN(80) {
		statements = append(statements, strings.Replace(randomStatement(r), "'Deny'", "'Allow'", 1))
	}
	return statements
}
