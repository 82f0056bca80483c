package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

// typical are three policies with ten statements and four conditions, and the
// context of an S3 request.
func typical() (*policy.Policies, *policy.Request) {
	p := &policy.Policies{
		Identity: []policy.Policy{
			*attached(policy.Identity,
				"{'Effect':'Allow','Action':['s3:ListBucket','s3:GetBucketLocation'],'Resource':'arn:aws:s3:::data','Condition':{'StringLike':{'s3:prefix':['reports/*','']}}}",
				"{'Effect':'Allow','Action':['sqs:SendMessage','sqs:Receive*'],'Resource':'arn:aws:sqs:eu-west-1:111122223333:jobs-*'}",
				"{'Effect':'Allow','Action':'kms:Decrypt','Resource':'arn:aws:kms:eu-west-1:111122223333:key/*'}",
				"{'Effect':'Allow','Action':['s3:GetObject','s3:PutObject'],'Resource':'arn:aws:s3:::data/reports/*/2026-*','Condition':{'StringEquals':{'aws:PrincipalTag/team':'red'}}}"),
			*attached(policy.Identity,
				"{'Effect':'Deny','Action':'s3:*','Resource':'*','Condition':{'Bool':{'aws:SecureTransport':'false'}}}",
				"{'Effect':'Deny','Action':'s3:Delete*','Resource':'*'}",
				"{'Effect':'Deny','NotAction':['s3:*','sqs:*','kms:*'],'Resource':'*'}"),
		},
		Resource: attached(policy.Resource,
			"{'Effect':'Deny','Principal':'*','Action':'s3:*','Resource':['arn:aws:s3:::data','arn:aws:s3:::data/*'],'Condition':{'NotIpAddress':{'aws:SourceIp':['10.0.0.0/8','192.0.2.0/24']}}}",
			"{'Effect':'Deny','Principal':'*','Action':'s3:PutBucketPolicy','Resource':'arn:aws:s3:::data'}",
			"{'Effect':'Allow','Principal':{'AWS':'arn:aws:iam::111122223333:role/other'},'Action':'s3:GetObject','Resource':'arn:aws:s3:::data/*'}"),
	}
	r := get(roleSession)
	r.Resource = "arn:aws:s3:::data/reports/eu/2026-11.csv"
	for i, key := range strings.Fields("aws:PrincipalArn aws:PrincipalAccount aws:PrincipalType aws:userid aws:FederatedProvider " +
		"aws:TokenIssueTime aws:MultiFactorAuthPresent aws:CurrentTime aws:EpochTime aws:UserAgent aws:RequestedRegion " +
		"aws:ResourceAccount s3:ResourceAccount s3:authType s3:signatureversion s3:signatureAge s3:TlsVersion") {
		r.Context.Set(key, fmt.Sprint("value", i))
	}
	r.Context.Set("aws:SecureTransport", "true")
	r.Context.Set("aws:SourceIp", "192.0.2.7")
	r.Context.Set("aws:PrincipalTag/team", "red")
	return p, r
}

// large is a policy of 2,744 actions, as AWS has them.
func large() *policy.Policies {
	var actions []string
	for i := range 2744 {
		actions = append(actions, fmt.Sprintf("'service%d:Describe%d*'", i/20, i))
	}
	return &policy.Policies{Identity: identity("{'Effect':'Allow','Action':[" + strings.Join(actions, ",") + ",'s3:GetObject'],'Resource':'*'}")}
}

// hundreds are ten policies of a hundred statements, and a request that the last
// of them allows. In one shape they are about all sorts of actions, in the other
// about the same action on other buckets.
func hundreds(same bool) (*policy.Policies, *policy.Request) {
	p := &policy.Policies{}
	for i := range 10 {
		var statements []string
		for j := range 100 {
			action, resource := fmt.Sprintf("service%d:Describe%d", j%20, j), fmt.Sprintf("arn:aws:service%d:eu-west-1:111122223333:thing/%d", j%20, i)
			switch {
			case i == 9 && j == 99:
				action, resource = "s3:GetObject", "arn:aws:s3:::b/*"
			case same:
				action, resource = "s3:GetObject", fmt.Sprintf("arn:aws:s3:::bucket-%d-%d/*", i, j)
			case j%4 == 1:
				action = fmt.Sprintf("service%d:Get*", j%20)
			case j%4 == 2:
				action, resource = "s3:PutObject", fmt.Sprintf("arn:aws:s3:::bucket-%d-%d/*", i, j)
			}
			statements = append(statements, fmt.Sprintf("{'Effect':'Allow','Action':'%s','Resource':'%s'}", action, resource))
		}
		p.Identity = append(p.Identity, identity(statements...)...)
	}
	return p, get(roleSession)
}

// BenchmarkDecideHundreds decides by a thousand statements.
func BenchmarkDecideHundreds(b *testing.B) {
	for _, shape := range []struct {
		name string
		same bool
	}{{"mixed", false}, {"same-action", true}} {
		b.Run(shape.name, func(b *testing.B) {
			p, r := hundreds(shape.same)
			b.ReportAllocs()
			for b.Loop() {
				if !p.Decide(r).Allowed() {
					b.Fatal("denied")
				}
			}
		})
	}
}

// BenchmarkDecideStars decides by a resource of many stars that fits almost.
func BenchmarkDecideStars(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p := &policy.Policies{Identity: identity("{'Effect':'Allow','Action':'s3:GetObject','Resource':'arn:aws:s3:::b/" + strings.Repeat("a*", n) + "b*x'}")}
			r := get(roleSession)
			r.Resource = "arn:aws:s3:::b/" + strings.Repeat("a", 2*n) + "x"
			for b.Loop() {
				if p.Decide(r).Allowed() {
					b.Fatal("allowed")
				}
			}
		})
	}
}

func BenchmarkDecide(b *testing.B) {
	p, r := typical()
	b.ReportAllocs()
	for b.Loop() {
		if !p.Decide(r).Allowed() {
			b.Fatal("denied")
		}
	}
}

func BenchmarkDecideLarge(b *testing.B) {
	p, r := large(), get(roleSession)
	b.ReportAllocs()
	for b.Loop() {
		if !p.Decide(r).Allowed() {
			b.Fatal("denied")
		}
	}
}

func BenchmarkExplain(b *testing.B) {
	p, r := typical()
	b.ReportAllocs()
	for b.Loop() {
		p.Explain(r)
	}
}

func BenchmarkParse(b *testing.B) {
	p, _ := typical()
	src := p.Identity[0].Document.Source()
	b.ReportAllocs()
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		policy.MustParse(policy.Identity, string(src))
	}
}

// TestDecideAllocates holds the price of a decision in allocations.
func TestDecideAllocates(t *testing.T) {
	p, r := typical()
	if !p.Decide(r).Allowed() {
		t.Fatal("denied")
	}
	if n := testing.AllocsPerRun(100, func() { p.Decide(r) }); n > 2 {
		t.Errorf("%g allocations a decision", n)
	}
}
