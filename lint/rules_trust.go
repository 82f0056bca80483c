package lint

import (
	"strings"

	"github.com/irsatz/irsatz/iam/arn"
)

const (
	webIdentityAction = "sts:AssumeRoleWithWebIdentity"
	samlAction        = "sts:AssumeRoleWithSAML"
	assumeRoleAction  = "sts:AssumeRole"
)

// builtIn are the providers that need no ARN. See
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html.
var builtIn = []string{"accounts.google.com", "www.amazon.com", "graph.facebook.com", "cognito-identity.amazonaws.com"}

// lists reports whether an action is among those of the statement.
func (s *statement) lists(action string) bool {
	for _, a := range s.actions.values {
		if globFold(a.value).Matches(strings.ToLower(action)) {
			return !s.actions.not
		}
	}
	return s.actions.given && s.actions.not
}

func globFold(pattern string) *arn.Glob {
	g := arn.CompileGlob(strings.ToLower(pattern))
	return &g
}

// admitsTokens reports whether the statement allows a web identity token in.
func (s *statement) admitsTokens(d *document) bool {
	return d.kind == Trust && s.allows() && s.lists(webIdentityAction) && len(s.issuers()) > 0
}

// issuers are the issuers of the statement's Federated principals, without
// scheme.
func (s *statement) issuers() []string {
	var all []string
	for _, f := range s.principal.of("Federated") {
		if issuer, ok := issuerOf(f.value); ok {
			all = append(all, issuer)
		}
	}
	return all
}

func issuerOf(federated string) (string, bool) {
	for _, b := range builtIn {
		if federated == b {
			return b, true
		}
	}
	a, err := arn.Parse(federated)
	if err != nil || a.Service != "iam" {
		return "", false
	}
	return strings.CutPrefix(a.Resource, "oidc-provider/")
}

// claim takes the key of an issuer apart; ok is false for other keys.
func claim(key string) (issuer, name string, ok bool) {
	i := strings.LastIndexByte(key, ':')
	if i < 0 {
		return "", "", false
	}
	issuer, name = key[:i], strings.ToLower(key[i+1:])
	switch name {
	case "sub", "aud", "amr", "oaud", "email", "azp":
		return issuer, name, strings.Contains(issuer, ".") && !strings.EqualFold(issuer, "saml")
	}
	return "", "", false
}

// tests reports whether a condition demands something of a claim. One that
// holds where the claim is absent or differs does not.
func (s *statement) tests(name string) bool {
	for i := range s.conditions {
		c := &s.conditions[i]
		_, found, ok := claim(c.key.value)
		if ok && found == name && !c.op.negated() && !c.op.ifExists && c.op.set != "ForAllValues" && c.op.family() != "Null" {
			return true
		}
	}
	return false
}

// builtInOnly reports whether the issuers name their claims in ways of their own.
func builtInOnly(issuers []string) bool {
	for _, i := range issuers {
		if i == "accounts.google.com" || strings.Contains(i, "/") || !strings.Contains(strings.Join(builtIn, " "), i) {
			return false
		}
	}
	return true
}

func trustWithoutAudience(c *checker, d *document, s *statement) {
	if !s.admitsTokens(d) || s.tests("aud") || builtInOnly(s.issuers()) {
		return
	}
	c.report(s.place, `add to StringEquals: "`+s.issuers()[0]+`:aud": "sts.amazonaws.com"`,
		"tokens are let in without a condition on their audience, %s:aud", s.issuers()[0])
}

func trustWithoutSubject(c *checker, d *document, s *statement) {
	issuers := s.issuers()
	if !s.admitsTokens(d) || s.tests("sub") || builtInOnly(issuers) {
		return
	}
	for i := range s.conditions {
		// Claims of the shared issuers can take the subject's place.
		prefix, name, _ := strings.Cut(s.conditions[i].key.value, ":")
		if _, _, plain := claim(s.conditions[i].key.value); !plain && strings.EqualFold(prefix, issuers[0]) && name != "" {
			return
		}
	}
	c.report(s.place, `add to StringEquals: "`+issuers[0]+`:sub": "system:serviceaccount:NAMESPACE:NAME"`,
		"every token of %s is let in: there is no condition on %[1]s:sub", issuers[0])
}

// subjects calls f for every value that the statement wants of a subject.
func (s *statement) subjects(d *document, f func(c *condition, v text)) {
	if !s.admitsTokens(d) {
		return
	}
	for i := range s.conditions {
		c := &s.conditions[i]
		if _, name, ok := claim(c.key.value); ok && name == "sub" && c.op.name == "StringLike" {
			for _, v := range c.values {
				f(c, v)
			}
		}
	}
}

const serviceAccountPrefix = "system:serviceaccount:"

// anySubject reports whether a pattern leaves nothing of a subject to chance
// but its first words.
func anySubject(pattern string) bool {
	rest := strings.TrimPrefix(strings.TrimPrefix(pattern, serviceAccountPrefix), "repo:")
	return strings.Trim(rest, "*:/?") == "" && strings.Contains(rest, "*")
}

func subjectAny(c *checker, d *document, s *statement) {
	s.subjects(d, func(_ *condition, v text) {
		if anySubject(v.value) {
			c.report(v.place, "name the namespace and the service account", "the pattern %q fits every subject", v.value)
		}
	})
}

func subjectAnyNamespace(c *checker, d *document, s *statement) {
	s.subjects(d, func(_ *condition, v text) {
		rest, ok := strings.CutPrefix(v.value, serviceAccountPrefix)
		namespace, _, _ := strings.Cut(rest, ":")
		if ok && !anySubject(v.value) && strings.ContainsAny(namespace, "*?") {
			c.report(v.place, "name the namespace, or list several", "the namespace of %q has a wildcard", v.value)
		}
	})
}

func keyWithScheme(c *checker, _ *document, s *statement) {
	for i := range s.conditions {
		key := s.conditions[i].key
		if _, rest, ok := strings.Cut(key.value, "://"); ok {
			c.report(key.place, "write it as "+rest, "the condition key %s has a scheme, which no key has", key.value)
		}
	}
}

func issuerKeyDiffers(c *checker, d *document, s *statement) {
	issuers := s.issuers()
	if d.kind != Trust || len(issuers) == 0 {
		return
	}
	for i := range s.conditions {
		key := s.conditions[i].key
		issuer, name, ok := claim(key.value)
		if !ok || strings.Contains(issuer, "://") {
			continue
		}
		same := false
		for _, known := range issuers {
			same = same || strings.EqualFold(known, issuer)
		}
		if !same {
			c.report(key.place, "write it as "+issuers[0]+":"+name, "the condition key is of the issuer %s, the Federated principal of %s", issuer, strings.Join(issuers, ", "))
		}
	}
}

func federatedNotProvider(c *checker, d *document, s *statement) {
	if d.kind != Trust || s.actions.not || !s.lists(webIdentityAction) || s.lists(samlAction) {
		return
	}
	for _, f := range s.principal.of("Federated") {
		if _, ok := issuerOf(f.value); !ok {
			c.report(f.place, "name the provider as arn:aws:iam::ACCOUNT:oidc-provider/"+strings.TrimPrefix(f.value, "https://"),
				"%q is not the ARN of an OIDC provider: no token matches it", f.value)
		}
	}
}

func assumeRoleFederated(c *checker, d *document, s *statement) {
	federated := s.principal.of("Federated")
	if d.kind != Trust || !s.allows() || len(federated) == 0 || len(federated) < len(s.principal.entries) ||
		s.actions.not || !s.lists(assumeRoleAction) || s.lists(webIdentityAction) || s.lists(samlAction) {
		return
	}
	for _, a := range s.actions.values {
		if globFold(a.value).Matches(strings.ToLower(assumeRoleAction)) {
			c.report(a.place, "write "+webIdentityAction, "%s is for AWS principals; tokens are brought to %s", a.value, webIdentityAction)
		}
	}
}

func webIdentityNotFederated(c *checker, d *document, s *statement) {
	if d.kind != Trust || !s.allows() || s.principal == nil || s.principal.everyone || len(s.principal.entries) == 0 || len(s.principal.of("Federated")) > 0 {
		return
	}
	for _, a := range s.actions.values {
		if !s.actions.not && strings.EqualFold(a.value, webIdentityAction) {
			c.report(s.principal.place, `name the provider: "Federated": "arn:aws:iam::ACCOUNT:oidc-provider/ISSUER"`,
				"%s is allowed to principals of type %s, and called with tokens alone", a.value, s.principal.entries[0].kind)
		}
	}
}

func trustEveryone(c *checker, d *document, s *statement) {
	if d.kind != Trust || !s.allows() || len(s.conditions) > 0 {
		return
	}
	for _, p := range s.principal.of("AWS") {
		if p.value == "*" {
			c.report(p.place, "name the accounts, roles or users that are meant", "every AWS account may assume the role")
		}
	}
}
