package fakests_test

import (
	"fmt"
	"testing"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/sigv4"
)

// signedAttempt is a signed AssumeRole in the making.
type signedAttempt struct {
	by    sigv4.Signer
	pairs []string
}

func (a *signedAttempt) set(pairs ...string) { a.pairs = append(a.pairs, pairs...) }

// roleFaults stand in the order in which they are found. That the caller comes
// before the parameters, the model before the policies, and these before the
// durations, of which the role's comes before that of chaining, is observed; the
// rest follows AssumeRoleWithWebIdentity.
var roleFaults = []struct {
	name   string
	apply  func(*signedAttempt)
	status int
	code   string
	text   string
}{
	{"secret", func(a *signedAttempt) { a.by.SecretAccessKey = "wrong" }, 403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."},
	{"integer", func(a *signedAttempt) { a.set("MinimumSessionTokenSize", "1e3") }, 400, "MalformedInput", ""},
	{"model", func(a *signedAttempt) { a.set("RoleSessionName", "x") }, 400, "ValidationError", "1 validation error detected: Value 'x' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2"},
	{"role ARN", func(a *signedAttempt) { a.set("RoleArn", "arn:aws:iam:::role/target") }, 400, "ValidationError", "arn:aws:iam:::role/target is invalid"},
	{"MFA", func(a *signedAttempt) { a.set("SerialNumber", "arn:aws:iam::"+account+":mfa/x") }, 403, "AccessDenied", "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."},
	{"tags", func(a *signedAttempt) { a.set("TransitiveTagKeys.member.1", "none") }, 400, "InvalidParameterValue", "The specified transitive tag key must be included in the requested tags."},
	{"source identity", func(a *signedAttempt) { a.set("SourceIdentity", "bob") }, 400, "ValidationError", "The source identity is already set for this assume role session"},
	{"trust", func(a *signedAttempt) { a.set("ExternalId", "wrong") }, 403, "AccessDenied", denied(appARN, "sts:AssumeRole", targetARN)},
	{"contexts", func(a *signedAttempt) { a.set("ProvidedContexts.member.1.ContextAssertion", "assertion") }, 400, "InvalidParameterValue", "The provided context assertion is not valid."},
	{"duration", func(a *signedAttempt) { a.set("DurationSeconds", "10800") }, 400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."},
	{"chaining", func(a *signedAttempt) { a.set("DurationSeconds", "7200") }, 400, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."},
	{"session policy", func(a *signedAttempt) { a.set("Policy", `{"Version":"2012-10-17","Statement":[]`) }, 400, "MalformedPolicyDocument", "This policy contains invalid Json"},
	{"managed session policy", func(a *signedAttempt) { a.set("PolicyArns.member.1.arn", "arn:aws:iam::"+account+":policy/none") }, 400, "MalformedPolicyDocument", "managed session policy arn:aws:iam::" + account + ":policy/none does not exist in the role's account"},
}

// Of two faults in one request the earlier is reported.
func TestOrderOfAssumeRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.target("", trusts(roleARN, all+`,"sts:SetContext"`, `"StringNotEqualsIfExists":{"sts:ExternalId":"wrong"}`))
	w.update(func(d *iam.Draft) error {
		_, err := d.UpdateRole(account, "target", func(r *iam.Role) error { r.MaxSessionDuration = 7200e9; return nil })
		return err
	})
	w.retrust(trust(`{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":["sts:AssumeRoleWithWebIdentity","sts:SetSourceIdentity"]}`))
	session := w.given(w.assume(w.mint(map[string]any{"https://aws.amazon.com/source_identity": "alice"})))
	w.given(w.call(session, "AssumeRole")) // nothing is wrong with it
	for i, first := range roleFaults {
		for j := i; j < len(roleFaults); j++ {
			second := roleFaults[j]
			t.Run(first.name+" and "+second.name, func(t *testing.T) {
				a := &signedAttempt{by: session}
				second.apply(a)
				first.apply(a)
				got := w.call(a.by, "AssumeRole", a.pairs...)
				if first.text == "" {
					if got.Code != first.status || got.record.Code != first.code {
						t.Errorf("got %d %s: %s", got.Code, got.record.Code, got.record.Message)
					}
					return
				}
				w.wantRefusal(got, first.status, first.code, first.text)
			})
		}
	}
}

// MFA and provided contexts are refused as by an account that has no devices
// and no context providers.
func TestSecondFactorAndContexts(t *testing.T) {
	t.Parallel()
	const (
		half     = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
		unknown  = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user."
		device   = "arn:aws:iam::" + account + ":mfa/ci"
		provider = "arn:aws:iam::aws:contextProvider/IdentityCenter"
	)
	w := newWorld(t)
	w.target("", trusts(ciARN, `"sts:AssumeRole"`, ""))
	for _, action := range []string{"AssumeRole", "GetSessionToken"} {
		w.wantRefusal(w.call(ci(), action, "SerialNumber", device), 403, "AccessDenied", half)
		w.wantRefusal(w.call(ci(), action, "TokenCode", "123456"), 403, "AccessDenied", half)
		w.wantRefusal(w.call(ci(), action, "SerialNumber", device, "TokenCode", "123456"), 403, "AccessDenied", unknown)
		w.wantRefusal(w.call(ci(), action, "SerialNumber", device, "TokenCode", "12345"), 400, "ValidationError",
			"1 validation error detected: Value '12345' at 'tokenCode' failed to satisfy constraint: Member must have length greater than or equal to 6")
	}
	contexts := []string{"ProvidedContexts.member.1.ProviderArn", provider, "ProvidedContexts.member.1.ContextAssertion", "assertion"}
	w.wantRefusal(w.call(ci(), "AssumeRole", contexts...), 403, "AccessDenied", denied(ciARN, "sts:SetContext", targetARN))
	retrust := func(condition string) {
		w.update(func(d *iam.Draft) error {
			_, err := d.UpdateRole(account, "target", func(r *iam.Role) error {
				r.Trust = trust(trusts(ciARN, `"sts:AssumeRole"`, "") + "," + trusts(ciARN, `"sts:SetContext"`, condition))
				return nil
			})
			return err
		})
	}
	retrust(`"ForAllValues:ArnEquals":{"sts:RequestContextProviders":"arn:aws:iam::aws:contextProvider/Other"}`)
	w.wantRefusal(w.call(ci(), "AssumeRole", contexts...), 403, "AccessDenied", denied(ciARN, "sts:SetContext", targetARN))
	retrust(`"ForAllValues:ArnEquals":{"sts:RequestContextProviders":"` + provider + `"},"Null":{"sts:RequestContextProviders":"false"}`)
	w.wantRefusal(w.call(ci(), "AssumeRole", contexts...), 400, "InvalidParameterValue", "The provided context assertion is not valid.")
	w.given(w.call(ci(), "AssumeRole"))
}

// Tags that are inherited count too.
func TestInheritedTagsCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.target("", trusts("*", all, ""))
	tags := func(from, n int, transitive bool) []string {
		var pairs []string
		for i := range n {
			key := fmt.Sprintf("k%d", from+i)
			pairs = append(pairs, fmt.Sprintf("Tags.member.%d.Key", i+1), key, fmt.Sprintf("Tags.member.%d.Value", i+1), "v")
			if transitive {
				pairs = append(pairs, fmt.Sprintf("TransitiveTagKeys.member.%d", i+1), key)
			}
		}
		return pairs
	}
	by := w.given(w.call(ci(), "AssumeRole", tags(0, 20, true)...))
	if got := w.caller(w.given(w.call(by, "AssumeRole", tags(32, 26, false)...))).Session; len(got.Tags) != 46 || len(got.TransitiveIDs) != 20 {
		t.Errorf("%d tags, %d transitive", len(got.Tags), len(got.TransitiveIDs))
	}
	by = w.given(w.call(ci(), "AssumeRole", tags(0, 26, true)...))
	w.wantRefusal(w.call(by, "AssumeRole", tags(32, 25, false)...), 400, "InvalidParameterValue", "The session would have more than 50 tags, those that it inherits included.")
	if got := w.caller(w.given(w.call(by, "AssumeRole", tags(32, 24, false)...))).Session; len(got.Tags) != policy.QuotaSessionTags {
		t.Errorf("%d tags", len(got.Tags))
	}
}
