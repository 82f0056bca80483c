package iam

// MaxOpened is how many opened tokens a store keeps at most.
const MaxOpened = maxOpened

// Opened is how many opened tokens the store keeps.
func (s *Store) Opened() int {
	n := 0
	s.seal.opened.Range(func(any, any) bool { n++; return true })
	return n
}

// SealedSession and ReadSession are the two halves of a session token's inside.
func SealedSession(s *Session) []byte             { return appendSession(nil, s) }
func ReadSession(sealed []byte) (*Session, error) { return readSession(sealed) }
