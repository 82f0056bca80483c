package trail

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam/policy"
)

// Explanation tells people what was asked, what was answered, and why.
func (r *Record) Explanation() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n", r.ID, r.Time.UTC().Format(time.RFC3339))
	fmt.Fprintf(&b, "%s %s", r.Service, orDash(r.Operation))
	if r.Caller != "" {
		fmt.Fprintf(&b, " by %s", r.Caller)
	}
	b.WriteByte('\n')
	fmt.Fprintf(&b, "answer: %d", r.Status)
	if r.Code != "" {
		fmt.Fprintf(&b, " %s: %s", r.Code, r.Message)
	}
	b.WriteByte('\n')
	r.explainToken(&b)
	for i := range r.Checks {
		b.WriteByte('\n')
		r.Checks[i].explain(&b)
	}
	if r.Cause != "" && !r.explainedBy(r.Cause) {
		fmt.Fprintf(&b, "\ncause: %s\n", r.Cause)
	}
	if r.Fix != "" {
		fmt.Fprintf(&b, "fix: %s\n", r.Fix)
	}
	if r.OtherText != "" {
		fmt.Fprintf(&b, "in the other error texts: %s\n", r.OtherText)
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", w)
	}
	return b.String()
}

// explainedBy reports whether a check's tree begins with the cause.
func (r *Record) explainedBy(cause string) bool {
	return slices.ContainsFunc(r.Checks, func(c Check) bool {
		return c.Decision.Explanation != nil && c.Decision.Explanation.Reason == cause
	})
}

func (r *Record) explainToken(b *strings.Builder) {
	t := r.Token
	if t == nil || t.Issuer == "" {
		return
	}
	word := "claimed"
	if t.Verified {
		word = "verified"
	}
	fmt.Fprintf(b, "\ntoken (%s)\n  issuer   %s\n  subject  %s\n  audience %s\n", word, t.Issuer, orDash(t.Subject), orDash(strings.Join(t.Audience, ", ")))
	if t.Provider != "" {
		fmt.Fprintf(b, "  provider %s\n", t.Provider)
	}
	if t.Rejected != "" {
		fmt.Fprintf(b, "  rejected %s\n", t.Rejected)
	}
}

func (c *Check) explain(b *strings.Builder) {
	fmt.Fprintf(b, "%s on %s: %s", c.Action, c.Resource, c.Decision.Outcome)
	if c.Decision.Policy != "" {
		fmt.Fprintf(b, " by %s", c.Decision.Policy)
	}
	if c.Audited {
		b.WriteString(" (served all the same: enforcement only audits)")
	}
	b.WriteByte('\n')
	if c.Decision.Explanation != nil {
		_ = c.Decision.Explanation.WriteTree(b, policy.Full) // a Builder does not fail
	}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
