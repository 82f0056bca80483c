package iam

import (
	"bufio"
	"crypto/rand"
	"encoding/base64"
	"io"
	"strconv"
	"sync"
)

// idAlphabet is the base-32 alphabet of AWS's unique ids.
const idAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// randomSource hands out random bytes to any number of goroutines.
type randomSource struct {
	mu sync.Mutex
	r  io.Reader
}

func newRandomSource(r io.Reader) *randomSource {
	if r == nil {
		// crypto/rand never fails and never returns short; buffering it
		// saves a system call for each id.
		r = bufio.NewReaderSize(rand.Reader, 1024)
	}
	return &randomSource{r: r}
}

func (s *randomSource) bytes(n int) []byte {
	b := make([]byte, n)
	s.fill(b)
	return b
}

func (s *randomSource) fill(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := io.ReadFull(s.r, b); err != nil {
		panic("iam: the random source failed: " + err.Error())
	}
}

// uniqueID returns an id of 21 characters (AROA…, AIDA…, ANPA…).
func (s *randomSource) uniqueID(prefix, accountID string) string { return s.id(prefix, accountID, 21) }

// accessKeyID returns an access key id of 20 characters (ASIA…, AKIA…).
func (s *randomSource) accessKeyID(prefix, accountID string) string {
	return s.id(prefix, accountID, 20)
}

// id returns prefix and random characters, n in all. As on AWS the account is
// embedded: characters 5 to 12 are floor(account/2)+2^39 in base 32, and the
// 13th lies in the upper half of the alphabet when the account is odd
// (https://awsteele.com/blog/2020/09/26/aws-access-key-format.html).
func (s *randomSource) id(prefix, accountID string, n int) string {
	id := make([]byte, 0, n)
	id = append(id, prefix...)
	account, err := strconv.ParseUint(accountID, 10, 64)
	if err != nil {
		panic("iam: account id is not a number: " + strconv.Quote(accountID))
	}
	v := account/2 + 1<<39
	for shift := 35; shift >= 0; shift -= 5 {
		id = append(id, idAlphabet[v>>shift&31])
	}
	for i, b := range s.bytes(n - len(id)) {
		if i == 0 {
			b = b&15 | byte(account&1)<<4
		}
		id = append(id, idAlphabet[b&31])
	}
	return string(id)
}

// secret returns a secret access key: 40 characters of the base64 alphabet.
func (s *randomSource) secret() string { return base64.StdEncoding.EncodeToString(s.bytes(30)) }

// AccountOfAccessKey returns the account embedded in an AKIA or ASIA access
// key id that this package made.
func AccountOfAccessKey(accessKeyID string) (string, bool) {
	if len(accessKeyID) != 20 || (accessKeyID[:4] != "ASIA" && accessKeyID[:4] != "AKIA") {
		return "", false
	}
	var v uint64
	for _, c := range []byte(accessKeyID[4:13]) {
		d, ok := idDigit(c)
		if !ok {
			return "", false
		}
		v = v<<5 | d
	}
	odd := v >> 4 & 1
	v >>= 5
	if v < 1<<39 {
		return "", false
	}
	account := strconv.FormatUint((v-1<<39)*2+odd, 10)
	if len(account) > 12 {
		return "", false
	}
	return "000000000000"[len(account):] + account, true
}

func idDigit(c byte) (uint64, bool) {
	switch {
	case c >= 'A' && c <= 'Z':
		return uint64(c - 'A'), true
	case c >= '2' && c <= '7':
		return uint64(c-'2') + 26, true
	}
	return 0, false
}
