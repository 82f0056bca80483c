package policy_test

import (
	"fmt"
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

// TestNotes wants a note for a key that no request of the caller can have, and
// none for one that another request of the same kind may have.
func TestNotes(t *testing.T) {
	t.Parallel()
	asks := func(key string) string {
		return grant("'s3:GetObject'", allObjects, ",'Condition':{'StringLike':{'"+key+"':'*'}}")
	}
	many := ""
	for i := range 20 {
		many += fmt.Sprintf("'aws:nonsense%d':'x',", i)
	}
	for _, c := range []struct {
		name      string
		caller    policy.Principal
		statement string
		want      int
	}{
		{"K132 user name of a session", roleSession, asks("aws:username"), 1},
		{"user name of a user", user, asks("aws:username"), 0},
		{"user name of the root", root, asks("aws:username"), 1},
		{"K145 ARN of anybody", policy.Principal{}, asks("aws:PrincipalArn"), 1},
		{"ARN of a session", roleSession, asks("aws:PrincipalArn"), 0},
		{"session name in S3", roleSession, asks("sts:RoleSessionName"), 1},
		{"source of a service", service, asks("aws:SourceArn"), 0},
		{"source of a session", roleSession, asks("aws:SourceArn"), 1},
		{"issue time for a federated user", federated, asks("aws:TokenIssueTime"), 0},
		{"variable", roleSession, grant("'s3:GetObject'", "'arn:aws:s3:::b/${aws:username}/*'", ""), 1},
		{"twice is once", roleSession, grant("'s3:GetObject'", "['arn:aws:s3:::b/${aws:username}/*','arn:aws:s3:::b/${aws:username}']", ""), 1},
		{"about another action", roleSession, grant("'s3:PutObject'", allObjects, ",'Condition':{'StringLike':{'aws:username':'*'}}"), 0},
		{"no more than five", roleSession, grant("'s3:GetObject'", allObjects, ",'Condition':{'StringLike':{"+many+"'aws:x':'y'}}"), 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := &policy.Policies{Resource: attached(policy.Resource, c.statement)}
			if got := p.Explain(get(c.caller)).Explanation.Notes; len(got) != c.want {
				t.Errorf("got %+v, want %d", got, c.want)
			}
		})
	}
}

// TestNotesReadNoVariables wants what is no variable in a document of 2008 to be
// none.
func TestNotesReadNoVariables(t *testing.T) {
	t.Parallel()
	d := policy.MustParse(policy.Resource, quotes("{'Version':'2008-10-17','Statement':{'Effect':'Allow','Principal':'*','Action':'s3:GetObject','Resource':'arn:aws:s3:::b/${aws:username}'}}"))
	p := &policy.Policies{Resource: &policy.Policy{Document: d}}
	if got := p.Explain(get(roleSession)).Explanation.Notes; len(got) != 0 {
		t.Errorf("got %+v", got)
	}
}
