package policy_test

import (
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

// Statements of the tests.
const (
	allowGet = "{'Effect':'Allow','Action':'s3:GetObject','Resource':'arn:aws:s3:::b/*'}"
	allowPut = "{'Effect':'Allow','Action':'s3:PutObject','Resource':'arn:aws:s3:::b/*'}"
	allowAll = "{'Effect':'Allow','Action':'*','Resource':'*'}"
	denyGet  = "{'Effect':'Deny','Action':'s3:GetObject','Resource':'*'}"
)

// naming is a bucket policy that grants reading to a principal.
func naming(principal string) *policy.Policy {
	return attached(policy.Resource, "{'Effect':'Allow','Action':'s3:GetObject','Resource':'arn:aws:s3:::b/*',"+principal+"}")
}

const (
	namesSession = "'Principal':{'AWS':'" + session + "'}"
	namesRole    = "'Principal':{'AWS':'" + roleARN + "'}"
	namesAccount = "'Principal':{'AWS':'" + account + "'}"
	namesRoot    = "'Principal':{'AWS':'arn:aws:iam::111122223333:root'}"
	namesAll     = "'Principal':'*'"
	namesOther   = "'Principal':{'AWS':'arn:aws:sts::111122223333:assumed-role/app/s2'}"
	byCondition  = "'Principal':'*','Condition':{'ArnEquals':{'aws:PrincipalArn':'" + roleARN + "'}}"
)

// question is a row of a truth table: what each kind of policy says. "A" allows,
// "i" is attached and says nothing, "D" denies, "" is not attached.
type question struct {
	name             string
	rbp              string // the principal of the bucket policy's Allow
	ibp, pb, sp      string
	want             policy.Outcome
	by               policy.Kind
	caller           *policy.Principal
	resourceAccounts []string
}

// said is the statement for a letter.
func said(letter string) string {
	switch letter {
	case "A":
		return allowGet
	case "D":
		return denyGet
	}
	return allowPut
}

func (q *question) policies() *policy.Policies {
	p := &policy.Policies{}
	if q.rbp != "" {
		p.Resource = naming(q.rbp)
	}
	if q.ibp != "" {
		p.Identity = identity(said(q.ibp))
	}
	if q.pb != "" {
		p.Boundary = attached(policy.Boundary, said(q.pb))
	}
	if q.sp != "" {
		p.Session, p.SessionPassed = []policy.Policy{*attached(policy.Session, said(q.sp))}, true
	}
	return p
}

func (q *question) ask(t *testing.T) {
	t.Helper()
	caller := roleSession
	if q.caller != nil {
		caller = *q.caller
	}
	r := get(caller)
	r.Context.Set("aws:PrincipalArn", caller.RoleARN)
	for _, a := range q.resourceAccounts {
		r.ResourceAccount = a
	}
	d := decide(t, q.policies(), r)
	if d.Outcome != q.want || d.By != q.by {
		t.Errorf("got %s by %s, want %s by %s", d.Outcome, d.By, q.want, q.by)
	}
	if d.Allowed() != (q.want == policy.Allow) {
		t.Error("Allowed contradicts the outcome")
	}
}

func TestSameAccount(t *testing.T) {
	t.Parallel()
	const a, i, e = policy.Allow, policy.ImplicitDeny, policy.ExplicitDeny
	id, rb, pb, sp := policy.Identity, policy.Resource, policy.Boundary, policy.Session
	tests := []question{
		{name: "E57 row 1", ibp: "A", want: a, by: id},
		{name: "E71 no session policy passed", ibp: "A", pb: "A", want: a, by: id},
		{name: "row 1 all", ibp: "A", pb: "A", sp: "A", want: a, by: id},
		{name: "E55 row 2 nothing", want: i, by: id},
		{name: "E69 row 2 boundary alone", pb: "A", want: i, by: id},
		{name: "E68 row 2 session alone", ibp: "i", sp: "A", want: i, by: id},
		{name: "E66 row 3", ibp: "A", pb: "i", want: i, by: pb},
		{name: "E67 row 4", ibp: "A", sp: "i", want: i, by: sp},
		{name: "row 4 bounded", ibp: "A", pb: "A", sp: "i", want: i, by: sp},
		{name: "E61 row 5", rbp: namesSession, ibp: "i", pb: "i", sp: "i", want: a, by: rb},
		{name: "E62 other session", rbp: namesOther, ibp: "i", pb: "i", sp: "i", want: i, by: id},
		{name: "E63 denied by the session policy", rbp: namesSession, sp: "D", want: e, by: sp},
		{name: "E58 row 6", rbp: namesRole, want: a, by: rb},
		{name: "row 6 silent", rbp: namesRole, ibp: "i", pb: "A", sp: "A", want: a, by: rb},
		{name: "E59 row 7", rbp: namesRole, ibp: "i", pb: "i", want: i, by: pb},
		{name: "row 7 allowed", rbp: namesRole, ibp: "A", pb: "i", sp: "A", want: i, by: pb},
		{name: "E60 row 8", rbp: namesRole, sp: "i", want: i, by: sp},
		{name: "row 8 allowed", rbp: namesRole, ibp: "A", pb: "A", sp: "i", want: i, by: sp},
		{name: "E65 row 9", rbp: byCondition, ibp: "i", pb: "i", sp: "i", want: a, by: rb},
		{name: "row 10", rbp: namesAll, ibp: "i", pb: "i", sp: "i", want: a, by: rb},
		{name: "row 10 AWS", rbp: "'Principal':{'AWS':'*'}", pb: "i", want: a, by: rb},
		{name: "E64, G53 row 11", rbp: namesRoot, want: i, by: id},
		{name: "G53 row 11 by ID", rbp: namesAccount, ibp: "i", want: i, by: id},
		{name: "G53 row 12", rbp: namesRoot, ibp: "A", pb: "A", sp: "A", want: a, by: id},
		{name: "row 12 bounded", rbp: namesAccount, ibp: "A", pb: "i", want: i, by: pb},
		{name: "row 13", rbp: namesOther, ibp: "A", want: a, by: id},
		{name: "E56 denied by the identity policy", rbp: namesSession, ibp: "D", want: e, by: id},
		{name: "E56 denied by the boundary", rbp: namesSession, ibp: "A", pb: "D", want: e, by: pb},
		{name: "denials in order", ibp: "D", pb: "D", sp: "D", want: e, by: pb},
		{name: "user named", caller: &user, rbp: "'Principal':{'AWS':'" + userARN + "'}", ibp: "i", pb: "i", want: a, by: rb},
		{name: "user unnamed", caller: &user, rbp: namesRole, want: i, by: id},
		{name: "root", caller: &root, want: a, by: id},
		{name: "federated user without session policy", caller: &federated, ibp: "A", want: i, by: sp},
		{name: "federated user", caller: &federated, ibp: "A", sp: "A", want: a, by: id},
		{name: "federated user named", caller: &federated, rbp: "'Principal':{'AWS':'" + federated.ARN + "'}", sp: "i", want: a, by: rb},
		{name: "federated user, its user named", caller: &federated, rbp: "'Principal':{'AWS':'" + userARN + "'}", sp: "A", want: a, by: rb},
		{name: "federated user, its user named, limited", caller: &federated, rbp: "'Principal':{'AWS':'" + userARN + "'}", sp: "i", want: i, by: sp},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.ask(t)
		})
	}
}

// TestE70_SessionPolicyAddsNothing passes a session policy that allows
// everything beside an identity policy that does not.
func TestE70_SessionPolicyAddsNothing(t *testing.T) {
	t.Parallel()
	p := &policy.Policies{Identity: identity(allowGet), Session: []policy.Policy{*attached(policy.Session, allowAll)}, SessionPassed: true}
	r := get(roleSession)
	if d := decide(t, p, r); !d.Allowed() {
		t.Errorf("what both allow: %s", d.Outcome)
	}
	r.Action = "s3:PutObject"
	if d := decide(t, p, r); d.Outcome != policy.ImplicitDeny || d.By != policy.Identity {
		t.Errorf("what only the session policy allows: %s by %s", d.Outcome, d.By)
	}
}

func TestCrossAccount(t *testing.T) {
	t.Parallel()
	const a, i = policy.Allow, policy.ImplicitDeny
	id, rb, pb, sp := policy.Identity, policy.Resource, policy.Boundary, policy.Session
	theirs := []string{other}
	tests := []question{
		{name: "E72 identity policy alone", ibp: "A", want: i, by: rb},
		{name: "E72 bucket policy alone", rbp: namesRole, want: i, by: id},
		{name: "E72 both", rbp: namesRole, ibp: "A", want: a, by: rb},
		{name: "by account", rbp: namesAccount, ibp: "A", want: a, by: rb},
		{name: "by everyone", rbp: namesAll, ibp: "A", pb: "A", sp: "A", want: a, by: rb},
		{name: "E73 session named", rbp: namesSession, ibp: "i", want: i, by: id},
		{name: "boundary silent", rbp: namesSession, ibp: "A", pb: "i", want: i, by: pb},
		{name: "session silent", rbp: namesSession, ibp: "A", sp: "i", want: i, by: sp},
		{name: "root", caller: &root, rbp: namesAccount, want: a, by: rb},
		{name: "root unnamed", caller: &root, rbp: namesRole, want: i, by: rb},
	}
	for _, tt := range tests {
		tt.resourceAccounts = theirs
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.ask(t)
		})
	}
	t.Run("no account", func(t *testing.T) {
		t.Parallel()
		nowhere := question{ibp: "A", resourceAccounts: []string{""}, want: i, by: rb}
		nowhere.ask(t)
	})
}

// TestOutside asks for callers to whom no account attaches policies.
func TestOutside(t *testing.T) {
	t.Parallel()
	const a, i, e = policy.Allow, policy.ImplicitDeny, policy.ExplicitDeny
	anonymous := policy.Principal{}
	rb := policy.Resource
	denies := "'Principal':'*','NotAction':'s3:PutObject'"
	tests := []question{
		{name: "E77 everyone", caller: &anonymous, rbp: namesAll, want: a, by: rb},
		{name: "E77 nobody", caller: &anonymous, ibp: "A", want: i, by: rb},
		{name: "E78 account", caller: &anonymous, rbp: namesAccount, want: i, by: rb},
		{name: "all but one", caller: &anonymous, rbp: "'NotPrincipal':{'AWS':'" + account + "'}", want: a, by: rb},
		{name: "service", caller: &service, rbp: "'Principal':{'Service':'logging.s3.amazonaws.com'}", want: a, by: rb},
		{name: "other service", caller: &service, rbp: "'Principal':{'Service':'cloudtrail.amazonaws.com'}", want: i, by: rb},
		{name: "service as everyone", caller: &service, rbp: namesAll, want: a, by: rb},
		{name: "token outside of STS", caller: &token, rbp: namesAll, want: i, by: policy.Trust},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.ask(t)
		})
	}
	t.Run("unknown kind", func(t *testing.T) {
		t.Parallel()
		p := &policy.Policies{Resource: naming("'NotPrincipal':{'AWS':'" + other + "'}"), Identity: identity(allowAll)}
		r := get(policy.Principal{Kind: 99, AccountID: account, ARN: session, RoleARN: roleARN})
		if d := p.Explain(r); d.Outcome != i || d.Statement != -1 {
			t.Errorf("got %+v", d)
		}
	})
	t.Run("denied", func(t *testing.T) {
		t.Parallel()
		p := &policy.Policies{Resource: attached(policy.Resource, "{'Effect':'Deny','Resource':'arn:aws:s3:::b/*',"+denies+"}")}
		if d := decide(t, p, get(anonymous)); d.Outcome != e {
			t.Errorf("got %s", d.Outcome)
		}
	})
}

func TestNotPrincipal(t *testing.T) {
	t.Parallel()
	list := func(names string) string {
		return "{'Effect':'Deny','NotPrincipal':{'AWS':[" + names + "]},'Action':'s3:*','Resource':'arn:aws:s3:::b/*'}"
	}
	all := "'" + session + "','" + roleARN + "','" + account + "'"
	tests := []struct {
		name    string
		caller  policy.Principal
		names   string
		bounded bool
		want    policy.Outcome
	}{
		{"E74 all forms", roleSession, all, false, policy.Allow},
		{"E74 bounded", roleSession, all, true, policy.ExplicitDeny},
		{"E74 without the session", roleSession, "'" + roleARN + "','" + account + "'", false, policy.ExplicitDeny},
		{"E74 without the account", roleSession, "'" + session + "','" + roleARN + "'", false, policy.ExplicitDeny},
		{"user", user, "'" + userARN + "','" + account + "'", false, policy.Allow},
		{"user without its account", user, "'" + userARN + "'", false, policy.ExplicitDeny},
		{"root", root, "'" + account + "'", false, policy.Allow},
		{"everyone", roleSession, "'*'", false, policy.Allow},
		{"anonymous", policy.Principal{}, all, false, policy.ExplicitDeny},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := &policy.Policies{Resource: attached(policy.Resource, list(tt.names)), Identity: identity(allowAll)}
			if tt.bounded {
				p.Boundary = attached(policy.Boundary, allowAll)
			}
			if d := decide(t, p, get(tt.caller)); d.Outcome != tt.want {
				t.Errorf("got %s, want %s", d.Outcome, tt.want)
			}
		})
	}
	t.Run("service", func(t *testing.T) {
		t.Parallel()
		p := &policy.Policies{Resource: attached(policy.Resource,
			"{'Effect':'Deny','NotPrincipal':{'Service':'logging.s3.amazonaws.com'},'Action':'s3:*','Resource':'arn:aws:s3:::b/*'}",
			"{'Effect':'Allow','Principal':'*','Action':'s3:*','Resource':'arn:aws:s3:::b/*'}")}
		if d := decide(t, p, get(service)); !d.Allowed() {
			t.Errorf("got %s", d.Outcome)
		}
		if d := decide(t, p, get(policy.Principal{Kind: policy.Service, Service: "x.amazonaws.com"})); d.Outcome != policy.ExplicitDeny {
			t.Errorf("got %s", d.Outcome)
		}
	})
}

func TestOrganization(t *testing.T) {
	t.Parallel()
	scp := func(statements ...string) []policy.Policy {
		return []policy.Policy{*attached(policy.ServiceControl, statements...)}
	}
	rcp := func(effect string) []policy.Policy {
		return []policy.Policy{*attached(policy.ResourceControl, "{'Effect':'"+effect+"','Principal':'*','Action':'s3:*','Resource':'*'}")}
	}
	tests := []struct {
		name     string
		caller   policy.Principal
		services [][]policy.Policy
		controls [][]policy.Policy
		want     policy.Outcome
		by       policy.Kind
	}{
		{"every level", roleSession, [][]policy.Policy{scp(allowAll), scp(allowGet)}, [][]policy.Policy{rcp("Allow")}, policy.Allow, policy.Identity},
		{"E93 one level silent", roleSession, [][]policy.Policy{scp(allowAll), scp(allowPut)}, nil, policy.ImplicitDeny, policy.ServiceControl},
		{"no policy at a level", roleSession, [][]policy.Policy{scp(allowAll), nil}, nil, policy.ImplicitDeny, policy.ServiceControl},
		{"no level", roleSession, [][]policy.Policy{}, nil, policy.ImplicitDeny, policy.ServiceControl},
		{"denied at the second level", roleSession, [][]policy.Policy{scp(allowAll), scp(allowAll, denyGet)}, nil, policy.ExplicitDeny, policy.ServiceControl},
		{"root of a member account", root, [][]policy.Policy{scp(allowAll, denyGet)}, nil, policy.ExplicitDeny, policy.ServiceControl},
		{"anonymous is under no service control", policy.Principal{}, [][]policy.Policy{scp(allowPut, denyGet)}, nil, policy.Allow, policy.Resource},
		{"resource control denies", roleSession, nil, [][]policy.Policy{rcp("Deny")}, policy.ExplicitDeny, policy.ResourceControl},
		{"resource control denies everybody", policy.Principal{}, nil, [][]policy.Policy{rcp("Allow"), rcp("Deny")}, policy.ExplicitDeny, policy.ResourceControl},
		{"resource control silent", roleSession, nil, [][]policy.Policy{{}}, policy.ImplicitDeny, policy.ResourceControl},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := &policy.Policies{Identity: identity(allowGet), ServiceControl: tt.services, ResourceControl: tt.controls}
			if tt.caller.Kind == policy.Anonymous {
				p.Resource = naming(namesAll)
			}
			if d := decide(t, p, get(tt.caller)); d.Outcome != tt.want || d.By != tt.by {
				t.Errorf("got %s by %s, want %s by %s", d.Outcome, d.By, tt.want, tt.by)
			}
		})
	}
}
