package simulate

import (
	"regexp"
	"strings"
	"sync"

	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
)

// sessionName stands for the name of the session where the principal is a role:
// nobody knows what it will be called.
const sessionName = "simulated"

const principalForms = `expected the ARN of a role, a role session, a user, a federated user, a root or an OIDC provider, ` +
	`an account ID, the name of a service such as ec2.amazonaws.com, or "*" for anonymous`

var (
	serviceName = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?$`)
	// Compiled when first asked for, since their bounds make them large.
	nameAndPath = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([\x21-\x7E]+/)?[\w+=,.@-]{1,64}$`) })
	nameAlone   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w+=,.@:-]{1,64}$`) })
)

// principal reads who asks.
func (r *reader) principal(f, context field) {
	text := f.text()
	p, ok := parsePrincipal(text)
	if !ok {
		f.fail("%s, found %q", principalForms, text)
		return
	}
	if p.Kind == policy.RoleSession && p.RoleARN == "" {
		p.RoleARN = roleOf(p.ARN, context)
	}
	r.c.Request.Principal = p
}

// parsePrincipal reads a principal from the text of it.
func parsePrincipal(text string) (policy.Principal, bool) {
	switch {
	case text == "*":
		return policy.Principal{Kind: policy.Anonymous}, true
	case serviceName.MatchString(text):
		return policy.Principal{Kind: policy.Service, Service: text}, true
	case accountID.MatchString(text):
		return policy.Principal{Kind: policy.Root, AccountID: text, ARN: arn.Root(text).String()}, true
	}
	a, err := arn.Parse(text)
	if err != nil || a.Region != "" || !accountID.MatchString(a.AccountID) {
		return policy.Principal{}, false
	}
	p := policy.Principal{AccountID: a.AccountID, ARN: text}
	head, name, _ := strings.Cut(a.Resource, "/")
	ok := false
	switch a.Service + ":" + head {
	case "iam:root":
		p.Kind, ok = policy.Root, a.Resource == "root"
	case "iam:user":
		p.Kind, ok = policy.User, nameAndPath().MatchString(name)
	case "iam:role":
		p.Kind, p.RoleARN, ok = policy.RoleSession, text, nameAndPath().MatchString(name)
		session := arn.AssumedRole(a.AccountID, name[strings.LastIndexByte(name, '/')+1:], sessionName)
		session.Partition = a.Partition
		p.ARN = session.String()
	case "iam:oidc-provider":
		p.Kind, p.Provider, p.ARN, ok = policy.WebIdentity, text, "", name != "" && !strings.ContainsAny(name, "*? ")
	case "sts:assumed-role":
		role, session, both := strings.Cut(name, "/")
		p.Kind, ok = policy.RoleSession, both && nameAlone().MatchString(role) && nameAlone().MatchString(session)
	case "sts:federated-user":
		p.Kind, ok = policy.FederatedUser, nameAlone().MatchString(name)
	}
	return p, ok
}

// roleOf is the ARN of the role of a session. That of the session leaves out
// the role's path, which aws:PrincipalArn tells if the case gives it.
func roleOf(session string, context field) string {
	a, err := arn.Parse(session)
	if err != nil {
		return ""
	}
	_, names, _ := strings.Cut(a.Resource, "/")
	role, _, _ := strings.Cut(names, "/")
	plain := arn.Role(a.AccountID, "", role)
	plain.Partition = a.Partition
	if !context.given() {
		return plain.String()
	}
	for i := range context.value.Members {
		m := &context.value.Members[i]
		if !strings.EqualFold(m.Key, "aws:PrincipalArn") {
			continue
		}
		given, err := arn.Parse(m.Value.Text)
		path, named := strings.CutSuffix(given.Resource, "/"+role)
		same := given.Partition == a.Partition && given.Service == "iam" && given.AccountID == a.AccountID
		if err == nil && same && named && (path == "role" || strings.HasPrefix(path, "role/")) {
			return m.Value.Text
		}
	}
	return plain.String()
}
