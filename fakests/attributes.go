package fakests

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/oidc"
)

// Claims by which an issuer hands attributes to the session
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html).
// Tokens of Kubernetes carry none of them.
const (
	claimTags           = "https://aws.amazon.com/tags"
	claimPrincipalTag   = claimTags + "/principal_tags/"
	claimTransitive     = claimTags + "/transitive_tag_keys"
	claimSourceIdentity = "https://aws.amazon.com/source_identity"
	claimRoles          = "https://aws.amazon.com/roles"
)

// attributes are what a token, or a request, asks to be set on the session.
type attributes struct {
	tags            []iam.Tag
	transitive      []string
	sourceIdentity  string
	authorizedByIdP bool // the roles claim names the role

	contextProviders []string // of the contexts that the session is to carry
}

// readAttributes reads the claims above. Attributes that it does not
// understand are refused, since a session without them would be another one.
func readAttributes(claims *oidc.Claims, roleARN string) (*attributes, error) {
	a := &attributes{}
	if err := a.readTags(claims); err != nil {
		return nil, err
	}
	if err := a.checkTags(); err != nil {
		return nil, err
	}
	if raw, ok := claims.Claim(claimSourceIdentity); ok {
		if json.Unmarshal(raw, &a.sourceIdentity) != nil || !validSourceIdentity(a.sourceIdentity) {
			return nil, invalidToken("source_identity passed in claim is not in correct format.")
		}
	}
	return a, a.readRoles(claims, roleARN)
}

// readTags reads the nested form of the tags claim, whose values are lists of
// one, and the flattened form, whose values are strings.
func (a *attributes) readTags(claims *oidc.Claims) error {
	if raw, ok := claims.Claim(claimTags); ok {
		var nested struct {
			PrincipalTags     map[string][]*string `json:"principal_tags"`
			TransitiveTagKeys []string             `json:"transitive_tag_keys"`
		}
		if json.Unmarshal(raw, &nested) != nil {
			return errTagsFormat
		}
		for key, values := range nested.PrincipalTags {
			if len(values) != 1 || values[0] == nil {
				return errTagsFormat
			}
			a.tags = append(a.tags, iam.Tag{Key: key, Value: *values[0]})
		}
		a.transitive = nested.TransitiveTagKeys
	}
	for name := range claims.Names(claimPrincipalTag) {
		key := name[len(claimPrincipalTag):]
		raw, _ := claims.Claim(name)
		var value *string
		if json.Unmarshal(raw, &value) != nil || value == nil {
			return errTagsFormat
		}
		a.tags = append(a.tags, iam.Tag{Key: key, Value: *value})
	}
	if raw, ok := claims.Claim(claimTransitive); ok && json.Unmarshal(raw, &a.transitive) != nil {
		return errTagsFormat
	}
	slices.SortFunc(a.tags, func(x, y iam.Tag) int { return strings.Compare(x.Key, y.Key) })
	return nil
}

// checkTags holds the tags to AWS's limits.
func (a *attributes) checkTags() error {
	if len(a.tags) > policy.QuotaSessionTags {
		return errTagsFormat
	}
	seen := map[string]bool{}
	for _, t := range a.tags {
		key := strings.ToLower(t.Key)
		switch {
		case seen[key]:
			return errDuplicateTags
		case utf8.RuneCountInString(t.Key) < 1 || utf8.RuneCountInString(t.Key) > 128 || utf8.RuneCountInString(t.Value) > 256,
			strings.HasPrefix(key, "aws:"), !validTag(t.Key), !validTag(t.Value):
			return errTagsFormat
		}
		seen[key] = true
	}
	for _, key := range a.transitive {
		if !seen[strings.ToLower(key)] {
			return errTransitive
		}
	}
	return nil
}

// validTag holds s to [\p{L}\p{Z}\p{N}_.:/=+\-@]*.
func validTag(s string) bool {
	for _, r := range s {
		if !unicode.In(r, unicode.L, unicode.Z, unicode.N) && !strings.ContainsRune("_.:/=+-@", r) {
			return false
		}
	}
	return true
}

// validSourceIdentity holds s to 2..64 characters of [\w+=,.@-], not beginning
// with aws:.
func validSourceIdentity(s string) bool {
	for _, c := range []byte(s) {
		if !strings.ContainsRune("_+=,.@-", rune(c)) && !(c < utf8.RuneSelf && (unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c)))) {
			return false
		}
	}
	return len(s) >= 2 && len(s) <= 64
}

// readRoles obeys the roles claim, by which an issuer limits the roles that a
// token may assume: a list, or a string divided by semicolons, of exact role
// ARNs (observed).
func (a *attributes) readRoles(claims *oidc.Claims, roleARN string) error {
	raw, ok := claims.Claim(claimRoles)
	if !ok || string(raw) == "null" {
		return nil
	}
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return errRolesFormat
	}
	var entries []string
	switch v := value.(type) {
	case string:
		entries = strings.Split(v, ";")
	case []any:
		for _, entry := range v {
			if s, ok := entry.(string); ok {
				entries = append(entries, s)
			}
		}
	default:
		return errRolesFormat
	}
	valid := false
	for _, entry := range entries {
		entry = strings.TrimSpace(entry)
		if _, err := parseRoleARN(entry); err != nil || strings.Contains(entry, "*") {
			continue
		}
		valid = true
		a.authorizedByIdP = a.authorizedByIdP || entry == roleARN
	}
	switch {
	case !valid:
		return errRolesEmpty
	case !a.authorizedByIdP:
		return errRolesMismatch
	}
	return nil
}

// actions are what must be allowed to whoever does the action with these
// attributes.
func (a *attributes) actions(action string) []string {
	all := []string{action}
	if len(a.tags) > 0 {
		all = append(all, tagAction)
	}
	if a.sourceIdentity != "" {
		all = append(all, identityAction)
	}
	if len(a.contextProviders) > 0 {
		all = append(all, contextAction)
	}
	return all
}

// fill sets the condition keys of the attributes.
func (a *attributes) fill(ctx *policy.Context) {
	if a.sourceIdentity != "" {
		ctx.Set("sts:SourceIdentity", a.sourceIdentity)
	}
	if len(a.contextProviders) > 0 {
		ctx.SetValues("sts:RequestContextProviders", a.contextProviders...)
	}
	if len(a.tags) == 0 {
		return
	}
	keys := make([]string, len(a.tags))
	for i, t := range a.tags {
		keys[i] = t.Key
		ctx.Set("aws:RequestTag/"+t.Key, t.Value)
	}
	ctx.SetValues("aws:TagKeys", keys...)
	if len(a.transitive) > 0 {
		ctx.SetValues("sts:TransitiveTagKeys", a.transitive...)
	}
}
