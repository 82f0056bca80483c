package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/irsatz/irsatz/iam/catalogue"
)

// Note is about a condition key that no request of this kind can have, whatever
// its values: a mistake in the policy, if not a guard against what is not there.
type Note struct {
	Key string `json:"key"`
	// Policy and Statement name where the key is asked for.
	Policy    string `json:"policy,omitempty"`
	Statement int    `json:"statement"`
	// Text says why the key is never there, for people.
	Text string `json:"text"`
}

// maxNotes is how many notes one explanation has.
const maxNotes = 5

// callers are the kinds of principal in the words of the catalogue.
var callers = []catalogue.Caller{
	Anonymous:     catalogue.Anonymous,
	Root:          catalogue.Root,
	User:          catalogue.User,
	RoleSession:   catalogue.RoleSession,
	FederatedUser: catalogue.FederatedUser,
	WebIdentity:   catalogue.WebIdentity,
	Service:       catalogue.AWSService,
}

// note looks at the keys of a statement that is about the request. A key that
// the request has is none to wonder about, whatever the catalogue says.
func (r *recorder) note(p *Policy, s *statement, q *question, t *StatementTrace) {
	if t.Failed == PrincipalElement || t.Failed == ActionElement {
		return
	}
	for i := range s.conditions {
		c := &s.conditions[i]
		r.noteKey(p, s, q, c.key)
		for _, v := range c.values {
			r.noteVariables(p, s, q, v)
		}
	}
	if s.resources != nil {
		for _, w := range s.resources.written {
			r.noteVariables(p, s, q, w)
		}
	}
}

// noteVariables looks at the variables of a text.
func (r *recorder) noteVariables(p *Policy, s *statement, q *question, text string) {
	if !strings.Contains(text, "${") {
		return
	}
	_, variables := tokenize(text, language{variables: p.Document.version == version2012}, wildText)
	for _, v := range variables {
		r.noteKey(p, s, q, v.key)
	}
}

func (r *recorder) noteKey(p *Policy, s *statement, q *question, key string) {
	if _, _, ok := q.Context.Lookup(key); ok || len(r.notes) == maxNotes {
		return
	}
	why := catalogue.Absent(key, q.Action, callers[q.Principal.Kind])
	if why == "" {
		return
	}
	n := Note{Key: key, Policy: p.shown(), Statement: s.index}
	where := StatementTrace{Index: s.index, Sid: s.sid}
	n.Text = fmt.Sprintf("%s asks for %s, which this request can never have: %s",
		place(&PolicyTrace{Kind: p.Document.kind, Name: p.Name, ARN: p.ARN}, &where), key, why)
	if !slices.Contains(r.notes, n) {
		r.notes = append(r.notes, n)
	}
}
