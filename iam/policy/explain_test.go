package policy_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

// TestViews asks two policies, of which the second denies for want of a key.
func TestViews(t *testing.T) {
	t.Parallel()
	p := &policy.Policies{
		Boundary: attached(policy.Boundary, denyPut, allowAll),
		Identity: []policy.Policy{
			{Name: "a", Document: policy.MustParse(policy.Identity, doc(allowPut, conditional, allowPut))},
			{ARN: "arn:aws:iam::aws:policy/b", Document: policy.MustParse(policy.Identity, doc(denyPut))},
		},
	}
	silent := p.Explain(get(roleSession)).Explanation
	p.Identity = append(p.Identity, identity(allowGet)...)
	allowed := p.Explain(get(roleSession)).Explanation
	bare := &policy.Explanation{Policies: []policy.PolicyTrace{{Kind: policy.Identity}}}
	tests := []struct {
		name string
		e    *policy.Explanation
		view policy.View
		want string
	}{
		{"full", silent, policy.Full, "permissions boundary:0,1 identity-based policy:0,1,2 identity-based policy:0"},
		{"deciding, nobody allows", silent, policy.Deciding, "identity-based policy:0,1,2 identity-based policy:0"},
		{"deciding, allowed", allowed, policy.Deciding, "identity-based policy:0"},
		{"nearest of nothing", bare, policy.NearestMiss, ""},
		{"nearest", silent, policy.NearestMiss, "permissions boundary:1 identity-based policy:1 identity-based policy:0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, p := range tt.e.Filter(tt.view).Policies {
				var statements []string
				for _, s := range p.Statements {
					statements = append(statements, fmt.Sprint(s.Index))
				}
				got = append(got, p.Kind.String()+":"+strings.Join(statements, ","))
			}
			if text := strings.Join(got, " "); text != tt.want {
				t.Errorf("got %s, want %s", text, tt.want)
			}
		})
	}
}

const (
	denyPut     = "{'Effect':'Deny','Action':'s3:PutObject','Resource':'*'}"
	conditional = "{'Effect':'Allow','Action':'s3:GetObject','Resource':'*','Condition':{'Bool':{'aws:a':'true'}}}"
)

func TestTree(t *testing.T) {
	t.Parallel()
	p := &policy.Policies{Identity: identity(allowPut, conditional)}
	e := p.Explain(get(roleSession)).Explanation
	var b strings.Builder
	if err := e.WriteTree(&b, policy.NearestMiss); err != nil {
		t.Fatal(err)
	}
	const want = `denied: no identity-based policy allows it
  caller    arn:aws:sts::111122223333:assumed-role/app/s1
  action    s3:GetObject
  resource  arn:aws:s3:::b/k
identity-based policy test: says nothing
  [1] Allow (line 1): condition does not hold
      Bool aws:a
      wants     "true"
      has       nothing: the request has no such key
note: statement 1 of the identity-based policy test asks for aws:a, which this request can never
      have: AWS knows no such key
fix: statement 1 of the identity-based policy test wants aws:a Bool "true", but the request has no
     such key
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if err := e.WriteTree(broken{}, policy.Full); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

var errBroken = errors.New("broken")

// broken is a writer that does not write.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }

// TestTreeCallers wants every sort of caller named, and long lists cut.
func TestTreeCallers(t *testing.T) {
	t.Parallel()
	actions := strings.Repeat("'s3:PutObject',", 40) + "'s3:PutObject'"
	p := &policy.Policies{Resource: attached(policy.Resource, grant("["+actions+"]", allObjects, ""))}
	tests := []struct {
		caller policy.Principal
		want   string
	}{
		{policy.Principal{}, "caller    anonymous"},
		{service, "caller    logging.s3.amazonaws.com"},
		{roleSession, "caller    " + session},
		{token, "caller    a token of " + providerARN},
	}
	for _, tt := range tests {
		text := p.Explain(get(tt.caller)).Explanation.String()
		if !strings.Contains(text, tt.want+"\n") {
			t.Errorf("no %q in\n%s", tt.want, text)
		}
		if tt.caller.Kind == policy.Anonymous && !strings.Contains(text, " and 33 more\n") {
			t.Errorf("a long list is not cut:\n%s", text)
		}
	}
}

// TestRootReason wants the one allowance without a statement explained.
func TestRootReason(t *testing.T) {
	t.Parallel()
	e := (&policy.Policies{}).Explain(get(root)).Explanation
	if e.Reason != "allowed: the root user of the resource's account" || len(e.Suggestions) != 0 {
		t.Errorf("got %q, %v", e.Reason, e.Suggestions)
	}
}

// TestSuggestionsForOddities wants no advice that supposes what is not there.
func TestSuggestionsForOddities(t *testing.T) {
	t.Parallel()
	nameless := token
	nameless.Provider = "accounts.google.com"
	provider := "{'Federated':'" + providerARN + "'}"
	tests := []struct {
		name    string
		request *policy.Request
		trust   string
		want    string
	}{
		{"a provider without ARN", assume(nameless), trusts("Allow", provider, "{}"), policy.FixProvider},
		{"a claim that is no key", assume(token), trusts("Allow", provider, "{'StringEquals':{'"+issuer+":groups':'x'}}"), policy.FixConditionAbsent},
		{"a key without a claim", assume(token), trusts("Allow", provider, "{'StringEquals':{'sub':'x'}}"), policy.FixConditionAbsent},
		{"a claim that the token has not", assume(token), trusts("Allow", provider, "{'StringEquals':{'oidc.example.com:email':'x'}}"), policy.FixIssuerKey},
		{"a subject that is kept out", assume(token), trusts("Allow", provider, "{'StringNotEquals':{'"+issuer+":sub':'"+subject+"'}}"), policy.FixConditionValue},
		{"an audience that is kept out", assume(token), trusts("Allow", provider, "{'StringNotLike':{'"+issuer+":aud':'sts.*'}}"), policy.FixConditionValue},
		{"half a subject", func() *policy.Request {
			r := assume(token)
			r.Context.Set(issuer+":sub", "system:serviceaccount:prod")
			return r
		}(), trusts("Allow", provider, "{'StringEquals':{'"+issuer+":sub':'"+subject+"'}}"), policy.FixSubject},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := (&policy.Policies{Trust: attached(policy.Trust, tt.trust)}).Explain(tt.request).Explanation
			if len(e.Suggestions) != 1 || e.Suggestions[0].Code != tt.want {
				t.Errorf("got %+v, want %s", e.Suggestions, tt.want)
			}
		})
	}
}

// TestExplainWithoutContext wants no context to be no trouble.
func TestExplainWithoutContext(t *testing.T) {
	t.Parallel()
	r := get(roleSession)
	r.Context = nil
	p := &policy.Policies{Identity: identity(conditional)}
	if d := decide(t, p, r); d.Allowed() {
		t.Error("allowed")
	}
}
