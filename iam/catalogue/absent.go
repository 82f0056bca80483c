package catalogue

import "strings"

// Absent says why no request of this kind can have a condition key; it is empty
// where one can, or where AWS does not say.
func Absent(key, action string, caller Caller) string {
	if strings.Contains(key, "://") {
		return "the name of an issuer stands in condition keys without its scheme"
	}
	k, known := ConditionKey(key)
	if _, issuer := issuerKey(key); issuer {
		return absentClaim(k, known, caller)
	}
	prefix, _, _ := strings.Cut(key, ":")
	switch {
	case known && k.Source != "" && k.In(caller) == Never:
		return "it is there only " + k.When
	case known && k.Source != "":
		return absentTag(k, action)
	case strings.EqualFold(prefix, "saml"):
		if caller == WebIdentity {
			return "it belongs to SAML assertions, not to tokens"
		}
		return ""
	}
	return absentHere(key, prefix, known, action)
}

// absentClaim judges a key of an issuer of tokens.
func absentClaim(k KeyInfo, known bool, caller Caller) string {
	switch {
	case !known:
		return "that claim of a token is no condition key: only sub, aud and amr are, and in trust policies oaud, azp and email"
	case k.In(caller) != Never:
		return ""
	case caller == RoleSession:
		return "of a token only sub, aud and amr stay in the session"
	}
	return "the caller has no token"
}

// absentTag judges a key about tags, which the actions have that pass tags or
// act on what is tagged.
func absentTag(k KeyInfo, action string) string {
	service, _, _ := strings.Cut(action, ":")
	s, ok := load(service)
	if !ok || !s.details || !Known(action) {
		return ""
	}
	switch k.Name {
	case "aws:RequestTag/${TagKey}", "aws:TagKeys", "aws:ResourceTag/${TagKey}":
		if !Takes(action, k.Name) {
			return action + " has no such key"
		}
	}
	return ""
}

// absentHere judges a key of a service.
func absentHere(key, prefix string, known bool, action string) string {
	service, _, _ := strings.Cut(action, ":")
	s, ok := load(service)
	_, exists := load(prefix)
	switch {
	case !known && (exists || strings.EqualFold(prefix, "aws")):
		return "AWS knows no such key"
	case !known || !ok || !Known(action):
		return ""
	case s.details && !Takes(action, key):
		return action + " has no such key"
	case !strings.EqualFold(prefix, service) && !s.details:
		if _, shared := s.key(key); !shared {
			return "it is a key of " + strings.ToLower(prefix) + ", not of " + s.prefix
		}
	}
	return ""
}
