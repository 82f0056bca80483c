package policy_test

import (
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

func TestActions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, element, action string
		want                  bool
	}{
		{"exact", "'Action':'s3:GetObject'", "s3:GetObject", true},
		{"G43 without case", "'Action':'S3:getOBJECT'", "s3:GetObject", true},
		{"G43 pattern without case", "'Action':'S3:GET*'", "s3:GetObject", true},
		{"G44 prefix", "'Action':'s3:Get*'", "s3:GetBucketAcl", true},
		{"G44 suffix", "'Action':'s3:*Object'", "s3:GetObject", true},
		{"G44 suffix missed", "'Action':'s3:*Object'", "s3:GetObjectAcl", false},
		{"G45 one character", "'Action':'s3:?etObject'", "s3:GetObject", true},
		{"G45 no character", "'Action':'s3:?GetObject'", "s3:GetObject", false},
		{"G46 blank", "'Action':'s3:GetObject '", "s3:GetObject", false},
		{"G46 comma", "'Action':'s3:GetObject,PutObject'", "s3:GetObject", false},
		{"G46 blank under NotAction", "'NotAction':'s3:GetObject '", "s3:GetObject", true},
		{"G54 list", "'Action':['s3:GetObject']", "s3:GetObject", true},
		{"other service", "'Action':['sqs:Get*','s3:List*']", "s3:GetObject", false},
		{"among services", "'Action':['sqs:*','a:*','s3:Put*','s3:G*']", "s3:GetObject", true},
		{"among many names", "'Action':['a:1','a:2','a:3','a:4','a:5','a:6','a:7','s3:GetObject','z:1','z:2']", "s3:GetObject", true},
		{"not among many names", "'Action':['a:1','a:2','a:3','a:4','a:5','a:6','a:7','s3:GetObjects','z:1','z:2']", "s3:GetObject", false},
		{"among many patterns", "'Action':['a:*','b:*','c:*','s3:a*','d:*','s3:g*','z:*','e:*','f:*','g:*']", "s3:GetObject", true},
		{"not among many patterns", "'Action':['a:*','b:*','c:*','s3:a*','d:*','s3:b*','z:*','e:*','f:*','g:*']", "s3:GetObject", false},
		{"E75 NotAction", "'NotAction':['s3:Put*','s3:ListBucket']", "s3:GetObject", true},
		{"E75 NotAction lists it", "'NotAction':'s3:Get*'", "s3:GetObject", false},
		{"NotAction of everything", "'NotAction':'*'", "s3:GetObject", false},
		{"no action", "'Action':'*'", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := get(roleSession)
			r.Action = tt.action
			p := &policy.Policies{Identity: identity("{'Effect':'Allow'," + tt.element + ",'Resource':'*'}")}
			if got := decide(t, p, r).Allowed(); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
}

func TestResources(t *testing.T) {
	t.Parallel()
	const (
		bucket   = "arn:aws:s3:::b"
		object   = "arn:aws:s3:::b/k"
		variable = "'Resource':'arn:aws:s3:::b/${aws:PrincipalTag/team}/*'"
	)
	tests := []struct {
		name, element, resource string
		want                    bool
	}{
		{"everything", "'Resource':'*'", object, true},
		{"G47 objects, not the bucket", "'Resource':'arn:aws:s3:::b/*'", bucket, false},
		{"G47 the bucket, not objects", "'Resource':'arn:aws:s3:::b'", object, false},
		{"G48 other bucket", "'Resource':'arn:aws:s3:::b*'", "arn:aws:s3:::b2", true},
		{"G48 objects of other bucket", "'Resource':'arn:aws:s3:::b*'", "arn:aws:s3:::b2/k", true},
		{"G49 slash and colon", "'Resource':'arn:aws:s3:::b/a*z'", "arn:aws:s3:::b/a/b:c/z", true},
		{"G50 case of the key", "'Resource':'arn:aws:s3:::b/K'", object, false},
		{"G50 decoded key", "'Resource':'arn:aws:s3:::b/a b.txt'", "arn:aws:s3:::b/a b.txt", true},
		{"case before the key", "'Resource':'arn:aws:S3:::b/k'", object, true},
		{"G51 two slashes", "'Resource':'arn:aws:s3:::b/a/b'", "arn:aws:s3:::b/a//b", false},
		{"G51 dots", "'Resource':'arn:aws:s3:::b/b'", "arn:aws:s3:::b/a/../b", false},
		{"E76 NotResource", "'NotResource':'arn:aws:s3:::c/*'", object, true},
		{"E76 NotResource lists it", "'NotResource':'arn:aws:s3:::b/*'", object, false},
		{"any partition", "'Resource':'arn:*:s3:::b/k'", object, true},
		{"short", "'Resource':'arn:aws:s3'", object, true},
		{"short, other service", "'Resource':'arn:aws:sqs'", object, false},
		{"variable", variable, "arn:aws:s3:::b/red/x", true},
		{"variable, other value", variable, "arn:aws:s3:::b/blue/x", false},
		{"C127 variable without value", "'Resource':'arn:aws:s3:::b/${aws:username}*'", object, false},
		{"C127 variable without value, negated", "'NotResource':'arn:aws:s3:::b/${aws:username}*'", object, true},
		{"variable before the fifth colon", "'Resource':'arn:aws:s3::${aws:PrincipalTag/team}:b/k'", "arn:aws:s3::red:b/k", false},
		{"no resource", "'Resource':'*'", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := get(roleSession)
			r.Resource = tt.resource
			r.Context.Set("aws:PrincipalTag/team", "red")
			p := &policy.Policies{Identity: identity("{'Effect':'Allow','Action':'*'," + tt.element + "}")}
			if got := decide(t, p, r).Allowed(); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
}

// TestWithoutResource asks for an action that has no resource.
func TestWithoutResource(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, effect, element, action string
		want                          bool
	}{
		{"star", "Allow", "'Resource':'*'", "s3:ListAllMyBuckets", true},
		{"all of S3", "Allow", "'Resource':'arn:aws:s3:::*'", "s3:ListAllMyBuckets", true},
		{"one bucket", "Allow", "'Resource':'arn:aws:s3:::b'", "s3:ListAllMyBuckets", false},
		{"deny one bucket", "Deny", "'Resource':'arn:aws:s3:::b'", "s3:ListAllMyBuckets", true},
		{"deny all but one bucket", "Deny", "'NotResource':'arn:aws:s3:::b'", "s3:ListAllMyBuckets", false},
		{"other service", "Allow", "'Resource':'*'", "sts:GetCallerIdentity", true},
		{"other service, all of S3", "Allow", "'Resource':'arn:aws:s3:::*'", "sts:GetCallerIdentity", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			statements := []string{"{'Effect':'" + tt.effect + "','Action':'*'," + tt.element + "}"}
			if tt.effect == "Deny" {
				statements = append(statements, allowAll)
			}
			for _, resource := range []string{"*", "arn:aws:s3:::*"} {
				r := get(roleSession)
				r.Action, r.Resource = tt.action, resource
				if resource != "*" && tt.action == "sts:GetCallerIdentity" {
					continue
				}
				if got := decide(t, &policy.Policies{Identity: identity(statements...)}, r).Allowed(); got != tt.want {
					t.Errorf("%s: got %t, want %t", resource, got, tt.want)
				}
			}
		})
	}
}

// TestBadDate shows that a date S3 let pass compares with no date.
func TestBadDate(t *testing.T) {
	t.Parallel()
	for _, operator := range []string{"DateEquals", "DateNotEquals", "DateLessThan", "DateGreaterThan"} {
		p := &policy.Policies{Resource: attached(policy.Resource,
			grant("'s3:*'", allObjects, ",'Condition':{'"+operator+"':{'aws:CurrentTime':'someday'}}"))}
		r := get(policy.Principal{})
		r.Context.Set("aws:CurrentTime", "2026-11-23T08:00:00Z")
		if decide(t, p, r).Allowed() {
			t.Errorf("%s holds", operator)
		}
	}
}

// TestVersions shows what the older language does not know.
func TestVersions(t *testing.T) {
	t.Parallel()
	const statement = "'Statement':{'Effect':'Allow','Principal':'*','Action':'s3:*','Resource':'arn:aws:s3:::b/${aws:userid}','Condition':{'StringEquals':{'aws:a':'${aws:userid}'}}}}"
	tests := []struct {
		name, version, key, value string
		want                      bool
	}{
		{"G1 none is literal", "", "${aws:userid}", "${aws:userid}", true},
		{"G1 none does not expand", "", "me", "me", false},
		{"G2 2008 is literal", "'Version':'2008-10-17',", "${aws:userid}", "${aws:userid}", true},
		{"G2 2008 does not expand", "'Version':'2008-10-17',", "me", "me", false},
		{"G2 2012 expands", "'Version':'2012-10-17',", "me", "me", true},
		{"G2 2012 is not literal", "'Version':'2012-10-17',", "${aws:userid}", "${aws:userid}", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := policy.MustParse(policy.Resource, quotes("{"+tt.version+statement))
			r := get(policy.Principal{})
			r.Resource = "arn:aws:s3:::b/" + tt.key
			r.Context.Set("aws:userid", "me")
			r.Context.Set("aws:a", tt.value)
			if got := decide(t, &policy.Policies{Resource: &policy.Policy{Document: d}}, r).Allowed(); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
}

// TestShortBucketResource shows that in the policy of a resource what is missing
// of an ARN stands for nothing, unless a wildcard comes before it.
func TestShortBucketResource(t *testing.T) {
	t.Parallel()
	for resource, want := range map[string]bool{"arn:aws:sqs": false, "arn:aws:sqs:*": true} {
		p := &policy.Policies{Resource: attached(policy.Resource, grant("'*'", "'"+resource+"'", ""))}
		r := get(policy.Principal{})
		r.Action, r.Resource = "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q"
		if got := decide(t, p, r).Allowed(); got != want {
			t.Errorf("%s: got %t, want %t", resource, got, want)
		}
	}
}
