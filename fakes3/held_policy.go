package fakes3

import (
	"encoding/json"
	"fmt"
	"maps"
	"sync/atomic"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
)

// heldPolicy is the policy of a bucket together with the unique ids of the users
// and roles that it names: who takes the name of one that was deleted is not meant.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html.
type heldPolicy struct {
	written *policy.Policy
	pins    iam.Pins
	last    atomic.Pointer[renamedPolicy]
}

// renamedPolicy is the policy with those names that its principals have now.
type renamedPolicy struct {
	*policy.Policy
	names map[string]string // that are other than written
}

func newHeldPolicy(written *policy.Policy, pins iam.Pins) *heldPolicy {
	p := &heldPolicy{written: written, pins: pins}
	p.last.Store(&renamedPolicy{Policy: written})
	return p
}

// now returns the policy as it counts, and is shown, in this state of IAM. It is
// compiled once for each time that a name changes.
func (p *heldPolicy) now(snapshot *iam.Snapshot) (*policy.Policy, error) {
	names, last := snapshot.Renamed(p.pins), p.last.Load()
	if maps.Equal(names, last.names) {
		return last.Policy, nil
	}
	document, err := p.written.Document.Rename(func(written string) string {
		if name, ok := names[written]; ok {
			return name
		}
		return written
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.written.Name, err)
	}
	next := &renamedPolicy{&policy.Policy{Name: p.written.Name, Document: document}, names}
	p.last.Store(next)
	return next.Policy, nil
}

// encodePins writes pins as they are stored.
func encodePins(pins iam.Pins) []byte {
	text, _ := json.Marshal(pins) // which has nothing that fails
	return text
}

// readPolicy reads the policy of a bucket as it is stored. One from before
// principals were pinned goes by their names.
func readPolicy(bucket string, source, pins []byte) (*heldPolicy, error) {
	document, err := policy.ParseStored(policy.Resource, source)
	if err != nil {
		return nil, fmt.Errorf("policy of bucket %s: %w", bucket, err)
	}
	var ids iam.Pins
	if pins != nil {
		if err := json.Unmarshal(pins, &ids); err != nil {
			return nil, fmt.Errorf("principals of the policy of bucket %s: %w", bucket, err)
		}
	}
	return newHeldPolicy(namedPolicy(bucket, document), ids), nil
}
