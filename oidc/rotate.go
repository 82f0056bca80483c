package oidc

import (
	"context"
	"errors"
	"fmt"
)

// Rotate makes a new key sign, and keeps publishing the old ones until the last
// token they signed can no longer be accepted anywhere, as EKS does every week.
func (i *Issuer) Rotate(ctx context.Context) error { return i.rotate(ctx, nil, retire) }

// RotateTo is Rotate with a key of the caller's.
func (i *Issuer) RotateTo(ctx context.Context, next *Key) error {
	if next == nil {
		return errors.New("rotate: a nil key")
	}
	return i.rotate(ctx, next, retire)
}

// RotateDroppingOld makes a new key sign and stops publishing all others at
// once, which strands every token signed before: the mistake that an issuer
// must not make.
func (i *Issuer) RotateDroppingOld(ctx context.Context) error {
	return i.rotate(ctx, nil, func(keys []*publishedKey) []*publishedKey { return nil })
}

// retire lets the signing key stay until its last token is past the tolerance
// that verifiers grant: AWS accepts a token for 300 s after its exp. Keys that
// were published without signing stay as they are.
func retire(keys []*publishedKey) []*publishedKey {
	old := *keys[0]
	old.dropAt = old.lastExpiry + tolerance
	return append([]*publishedKey{&old}, keys[1:]...)
}

func (i *Issuer) rotate(ctx context.Context, next *Key, old func([]*publishedKey) []*publishedKey) error {
	if err := i.Ready(ctx); err != nil {
		return fmt.Errorf("rotate: %w", err)
	}
	select {
	case i.rotating <- struct{}{}:
		defer func() { <-i.rotating }()
	case <-ctx.Done():
		return fmt.Errorf("rotate: %w", ctx.Err())
	}
	if next == nil {
		var err error
		if next, err = i.generate(ctx); err != nil {
			return fmt.Errorf("rotate: %w", err)
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, k := range i.keys {
		if k.id == next.id {
			return fmt.Errorf("rotate: key %s is already published", next.id)
		}
	}
	if err := i.change(append([]*publishedKey{{Key: next, dropAt: never}}, old(i.keys)...)); err != nil {
		return fmt.Errorf("rotate: %w", err)
	}
	i.kind = next.kind
	return nil
}

// generate makes a key of the issuer's kind, waiting no longer than ctx.
func (i *Issuer) generate(ctx context.Context) (*Key, error) {
	type result struct {
		key *Key
		err error
	}
	i.mu.Lock()
	kind := i.kind
	i.mu.Unlock()
	done := make(chan result, 1)
	go func() {
		k, err := GenerateKey(kind)
		done <- result{k, err}
	}()
	select {
	case r := <-done:
		return r.key, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
