package policy_test

import (
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

// TestStored reads documents that AWS has and would not take on writing any
// more, and no others.
func TestStored(t *testing.T) {
	t.Parallel()
	const deleted = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":["AROAEXAMPLE0000000001","arn:aws:iam::111122223333:role/app"]},"Action":"sts:AssumeRole"}}`
	for name, test := range map[string]struct {
		kind     policy.Kind
		document string
		written  bool // AWS takes it on writing
		stored   bool
	}{
		"no version":        {policy.Identity, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, false, true},
		"old version":       {policy.Identity, `{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, false, true},
		"deleted principal": {policy.Trust, deleted, false, true},
		"new":               {policy.Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, true, true},
		"unknown version":   {policy.Identity, `{"Version":"2013-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, false, false},
		"no resource":       {policy.Identity, `{"Statement":{"Effect":"Allow","Action":"*"}}`, false, false},
		"no principal":      {policy.Trust, `{"Statement":{"Effect":"Allow","Principal":{"AWS":"AROA"},"Action":"sts:AssumeRole"}}`, false, false},
		"not of AWS":        {policy.Trust, `{"Statement":{"Effect":"Allow","Principal":{"Service":"AROAEXAMPLE0000000001"},"Action":"sts:AssumeRole"}}`, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := policy.Parse(test.kind, []byte(test.document)); (err == nil) != test.written {
				t.Errorf("on writing: %v", err)
			}
			d, err := policy.ParseStored(test.kind, []byte(test.document))
			if (err == nil) != test.stored {
				t.Fatalf("stored: %v", err)
			}
			if err == nil && string(d.Source()) != test.document {
				t.Errorf("became %s", d.Source())
			}
		})
	}

	// A principal that was deleted is nobody, and the others are themselves.
	document, err := policy.ParseStored(policy.Trust, []byte(deleted))
	if err != nil {
		t.Fatal(err)
	}
	for role, want := range map[string]bool{"app": true, "AROAEXAMPLE0000000001": false} {
		arn := "arn:aws:iam::111122223333:role/" + role
		got := (&policy.Policies{Trust: &policy.Policy{Document: document}}).Decide(&policy.Request{
			Principal: policy.Principal{Kind: policy.RoleSession, AccountID: "111122223333", ARN: "arn:aws:sts::111122223333:assumed-role/" + role + "/s", RoleARN: arn},
			Action:    "sts:AssumeRole", Resource: "arn:aws:iam::111122223333:role/target", ResourceAccount: "111122223333", Context: policy.NewContext(),
		})
		if got.Allowed() != want {
			t.Errorf("%s: %+v", role, got)
		}
	}
}
