package emulator_test

import (
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/internal/clock"
)

// TestTokenLength: 20,000 characters are judged as a token, one more is not.
func TestTokenLength(t *testing.T) {
	t.Parallel()
	s := start(t, standardSetup())
	for length, want := range map[int]string{20000: "InvalidIdentityToken", 20001: "ValidationError"} {
		_, err := s.bearer(roleARN, strings.Repeat("x", length)).Assume(t.Context())
		if got := code(t, err); got != want {
			t.Errorf("%d characters: %v", length, err)
		}
	}
}

// TestGarbage: whatever arrives is refused, quickly, and the ports live on.
func TestGarbage(t *testing.T) {
	t.Parallel()
	s := start(t, standardSetup())
	noise := make([]byte, 64<<10)
	_, _ = rand.Read(noise) // never fails
	control := strings.TrimPrefix(s.ControlURL(), "http://")
	for name, bytes := range map[string]string{
		"nothing":              "",
		"noise":                string(noise),
		"noise after TLS":      "\x16\x03\x01" + string(noise),
		"TLS alert":            "\x15\x03\x01\x00\x02\x02\x00",
		"TLS of huge length":   "\x16\x03\x01\xff\xff",
		"half a request":       "GET / HTTP/1.1\r\nHost: sts",
		"no host":              "GET / HTTP/1.1\r\n\r\n",
		"two hosts":            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"HTTP/0.9":             "GET /\r\n\r\n",
		"HTTP/1.0":             "GET /data/a.txt HTTP/1.0\r\n\r\n",
		"HTTP/2 preface":       "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"no path":              "GET  HTTP/1.1\r\nHost: a\r\n\r\n",
		"tunnel":               "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
		"tunnel to a path":     "CONNECT /data/a.txt HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
		"proxy request":        "GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
		"options":              "OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
		"two lengths":          "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"length and chunks":    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"bad chunk":            "POST / HTTP/1.1\r\nHost: sts.amazonaws.com\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"long header":          "GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 80<<10) + "\r\n\r\n",
		"long path":            "GET /" + strings.Repeat("x", 80<<10) + " HTTP/1.1\r\nHost: a\r\n\r\n",
		"many headers":         "GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("X: y\r\n", 20<<10) + "\r\n",
		"empty host":           "GET / HTTP/1.1\r\nHost: \r\n\r\n",
		"host of dots":         "GET / HTTP/1.1\r\nHost: ..................amazonaws.com\r\n\r\n",
		"host of base only":    "GET / HTTP/1.1\r\nHost: .amazonaws.com\r\n\r\n",
		"host of brackets":     "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
		"bad escape":           "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
		"NUL":                  "GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
		"escaped NUL":          "GET /data/%00 HTTP/1.1\r\nHost: a\r\n\r\n",
		"broken query":         "GET /?Action=%zz&X-Amz-Credential=%zz HTTP/1.1\r\nHost: a\r\n\r\n",
		"scope of slashes":     "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Credential=////\r\n\r\n",
		"scope of one name":    "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Credential=\r\n\r\n",
		"issuer id of dots":    "GET /id/../../keys HTTP/1.1\r\nHost: a\r\n\r\n",
		"upgrade to websocket": "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
		"upgrade to HTTP/2":    "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, address := range []string{s.AWSAddr(), control} {
				conn, err := net.Dial("tcp", address)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				_ = conn.SetDeadline(clock.Now().Add(5 * time.Second))
				// The other end may refuse before all is sent.
				_, _ = io.WriteString(conn, bytes)
				_ = conn.(*net.TCPConn).CloseWrite()
				answer, _ := io.ReadAll(conn)
				if text := string(answer); strings.HasPrefix(text, "HTTP/1.1 2") && name != "options" || strings.Contains(text, "HTTP/1.1 101") {
					t.Errorf("%s answers %.300q", address, text)
				}
			}
		})
	}
	t.Run("lives on", func(t *testing.T) {
		if _, err := s.pod("sandbox").Get(t.Context(), "data", "a.txt"); err != nil {
			t.Error(err)
		}
		if err := s.control().Healthy(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestHugeForm: STS reads no form longer than any request of its can be.
func TestHugeForm(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	for _, host := range []string{"sts.amazonaws.com", "127.0.0.1"} {
		conn, err := net.Dial("tcp", s.AWSAddr())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(clock.Now().Add(20 * time.Second))
		_, _ = fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: %s\r\n%s\r\nContent-Length: 1000000000000\r\n\r\n", host, formType)
		sent, chunk := 0, []byte(strings.Repeat("a=b&", 16<<10))
		for sent < 256<<20 {
			n, err := conn.Write(chunk)
			if sent += n; err != nil {
				break
			}
		}
		if sent >= 256<<20 {
			t.Errorf("%s: %d bytes were read", host, sent)
		}
	}
}

// TestSlowClients: connections that send nothing, or little, keep nobody out.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	s := start(t, standardSetup())
	for i := range 60 {
		conn, err := net.Dial("tcp", s.AWSAddr())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, []string{
			"", "\x16\x03\x01", "GET / HTTP/1.1\r\nHost: sts",
			"POST / HTTP/1.1\r\nHost: localhost\r\n" + formType + "\r\nContent-Length: 100\r\n\r\nAction=",
		}[i%4])
	}
	if _, err := s.pod("sandbox").Get(t.Context(), "data", "a.txt"); err != nil {
		t.Error(err)
	}
}

// TestTwoEmulators: two in one process share nothing.
func TestTwoEmulators(t *testing.T) {
	t.Parallel()
	other := strings.ReplaceAll(standardSetup(), "body: hello", "body: goodbye")
	a, b := start(t, standardSetup()), start(t, other)
	var group sync.WaitGroup
	for s, want := range map[*server]string{a: "hello", b: "goodbye"} {
		pod := s.pod("sandbox")
		group.Go(func() {
			for range 20 {
				if body, err := pod.Get(t.Context(), "data", "a.txt"); err != nil || string(body) != want {
					t.Errorf("%q, %v; want %s", body, err, want)
				}
			}
		})
	}
	group.Wait()
	mine, theirs := a.pod("sandbox"), b.pod("sandbox")
	theirs.Endpoint, theirs.HTTP = mine.Endpoint, mine.HTTP
	if _, err := theirs.Assume(t.Context()); code(t, err) != "InvalidIdentityToken" {
		t.Errorf("token of the other: %v", err)
	}
	theirs = b.pod("sandbox")
	if _, err := theirs.Get(t.Context(), "data", "a.txt"); err != nil {
		t.Fatal(err)
	}
	theirs.Endpoint, theirs.HTTP = mine.Endpoint, mine.HTTP
	if _, err := theirs.Get(t.Context(), "data", "a.txt"); code(t, err) != "InvalidToken" {
		t.Errorf("session of the other: %v", err)
	}
	a.clock.Advance(time.Hour)
	if b.clock.Offset() != 0 {
		t.Error("the clock of one moves the other's")
	}
}

// TestManyAtOnce: pods that come all at once are all served.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, standardSetup())
	var group sync.WaitGroup
	for i := range 50 {
		pod := s.pod("sandbox")
		if i%2 == 1 {
			pod.Endpoint = s.AWSTLSURL()
		}
		group.Go(func() {
			for range 3 {
				pod.Credentials = nil
				if body, err := pod.Get(t.Context(), "data", "a.txt"); err != nil || string(body) != "hello" {
					t.Errorf("%q, %v", body, err)
					return
				}
			}
		})
	}
	group.Wait()
	if n := len(s.Trail().Records(0)); n != 50*3*2 {
		t.Errorf("%d records", n)
	}
}

// TestInjectedRandomness: one source serves many goroutines.
func TestInjectedRandomness(t *testing.T) {
	t.Parallel()
	var reads int // unguarded, for the race detector
	s := start(t, standardSetup(), func(c *emulator.Config) {
		c.Rand = reader(func(p []byte) (int, error) { reads++; return rand.Read(p) })
	})
	var group sync.WaitGroup
	for range 8 {
		pod := s.pod("sandbox")
		group.Go(func() {
			for range 5 {
				pod.Credentials = nil
				if _, err := pod.Get(t.Context(), "data", "a.txt"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}

type reader func([]byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }
