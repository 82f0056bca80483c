package iam_test

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
)

const (
	account  = "111122223333"
	even     = "444455556666"
	issuer   = "oidc.example.com/id/ONE"
	readS3   = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
	fullS3   = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
	readOnly = "arn:aws:iam::aws:policy/ReadOnlyAccess"
)

var begin = time.Date(2026, 11, 23, 8, 0, 0, 123456789, time.UTC)

func seeded(n byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{n}) }

// harness is a store with a clock.
type harness struct {
	testing.TB
	*iam.Store
	offset atomic.Int64
}

func newHarness(t testing.TB, changes ...func(*iam.Config)) *harness {
	t.Helper()
	h := &harness{TB: t}
	config := iam.Config{Now: func() time.Time { return begin.Add(time.Duration(h.offset.Load())) }, Rand: seeded(1)}
	for _, change := range changes {
		change(&config)
	}
	var err error
	if h.Store, err = iam.NewStore(config); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *harness) advance(d time.Duration) { h.offset.Add(int64(d)) }

func (h *harness) update(change func(*iam.Draft) error) {
	h.Helper()
	if err := h.Update(change); err != nil {
		h.Fatal(err)
	}
}

func (h *harness) createRole(r iam.Role) *iam.Role {
	h.Helper()
	h.update(func(d *iam.Draft) error { _, err := d.CreateRole(r); return err })
	made, ok := h.Snapshot().Role(r.AccountID, r.Name)
	if !ok {
		h.Fatal("no role")
	}
	return made
}

// issue opens a session.
func (h *harness) issue(r *iam.Role, s iam.Session) (iam.Credentials, *iam.Session) {
	h.Helper()
	if s.Name == "" {
		s.Name = "session"
	}
	credentials, session, err := h.Issue(r, s, time.Hour)
	if err != nil {
		h.Fatal(err)
	}
	return credentials, session
}

func trust() policy.Policy {
	return policy.Policy{Document: policy.MustParse(policy.Trust, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"`+account+`"},"Action":"sts:AssumeRole"}}`)}
}

func identity(statements string) *policy.Document {
	return policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":[`+statements+`]}`)
}

const allowAll = `{"Effect":"Allow","Action":"*","Resource":"*"}`

func app() iam.Role { return iam.Role{AccountID: account, Name: "App", Path: "/team/", Trust: trust()} }
