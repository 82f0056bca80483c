package iam

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

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

	// World names what the sessions of this store belong to. Those of another
	// store are refused, be they sealed with the same key. "" is a name too.
	World string

	// Keeper keeps all entities, and gives back those it has. Nil means that
	// they live in memory only. Root credentials and the sealing key are the
	// caller's to keep.
	Keeper Keeper
}

// RootCredentials are long-term credentials of an account's root.
type RootCredentials struct {
	AccountID   string
	AccessKeyID string
	Secret      string
}

// Store holds all IAM state. It may be used by any number of goroutines.
type Store struct {
	world  string
	now    func() time.Time
	random *randomSource
	seal   *sealer
	root   map[string]RootCredentials // by access key id
	keeper Keeper                     // nil: memory only

	mu        sync.Mutex // serialises writers
	gathering *batch     // of updates that are still to be kept
	flying    *batch     // that is being kept
	current   atomic.Pointer[Snapshot]
}

// NewStore returns a Store with what the keeper has, an empty one without.
func NewStore(config Config) (*Store, error) {
	if config.Now == nil {
		config.Now = clock.Now
	}
	s := &Store{world: config.World, now: config.Now, random: newRandomSource(config.Rand), root: map[string]RootCredentials{}}
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
	if config.Keeper == nil {
		return s, nil
	}
	if err := s.load(config.Keeper); err != nil {
		return nil, err
	}
	s.keeper = config.Keeper
	return s, nil
}

// Snapshot returns the state as it is now.
func (s *Store) Snapshot() *Snapshot { return s.current.Load() }

// Now returns the store's time.
func (s *Store) Now() time.Time { return s.now() }

// Update changes the state: change sees and edits a draft, which becomes the
// state when change returns nil and is thrown away otherwise. With a keeper it
// becomes the state, and Update returns, when it is kept; if that fails, nothing
// changes.
func (s *Store) Update(change func(*Draft) error) error {
	if s.keeper != nil {
		return s.updateKept(change)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d := newDraft(s, s.current.Load())
	if err := change(d); err != nil {
		return err
	}
	next, _, err := d.finish()
	if err != nil {
		return err
	}
	s.current.Store(next)
	return nil
}

func emptySnapshot() *Snapshot {
	return &Snapshot{accounts: map[string]*account{}, keys: map[string]*User{}}
}

// Snapshot is the state at one instant. It never changes.
type Snapshot struct {
	accounts map[string]*account
	keys     map[string]*User // by access key id
}

// account holds the entities of one account. It never changes once it is in a
// snapshot.
type account struct {
	roles     map[string]*Role            // by name in lower case
	providers map[string]*Provider        // by URL without scheme
	users     map[string]*User            // by name in lower case
	groups    map[string]*Group           // by name in lower case
	policies  map[string]*ManagedPolicy   // by ARN
	profiles  map[string]*InstanceProfile // by name in lower case
	alias     string

	dirty *dirty // nil but in a draft that writes to the account
}

// account returns the account of this id, an empty one if there is none. It is
// for reading.
func (s *Snapshot) account(id string) *account {
	if a, ok := s.accounts[id]; ok {
		return a
	}
	return &noAccount
}

// noAccount is what an account is that nothing was written to.
var noAccount account

// HasAccount reports whether the account is here: something of it was made.
func (s *Snapshot) HasAccount(accountID string) bool {
	_, ok := s.accounts[accountID]
	return ok
}

// Accounts returns the ids of all accounts, in no order.
func (s *Snapshot) Accounts() []string {
	ids := make([]string, 0, len(s.accounts))
	for id := range s.accounts {
		if id != AWSAccount {
			ids = append(ids, id)
		}
	}
	return ids
}

// Alias returns the account's alias, "" if it has none.
func (s *Snapshot) Alias(accountID string) string { return s.account(accountID).alias }
