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
