package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// maxKeys bounds the signing keys that a Verifier remembers.
const maxKeys = 1024

// A Verifier verifies signatures of one style and remembers signing keys, which
// cost four HMACs each. Its zero value is ready and of the Standard style. It
// may be used by any number of goroutines.
type Verifier struct {
	Style Style

	mu   sync.RWMutex
	keys map[keyID][sha256.Size]byte
}

type keyID struct{ secret, date, region, service string }

// Verify checks the signature over the request as it was received, with
// payloadHash standing for the body. It returns nil or a *MismatchError.
func (v *Verifier) Verify(r *http.Request, a *Authorization, secret, payloadHash string) error {
	return a.verify(r, v.Style, v.Key(secret, a.Scope), payloadHash)
}

// Verify is Verifier.Verify without the memory of signing keys.
func (a *Authorization) Verify(r *http.Request, style Style, secret, payloadHash string) error {
	return a.verify(r, style, signingKey(secret, a.Scope), payloadHash)
}

// Key returns the signing key of a secret in a scope.
func (v *Verifier) Key(secret string, s Scope) [sha256.Size]byte {
	id := keyID{secret, s.Date, s.Region, s.Service}
	v.mu.RLock()
	key, ok := v.keys[id]
	v.mu.RUnlock()
	if ok {
		return key
	}
	key = signingKey(secret, s)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.keys == nil || len(v.keys) >= maxKeys {
		v.keys = make(map[keyID][sha256.Size]byte)
	}
	// The strings may be slices of a request that should not be kept alive.
	v.keys[keyID{strings.Clone(secret), strings.Clone(s.Date), strings.Clone(s.Region), strings.Clone(s.Service)}] = key
	return key
}

func (a *Authorization) verify(r *http.Request, style Style, key [sha256.Size]byte, payloadHash string) error {
	canonical, readable := a.appendCanonical(make([]byte, 0, typicalCanonical), r, style, payloadHash)
	toSign := a.appendStringToSign(make([]byte, 0, 160), canonical)
	var mac [2 * sha256.Size]byte
	sum := hmacSHA256(key[:], toSign)
	hex.Encode(mac[:], sum[:])
	// One signature would do for every query that cannot be read, since none of
	// them is in the canonical request.
	if subtle.ConstantTimeCompare(mac[:], []byte(a.Signature)) == 1 && readable {
		return nil
	}
	return &MismatchError{StringToSign: string(toSign), CanonicalRequest: string(canonical), Provided: a.Signature}
}

// typicalCanonical is room for the canonical request of a session, whose token is
// most of it.
const typicalCanonical = 2 << 10

func (a *Authorization) appendStringToSign(dst, canonical []byte) []byte {
	dst = append(dst, Algorithm+"\n"...)
	dst = append(dst, a.timestamp...)
	dst = append(dst, '\n')
	dst = a.appendScope(dst)
	dst = append(dst, '\n')
	sum := sha256.Sum256(canonical)
	return hex.AppendEncode(dst, sum[:])
}

func (a *Authorization) appendScope(dst []byte) []byte {
	dst = append(dst, a.Scope.Date...)
	dst = append(dst, '/')
	dst = append(dst, a.Scope.Region...)
	dst = append(dst, '/')
	dst = append(dst, a.Scope.Service...)
	dst = append(dst, '/')
	return append(dst, a.Scope.Terminator...)
}

// appendCanonical appends the canonical request, and reports whether its query
// could be read: one that could not is left out.
func (a *Authorization) appendCanonical(dst []byte, r *http.Request, style Style, payloadHash string) ([]byte, bool) {
	dst = append(dst, r.Method...)
	dst = append(dst, '\n')
	dst = appendCanonicalURI(dst, r.URL.EscapedPath(), style)
	dst = append(dst, '\n')
	params, err := ParseQuery(r.URL.RawQuery)
	if err == nil {
		dst = appendCanonicalQuery(dst, params)
	} else {
		dst = append(dst, r.URL.RawQuery...)
	}
	dst = append(dst, '\n')
	for _, name := range a.SignedHeaders {
		dst = append(dst, name...)
		dst = append(dst, ':')
		dst = appendHeader(dst, r, name)
		dst = append(dst, '\n')
	}
	dst = append(dst, '\n')
	for i, name := range a.SignedHeaders {
		if i > 0 {
			dst = append(dst, ';')
		}
		dst = append(dst, name...)
	}
	dst = append(dst, '\n')
	return append(dst, payloadHash...), err == nil
}

// appendHeader appends the canonical value of a header: values joined by
// commas, trimmed, runs of blanks folded. net/http moves a few headers out of
// the map before a handler sees them.
func appendHeader(dst []byte, r *http.Request, name string) []byte {
	switch name {
	case "host":
		return append(dst, r.Host...)
	case "transfer-encoding":
		return append(dst, strings.Join(r.TransferEncoding, ",")...)
	}
	values := r.Header[textproto.CanonicalMIMEHeaderKey(name)]
	if name == "content-length" && len(values) == 0 && r.ContentLength >= 0 {
		return strconv.AppendInt(dst, r.ContentLength, 10)
	}
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendFolded(dst, v)
	}
	return dst
}

func appendFolded(dst []byte, v string) []byte {
	v = strings.Trim(v, " \t")
	if !strings.Contains(v, "  ") {
		return append(dst, v...)
	}
	blank := false
	for i := 0; i < len(v); i++ {
		if v[i] == ' ' && blank {
			continue
		}
		blank = v[i] == ' '
		dst = append(dst, v[i])
	}
	return dst
}

func appendCanonicalURI(dst []byte, path string, style Style) []byte {
	if path == "" {
		return append(dst, '/')
	}
	if style == Standard {
		return appendStandardURI(dst, path)
	}
	rest, first := path, true
	for rest != "" || !first {
		segment, after, more := strings.Cut(rest, "/")
		if decoded, ok := unescape(segment, false); ok {
			dst = appendEscaped(dst, decoded)
		} else {
			dst = append(dst, segment...)
		}
		if !more {
			return dst
		}
		dst = append(dst, '/')
		rest, first = after, false
	}
	return dst
}

// appendStandardURI drops dot segments and empty segments (RFC 3986 section
// 5.2.4), then encodes the already encoded path once more.
func appendStandardURI(dst []byte, path string) []byte {
	var kept []string
	for segment := range strings.SplitSeq(path, "/") {
		switch segment {
		case "", ".":
		case "..":
			kept = kept[:max(0, len(kept)-1)]
		default:
			kept = append(kept, segment)
		}
	}
	for _, segment := range kept {
		dst = append(dst, '/')
		dst = appendEscaped(dst, segment)
	}
	if len(kept) == 0 || strings.HasSuffix(path, "/") {
		dst = append(dst, '/')
	}
	return dst
}

// UnsignedHeaders returns, sorted, host and the x-amz-* headers that the
// request has but the signature does not cover.
func (a *Authorization) UnsignedHeaders(r *http.Request) []string {
	var missing []string
	if !a.Signs("host") {
		missing = append(missing, "host")
	}
	for key := range r.Header {
		if len(key) < 6 || !strings.EqualFold(key[:6], "x-amz-") {
			continue
		}
		if name := strings.ToLower(key); !a.Signs(name) {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	return missing
}

func signingKey(secret string, s Scope) [sha256.Size]byte {
	key := hmacSHA256([]byte("AWS4"+secret), []byte(s.Date))
	key = hmacSHA256(key[:], []byte(s.Region))
	key = hmacSHA256(key[:], []byte(s.Service))
	return hmacSHA256(key[:], []byte(Terminator))
}

func hmacSHA256(key, data []byte) (sum [sha256.Size]byte) {
	h := hmac.New(sha256.New, key)
	h.Write(data)
	h.Sum(sum[:0])
	return sum
}
