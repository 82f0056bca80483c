package lint

import (
	"errors"
	"strings"

	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/syntax"
)

func documentRefused(c *checker, d *document) {
	src, bad := d.root.JSON()
	if bad != nil {
		c.report(d.shift.place(bad.Line, bad.Column), "", "%s", bad.Msg)
		return
	}
	var err error
	if d.kind == Bucket && d.bucket != "" {
		_, err = policy.ParseForBucket(d.bucket, src)
	} else {
		_, err = policy.Parse(policyKinds[d.kind], src)
	}
	refused, ok := errors.AsType[*policy.MalformedError](err)
	if !ok {
		return
	}
	message := refused.Code + ": " + refused.Message
	if refused.Detail != "" {
		message += " (" + refused.Detail + ")"
	}
	c.report(d.refusedAt(refused), "", "%s", message)
}

// refusedAt is the place in the file of an error in the document's JSON.
func (d *document) refusedAt(e *policy.MalformedError) place {
	line, column := d.root.Line+e.Line-1, e.Column
	switch {
	case !d.root.Verbatim():
		column = columnIn(d.root, line)
	case e.Line == 1:
		column += d.root.Column - 1
	}
	return d.shift.place(line, column)
}

// columnIn is the column of the first thing that begins in a line.
func columnIn(v *syntax.Value, line int) int {
	if v.Line == line {
		return v.Column
	}
	best := 0
	add := func(column int) {
		if column > 0 && (best == 0 || column < best) {
			best = column
		}
	}
	for i := range v.Members {
		if m := &v.Members[i]; m.Line == line {
			add(m.Column)
		} else {
			add(columnIn(&m.Value, line))
		}
	}
	for i := range v.Items {
		add(columnIn(&v.Items[i], line))
	}
	return best
}

func documentTooLarge(c *checker, d *document) {
	src, err := d.root.JSON()
	if err != nil || d.quota.limit == 0 {
		return
	}
	size := 0
	for _, r := range string(src) {
		if !strings.ContainsRune(" \t\r\n", r) {
			size++
		}
	}
	const fix = "join statements, use wildcards, or divide the document"
	switch {
	case size <= d.quota.limit:
	case d.quota == quotas[Identity] && d.field == "" && size <= roleQuota.limit:
		c.suspect(d.place, fix, "%d characters are more than the %d of %s: only a role takes it, as inline policy", size, d.quota.limit, d.quota.of)
	default:
		c.report(d.place, fix, "%d characters are more than the %d of %s", size, d.quota.limit, d.quota.of)
	}
}

func sidRepeated(c *checker, d *document) {
	seen := map[string]bool{}
	for i := range d.statements {
		sid := d.statements[i].sid
		if sid.value != "" && seen[sid.value] {
			c.report(sid.place, "give each statement an id of its own, or none", "Statement IDs (SID) in a single policy must be unique: %s is there already", sid.value)
		}
		seen[sid.value] = true
	}
}

func variablesIn2008(c *checker, d *document) {
	if d.version == "2012-10-17" {
		return
	}
	for i := range d.statements {
		s := &d.statements[i]
		values := s.resources.values
		for _, cond := range s.conditions {
			values = append(values[:len(values):len(values)], cond.values...)
		}
		for _, v := range values {
			if strings.Contains(v.value, "${") {
				c.report(v.place, `add "Version": "2012-10-17"`, "%q is plain text in a document of this version", v.value)
			}
		}
	}
}

func variableNotExpanded(c *checker, _ *document, s *statement) {
	const fix = "write it out"
	for _, a := range s.actions.values {
		if strings.Contains(a.value, "${") {
			c.report(a.place, fix, "policy variables are not expanded in actions: %s", a.value)
		}
	}
	if s.principal != nil {
		for _, p := range s.principal.entries {
			if strings.Contains(p.value, "${") {
				c.report(p.place, fix, "policy variables are not expanded in principals: %s", p.value)
			}
		}
	}
	for _, r := range s.resources.values {
		at := strings.Index(r.value, "${")
		switch {
		case at < 0:
		case strings.Count(r.value[:at], ":") < 5:
			c.report(r.place, fix, "policy variables are expanded only behind the fifth colon of an ARN: %s", r.value)
		case openVariable(r.value):
			c.report(r.place, "close it with }", "the policy variable in %s has no end", r.value)
		}
	}
	for i := range s.conditions {
		cond := &s.conditions[i]
		for _, v := range cond.values {
			switch {
			case !strings.Contains(v.value, "${"):
			case strings.Contains("Numeric Date IpAddress Binary Null", cond.op.family()):
				c.report(v.place, fix, "policy variables are not expanded in the values of %s: %s", cond.operator.value, v.value)
			case openVariable(v.value):
				c.report(v.place, "close it with }", "the policy variable in %s has no end", v.value)
			}
		}
	}
}

func openVariable(s string) bool {
	i := strings.LastIndex(s, "${")
	return i >= 0 && !strings.Contains(s[i:], "}")
}

func notPrincipalAllow(c *checker, _ *document, s *statement) {
	if s.allows() && s.principal != nil && s.principal.not {
		c.report(s.principal.place, "name those who are meant under Principal", "everybody but the principals named is allowed, anonymous callers too")
	}
}

func publicBucket(c *checker, d *document, s *statement) {
	if d.kind != Bucket || !s.allows() || s.principal == nil || s.principal.not || len(s.conditions) > 0 {
		return
	}
	at := s.principal.place
	everyone := s.principal.everyone
	for _, p := range s.principal.of("AWS") {
		if p.value == "*" {
			everyone, at = true, p.place
		}
	}
	if everyone {
		c.report(at, "name the principals, or add a condition such as aws:PrincipalOrgID", "everybody in the world is allowed %s", list3(s.actions.values))
	}
}
