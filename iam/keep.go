package iam

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
)

// Keeper keeps records beyond the life of a Store.
type Keeper interface {
	// Load calls each with every record whose key begins with prefix. The value
	// is good until each returns.
	Load(prefix string, each func(key string, value []byte) error) error

	// Keep sets records to new values, or with nil removes them: all of them, or
	// none if it fails. What it has taken must survive a crash when it returns.
	Keep(changes map[string][]byte) error
}

// Along keeps a record of the caller's own together with the update: both, or
// neither. A nil value removes it. The key must not begin with "iam/".
func (d *Draft) Along(key string, value []byte) {
	if d.along == nil {
		d.along = map[string][]byte{}
	}
	d.along[key] = value
}

// Fingerprint is the same for entities (*Role, *User, …) that are the same in all
// that is kept of them, and another for others.
func Fingerprint(entity any) (string, error) {
	e, ok := entity.(interface{ record() record })
	if !ok {
		return "", fmt.Errorf("fingerprint of a %T: %w", entity, ErrInvalidInput)
	}
	text, err := json.Marshal(e.record())
	if err != nil {
		return "", fmt.Errorf("fingerprint: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// load makes the state what the keeper has.
func (s *Store) load(keeper Keeper) error {
	d := newDraft(s, emptySnapshot())
	var profiles []func() error // each may refer to a role
	err := keeper.Load(recordPrefix, func(key string, value []byte) error {
		r, err := decodeRecord(key, value)
		if err != nil {
			return fmt.Errorf("load %s: %w", key, err)
		}
		if _, ok := r.(*profileRecord); ok {
			profiles = append(profiles, func() error { return d.restore(key, r) })
			return nil
		}
		return d.restore(key, r)
	})
	if err != nil {
		return err
	}
	for _, restore := range profiles {
		if err := restore(); err != nil {
			return err
		}
	}
	next, _, err := d.finish()
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	s.current.Store(next)
	return nil
}

func (d *Draft) restore(key string, r record) error {
	got, err := r.put(d)
	if err == nil && got != key {
		err = fmt.Errorf("it is the record of %s: %w", got, ErrInvalidInput)
	}
	if err != nil {
		return fmt.Errorf("load %s: %w", key, err)
	}
	return nil
}

// written is an entity that a draft wrote.
type written struct {
	key    string
	record func() record // nil: the entity is gone
}

// written lists what was written to the draft, before what merely takes its
// policies from it is resolved again.
func (d *Draft) written() (list []written) {
	if d.store.keeper == nil {
		return nil
	}
	for id, a := range d.next.accounts {
		if a.dirty == nil {
			continue
		}
		old := d.old.account(id)
		list = differing(list, keyOf("role", id, ""), old.roles, a.roles)
		list = differing(list, keyOf("user", id, ""), old.users, a.users)
		list = differing(list, keyOf("group", id, ""), old.groups, a.groups)
		list = differing(list, keyOf("policy", id, ""), old.policies, a.policies)
		list = differing(list, keyOf("profile", id, ""), old.profiles, a.profiles)
		list = differing(list, keyOf("provider", id, ""), old.providers, a.providers)
		if old.alias != a.alias {
			w := written{key: keyOf("alias", id, "")}
			if a.alias != "" {
				w.record = func() record { return &aliasRecord{id, a.alias} }
			}
			list = append(list, w)
		}
	}
	return list
}

// differing adds the entities that are not the same before and after.
func differing[E interface {
	comparable
	record() record
}](list []written, prefix string, before, after map[string]E) []written {
	for key, e := range after {
		if old, ok := before[key]; !ok || old != e {
			list = append(list, written{prefix + key, func() record { return after[key].record() }})
		}
	}
	for key := range before {
		if _, ok := after[key]; !ok {
			list = append(list, written{prefix + key, nil})
		}
	}
	return list
}

// records encodes what was written, and what goes along.
func (d *Draft) records(list []written) (map[string][]byte, error) {
	if d.store.keeper == nil {
		return nil, nil
	}
	records := make(map[string][]byte, len(list)+len(d.along))
	maps.Copy(records, d.along)
	for _, w := range list {
		if w.record == nil {
			records[w.key] = nil
			continue
		}
		value, err := json.Marshal(w.record())
		if err != nil {
			return nil, fmt.Errorf("keep %s: %w", w.key, err)
		}
		records[w.key] = value
	}
	return records, nil
}
