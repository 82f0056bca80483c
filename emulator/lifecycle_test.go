package emulator_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/trail"
)

// TestTakenPorts: the error names the port, and nothing is left listening.
func TestTakenPorts(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = free.Close()
	for _, c := range []struct{ name, aws, control string }{
		{"AWS port", taken.Addr().String(), free.Addr().String()},
		{"control port", free.Addr().String(), taken.Addr().String()},
		{"control port", free.Addr().String(), free.Addr().String()},
	} {
		_, err := emulator.Start(emulator.Config{Listen: c.aws, Control: c.control})
		at := taken.Addr().String()
		if c.aws == c.control {
			at = c.aws
		}
		if err == nil || !strings.HasPrefix(err.Error(), c.name+": ") || !strings.Contains(err.Error(), at) {
			t.Errorf("%s: %v", c.name, err)
		}
		if conn, err := net.Dial("tcp", free.Addr().String()); err == nil {
			_ = conn.Close()
			t.Errorf("%s: the other port is left listening", c.name)
		}
	}
}

// TestCloseDrains: a request under way is answered, with its context alive,
// while new ones are refused.
func TestCloseDrains(t *testing.T) {
	t.Parallel()
	s := start(t, bucketSetup)
	conn, answers := s.beginPut("data", "slow")
	closed := make(chan error, 1)
	go func() { closed <- s.Close(context.Background()) }()
	for { // until no more are taken
		conn, err := net.Dial("tcp", s.AWSAddr())
		if err != nil {
			break
		}
		_ = conn.Close()
	}
	time.Sleep(100 * time.Millisecond) // longer than connections without a request have
	select {
	case err := <-closed:
		t.Fatalf("closed before the request ended: %v", err)
	default:
	}
	if got := endPut(t, conn, answers); got.status != http.StatusOK {
		t.Errorf("request under way: %d %s", got.status, got.body)
	}
	if err := <-closed; err != nil {
		t.Errorf("close: %v", err)
	}
	if err := s.Close(context.Background()); err != nil {
		t.Errorf("close again: %v", err)
	}
}

// beginPut sends a request for an object of ten bytes but for these, and returns
// when the server waits for them.
func (s *server) beginPut(bucket, key string) (net.Conn, *bufio.Reader) {
	s.Helper()
	id, secret, _ := s.RootCredentials()
	r, err := http.NewRequest(http.MethodPut, s.AWSURL()+"/"+bucket+"/"+key, nil)
	if err != nil {
		s.Fatal(err)
	}
	signUnsigned(r, id, secret)
	var header strings.Builder
	_ = r.Header.Write(&header)
	conn, err := net.Dial("tcp", s.AWSAddr())
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = conn.Close() })
	_, _ = io.WriteString(conn, "PUT /"+bucket+"/"+key+" HTTP/1.1\r\nHost: "+s.AWSAddr()+"\r\nContent-Length: 10\r\nExpect: 100-continue\r\n"+header.String()+"\r\n")
	answers := bufio.NewReader(conn)
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100") {
		s.Fatalf("%q, %v", line, err)
	}
	return conn, answers
}

// endPut sends the bytes and reads the answer.
func endPut(t testing.TB, conn net.Conn, answers *bufio.Reader) answer {
	t.Helper()
	_, _ = io.WriteString(conn, "0123456789")
	_, _ = answers.ReadString('\n') // the end of 100 Continue
	response, err := http.ReadResponse(answers, &http.Request{Method: http.MethodPut})
	if err != nil {
		t.Fatal(err)
	}
	return read(t, response)
}

// TestCloseGivesUp: a request that never ends is cut when the context ends.
func TestCloseGivesUp(t *testing.T) {
	t.Parallel()
	e, err := emulator.Start(emulator.Config{Listen: "127.0.0.1:0", Control: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", e.AWSAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: sts.amazonaws.com\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n")
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "100") {
		t.Fatalf("%q, %v", line, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	for range 2 {
		if err := e.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("close: %v", err)
		}
	}
	if _, err := net.Dial("tcp", e.AWSAddr()); err == nil {
		t.Error("still listening")
	}
}

// TestCloseIsQuick: neither followers nor connections without a request delay
// the end.
func TestCloseIsQuick(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	for _, address := range []string{s.AWSAddr(), strings.TrimPrefix(s.ControlURL(), "http://")} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	secure, err := tls.Dial("tcp", s.AWSAddr(), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // only a handshake
	if err != nil {
		t.Fatal(err)
	}
	defer secure.Close()
	following := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		first := true
		ended <- s.control().Trail(context.Background(), 0, true, func(*trail.Record) error {
			if first {
				close(following)
			}
			first = false
			return nil
		})
	}()
	for done := false; !done; {
		raw(t, s.AWSAddr(), request("GET", "/none/x", "127.0.0.1", ""))
		select {
		case <-following:
			done = true
		default:
		}
	}
	began := clock.Now()
	if err := s.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if took := clock.Now().Sub(began); took > 3*time.Second {
		t.Errorf("took %v", took)
	}
	if err := <-ended; err != nil {
		t.Errorf("follower: %v", err)
	}
}

// TestFollow: every record comes once, those before and those after.
func TestFollow(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	const each = 20
	for range each {
		raw(t, s.AWSAddr(), request("GET", "/none/x", "127.0.0.1", ""))
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := map[string]int{}
	go func() {
		for range each {
			raw(t, s.AWSAddr(), request("GET", "/none/x", "127.0.0.1", ""))
		}
	}()
	if err := s.control().Trail(ctx, 0, true, func(r *trail.Record) error {
		if seen[r.ID]++; len(seen) == 2*each {
			cancel()
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
	n := 0
	if err := s.control().Trail(t.Context(), 5, false, func(*trail.Record) error { n++; return nil }); err != nil || n != 5 {
		t.Errorf("%d records, %v", n, err)
	}
}

// TestNoLeaks runs after the parallel tests have been held back: no goroutine
// outlives an emulator.
func TestNoLeaks(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 3 {
		t.Run("one", func(t *testing.T) {
			s := start(t, standardSetup())
			if _, err := s.pod("sandbox").Get(t.Context(), "data", "a.txt"); err != nil {
				t.Error(err)
			}
			if err := s.Reset(); err != nil {
				t.Error(err)
			}
			if err := s.control().Healthy(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	emulator.CloseIdle()
	var n int
	for range 100 {
		if n = runtime.NumGoroutine(); n <= before {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	buffer := make([]byte, 1<<20)
	t.Errorf("%d goroutines before, %d after:\n%s", before, n, buffer[:runtime.Stack(buffer, true)])
}

// TestClient: what is no control port is told from one that refuses.
func TestClient(t *testing.T) {
	t.Parallel()
	s := start(t, bucketSetup, withToken)
	nobody := &emulator.Client{URL: "http://127.0.0.1:1"}
	if err := nobody.Healthy(t.Context()); !errors.Is(err, emulator.ErrNoServer) {
		t.Errorf("nobody: %v", err)
	}
	stranger := &emulator.Client{URL: s.AWSURL()}
	if _, err := stranger.Info(t.Context()); err == nil || !strings.Contains(err.Error(), "not an irsatz control port") {
		t.Errorf("AWS port: %v", err)
	}
	wrong := &emulator.Client{URL: s.ControlURL(), Token: "wrong"}
	_, err := wrong.Info(t.Context())
	if problem, ok := errors.AsType[*emulator.Problem](err); !ok || problem.Status != 401 || problem.Hint == "" || fmt.Sprint(problem) == "" {
		t.Errorf("wrong token: %v", err)
	}
	if _, err := s.control().Why(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "no request was denied") {
		t.Errorf("why of nothing: %v", err)
	}
	id := raw(t, s.AWSAddr(), request("GET", "/data/a.txt", "127.0.0.1", "")).header.Get("X-Amz-Request-Id")
	for _, of := range []string{"", id} {
		if why, err := s.control().Why(t.Context(), of); err != nil || why.Record.ID != id || why.Text == "" {
			t.Errorf("why %q: %+v, %v", of, why, err)
		}
	}
	if ca, err := s.control().CA(t.Context()); err != nil || string(ca) != string(s.CAPEM()) {
		t.Errorf("CA: %s, %v", ca, err)
	}
}
