package oidc

import (
	"fmt"
	"time"
)

// KeptKey is a key with what must be known of it in a later run.
type KeptKey struct {
	Key *Key
	// GoodUntil is no earlier than the expiry of any token that the key signed.
	GoodUntil time.Time
	// DropAt is when to stop publishing the key; zero means never.
	DropAt time.Time
}

// expiryAhead is how much later the expiry that is kept is made than that of
// the token it is kept for: else every token would have to be kept first.
const expiryAhead = 24 * 60 * 60

// givenKeys are keys given without more to be known of them than until when
// tokens of the first one are good.
func givenKeys(keys []*Key, outstanding time.Time) []KeptKey {
	var all []KeptKey
	for n, k := range keys {
		kept := KeptKey{Key: k}
		if n == 0 {
			kept.GoodUntil = outstanding
		}
		all = append(all, kept)
	}
	return all
}

func (k KeptKey) published() *publishedKey {
	p := &publishedKey{Key: k.Key, dropAt: never}
	if !k.GoodUntil.IsZero() {
		p.lastExpiry, p.keptExpiry = k.GoodUntil.Unix(), k.GoodUntil.Unix()
	}
	if !k.DropAt.IsZero() {
		p.dropAt = k.DropAt.Unix()
	}
	return p
}

func (k *publishedKey) kept() KeptKey {
	kept := KeptKey{Key: k.Key}
	if last := max(k.lastExpiry, k.keptExpiry); last > 0 {
		kept.GoodUntil = time.Unix(last, 0).UTC()
	}
	if k.dropAt != never {
		kept.DropAt = time.Unix(k.dropAt, 0).UTC()
	}
	return kept
}

// change makes these the issuer's keys, once they are kept. Issuer.mu is held.
func (i *Issuer) change(keys []*publishedKey) error {
	if err := i.keepKeys(keys); err != nil {
		return err
	}
	i.keys = keys
	return i.publish()
}

func (i *Issuer) keepKeys(keys []*publishedKey) error {
	if i.keep == nil {
		return nil
	}
	var all []KeptKey
	for _, k := range keys {
		all = append(all, k.kept())
	}
	if err := i.keep(all); err != nil {
		return fmt.Errorf("keep the keys: %w", err)
	}
	return nil
}

// keepExpiry makes sure that a later run knows that tokens of the key are good
// until expiry. Issuer.mu is held.
func (i *Issuer) keepExpiry(k *publishedKey, expiry int64) error {
	if i.keep == nil || expiry <= k.keptExpiry {
		return nil
	}
	was := k.keptExpiry
	k.keptExpiry = expiry + expiryAhead
	if err := i.keepKeys(i.keys); err != nil {
		k.keptExpiry = was
		return err
	}
	return nil
}
