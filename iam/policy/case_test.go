package policy_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/tools/txtar"

	"github.com/irsatz/irsatz/iam/policy"
)

// example is a case of testdata: a txtar archive of documents, a request, and what must come of it.
// Its sections are
//
//	identity[-NAME].json, boundary[-NAME].json, session[-NAME].json,
//	resource[-NAME].json, trust[-NAME].json, scp-LEVEL[-NAME].json,
//	rcp-LEVEL[-NAME].json
//	request.json   a policy.Request
//	decision       the outcome, "by", the kind, and, where a statement decided,
//	               its policy's name and its index
//	sentence       what AWS tells the caller
//	explanation    lines of the tree, in order, other lines may stand between
//	fixes          the codes of all suggestions, in order
//	fixed          the codes of the edits that are made one after the other, after
//	               which the request is allowed
//
// Any other section fails, so that none is written in vain.
type example struct {
	// About says in words what it is about.
	About     string
	Documents []caseDocument
	Request   policy.Request
	// Decision is in the words of describe.
	Decision string
	Sentence string
	Lines    []string
	Fixes    []string
	Fixed    []string

	policies *policy.Policies // as they are
}

// caseDocument is one policy of a case.
type caseDocument struct {
	Kind policy.Kind
	Name string
	// Level counts the levels of an organization from its root, which is 1.
	Level  int
	Source []byte
}

// parseExample reads a case.
func parseExample(src []byte) (*example, error) {
	archive := txtar.Parse(src)
	c := &example{About: strings.TrimSpace(string(archive.Comment))}
	seen := map[string]bool{}
	for _, f := range archive.Files {
		if seen[f.Name] {
			return nil, fmt.Errorf("section %s stands twice", f.Name)
		}
		seen[f.Name] = true
		if err := c.section(f.Name, f.Data); err != nil {
			return nil, fmt.Errorf("section %s: %w", f.Name, err)
		}
	}
	for _, name := range []string{"request.json", "decision"} {
		if !seen[name] {
			return nil, fmt.Errorf("no section %s", name)
		}
	}
	return c, nil
}

var errUnknown = errors.New("unknown")

func (c *example) section(name string, data []byte) error {
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	switch name {
	case "request.json":
		d := json.NewDecoder(bytes.NewReader(data))
		d.DisallowUnknownFields()
		return d.Decode(&c.Request)
	case "decision":
		c.Decision = lines[0]
	case "sentence":
		c.Sentence = lines[0]
	case "explanation":
		c.Lines = lines
	case "fixes":
		c.Fixes = strings.Fields(string(data))
	case "fixed":
		c.Fixed = strings.Fields(string(data))
	default:
		base, ok := strings.CutSuffix(name, ".json")
		if !ok {
			return errUnknown
		}
		return c.document(base, data)
	}
	return nil
}

// kinds are the words with which the sections of documents begin.
var kinds = map[string]policy.Kind{
	"identity": policy.Identity, "boundary": policy.Boundary, "session": policy.Session, "resource": policy.Resource,
	"trust": policy.Trust, "scp": policy.ServiceControl, "rcp": policy.ResourceControl,
}

// maxLevel is how deep an organization may be.
const maxLevel = 5

func (c *example) document(section string, source []byte) error {
	word, name, _ := strings.Cut(section, "-")
	d := caseDocument{Kind: kinds[word], Name: name, Source: source}
	switch d.Kind {
	case policy.Kind(0):
		return errUnknown
	case policy.ServiceControl, policy.ResourceControl:
		number, _, _ := strings.Cut(name, "-")
		var err error
		if d.Level, err = strconv.Atoi(number); err != nil || d.Level < 1 || d.Level > maxLevel {
			return fmt.Errorf("no level in %q", name)
		}
	case policy.Identity, policy.Boundary, policy.Session, policy.Resource, policy.Trust:
	}
	if _, err := policy.Parse(d.Kind, source); err != nil {
		return err
	}
	c.Documents = append(c.Documents, d)
	return nil
}

// parsed parses the documents of the case. Each is first brought into a form,
// if there is one to bring it into.
func (c *example) parsed(form func(*policy.Document) []byte) (*policy.Policies, error) {
	ps := &policy.Policies{}
	for _, d := range c.Documents {
		document, err := policy.Parse(d.Kind, d.Source)
		if err == nil && form != nil {
			document, err = policy.Parse(d.Kind, form(document))
		}
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", d.Kind, d.Name, err)
		}
		d.attach(ps, policy.Policy{Name: d.Name, Document: document})
	}
	return ps, nil
}

// attach puts a policy where its kind belongs.
func (d *caseDocument) attach(ps *policy.Policies, p policy.Policy) {
	switch d.Kind {
	case policy.Identity:
		ps.Identity = append(ps.Identity, p)
	case policy.Boundary:
		ps.Boundary = &p
	case policy.Session:
		ps.Session, ps.SessionPassed = append(ps.Session, p), true
	case policy.Resource:
		ps.Resource = &p
	case policy.Trust:
		ps.Trust = &p
	case policy.ServiceControl:
		ps.ServiceControl = atLevel(ps.ServiceControl, d.Level, p)
	case policy.ResourceControl:
		ps.ResourceControl = atLevel(ps.ResourceControl, d.Level, p)
	}
}

func atLevel(levels [][]policy.Policy, n int, p policy.Policy) [][]policy.Policy {
	for len(levels) < n {
		levels = append(levels, nil)
	}
	levels[n-1] = append(levels[n-1], p)
	return levels
}

// describe is a decision in the words of the decision section.
func describe(d policy.Decision) string {
	text := d.Outcome.String() + " by " + d.By.String()
	if d.Statement >= 0 {
		text += fmt.Sprintf(" %s[%d]", d.Policy, d.Statement)
	}
	return text
}
