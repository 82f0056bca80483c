package policy_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

// TestG42_Quotas wants each kind of document to be too long one character behind
// its quota, and white space to count where it does.
func TestG42_Quotas(t *testing.T) {
	t.Parallel()
	trust := trusts("Allow", "{'Federated':'"+providerARN+"'}", "{}")
	everyone := "{'Effect':'Deny','Principal':'*','Action':'s3:*','Resource':'*'}"
	for _, c := range []struct {
		name   string
		kind   policy.Kind
		text   string
		quota  int // 0: none
		blanks bool
	}{
		{"trust policy", policy.Trust, doc(trust), policy.QuotaTrust, false},
		{"managed policy", policy.Identity, doc(allowAll), policy.QuotaManaged, false},
		{"boundary", policy.Boundary, doc(allowAll), policy.QuotaManaged, false},
		{"session policy", policy.Session, doc(allowAll), policy.QuotaSession, true},
		{"service control policy", policy.ServiceControl, doc(allowAll), 0, false},
		{"resource control policy", policy.ResourceControl, doc(everyone), 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			padded := func(n int) *policy.Document {
				// An Id is as long as one wants.
				text := strings.Replace(c.text, "{", `{"Id":"`+strings.Repeat("é", n-len(c.text)-len(`"Id":"",`))+`",`, 1)
				return policy.MustParse(c.kind, text)
			}
			quota := c.quota
			if quota == 0 {
				quota = 10 * policy.QuotaManaged
			}
			d := padded(quota)
			if d.Size() != quota || d.ExceedsQuota() {
				t.Errorf("%d characters are too many", d.Size())
			}
			if padded(quota+1).ExceedsQuota() != (c.quota > 0) {
				t.Error("one more is not")
			}
			blank := policy.MustParse(c.kind, string(d.Source())+" \n")
			if blank.ExceedsQuota() != c.blanks {
				t.Errorf("white space counts: %t", !c.blanks)
			}
		})
	}
	t.Run("bucket policy", func(t *testing.T) {
		t.Parallel()
		text := doc("{'Effect':'Allow','Principal':'*','Action':'s3:GetObject','Resource':'arn:aws:s3:::b/*'}")
		text += strings.Repeat(" ", policy.QuotaBucket-len(text))
		d := policy.MustParse(policy.Resource, text)
		if d.ExceedsQuota() {
			t.Error("too long, and yet parsed")
		}
		_, err := policy.Parse(policy.Resource, []byte(text+" "))
		if malformed, ok := errors.AsType[*policy.MalformedError](err); !ok || malformed.Code != "PolicyTooLarge" {
			t.Errorf("got %v", err)
		}
	})
}
