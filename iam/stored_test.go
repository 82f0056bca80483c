package iam_test

import (
	"testing"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
)

// TestStoredDocumentsAreKept: a policy that AWS has and would not take on
// writing any more outlives the process like every other.
func TestStoredDocumentsAreKept(t *testing.T) {
	t.Parallel()
	read := func(kind policy.Kind, document string) *policy.Document {
		t.Helper()
		d, err := policy.ParseStored(kind, []byte(document))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	const old = `{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`
	const deleted = `{"Statement":{"Effect":"Allow","Principal":{"AWS":"AROAEXAMPLE0000000001"},"Action":"sts:AssumeRole"}}`
	d := newDisk()
	err := newHarness(t, on(d)).Update(func(draft *iam.Draft) error {
		_, err := draft.CreatePolicy(iam.ManagedPolicy{AccountID: "111122223333", Name: "old", Document: read(policy.Identity, old)})
		if err != nil {
			return err
		}
		_, err = draft.CreateRole(iam.Role{
			AccountID: "111122223333", Name: "old", Trust: policy.Policy{Document: read(policy.Trust, deleted)},
			Inline: []policy.Policy{{Name: "old", Document: read(policy.Identity, old)}},
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	again := newHarness(t, on(d)).Snapshot()
	if p, err := again.ManagedPolicy("arn:aws:iam::111122223333:policy/old"); err != nil || string(p.Document.Source()) != old {
		t.Errorf("policy %+v, %v", p, err)
	}
	if r, ok := again.Role("111122223333", "old"); !ok || string(r.Trust.Document.Source()) != deleted || string(r.Inline[0].Document.Source()) != old {
		t.Errorf("role %+v", r)
	}
}
