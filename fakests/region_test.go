package fakests_test

import (
	"testing"

	"github.com/irsatz/irsatz/fakests"
)

// §3.10: an account that has not activated STS in a region gets nothing there,
// with a token or with a signature, and everything elsewhere.
func TestDisabledRegion(t *testing.T) {
	t.Parallel()
	const here, elsewhere = "eu-west-1", "me-south-1"
	text := "STS is not activated in this region for account:" + account + ". Your account administrator can activate STS in this region using the IAM Console."
	disabled := func(region string) option {
		return func(c *fakests.Config) { c.DisabledRegions = []string{region} }
	}
	w := newWorld(t, disabled(here)) // that of the requests' host
	w.target("", trusts("*", all, ""))
	w.wantRefusal(w.assume(w.mint(nil)), 403, "RegionDisabledException", text)
	w.wantRefusal(w.assume("opaque"), 403, "RegionDisabledException", text)
	for _, action := range []string{"AssumeRole", "GetCallerIdentity", "GetSessionToken"} {
		w.wantRefusal(w.call(ci(), action), 403, "RegionDisabledException", text)
	}
	stranger := ci()
	stranger.SecretAccessKey = "wrong"
	if a := w.call(stranger, "GetCallerIdentity"); a.record.Code != "SignatureDoesNotMatch" {
		t.Errorf("a stranger learns of the region first: %s", a.Body)
	}
	w = newWorld(t, disabled(elsewhere))
	w.target("", trusts("*", all, ""))
	w.wantSession(w.assume(w.mint(nil)))
	w.given(w.call(ci(), "AssumeRole"))
}
