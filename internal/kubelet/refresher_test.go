package kubelet_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/internal/kubelet"
)

func TestT27_NextRefresh(t *testing.T) {
	t.Parallel()
	issued := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for _, tt := range []struct{ lifetime, jitter, want time.Duration }{
		{10 * time.Minute, 0, 8 * time.Minute},
		{time.Hour, 0, 48 * time.Minute},
		{time.Hour, 10 * time.Second, 47*time.Minute + 50*time.Second},
		{24 * time.Hour, 0, 19*time.Hour + 12*time.Minute},
		{30 * time.Hour, 0, 24 * time.Hour},
		{31 * time.Hour, 0, 24 * time.Hour},
		{365 * 24 * time.Hour, 4 * time.Second, 24*time.Hour - 4*time.Second},
	} {
		t.Run(fmt.Sprint(tt.lifetime, tt.jitter), func(t *testing.T) {
			t.Parallel()
			if got := kubelet.NextRefresh(issued, issued.Add(tt.lifetime), tt.jitter).Sub(issued); got != tt.want {
				t.Errorf("after %v, want %v", got, tt.want)
			}
		})
	}
}

// source mints token-1, token-2 … and fails when told to.
type source struct {
	lifetime time.Duration
	now      func() time.Time
	failing  atomic.Bool
	minted   atomic.Int64

	mu    sync.Mutex
	calls []time.Duration // since the first
	start time.Time
}

func (s *source) times() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

func (s *source) fetch(context.Context) (string, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.start.IsZero() {
		s.start = now
	}
	s.calls = append(s.calls, now.Sub(s.start))
	if s.failing.Load() {
		return "", time.Time{}, errors.New("no token today")
	}
	return fmt.Sprintf("token-%d", s.minted.Add(1)), now.Add(s.lifetime), nil
}

func content(t *testing.T, v *kubelet.TokenVolume) string {
	t.Helper()
	b, err := os.ReadFile(v.Path())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// start runs r until the function it returns is called.
func start(t *testing.T, r *kubelet.Refresher) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- r.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v", err)
		}
	}
}

func TestRunRefreshesOnSchedule(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &source{lifetime: time.Hour, now: time.Now}
		r := &kubelet.Refresher{
			Volume: &kubelet.TokenVolume{Dir: dir}, Fetch: s.fetch, Rand: zeros{}, Check: time.Minute,
			Report: func(err error) { t.Error(err) },
		}
		stop := start(t, r)
		time.Sleep(100 * time.Minute)
		stop()
		want := []time.Duration{0, 48 * time.Minute, 96 * time.Minute}
		if diff := cmp.Diff(want, s.times()); diff != "" {
			t.Errorf("fetched at (-want +got):\n%s", diff)
		}
		if got := content(t, r.Volume); got != "token-3" {
			t.Errorf("volume has %s", got)
		}
	})
}

// TestRunJitterIsAtMostTenSeconds holds T27.
func TestRunJitterIsAtMostTenSeconds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &source{lifetime: 10 * time.Minute, now: time.Now}
		r := &kubelet.Refresher{Volume: &kubelet.TokenVolume{Dir: dir}, Fetch: s.fetch, Check: time.Hour}
		stop := start(t, r)
		time.Sleep(2 * time.Hour)
		stop()
		distinct := map[time.Duration]bool{}
		calls := s.times()
		for i := 1; i < len(calls); i++ {
			gap := calls[i] - calls[i-1]
			distinct[gap] = true
			if gap > 8*time.Minute || gap < 8*time.Minute-10*time.Second {
				t.Errorf("pause of %v", gap)
			}
		}
		if len(calls) < 15 || len(distinct) < 2 {
			t.Errorf("%d calls, %d different pauses", len(calls), len(distinct))
		}
	})
}

func TestRunKeepsTheOldTokenOnFailure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &source{lifetime: 10 * time.Minute, now: time.Now}
		var mu sync.Mutex
		var reports []string
		reported := func() []string {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(reports)
		}
		r := &kubelet.Refresher{
			Volume: &kubelet.TokenVolume{Dir: dir}, Fetch: s.fetch, Rand: zeros{}, Check: time.Hour,
			Report: func(err error) {
				mu.Lock()
				defer mu.Unlock()
				reports = append(reports, err.Error())
			},
		}
		if err := r.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.failing.Store(true)
		stop := start(t, r)
		time.Sleep(8*time.Minute + 4*time.Second)
		synctest.Wait()
		want := []time.Duration{0, 480 * time.Second, 480500 * time.Millisecond, 481500 * time.Millisecond, 483500 * time.Millisecond}
		if diff := cmp.Diff(want, s.times()); diff != "" {
			t.Errorf("tried at (-want +got):\n%s", diff)
		}
		if got := content(t, r.Volume); got != "token-1" {
			t.Errorf("volume has %s", got)
		}
		if got := reported(); len(got) != 4 || got[0] != "refresh token: no token today" {
			t.Errorf("reports before expiry: %q", got)
		}
		time.Sleep(20 * time.Minute) // past the expiry, and into the longest pauses
		synctest.Wait()
		if last := reported()[len(reported())-1]; !strings.HasPrefix(last, "token expired at 2000-01-01T00:10:00Z and refresh failed: ") {
			t.Errorf("report after expiry: %q", last)
		}
		calls := s.times()
		n := len(calls)
		if gap := calls[n-1] - calls[n-2]; gap != 122*time.Second {
			t.Errorf("longest pause is %v", gap)
		}
		s.failing.Store(false)
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if got := content(t, r.Volume); got != "token-2" {
			t.Errorf("after recovery the volume has %s", got)
		}
		stop()
	})
}

func TestRunRetriesTheFirstToken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &source{lifetime: time.Hour, now: time.Now}
		s.failing.Store(true)
		r := &kubelet.Refresher{Volume: &kubelet.TokenVolume{Dir: dir}, Fetch: s.fetch}
		stop := start(t, r)
		time.Sleep(time.Second)
		s.failing.Store(false)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := content(t, r.Volume); got != "token-1" {
			t.Errorf("volume has %s", got)
		}
		stop()
	})
}

// TestRunNoticesAnAdvancedClock moves the clock, which no timer sees.
func TestRunNoticesAnAdvancedClock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var c clock.Clock
		s := &source{lifetime: 24 * time.Hour, now: c.Now}
		r := &kubelet.Refresher{Volume: &kubelet.TokenVolume{Dir: dir}, Fetch: s.fetch, Now: c.Now}
		stop := start(t, r)
		time.Sleep(3 * time.Second)
		if s.minted.Load() != 1 {
			t.Fatalf("%d tokens before the clock is moved", s.minted.Load())
		}
		c.Advance(20 * time.Hour)
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		if got := content(t, r.Volume); got != "token-2" {
			t.Errorf("volume has %s", got)
		}
		stop()
	})
}

func TestRunDoesNotSpin(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &source{lifetime: 0, now: time.Now}
		r := &kubelet.Refresher{Volume: &kubelet.TokenVolume{Dir: dir}, Fetch: s.fetch}
		stop := start(t, r)
		time.Sleep(10*time.Second + time.Millisecond)
		stop()
		if n := len(s.times()); n > 21 {
			t.Errorf("asked %d times in 10 s for tokens that expire at once", n)
		}
	})
}

func TestRefreshRefusesAnEmptyToken(t *testing.T) {
	t.Parallel()
	r := &kubelet.Refresher{
		Volume: &kubelet.TokenVolume{Dir: t.TempDir()},
		Fetch:  func(context.Context) (string, time.Time, error) { return "", clock.Now().Add(time.Hour), nil },
	}
	if err := r.Refresh(t.Context()); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(r.Volume.Path()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a token: %v", err)
	}
}
