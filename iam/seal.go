package iam

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
)

const (
	sealingKeySize = 32

	// tokenMagic makes tokens begin as AWS's do, "IQoJb3JpZ2luX2Vj".
	tokenMagic = "!\n\torigin_ec"

	// maxTokenLength bounds what is decoded at all: AWS's budget is 4096
	// bytes for the token (documented since 2026-09), ours the same with
	// some room for base64.
	maxTokenLength = 8192

	// typicalToken is room for the session of a projected token, sealed.
	typicalToken = 1024

	// tokenPadding makes a bare session of a projected token as large as AWS's: a
	// quarter of the budget of 4096 bytes. What AWS's tokens carry besides is not
	// known; that what a session has adds its length in base64 is observed.
	tokenPadding = 375

	// maxOpened bounds the cache of opened tokens.
	maxOpened = 4096
)

// sealer turns sessions into session tokens and back. The token carries the
// session, so that nothing needs to be remembered of it; what was opened is
// cached because one session signs many requests.
type sealer struct {
	aead   cipher.AEAD
	random *randomSource
	opened sync.Map // token → *Session
	count  atomic.Int64
}

func newSealer(key []byte, random *randomSource) (*sealer, error) {
	if len(key) != sealingKeySize {
		return nil, fmt.Errorf("sealing key: %d bytes, want %d: %w", len(key), sealingKeySize, ErrInvalidInput)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &sealer{aead: aead, random: random}, nil
}

// token seals the session. Every token has "+", "/" and "=" in it, to catch
// clients that forget to percent-encode it.
func (s *sealer) token(session *Session) (string, error) {
	for {
		sealed := s.seal(session)
		if base64.StdEncoding.EncodedLen(len(sealed)) > maxTokenLength {
			return "", fmt.Errorf("seal session: more than %d bytes: %w", maxTokenLength, ErrTokenTooLarge)
		}
		token := base64.StdEncoding.EncodeToString(sealed)
		if strings.IndexByte(token, '+') >= 0 && strings.IndexByte(token, '/') >= 0 {
			return token, nil
		}
	}
}

// seal seals the session under a nonce of its own.
func (s *sealer) seal(session *Session) []byte {
	head := len(tokenMagic) + s.aead.NonceSize()
	sealed := make([]byte, head, typicalToken)
	nonce := sealed[copy(sealed, tokenMagic):]
	s.random.fill(nonce)
	sealed = append(appendSession(sealed, session), make([]byte, tokenPadding)...)
	for size := len(sealed) + s.aead.Overhead(); size%3 == 0 || base64.StdEncoding.EncodedLen(size) < session.MinTokenSize; size++ {
		sealed = append(sealed, 0)
	}
	return s.aead.Seal(sealed[:head], nonce, sealed[head:], []byte(tokenMagic))
}

var errMalformedToken = errors.New("the session token is malformed or was not issued here")

// open returns the session in the token.
func (s *sealer) open(token string) (*Session, error) {
	if opened, ok := s.opened.Load(token); ok {
		return opened.(*Session), nil
	}
	// The decoder would skip line breaks: a token has one spelling only.
	if len(token) > maxTokenLength || strings.ContainsAny(token, "\r\n") {
		return nil, errMalformedToken
	}
	sealed, err := base64.StdEncoding.Strict().DecodeString(token)
	if err != nil {
		return nil, errMalformedToken
	}
	sealed, ok := bytes.CutPrefix(sealed, []byte(tokenMagic))
	if !ok || len(sealed) < s.aead.NonceSize() {
		return nil, errMalformedToken
	}
	nonce, sealed := sealed[:s.aead.NonceSize()], sealed[s.aead.NonceSize():]
	plain, err := s.aead.Open(nil, nonce, sealed, []byte(tokenMagic))
	if err != nil {
		return nil, errMalformedToken
	}
	session, err := readSession(plain)
	if err != nil {
		return nil, errMalformedToken
	}
	if err := session.compile(); err != nil {
		return nil, errMalformedToken
	}
	s.remember(strings.Clone(token), session)
	return session, nil
}

// remember keeps the session of the token, and forgets all others when there
// are too many.
func (s *sealer) remember(token string, session *Session) {
	if s.count.Add(1) > maxOpened {
		s.forget()
	}
	s.opened.Store(token, session)
}

// forget empties the cache of opened tokens.
func (s *sealer) forget() {
	s.opened.Clear()
	s.count.Store(0)
}
