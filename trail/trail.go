// Package trail is the record of every request: who asked, what was decided,
// and why (our CloudTrail).
package trail

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/irsatz/irsatz/iam/policy"
)

// Record is what is kept of one request. ID, Time, Service, Status and Duration
// are set for every record; Operation is empty for a request that was not
// understood; the others are set as far as the request got.
type Record struct {
	ID        string        `json:"id"` // the request id the client was given
	Time      time.Time     `json:"time"`
	Duration  time.Duration `json:"durationNanoseconds"`
	Service   string        `json:"service"`             // sts, s3, iam, …
	Operation string        `json:"operation,omitempty"` // AssumeRoleWithWebIdentity, GetObject, …
	Region    string        `json:"region,omitempty"`

	SourceIP  string `json:"sourceIP,omitempty"`
	UserAgent string `json:"userAgent,omitempty"`
	Secure    bool   `json:"secure"` // over TLS

	AccountID   string `json:"accountID,omitempty"`   // the caller's
	Caller      string `json:"caller,omitempty"`      // the caller's ARN, or "anonymous"
	AccessKeyID string `json:"accessKeyID,omitempty"` // as presented, also when refused

	Status  int    `json:"status"`            // HTTP status
	Code    string `json:"code,omitempty"`    // AWS's error code
	Message string `json:"message,omitempty"` // AWS's error message

	Checks []Check `json:"checks,omitempty"` // the authorization questions asked, in order
	Token  *Token  `json:"token,omitempty"`  // the web identity token presented
	Cause  string  `json:"cause,omitempty"`  // the real cause, where AWS's message does not say
	Fix    string  `json:"fix,omitempty"`    // what to change

	// OtherText is the message that AWS gave before it changed its texts, or
	// has given since, whichever the client did not get.
	OtherText string `json:"otherText,omitempty"`
	// Warnings are faults of a request that did not decide its outcome.
	Warnings []string `json:"warnings,omitempty"`
}

// Check is one authorization question and its answer.
type Check struct {
	Action   string          `json:"action"`
	Resource string          `json:"resource"`
	Decision policy.Decision `json:"decision"`
	Audited  bool            `json:"audited,omitempty"` // denied, but served because enforcement only audits
}

// Token is what a web identity token claimed. The claims are as presented:
// unless Verified is set nothing vouches for them.
type Token struct {
	Issuer   string    `json:"issuer,omitempty"`
	Subject  string    `json:"subject,omitempty"`
	Audience []string  `json:"audience,omitempty"`
	ID       string    `json:"id,omitempty"`
	KeyID    string    `json:"keyID,omitempty"`
	Expiry   time.Time `json:"expiry,omitzero"`
	Provider string    `json:"provider,omitempty"` // ARN of the OIDC provider that the issuer maps to
	Verified bool      `json:"verified"`
	Rejected string    `json:"rejected,omitempty"` // the verifier's reason
}

// Denied reports whether the request was refused: by a policy, because token,
// signature or credentials were not accepted, or for another recorded cause. A
// request that was served only because enforcement audits counts too.
func (r *Record) Denied() bool {
	switch r.Status {
	case 401, 403:
		return true
	}
	if r.Token != nil && r.Token.Rejected != "" {
		return true
	}
	for i := range r.Checks {
		if !r.Checks[i].Decision.Allowed() {
			return true
		}
	}
	return r.Code != "" && r.Cause != ""
}

// What a client may put into a record is bounded, since anybody may send
// requests: in bytes.
const (
	maxName = 1 << 10
	maxText = 20 << 10
)

// bound shortens what is too long to be kept.
func (r *Record) bound() {
	for _, name := range [...]*string{&r.Operation, &r.Region, &r.UserAgent, &r.Caller, &r.AccessKeyID, &r.Code} {
		cut(name, maxName)
	}
	for _, text := range [...]*string{&r.Message, &r.Cause, &r.Fix, &r.OtherText} {
		cut(text, maxText)
	}
	for i := range r.Warnings {
		cut(&r.Warnings[i], maxText)
	}
	for i := range r.Checks {
		cut(&r.Checks[i].Resource, maxText)
	}
	if t := r.Token; t != nil {
		for _, claim := range [...]*string{&t.Issuer, &t.Subject, &t.ID, &t.KeyID} {
			cut(claim, maxName)
		}
	}
}

// cut leaves the beginning of a text that is longer than n.
func cut(text *string, n int) {
	if len(*text) > n {
		*text = strings.ToValidUTF8((*text)[:n], "") + "…"
	}
}

// DefaultCapacity is how many records a Log keeps unless told otherwise.
const DefaultCapacity = 4096

// Log keeps the newest records in memory. It may be used by any number of
// goroutines. Records must not be changed once added.
type Log struct {
	mu          sync.Mutex
	ring        []*Record
	next        int
	subscribers map[chan *Record]struct{}
}

// NewLog returns a Log for the newest capacity records; zero means
// DefaultCapacity.
func NewLog(capacity int) *Log {
	if capacity <= 0 {
		capacity = DefaultCapacity
	}
	return &Log{ring: make([]*Record, 0, capacity), subscribers: map[chan *Record]struct{}{}}
}

// Add appends r. A subscriber that does not keep up misses records; Add never
// waits.
func (l *Log) Add(r *Record) {
	r.bound()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ring) < cap(l.ring) {
		l.ring = append(l.ring, r)
	} else {
		l.ring[l.next] = r
		l.next = (l.next + 1) % len(l.ring)
	}
	for c := range l.subscribers {
		select {
		case c <- r:
		default:
		}
	}
}

// Records returns the newest limit records, oldest first; zero means all.
func (l *Log) Records(limit int) []*Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.ring)
	if limit <= 0 || limit > n {
		limit = n
	}
	newest := make([]*Record, limit)
	for i := range newest {
		newest[i] = l.ring[(l.next+n-limit+i)%n]
	}
	return newest
}

// Get returns the record of the request id.
func (l *Log) Get(id string) (*Record, bool) {
	return l.Newest(func(r *Record) bool { return r.ID == id })
}

// LastDenied returns the newest record whose request was refused; see Denied.
func (l *Log) LastDenied() (*Record, bool) { return l.Newest((*Record).Denied) }

// Newest returns the newest record of which is holds.
func (l *Log) Newest(is func(*Record) bool) (*Record, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.ring)
	for i := range n {
		if r := l.ring[(l.next+2*n-1-i)%n]; is(r) {
			return r, true
		}
	}
	return nil, false
}

// Follow sends every record added from now on to the returned channel, which
// is closed when ctx ends.
func (l *Log) Follow(ctx context.Context) <-chan *Record {
	c := make(chan *Record, 256)
	l.mu.Lock()
	l.subscribers[c] = struct{}{}
	l.mu.Unlock()
	context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.subscribers, c)
		close(c)
	})
	return c
}

// Reset forgets all records.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.ring)
	l.ring, l.next = l.ring[:0], 0
}
