package lint

import (
	"slices"
	"strings"

	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/catalogue"
)

// actionResource looks at each action that is written: a pattern is good if any
// action that fits it can act on any of the resources.
func actionResource(c *checker, _ *document, s *statement) {
	if !s.resources.given || s.resources.not || s.actions.not {
		return
	}
	for _, a := range s.actions.values {
		if a.value == "*" {
			continue
		}
		known, fits := false, false
		var wants string
		for info := range catalogue.ActionsMatching(a.value) {
			if len(info.Resources) == 0 {
				fits = true // the rule about "*" looks at it
				break
			}
			known = true
			if fits = s.reaches(info); fits {
				break
			}
			if wants == "" {
				wants = form(info)
			}
		}
		if known && !fits {
			c.certain(a.value)(a.place, "add a resource such as "+wants, "%s acts on %s, and the statement has only %s", a.value, wants, list3(s.resources.values))
		}
	}
}

// certain is how to report what AWS's reference says of an action's resources.
// Of services that are not known in detail, it leaves some out.
func (c *checker) certain(action string) func(at place, fix, format string, args ...any) {
	if service, ok := catalogue.Service(prefix(action)); ok && service.Detailed {
		return c.report
	}
	return c.suspect
}

// reaches reports whether the action can act on any of the statement's
// resources.
func (s *statement) reaches(info catalogue.ActionInfo) bool {
	for _, t := range catalogue.ResourceTypes(info.Service()) {
		if info.On(t.Name) && slices.ContainsFunc(s.resources.values, func(r text) bool { return overlaps(withoutRegion(r.value), t.ARN) }) {
			return true
		}
	}
	return false
}

// form is what the ARN of a resource of the action looks like.
func form(info catalogue.ActionInfo) string {
	best := ""
	for _, t := range catalogue.ResourceTypes(info.Service()) {
		// What is not an access point is what people mean.
		if info.On(t.Name) && (best == "" || strings.Contains(best, "accesspoint")) {
			best = strings.Replace(t.ARN, "${Partition}", "aws", 1)
		}
	}
	return best
}

// actionNeedsStar looks at the actions without a type of resource. It is sure of
// S3's alone: other services ask for a pattern, as EKS does for cluster/*.
func actionNeedsStar(c *checker, d *document, s *statement) {
	if !s.resources.given || s.resources.not || s.actions.not || d.kind == Trust {
		return
	}
	for _, r := range s.resources.values {
		// arn:aws:s3:::* does for S3, as in AWS's own examples.
		if r.value == "*" || strings.HasPrefix(r.value, "arn:") && strings.HasSuffix(r.value, ":s3:::*") {
			return
		}
	}
	for _, a := range s.actions.values {
		if info, ok := catalogue.Action(a.value); ok && len(info.Resources) == 0 {
			report := c.suspect
			if info.Service() == "s3" {
				report = c.report
			}
			report(a.place, `give it a statement of its own with "Resource": "*"`, "%s acts on no resource in particular, so %s does not cover it", a.value, list3(s.resources.values))
		}
	}
}

// overlaps reports whether a resource of a policy and the form of a type of
// resource have an ARN in common. It may claim one where there is none.
func overlaps(resource, form string) bool {
	have, want := strings.SplitN(resource, ":", 6), strings.SplitN(form, ":", 6)
	if len(have) < 6 || len(want) < 6 {
		return true
	}
	for i := range have {
		if strings.Contains(have[i], "${") && i < 5 {
			return true // not a resource as it was meant: see IRS030
		}
		if !meet(policyTokens(have[i]), formTokens(want[i])) {
			return false
		}
	}
	return true
}

// token is an element of a pattern: a character or, if it is a star, any run of
// characters, of which slash says whether they may be slashes.
type token struct {
	char  rune
	one   bool // any one character
	star  bool
	slash bool
}

func policyTokens(s string) []token {
	var tokens []token
	for s != "" {
		if rest, ok := strings.CutPrefix(s, "${"); ok {
			_, after, _ := strings.Cut(rest, "}")
			tokens, s = append(tokens, token{star: true, slash: true}), after
			continue
		}
		switch s[0] {
		case '*':
			tokens = append(tokens, token{star: true, slash: true})
		case '?':
			tokens = append(tokens, token{one: true})
		default:
			tokens = append(tokens, token{char: rune(s[0])})
		}
		s = s[1:]
	}
	return tokens
}

// formTokens reads a form such as ${BucketName}/${ObjectName}. The name of a
// bucket has no slashes; others may have.
func formTokens(s string) []token {
	var tokens []token
	for s != "" {
		if rest, ok := strings.CutPrefix(s, "${"); ok {
			name, after, _ := strings.Cut(rest, "}")
			tokens, s = append(tokens, token{star: true, slash: name != "BucketName"}), after
			continue
		}
		tokens, s = append(tokens, token{char: rune(s[0]), star: s[0] == '*', slash: true}), s[1:]
	}
	return tokens
}

// meet reports whether two patterns have a text in common.
func meet(a, b []token) bool {
	const most = 1 << 20
	if len(a)*len(b) > most {
		return true
	}
	// row[j] says whether a[i:] and b[j:] meet.
	next := make([]bool, len(b)+1)
	for i := len(a); i >= 0; i-- {
		row := make([]bool, len(b)+1)
		for j := len(b); j >= 0; j-- {
			switch {
			case i == len(a) && j == len(b):
				row[j] = true
			case i < len(a) && a[i].star:
				row[j] = next[j] || j < len(b) && row[j+1]
			case j < len(b) && b[j].star:
				row[j] = row[j+1] || i < len(a) && (b[j].slash || a[i].char != '/') && next[j]
			case i < len(a) && j < len(b):
				row[j] = (a[i].one || a[i].char == b[j].char) && next[j+1]
			}
		}
		next = row
	}
	return next[0]
}

func notResourceAllow(c *checker, d *document, s *statement) {
	if s.allows() && s.resources.not && d.kind != ServiceControl && d.kind != Boundary {
		c.report(s.resources.place, "list the resources that are meant under Resource", "the actions are allowed on everything but %s", list3(s.resources.values))
	}
}

// s3WithRegion are the resources of S3 whose ARNs have a region and an account.
var s3WithRegion = []string{"accesspoint", "access-grants", "job", "storage-lens", "storage-lens-group", "async-request"}

func s3ARNWithRegion(c *checker, _ *document, s *statement) {
	for _, r := range s.resources.values {
		if meant := withoutRegion(r.value); meant != r.value {
			c.report(r.place, "write "+meant, "%s has a region or an account, and the ARNs of buckets and objects have none", r.value)
		}
	}
}

// withoutRegion is the resource as it was meant, if it is a bucket or an object
// with a region or an account.
func withoutRegion(resource string) string {
	a, err := arn.Parse(resource)
	head, _, _ := strings.Cut(a.Resource, "/")
	if err != nil || a.Service != "s3" || slices.Contains(s3WithRegion, head) || strings.Trim(a.Region+a.AccountID, "*") == "" {
		return resource
	}
	a.Region, a.AccountID = "", ""
	return a.String()
}
