package intercept_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/intercept"
	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/internal/pki"
	"github.com/irsatz/irsatz/internal/sniff"
)

// world is a proxy between an AWS port and a network, both on loopback.
type world struct {
	proxy  *intercept.Proxy
	client *http.Client // goes through the proxy and trusts the AWS port's CA
	aws    *fake

	mu      sync.Mutex
	dialled []string // what was asked of the network
}

// fake is a server that says which it is.
type fake struct {
	name    string
	addr    string
	ca      *pki.CA
	release chan struct{} // ends the requests to /wait

	mu      sync.Mutex
	headers http.Header // of the last request
}

func newFake(t *testing.T, name string) *fake {
	t.Helper()
	ca, err := pki.New(pki.Config{})
	if err != nil {
		t.Fatal(err)
	}
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{name: name, addr: inner.Addr().String(), ca: ca, release: make(chan struct{})}
	server := &http.Server{Handler: f, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = server.Serve(sniff.New(inner, sniff.Config{TLS: ca.TLSConfig()})) }()
	t.Cleanup(func() { _ = server.Close() })
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.headers = r.Header.Clone()
	f.mu.Unlock()
	switch r.URL.Path {
	case "/wait": // streams a first line, and the end when the client is gone or it is told
		_, _ = io.WriteString(w, "first\n")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
			close(f.release)
		case <-f.release:
		}
		return
	case "/hop":
		w.Header().Set("Connection", "X-Hop")
		w.Header().Set("X-Hop", "1")
		w.Header().Set("Keep-Alive", "timeout=5")
		w.Header().Set("X-End", "1")
	case "/denied":
		w.WriteHeader(http.StatusForbidden)
		return
	}
	sum := sha256.New()
	n, err := io.Copy(sum, r.Body)
	_, _ = fmt.Fprintf(w, "\nserver=%s\ntls=%t\nhost=%s\nbody=%d %x %v\n", f.name, r.TLS != nil, r.Host, n, sum.Sum(nil), err)
}

func newWorld(t *testing.T, passThrough bool) *world {
	t.Helper()
	w := &world{aws: newFake(t, "aws")}
	network := newFake(t, "network")
	proxy, err := intercept.Start(intercept.Config{
		AWS:         w.aws.addr,
		PassThrough: passThrough,
		Dial: func(ctx context.Context, _, address string) (net.Conn, error) {
			w.mu.Lock()
			w.dialled = append(w.dialled, address)
			w.mu.Unlock()
			var d net.Dialer
			return d.DialContext(ctx, "tcp", network.addr)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	proxyURL, err := url.Parse(proxy.URL())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(w.aws.ca.CertificatePEM())
	transport := &http.Transport{Proxy: http.ProxyURL(proxyURL), TLSClientConfig: &tls.Config{RootCAs: roots}, ExpectContinueTimeout: 5 * time.Second}
	w.proxy, w.client = proxy, &http.Client{Transport: transport}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := proxy.Close(); err != nil {
			t.Error(err)
		}
		for _, address := range w.dialled {
			for _, domain := range []string{"amazonaws.com:", "amazonaws.com.cn:", "api.aws:", "amazonaws.com.:", "api.aws.:"} {
				if i := strings.LastIndex(strings.ToLower("."+address), "."+domain); i >= 0 {
					t.Errorf("an AWS host reached the network: %s", address)
				}
			}
		}
	})
	return w
}

// exchange sends request as it is and returns all that comes back.
func (w *world) exchange(t *testing.T, request string) string {
	t.Helper()
	conn := dial(t, w.proxy.Addr())
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatalf("after %q: %v", answer, err)
	}
	return string(answer)
}

func dial(t *testing.T, addr string) net.Conn {
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
	return conn
}

func (w *world) do(t *testing.T, method, target string, body io.Reader) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, target, body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := w.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(got)
}

func TestTLSEndsAtTheAWSPortUnderTheNameAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	// The client verifies the certificate against the name of each URL.
	for _, host := range []string{"sts.amazonaws.com", "bucket.s3.eu-west-1.amazonaws.com", "s3.us-east-1.api.aws"} {
		status, body := w.do(t, http.MethodGet, "https://"+host+"/", nil)
		if status != 200 || !strings.Contains(body, "server=aws\ntls=true\nhost="+host+"\n") {
			t.Errorf("%s: %d %q", host, status, body)
		}
	}
}

// zeros is an upload too large to be held, of a length known or not.
func zeros(n int64) io.Reader { return io.LimitReader(zeroReader{}, n) }

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestLargeUploads(t *testing.T) {
	t.Parallel()
	const size = 48 << 20
	w := newWorld(t, false)
	for _, target := range []string{"http://b.s3.amazonaws.com/k", "https://b.s3.amazonaws.com/k"} {
		status, body := w.do(t, http.MethodPut, target, zeros(size))
		if status != 200 || !strings.Contains(body, fmt.Sprintf("body=%d ", size)) {
			t.Errorf("%s: %d %q", target, status, body)
		}
	}
}

func TestExpectContinueReachesTheAWSPort(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://s3.amazonaws.com/denied", untouched{t})
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = 1 << 20
	req.Header.Set("Expect", "100-continue")
	resp, err := w.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("status %d", resp.StatusCode)
	}
}

type untouched struct{ t *testing.T }

func (u untouched) Read([]byte) (int, error) {
	u.t.Error("the body was sent before the server asked for it")
	return 0, io.EOF
}

func TestAnswersAreStreamed(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"http", "https"} {
		w := newWorld(t, false)
		resp, err := w.client.Get(scheme + "://s3.amazonaws.com/wait")
		if err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(resp.Body).ReadString('\n')
		if err != nil || line != "first\n" {
			t.Errorf("%s: got %q, %v, before the end", scheme, line, err)
		}
		close(w.aws.release)
		_ = resp.Body.Close()
	}
}

func TestACancelledRequestIsCancelledUpstream(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"http", "https"} {
		w := newWorld(t, false)
		ctx, cancel := context.WithCancel(t.Context())
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://s3.amazonaws.com/wait", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := w.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		_ = resp.Body.Close()
		select {
		case <-w.aws.release:
		case <-time.After(8 * time.Second):
			t.Errorf("%s: the AWS port still serves it", scheme)
		}
	}
}

func TestHopByHopHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	answer := w.exchange(t, "GET http://s3.amazonaws.com/hop HTTP/1.1\r\nHost: s3.amazonaws.com\r\nConnection: close, X-Mine, upgrade\r\n"+
		"X-Mine: 1\r\nUpgrade: websocket\r\nSec-Websocket-Key: x\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic eDp5\r\nKeep-Alive: 5\r\nTe: trailers\r\n"+
		"Accept-Encoding: identity\r\nAuthorization: AWS4-HMAC-SHA256 x\r\nX-Amz-Date: 20260101T000000Z\r\n\r\n")
	w.aws.mu.Lock()
	defer w.aws.mu.Unlock()
	want := http.Header{
		"Accept-Encoding":   {"identity"},
		"Authorization":     {"AWS4-HMAC-SHA256 x"},
		"Sec-Websocket-Key": {"x"},
		"X-Amz-Date":        {"20260101T000000Z"},
	}
	if diff := cmp.Diff(want, w.aws.headers); diff != "" {
		t.Errorf("headers at the AWS port (-want +got):\n%s", diff)
	}
	if strings.Contains(answer, "X-Hop") || strings.Contains(answer, "Keep-Alive") || !strings.Contains(answer, "X-End: 1") {
		t.Errorf("headers at the client: %q", answer)
	}
}

func TestAWSPortThatIsDown(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	down := taken.Addr().String()
	_ = taken.Close()
	proxy, err := intercept.Start(intercept.Config{AWS: down, PassThrough: true})
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	w := &world{proxy: proxy}
	for _, request := range []string{
		"GET http://s3.amazonaws.com/ HTTP/1.1\r\nHost: s3.amazonaws.com\r\nConnection: close\r\n\r\n",
		"CONNECT s3.amazonaws.com:443 HTTP/1.1\r\nHost: s3.amazonaws.com:443\r\n\r\n",
	} {
		if got := w.exchange(t, request); !strings.HasPrefix(got, "HTTP/1.1 502 ") || !strings.Contains(got, "AWS port") {
			t.Errorf("got %q", got)
		}
	}
}

func TestNetworkByDefault(t *testing.T) {
	t.Parallel()
	network := newFake(t, "network")
	proxy, err := intercept.Start(intercept.Config{AWS: "127.0.0.1:1", PassThrough: true})
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	w := &world{proxy: proxy}
	answer := w.exchange(t, "GET http://"+network.addr+"/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	checkWhere(t, toNetwork, answer)
}

// A name of any domain may resolve to instance metadata.
func TestNetworkRefusesMetadataAfterResolving(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"169.254.169.254:80", "[fd00:ec2::254]:80", "[::ffff:169.254.170.2]:80"} {
		conn, err := intercept.NetworkDialer().DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		if !errors.Is(err, intercept.ErrMetadata) {
			t.Errorf("%s: got %v", address, err)
		}
	}
}

func TestCloseEndsTunnelsAndRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	tunnel, request := dial(t, w.proxy.Addr()), dial(t, w.proxy.Addr())
	for conn, text := range map[net.Conn]string{
		tunnel:  "CONNECT s3.amazonaws.com:443 HTTP/1.1\r\nHost: s3.amazonaws.com:443\r\n\r\n",
		request: "GET http://s3.amazonaws.com/wait HTTP/1.1\r\nHost: s3.amazonaws.com\r\n\r\n",
	} {
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 4096)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := w.proxy.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, conn := range []net.Conn{tunnel, request} {
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("a connection is still open")
		}
	}
	<-w.aws.release // the AWS port saw its side of the request end
	if conn, err := net.Dial("tcp", w.proxy.Addr()); err == nil {
		_ = conn.Close()
		t.Error("still listening")
	}
}

func TestManyTunnelsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.client.Transport.(*http.Transport).DisableKeepAlives = true
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			scheme := []string{"http", "https"}[i%2]
			resp, err := w.client.Get(fmt.Sprintf("%s://b%d.s3.amazonaws.com/", scheme, i))
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if body, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(body), "server=aws") {
				t.Errorf("got %q, %v", body, err)
			}
		})
	}
	wg.Wait()
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	tests := []struct {
		name, listen, aws string
		notLoopback       bool
	}{
		{"all addresses", ":0", "127.0.0.1:4566", true},
		{"all IPv4 addresses", "0.0.0.0:0", "127.0.0.1:4566", true},
		{"all IPv6 addresses", "[::]:0", "127.0.0.1:4566", true},
		{"an address of a network", "192.0.2.1:0", "127.0.0.1:4566", true},
		{"a name", "example.org:0", "127.0.0.1:4566", true},
		{"no port", "127.0.0.1", "127.0.0.1:4566", false},
		{"a taken port", taken.Addr().String(), "127.0.0.1:4566", false},
		{"no AWS port", "", "", false},
		{"AWS port without a host", "", ":4566", false},
		{"AWS port 0", "", "127.0.0.1:0", false},
		{"AWS as a URL", "", "http://127.0.0.1", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			proxy, err := intercept.Start(intercept.Config{Listen: test.listen, AWS: test.aws})
			if err == nil {
				_ = proxy.Close()
				t.Fatal("started")
			}
			if errors.Is(err, intercept.ErrNotLoopback) != test.notLoopback {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestStartOnLocalhost(t *testing.T) {
	t.Parallel()
	proxy, err := intercept.Start(intercept.Config{Listen: "localhost:0", AWS: "127.0.0.1:4566"})
	if err != nil {
		t.Fatal(err)
	}
	if err := proxy.Close(); err != nil {
		t.Error(err)
	}
}
