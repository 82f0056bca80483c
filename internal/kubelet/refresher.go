package kubelet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/irsatz/irsatz/internal/clock"
)

// The kubelet's schedule (pkg/kubelet/token/token_manager.go).
const (
	maxAge    = 24 * time.Hour
	maxJitter = 10 * time.Second
)

// The pauses after failures are those of the kubelet's volume manager.
const (
	firstRetry = 500 * time.Millisecond
	lastRetry  = 2*time.Minute + 2*time.Second
)

// NextRefresh returns when a token is due for replacement: at 80 % of its
// lifetime or after 24 hours, whichever comes first, and jitter before that.
func NextRefresh(issued, expires time.Time, jitter time.Duration) time.Time {
	due := expires.Add(-expires.Sub(issued) / 5)
	if old := issued.Add(maxAge); old.Before(due) {
		due = old
	}
	return due.Add(-jitter)
}

// Refresher keeps the token in a volume fresh.
type Refresher struct {
	Volume *TokenVolume
	// Fetch returns a new token and when it expires.
	Fetch func(ctx context.Context) (token string, expires time.Time, err error)
	// Report is told of every failed refresh, and once if the owner of the
	// files cannot be set. The token is kept and Fetch tried again. Nil means
	// that nobody is told.
	Report func(error)
	Now    func() time.Time // nil means clock.Now
	Rand   io.Reader        // for the jitter; nil means crypto/rand
	// Check is how often the clock is looked at, for it may be one that can be
	// advanced by hand, which no timer notices; 0 means every second.
	Check time.Duration

	mu       sync.Mutex
	expires  time.Time // of the token in the volume; zero: there is none yet
	due      time.Time // when to fetch next
	retry    time.Duration
	reported bool // that the owner cannot be set
}

// Refresh fetches a token now and puts it into the volume. On failure the old
// token stays, and the error says whether that one has expired.
func (r *Refresher) Refresh(ctx context.Context) error {
	ownership, err := r.refresh(ctx)
	if ownership != nil {
		r.report(ownership)
	}
	return err
}

// refresh returns why the owner cannot be set the first time that happens.
func (r *Refresher) refresh(ctx context.Context) (ownership, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	issued := r.now()
	token, expires, err := r.Fetch(ctx)
	if err == nil && token == "" {
		err = errors.New("the token is empty")
	}
	if err != nil {
		return nil, r.failed(err)
	}
	written, err := r.Volume.Write(token)
	if err != nil {
		return nil, r.failed(err)
	}
	if !r.reported && written.Ownership != nil {
		r.reported, ownership = true, written.Ownership
	}
	jitter, err := r.jitter()
	if err != nil {
		return ownership, r.failed(err)
	}
	r.expires, r.retry = expires, 0
	r.due = NextRefresh(issued, expires, jitter)
	// A source that answers with a token that is due already must not be asked
	// in a tight loop.
	if soonest := issued.Add(firstRetry); r.due.Before(soonest) {
		r.due = soonest
	}
	return ownership, nil
}

// failed sets the time of the next try.
func (r *Refresher) failed(err error) error {
	r.retry = min(max(2*r.retry, firstRetry), lastRetry)
	now := r.now()
	r.due = now.Add(r.retry)
	if !r.expires.IsZero() && now.After(r.expires) {
		return fmt.Errorf("token expired at %s and refresh failed: %w", r.expires.UTC().Format(time.RFC3339), err)
	}
	return fmt.Errorf("refresh token: %w", err)
}

// Run keeps the token fresh until ctx ends, beginning with a first one unless
// Refresh was called before. It returns the cause of ctx's end.
func (r *Refresher) Run(ctx context.Context) error {
	check := r.Check
	if check <= 0 {
		check = time.Second
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timer.C:
		}
		if wait := r.untilDue(); wait > 0 {
			timer.Reset(min(wait, check))
			continue
		}
		if err := r.Refresh(ctx); err != nil && ctx.Err() == nil {
			r.report(err)
		}
		timer.Reset(min(r.untilDue(), check))
	}
}

func (r *Refresher) untilDue() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.due.IsZero() {
		return 0
	}
	return r.due.Sub(r.now())
}

func (r *Refresher) report(err error) {
	if r.Report != nil {
		r.Report(err)
	}
}

func (r *Refresher) now() time.Time {
	if r.Now == nil {
		return clock.Now()
	}
	return r.Now()
}

func (r *Refresher) jitter() (time.Duration, error) {
	n, err := random(r.Rand)
	return time.Duration(n % uint64(maxJitter)), err
}
