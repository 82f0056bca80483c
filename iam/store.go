package iam

import (
	"fmt"
	"io"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/internal/clock"
)

// Config configures a Store. The zero Config works.
type Config struct {
	Now  func() time.Time // nil means clock.Now
	Rand io.Reader        // ids, secrets and the sealing key, read by one goroutine at a time; nil means crypto/rand

	// Root holds the credentials that act as an account's root. Empty means
	// that nobody can.
	Root []RootCredentials

	// SealingKey seals session tokens, 32 bytes. Nil means a fresh random
	// one: sessions then end with the store.
	SealingKey []byte
}

// RootCredentials are long-term credentials of an account's root.
type RootCredentials struct {
	AccountID   string
	AccessKeyID string
	Secret      string
}

// Store holds all IAM state. It may be used by any number of goroutines.
type Store struct {
	now    func() time.Time
	random *randomSource
	seal   *sealer
	root   map[string]RootCredentials // by access key id

	mu      sync.Mutex // serialises writers
	current atomic.Pointer[Snapshot]
}

// NewStore returns an empty Store.
func NewStore(config Config) (*Store, error) {
	if config.Now == nil {
		config.Now = clock.Now
	}
	s := &Store{now: config.Now, random: newRandomSource(config.Rand), root: map[string]RootCredentials{}}
	for _, r := range config.Root {
		if r.AccessKeyID == "" || r.Secret == "" || !validAccount(r.AccountID) {
			return nil, fmt.Errorf("root credentials of account %q: %w", r.AccountID, ErrInvalidInput)
		}
		s.root[r.AccessKeyID] = r
	}
	key := config.SealingKey
	if key == nil {
		key = s.random.bytes(sealingKeySize)
	}
	seal, err := newSealer(key, s.random)
	if err != nil {
		return nil, err
	}
	s.seal = seal
	s.current.Store(emptySnapshot())
	return s, nil
}

// Snapshot returns the state as it is now.
func (s *Store) Snapshot() *Snapshot { return s.current.Load() }

// Now returns the store's time.
func (s *Store) Now() time.Time { return s.now() }

// Update changes the state: change sees and edits a draft, which becomes the
// state when change returns nil and is thrown away otherwise.
func (s *Store) Update(change func(*Draft) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := newDraft(s, s.current.Load())
	if err := change(d); err != nil {
		return err
	}
	next, err := d.finish()
	if err != nil {
		return err
	}
	s.current.Store(next)
	return nil
}

// Reset forgets all accounts. Root credentials stay.
func (s *Store) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current.Store(emptySnapshot())
	s.seal.forget()
}

func emptySnapshot() *Snapshot {
	return &Snapshot{accounts: map[string]*account{}, keys: map[string]*User{}}
}

// Snapshot is the state at one instant. It never changes.
type Snapshot struct {
	accounts map[string]*account
	keys     map[string]*User // by access key id
}

type account struct {
	roles     map[string]*Role          // by name in lower case
	providers map[string]*Provider      // by URL without scheme
	users     map[string]*User          // by name in lower case
	policies  map[string]*ManagedPolicy // by ARN
}

// RoleByARN returns the role with exactly this ARN, path included.
func (s *Snapshot) RoleByARN(roleARN string) (*Role, bool) {
	a, err := arn.Parse(roleARN)
	if err != nil || a.Service != "iam" {
		return nil, false
	}
	name, ok := strings.CutPrefix(a.Resource, "role/")
	if !ok {
		return nil, false
	}
	r, ok := s.Role(a.AccountID, name[strings.LastIndexByte(name, '/')+1:])
	return r, ok && r.ARN == roleARN
}

// Role returns the account's role of this name, whose case does not matter.
func (s *Snapshot) Role(accountID, name string) (*Role, bool) {
	a, ok := s.accounts[accountID]
	if !ok {
		return nil, false
	}
	r, ok := a.roles[strings.ToLower(name)]
	return r, ok
}

// Provider returns the account's OIDC provider for the issuer URL, which may
// carry its https:// or not. The match is exact: case, path and trailing slash
// count.
func (s *Snapshot) Provider(accountID, issuer string) (*Provider, bool) {
	a, ok := s.accounts[accountID]
	if !ok {
		return nil, false
	}
	p, ok := a.providers[strings.TrimPrefix(issuer, "https://")]
	return p, ok
}

// User returns the account's user of this name, whose case does not matter.
func (s *Snapshot) User(accountID, name string) (*User, bool) {
	a, ok := s.accounts[accountID]
	if !ok {
		return nil, false
	}
	u, ok := a.users[strings.ToLower(name)]
	return u, ok
}

// ManagedPolicy returns the policy of this ARN: one of an account, or an AWS
// managed one.
func (s *Snapshot) ManagedPolicy(policyARN string) (*ManagedPolicy, error) {
	a, err := arn.Parse(policyARN)
	if err != nil {
		return nil, fmt.Errorf("policy %q: %w", policyARN, err)
	}
	if a.AccountID == awsAccount {
		return awsManagedPolicy(a)
	}
	if acct, ok := s.accounts[a.AccountID]; ok {
		if p, ok := acct.policies[policyARN]; ok {
			return p, nil
		}
	}
	return nil, fmt.Errorf("policy %s: %w", policyARN, ErrNoSuchEntity)
}

// Accounts returns the ids of all accounts, in no order.
func (s *Snapshot) Accounts() []string {
	ids := make([]string, 0, len(s.accounts))
	for id := range maps.Keys(s.accounts) {
		ids = append(ids, id)
	}
	return ids
}

// Roles returns all roles of the account, in no order.
func (s *Snapshot) Roles(accountID string) []*Role {
	a, ok := s.accounts[accountID]
	if !ok {
		return nil
	}
	roles := make([]*Role, 0, len(a.roles))
	for _, r := range a.roles {
		roles = append(roles, r)
	}
	return roles
}

// Providers returns all OIDC providers of the account, in no order.
func (s *Snapshot) Providers(accountID string) []*Provider {
	a, ok := s.accounts[accountID]
	if !ok {
		return nil
	}
	providers := make([]*Provider, 0, len(a.providers))
	for _, p := range a.providers {
		providers = append(providers, p)
	}
	return providers
}
