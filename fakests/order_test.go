package fakests_test

import (
	"testing"

	"github.com/irsatz/irsatz/iam"
)

// fault is one thing wrong with a request, and what AWS says to it.
type fault struct {
	name  string
	apply func(*attempt)
	code  string
	text  string
}

// attempt is a request in the making.
type attempt struct {
	header  map[string]any
	claims  map[string]any
	key     string
	changes []string
	raw     string // the token, if it is none
}

func (a *attempt) set(name, value string) { a.changes = append(a.changes, name, value) }

// faults stand in the order in which AWS finds them (§2.10): of two in one
// request, the earlier is reported.
var faults = []fault{
	{"integer", func(a *attempt) { a.set("MinimumSessionTokenSize", "1e3") }, "MalformedInput", ""},
	{"model", func(a *attempt) { a.set("RoleSessionName", "x") }, "ValidationError", "1 validation error detected: Value 'x' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2"},
	{"role ARN", func(a *attempt) { a.set("RoleArn", "arn:aws:iam::"+account+":policy/app") }, "ValidationError", "Request ARN is invalid"},
	{"provider id", func(a *attempt) { a.set("ProviderId", "www.amazon.com") }, "InvalidIdentityToken", "Provided Token is not a Login With Amazon token"},
	{"no JWT", func(a *attempt) { a.raw = "opaque" }, "InvalidIdentityToken", textNotJWT},
	{"crit", func(a *attempt) { a.header["crit"] = []string{"exp"} }, "InvalidIdentityToken", textNotJWT},
	{"no sub", func(a *attempt) { a.claims["sub"] = absent{} }, "InvalidIdentityToken", "Missing a required claim: sub"},
	{"provider", func(a *attempt) { a.claims["iss"] = "https://" + host + "/other" }, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://" + host + "/other"},
	{"audience", func(a *attempt) { a.claims["aud"] = "x" }, "InvalidIdentityToken", "Incorrect token audience"},
	{"timestamp", func(a *attempt) { a.claims["iat"] = "soon" }, "InvalidIdentityToken", "Invalid timestamp in token claims."},
	{"signature", func(a *attempt) { a.key = "other" }, "InvalidIdentityToken", textNoKey},
	{"tags", func(a *attempt) { a.claims[tagsClaim] = "text" }, "InvalidIdentityToken", "principal_tags passed in claim is not in correct format."},
	{"roles claim", func(a *attempt) { a.claims[rolesClaim] = "arn:aws:iam::" + account + ":role/another" }, "InvalidIdentityToken", "The target role ARN is not present in the roles claim of the identity token"},
	{"trust", func(a *attempt) { a.claims["sub"] = "someone-else" }, "AccessDenied", textDenied},
	{"duration", func(a *attempt) { a.set("DurationSeconds", "7200") }, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."},
	{"session policy", func(a *attempt) { a.set("PolicyArns.member.1.arn", "arn:aws:iam::"+account+":policy/none") }, "MalformedPolicyDocument", "managed session policy arn:aws:iam::" + account + ":policy/none does not exist in the role's account"},
}

// exclusive are pairs of faults that one request cannot have both of.
var exclusive = map[[2]string]bool{
	{"no sub", "trust"}: true,
}

func TestOrderOfDecisions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, legacy)
	for i, first := range faults {
		for j := i; j < len(faults); j++ {
			second := faults[j]
			if exclusive[[2]string{first.name, second.name}] {
				continue
			}
			t.Run(first.name+" and "+second.name, func(t *testing.T) {
				a := &attempt{header: map[string]any{}, claims: map[string]any{}, key: "rsa2048"}
				second.apply(a)
				first.apply(a)
				token := a.raw
				if token == "" {
					token = w.forge(a.key, "RS256", a.header, w.claims(a.claims))
				}
				status := 400
				if first.code == "AccessDenied" {
					status = 403
				}
				w.wantRefusal(w.assume(token, a.changes...), status, first.code, first.text)
			})
		}
	}
}

// Two faults of a role: one that does not trust says so before it minds the
// duration, and so does one that is not there.
func TestTrustBeforeDuration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.update(func(d *iam.Draft) error { return d.DeleteRole(account, "app") })
	w.wantRefusal(w.assume(w.mint(nil), "DurationSeconds", "7200"), 403, "AccessDenied", textDenied)
}
