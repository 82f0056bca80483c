package iam

import (
	"encoding/binary"
	"errors"
	"time"
)

// sessionForm is the first byte of a sealed session: which form the rest has.
const sessionForm = 2

// appendSession writes what a session token carries. It is made for every session
// that is opened, and read once for each, so it has no names and no reflection:
// the fields in this order, text and lists with their lengths before them.
func appendSession(dst []byte, s *Session) []byte {
	dst = append(dst, sessionForm, byte(s.Kind))
	for _, text := range s.texts() {
		dst = appendSealedText(dst, *text)
	}
	dst = binary.AppendVarint(dst, s.Issued.Unix())
	dst = binary.AppendVarint(dst, s.Expires.Unix())
	dst = binary.AppendUvarint(dst, uint64(len(s.Tags)))
	for _, t := range s.Tags {
		dst = appendSealedText(appendSealedText(dst, t.Key), t.Value)
	}
	for _, list := range s.lists() {
		dst = binary.AppendUvarint(dst, uint64(len(*list)))
		for _, text := range *list {
			dst = appendSealedText(dst, text)
		}
	}
	if s.PolicyPassed {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// texts are the session's fields of text, in the order in which they are sealed.
func (s *Session) texts() [15]*string {
	return [...]*string{
		&s.AccessKeyID, &s.Secret, &s.AccountID, &s.RoleName, &s.RoleID, &s.Name, &s.UserName, &s.UserID,
		&s.ProviderARN, &s.Issuer, &s.Subject, &s.Audience, &s.SourceIdentity, &s.Policy, &s.World,
	}
}

func (s *Session) lists() [3]*[]string {
	return [...]*[]string{&s.AMR, &s.TransitiveIDs, &s.PolicyARNs}
}

func appendSealedText(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

var errSealedForm = errors.New("the session is sealed in another form")

// readSession reads what appendSession writes. Behind it there may be zeros.
func readSession(src []byte) (*Session, error) {
	r := sealedReader{src: src}
	if r.byte() != sessionForm {
		return nil, errSealedForm
	}
	s := &Session{Kind: SessionKind(r.byte())}
	for _, text := range s.texts() {
		*text = r.text()
	}
	s.Issued, s.Expires = time.Unix(r.varint(), 0).UTC(), time.Unix(r.varint(), 0).UTC()
	for range r.count() {
		s.Tags = append(s.Tags, Tag{Key: r.text(), Value: r.text()})
	}
	for _, list := range s.lists() {
		for range r.count() {
			*list = append(*list, r.text())
		}
	}
	passed := r.byte()
	s.PolicyPassed = passed == 1
	for _, b := range r.src {
		r.broken = r.broken || b != 0
	}
	if r.broken || passed > 1 {
		return nil, errSealedForm
	}
	return s, nil
}

// sealedReader takes pieces off a sealed session. One that is not whole breaks it,
// and all that come after are empty.
type sealedReader struct {
	src    []byte
	broken bool
}

func (r *sealedReader) take(n uint64) []byte {
	if n > uint64(len(r.src)) {
		r.src, r.broken = nil, true
		return nil
	}
	piece := r.src[:n]
	r.src = r.src[n:]
	return piece
}

func (r *sealedReader) byte() byte {
	if piece := r.take(1); len(piece) == 1 {
		return piece[0]
	}
	return 0
}

func (r *sealedReader) varint() int64 {
	v, n := binary.Varint(r.src)
	if n <= 0 {
		r.broken, n = true, len(r.src)
	}
	r.src = r.src[n:]
	return v
}

// count is the length of what follows, each of whose parts is a byte at least.
func (r *sealedReader) count() uint64 {
	v, n := binary.Uvarint(r.src)
	if n <= 0 || v > uint64(len(r.src)) {
		r.src, r.broken = nil, true
		return 0
	}
	r.src = r.src[n:]
	return v
}

func (r *sealedReader) text() string { return string(r.take(r.count())) }
