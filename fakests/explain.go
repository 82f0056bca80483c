package fakests

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/nearest"
	"github.com/irsatz/irsatz/oidc"
	"github.com/irsatz/irsatz/trail"
)

// explainRejection says what is wrong with a token, which AWS's text often
// does not, and what to do about it.
func explainRejection(r *oidc.RejectedError) (cause, fix string) {
	switch r.Reason {
	case oidc.NotJWT:
		return "what was sent is not a JSON Web Token: " + r.Error(), "send the contents of the token file, not its path, and nothing else"
	case oidc.UnsupportedAlgorithm:
		return fmt.Sprintf("the token's header says alg %q; only RS256, RS384, RS512, ES256, ES384 and ES512 are accepted", r.Algorithm), "have the issuer sign with RS256"
	case oidc.MissingClaim, oidc.EmptyClaim, oidc.InvalidClaim, oidc.NullSubject, oidc.InvalidTimestamp:
		return r.Error(), "a token needs the claims iss, sub, aud, iat and exp"
	case oidc.WrongAudience:
		return explainAudience(r)
	case oidc.MultipleAudiences:
		return fmt.Sprintf("the token has several audiences, %s, and no azp", quoted(r.Audiences)), "request a token with one audience only: one projected volume for each audience"
	case oidc.Expired:
		now := r.Now + int64(tolerance/time.Second)
		return fmt.Sprintf("the token expired at %s, and it is %s now, %s later: more than the tolerance of 5 minutes", clockTime(r.Bound), clockTime(now), time.Duration(now-r.Bound)*time.Second),
			"read the token file again before each call: the kubelet replaces it at 80 % of its life; or mend the clock"
	case oidc.IssuedInFuture, oidc.NotYetValid:
		return fmt.Sprintf("the token's %s is %s, later than now and the tolerance of 5 minutes", r.Claim, clockTime(r.Bound)), "mend the clock of the issuer or of STS"
	case oidc.KeyUnavailable:
		return explainKey(r), "make the issuer's discovery document and keys reachable, with the key that signed the token among them"
	case oidc.WrongThumbprint:
		return fmt.Sprintf("no public CA vouches for the server of %s; the top certificate of its chain has the thumbprint %s, and the OIDC provider has %s", r.URL, r.Thumbprint, quoted(r.Thumbprints)),
			"if that server is the issuer's, register its thumbprint: aws iam update-open-id-connect-provider-thumbprint --thumbprint-list " + r.Thumbprint
	case oidc.BadSignature:
		return fmt.Sprintf("key %q of the issuer did not sign this token: it was changed, or signed with another key", r.TokenKID), "mint a fresh token"
	}
	return r.Error(), ""
}

// tolerance is how much STS lets clocks differ.
const tolerance = 5 * time.Minute

func explainAudience(r *oidc.RejectedError) (cause, fix string) {
	cause = fmt.Sprintf("the token's %s %q is not among the client IDs of the OIDC provider: %s", r.Claim, r.Audience, quoted(r.ClientIDs))
	fix = fmt.Sprintf("request the token with audience %s, or add %q to the provider's client IDs", firstOr(r.ClientIDs, "sts.amazonaws.com"), r.Audience)
	switch {
	case r.Claim == "azp":
		cause += "; where a token has azp, its aud does not count"
	case r.Audience == r.Issuer || strings.Contains(r.Audience, "kubernetes.default"):
		cause += "; it is the audience of the API server, so this may be the pod's default token"
		fix += "; the token for AWS is in the file that AWS_WEB_IDENTITY_TOKEN_FILE names, not in /var/run/secrets/kubernetes.io/serviceaccount/token"
	}
	if near, ok := nearest.Of(r.Audience, r.ClientIDs); ok {
		fix += "; did you mean " + near + "?"
	}
	return cause, fix
}

func explainKey(r *oidc.RejectedError) string {
	cause := fmt.Sprintf("no key %q of the issuer %s could be had", r.TokenKID, r.Issuer)
	if r.URL != "" {
		cause += "; fetched " + r.URL
	}
	if r.Status != 0 {
		cause += fmt.Sprintf(" (status %d)", r.Status)
	}
	if len(r.KIDs) > 0 {
		cause += "; its keys are " + quoted(r.KIDs)
	}
	if r.Err != nil {
		cause += "; " + r.Err.Error()
	}
	return cause
}

// explainToken describes what was sent in place of a token, without showing a
// secret.
func explainToken(raw string) string {
	switch {
	case strings.HasPrefix(raw, "/") || strings.Contains(raw, `:\`):
		return "it looks like a file's path"
	case strings.HasPrefix(strings.TrimSpace(raw), "{"):
		return "it is a JSON object"
	case strings.ContainsAny(strings.TrimSpace(raw), " \t\r\n"):
		return "it has white space inside, so there is more than a token"
	case strings.Count(raw, ".") != 2:
		return fmt.Sprintf("it has %d parts divided by dots, not 3", strings.Count(raw, ".")+1)
	}
	return ""
}

// warn records what AWS minds, or may mind, and irsatz does not.
func warn(call *awsapi.Call, token *oidc.UnverifiedToken) {
	if token.HasSurroundingSpace() {
		call.Warn("there is white space around the token: write the token file without a line's end")
	}
	if call.SessionTokenSent {
		call.Warn("the request carries X-Amz-Security-Token: AWS has answered such requests with \"Couldn't retrieve verification key from your identity provider\"")
	}
}

// explainProvider says which providers there are.
func (s *Server) explainProvider(issuer, accountID string) (cause, fix string) {
	cause = fmt.Sprintf("account %s, the role's, has no OIDC provider for the issuer %s", accountID, issuer)
	var urls []string
	for _, p := range s.config.Store.Snapshot().Providers(accountID) {
		urls = append(urls, "https://"+p.URL)
	}
	switch {
	case !strings.HasPrefix(issuer, "https://"):
		return cause, "the issuer's URL must begin with https://"
	case len(urls) == 0:
		cause += "; it has none at all"
	default:
		cause += "; it has " + strings.Join(urls, ", ")
	}
	fix = "register an OIDC provider for exactly " + issuer + " in account " + accountID
	if others := s.accountsWith(issuer); len(others) > 0 {
		cause += "; account " + strings.Join(others, ", ") + " has one, which does not count for a role of " + accountID
	}
	if near, ok := nearest.Of(issuer, urls); ok {
		fix += "; the nearest one registered is " + near
	}
	return cause, fix
}

// accountsWith are the accounts that have a provider for the issuer.
func (s *Server) accountsWith(issuer string) []string {
	snapshot := s.config.Store.Snapshot()
	var ids []string
	for _, id := range snapshot.Accounts() {
		if _, ok := snapshot.Provider(id, issuer); ok {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// explainReuse tells of an earlier request with the very token that is now too
// old: whoever sends it again has kept it.
func (s *Server) explainReuse(call *awsapi.Call) string {
	now := call.Record.Token
	if now.ID == "" {
		return ""
	}
	before, ok := s.config.Trail.Newest(func(r *trail.Record) bool {
		return r.Token != nil && r.Token.Verified && r.Token.ID == now.ID && r.Token.Issuer == now.Issuer
	})
	if !ok {
		return ""
	}
	return fmt.Sprintf("; the very same token (jti %s) was taken at %s, so the client keeps it and does not read its file again", now.ID, clockTime(before.Time.Unix()))
}

// explainARN says what an ARN is that is not a role's.
func (s *Server) explainARN(text string) (cause, fix string) {
	cause = fmt.Sprintf("%q is not the ARN of a role", text)
	if a, err := arn.Parse(text); err == nil && a.Service == "iam" {
		kind, _, _ := strings.Cut(a.Resource, "/")
		cause = fmt.Sprintf("%s is the ARN of a %s, not of a role", text, kind)
	}
	fix = "annotate the ServiceAccount with the ARN of a role, arn:aws:iam::ACCOUNT:role/NAME"
	if near, ok := nearest.Of(text, s.roleARNs()); ok {
		fix += "; did you mean " + near + "?"
	}
	return cause, fix
}

// nearestRole is the fix for a role that does not exist.
func (s *Server) nearestRole(roleARN string) string {
	if near, ok := nearest.Of(roleARN, s.roleARNs()); ok {
		return "did you mean " + near + "?"
	}
	return "create the role; AWS gives the same answer for a role that does not exist and for one that does not trust the token"
}

// roleARNs are those of all accounts.
func (s *Server) roleARNs() []string {
	snapshot := s.config.Store.Snapshot()
	var arns []string
	for _, id := range snapshot.Accounts() {
		for _, r := range snapshot.Roles(id) {
			arns = append(arns, r.ARN)
		}
	}
	return arns
}

func clockTime(epoch int64) string { return time.Unix(epoch, 0).UTC().Format(time.RFC3339) }

func firstOr(list []string, fallback string) string {
	if len(list) > 0 {
		return fmt.Sprintf("%q", list[0])
	}
	return fallback
}
