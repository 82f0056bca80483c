package sniff_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/internal/pki"
	"github.com/irsatz/irsatz/internal/sniff"
)

// server is a real http.Server over a Listener.
type server struct {
	addr   string
	client *http.Client // trusts the server's CA
	sniff  *sniff.Listener
}

func serve(t *testing.T, config sniff.Config, handler http.HandlerFunc) server {
	t.Helper()
	ca, err := pki.New(pki.Config{})
	if err != nil {
		t.Fatal(err)
	}
	config.TLS = ca.TLSConfig()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener := sniff.New(inner, config)
	httpServer := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	ended := make(chan error, 1)
	go func() { ended <- httpServer.Serve(listener) }()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca.CertificatePEM())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = httpServer.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve ended with %v", err)
		}
	})
	return server{addr: listener.Addr().String(), client: &http.Client{Transport: transport}, sniff: listener}
}

func describe(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if r.TLS != nil {
		_, _ = fmt.Fprintf(w, "tls %s %d %v", r.TLS.NegotiatedProtocol, len(body), err)
		return
	}
	_, _ = fmt.Fprintf(w, "plain %d %v", len(body), err)
}

func (s server) post(t *testing.T, scheme, body string) string {
	t.Helper()
	resp, err := s.client.Post(scheme+"://"+s.addr+"/", "text/plain", strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return ""
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return string(got)
}

func dial(t *testing.T, addr string) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	// A bound for a test that fails, not a wait.
	if err := conn.SetDeadline(clock.Now().Add(8 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

// closedByPeer reports whether the other side ended conn without a word.
func closedByPeer(conn net.Conn) bool {
	n, err := conn.Read(make([]byte, 1))
	return n == 0 && err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}

func TestServesBothOnOnePort(t *testing.T) {
	t.Parallel()
	s := serve(t, sniff.Config{}, describe)
	large := strings.Repeat("x", 1<<20)
	tests := []struct{ scheme, body, want string }{
		{"http", "", "plain 0 <nil>"},
		{"https", "", "tls http/1.1 0 <nil>"},
		{"http", large, "plain 1048576 <nil>"},
		{"https", large, "tls http/1.1 1048576 <nil>"},
	}
	for _, test := range tests {
		if got := s.post(t, test.scheme, test.body); got != test.want {
			t.Errorf("%s: got %q, want %q", test.scheme, got, test.want)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	s := serve(t, sniff.Config{}, describe)
	s.client.Transport.(*http.Transport).DisableKeepAlives = true
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			scheme, want := "http", "plain 4 <nil>"
			if i%2 == 0 {
				scheme, want = "https", "tls http/1.1 4 <nil>"
			}
			if got := s.post(t, scheme, "body"); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	wg.Wait()
}

func TestSilentClientsKeepNobodyOut(t *testing.T) {
	t.Parallel()
	s := serve(t, sniff.Config{Timeout: time.Hour}, describe)
	for range 20 {
		dial(t, s.addr)
	}
	if got := s.post(t, "http", ""); got != "plain 0 <nil>" {
		t.Errorf("got %q", got)
	}
}

func TestSilentClientIsEnded(t *testing.T) {
	t.Parallel()
	s := serve(t, sniff.Config{Timeout: 20 * time.Millisecond}, describe)
	if !closedByPeer(dial(t, s.addr)) {
		t.Error("still open")
	}
}

// one is a listener of a single connection.
type one struct {
	net.Listener
	conn chan net.Conn
}

func (o one) Accept() (net.Conn, error) {
	if conn, ok := <-o.conn; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (o one) Close() error {
	close(o.conn)
	return nil
}

// deadlines keeps the read deadline set last.
type deadlines struct {
	net.Conn
	last atomic.Pointer[time.Time]
}

func (d *deadlines) SetReadDeadline(at time.Time) error {
	d.last.Store(&at)
	return d.Conn.SetReadDeadline(at)
}

func TestTimeoutEndsWithTheFirstByte(t *testing.T) {
	t.Parallel()
	client, server := net.Pipe()
	defer client.Close()
	conn := &deadlines{Conn: server}
	inner := one{conn: make(chan net.Conn, 1)}
	inner.conn <- conn
	l := sniff.New(inner, sniff.Config{})
	defer l.Close()
	go func() { _, _ = client.Write([]byte("GET")) }()
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	if last := conn.last.Load(); last == nil || !last.IsZero() {
		t.Errorf("read deadline %v, want none", last)
	}
	// A connection that is no TCP has no halves and sends no files by itself.
	go func() { _, _ = accepted.(io.ReaderFrom).ReadFrom(strings.NewReader("answer")) }()
	got := make([]byte, 6)
	if _, err := io.ReadFull(client, got); err != nil || string(got) != "answer" {
		t.Errorf("client got %q, %v", got, err)
	}
	if err := accepted.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Error(err)
	}
}

func TestOldestUndecidedGivesWay(t *testing.T) {
	t.Parallel()
	s := serve(t, sniff.Config{Timeout: time.Hour, MaxUndecided: 2}, describe)
	oldest := dial(t, s.addr)
	dial(t, s.addr)
	newest := dial(t, s.addr)
	if !closedByPeer(oldest) {
		t.Error("the oldest is still open")
	}
	if _, err := io.WriteString(newest, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if got, _ := io.ReadAll(newest); !bytes.HasSuffix(got, []byte("plain 0 <nil>")) {
		t.Errorf("the newest got %q", got)
	}
}

func TestOddClients(t *testing.T) {
	t.Parallel()
	s := serve(t, sniff.Config{}, describe)
	tests := []struct{ name, send, wantPrefix string }{
		{"garbage", "\x00\xff\xfe\r\n\r\n", "HTTP/1.1 400 "},
		{"TLS that is none", "\x16\x03\x01\x00\x05hello", "\x15\x03"}, // an alert
		{"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 200 "},
		{"half-closed after its request", "GET / HTTP/1.0\r\n\r\n", "HTTP/1.0 200 "},
		{"half-closed at once", "", ""},
		{"half-closed within a ClientHello", "\x16\x03\x01", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			conn := dial(t, s.addr)
			if _, err := io.WriteString(conn, test.send); err != nil {
				t.Fatal(err)
			}
			if err := conn.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(conn)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal("the connection was left open")
			}
			if !bytes.HasPrefix(got, []byte(test.wantPrefix)) || test.wantPrefix == "" && len(got) > 0 {
				t.Errorf("got %q, want %q…", got, test.wantPrefix)
			}
		})
	}
}

// A denied upload must end in the denial and not in a connection reset, for which
// net/http needs CloseWrite.
func TestEarlyAnswerToAnUploadArrives(t *testing.T) {
	t.Parallel()
	s := serve(t, sniff.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
	})
	conn := dial(t, s.addr)
	_, err := io.WriteString(conn, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n"+strings.Repeat("x", 1<<19))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(conn)
	if err != nil || !bytes.HasPrefix(got, []byte("HTTP/1.1 403 ")) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestFileOverPlainHTTP(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	content := bytes.Repeat([]byte("0123456789"), 30_000)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(t, sniff.Config{}, func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, path) })
	for _, scheme := range []string{"http", "https"} {
		if got := s.post(t, scheme, ""); got != string(content) {
			t.Errorf("%s: got %d bytes, want %d", scheme, len(got), len(content))
		}
	}
}

func TestConnectionTypes(t *testing.T) {
	t.Parallel()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := sniff.New(inner, sniff.Config{TLS: &tls.Config{}})
	defer l.Close()
	for _, test := range []struct {
		first byte
		tls   bool
	}{{0x16, true}, {'G', false}, {0x15, false}, {0x80, false}} {
		client := dial(t, l.Addr().String())
		if _, err := client.Write([]byte{test.first}); err != nil {
			t.Fatal(err)
		}
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := conn.(*tls.Conn); ok != test.tls {
			t.Errorf("first byte %#x: got %T", test.first, conn)
		}
		if !test.tls {
			got := make([]byte, 1)
			if n, err := conn.Read(nil); n != 0 || err != nil {
				t.Errorf("empty read: %d, %v", n, err)
			}
			if _, err := conn.Read(got); err != nil || got[0] != test.first {
				t.Errorf("replayed %#x, %v, want %#x", got[0], err, test.first)
			}
		}
		_ = conn.Close()
	}
}

func TestWithoutTLSConfigTLSIsEnded(t *testing.T) {
	t.Parallel()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := sniff.New(inner, sniff.Config{})
	defer l.Close()
	conn := dial(t, l.Addr().String())
	if _, err := conn.Write([]byte{0x16}); err != nil {
		t.Fatal(err)
	}
	if !closedByPeer(conn) {
		t.Error("still open")
	}
}

func TestCloseEndsAll(t *testing.T) {
	t.Parallel()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := sniff.New(inner, sniff.Config{Timeout: time.Hour})
	silent, decided := dial(t, l.Addr().String()), dial(t, l.Addr().String())
	if _, err := decided.Write([]byte("GET")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	if !closedByPeer(silent) || !closedByPeer(decided) {
		t.Error("a connection that nobody accepted is still open")
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept after Close: %v", err)
	}
}

func TestCloseWakesAccept(t *testing.T) {
	t.Parallel()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := sniff.New(inner, sniff.Config{})
	woken := make(chan error)
	go func() {
		_, err := l.Accept()
		woken <- err
	}()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := <-woken; !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// failing is a listener whose first Accept fails, or every one unless temporary.
type failing struct {
	net.Listener
	temporary bool
	calls     atomic.Int64
}

type acceptError struct{ temporary bool }

func (acceptError) Error() string     { return "accept failed" }
func (e acceptError) Temporary() bool { return e.temporary }

func (f *failing) Accept() (net.Conn, error) {
	if f.calls.Add(1) == 1 || !f.temporary {
		return nil, acceptError{f.temporary}
	}
	return f.Listener.Accept()
}

func TestAcceptErrors(t *testing.T) {
	t.Parallel()
	for _, temporary := range []bool{true, false} {
		t.Run(fmt.Sprintf("temporary %t", temporary), func(t *testing.T) {
			t.Parallel()
			inner, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			l := sniff.New(&failing{Listener: inner, temporary: temporary}, sniff.Config{})
			defer l.Close()
			if _, err := l.Accept(); !errors.As(err, &acceptError{}) {
				t.Errorf("first Accept: %v", err)
			}
			if _, err := dial(t, inner.Addr().String()).Write([]byte("G")); err != nil {
				t.Fatal(err)
			}
			if _, err := l.Accept(); (err == nil) != temporary {
				t.Errorf("second Accept: %v", err)
			}
		})
	}
}
