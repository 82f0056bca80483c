package pki_test

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/internal/pki"
)

func leafFor(t *testing.T, ca *pki.CA, name string) *x509.Certificate {
	t.Helper()
	cert, err := ca.TLSConfig().GetCertificate(&tls.ClientHelloInfo{ServerName: name})
	if err != nil {
		t.Fatal(err)
	}
	return cert.Leaf
}

func TestLeafIsForTheNameAlone(t *testing.T) {
	t.Parallel()
	ca := newCA(t, pki.Config{})
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca.CertificatePEM())
	long := strings.Repeat("a", 63) + ".s3.us-east-1.amazonaws.com"
	tests := []struct {
		name, sni, want string
	}{
		{"service", "sts.amazonaws.com", "sts.amazonaws.com"},
		{"upper case", "S3.AmazonAWS.com", "s3.amazonaws.com"},
		{"trailing dot", "s3.amazonaws.com.", "s3.amazonaws.com"},
		{"bucket with dots", "a.b.c.s3.amazonaws.com", "a.b.c.s3.amazonaws.com"},
		{"bucket with underscore", "a_b.s3.amazonaws.com", "a_b.s3.amazonaws.com"},
		{"single label", "irsatz", "irsatz"},
		{"longer than a common name", long, long},
		{"two labels below localhost", "b.s3.localhost", "b.s3.localhost"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			leaf := leafFor(t, ca, test.sni)
			if diff := cmp.Diff([]string{test.want}, leaf.DNSNames); diff != "" {
				t.Errorf("DNS names (-want +got):\n%s", diff)
			}
			if len(leaf.IPAddresses) != 0 || leaf.IsCA {
				t.Error("the leaf covers more than its name")
			}
			if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: test.want}); err != nil {
				t.Error(err)
			}
			// RFC 5280: both ends of the validity are part of it.
			if got := leaf.NotAfter.Sub(leaf.NotBefore) + time.Second; got > 397*day {
				t.Errorf("valid for %v, want at most 397 days", got)
			}
			if !leaf.NotBefore.Before(clock.Now()) {
				t.Error("not valid yet")
			}
		})
	}
}

func TestLeafRefusesWhatIsNoHostName(t *testing.T) {
	t.Parallel()
	ca := newCA(t, pki.Config{})
	for _, name := range []string{
		"*.amazonaws.com", "*", "a..b", ".a", "-a.b", "a-.b", "a b", "a/b", "a\x00.b", "ａ.b", "s3.amazonaws.com..",
		strings.Repeat("a", 64) + ".b", strings.Repeat("a.", 127) + "bcd", "127.1", "2130706433", "192.0.2.7", "2001:db8::1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ca.TLSConfig().GetCertificate(&tls.ClientHelloInfo{ServerName: name})
			if !errors.Is(err, pki.ErrInvalidName) {
				t.Errorf("got %v, want ErrInvalidName", err)
			}
		})
	}
}

func TestLeafWithoutServerName(t *testing.T) {
	t.Parallel()
	ca := newCA(t, pki.Config{})
	for _, sni := range []string{"", "localhost", "LOCALHOST.", "127.0.0.1", "::1"} {
		leaf := leafFor(t, ca, sni)
		for _, host := range []string{"127.0.0.1", "::1", "localhost", "bucket.localhost"} {
			if err := leaf.VerifyHostname(host); err != nil {
				t.Errorf("SNI %q: %v", sni, err)
			}
		}
	}
}

func TestLeafWithoutServerNameCoversTheConnectionsAddress(t *testing.T) {
	t.Parallel()
	ca := newCA(t, pki.Config{})
	for _, local := range []string{"192.0.2.7", "2001:db8::1", "::ffff:192.0.2.9"} {
		conn := addrConn{local: &net.TCPAddr{IP: net.ParseIP(local), Port: 4566}}
		cert, err := ca.TLSConfig().GetCertificate(&tls.ClientHelloInfo{Conn: conn})
		if err != nil {
			t.Fatal(err)
		}
		for _, host := range []string{local, "127.0.0.1", "localhost"} {
			if err := cert.Leaf.VerifyHostname(host); err != nil {
				t.Error(err)
			}
		}
		if cert.Leaf.VerifyHostname("198.51.100.1") == nil {
			t.Error("the leaf covers a foreign address")
		}
	}
}

type addrConn struct {
	net.Conn
	local net.Addr
}

func (c addrConn) LocalAddr() net.Addr { return c.local }

func TestHandshake(t *testing.T) {
	t.Parallel()
	ca := newCA(t, pki.Config{})
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca.CertificatePEM())
	tests := []struct {
		name   string
		client *tls.Config
		fails  bool
	}{
		{"TLS 1.3", &tls.Config{ServerName: "s3.amazonaws.com"}, false},
		{"TLS 1.2", &tls.Config{ServerName: "s3.amazonaws.com", MaxVersion: tls.VersionTLS12}, false},
		{"TLS 1.1", &tls.Config{ServerName: "s3.amazonaws.com", MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, true},
		{"address", &tls.Config{ServerName: "127.0.0.1"}, false},
		{"h2 and http/1.1 offered", &tls.Config{ServerName: "a.b", NextProtos: []string{"h2", "http/1.1"}}, false},
		{"h2 only", &tls.Config{ServerName: "a.b", NextProtos: []string{"h2"}}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			listener, err := tls.Listen("tcp", "127.0.0.1:0", ca.TLSConfig())
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			go func() {
				if conn, err := listener.Accept(); err == nil {
					_, _ = io.Copy(conn, conn)
					_ = conn.Close()
				}
			}()
			test.client.RootCAs = roots
			conn, err := tls.Dial("tcp", listener.Addr().String(), test.client)
			if test.fails {
				if err == nil {
					t.Error("the handshake succeeded")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if got := conn.ConnectionState().NegotiatedProtocol; len(test.client.NextProtos) > 0 && got != "http/1.1" {
				t.Errorf("protocol %q, want http/1.1", got)
			}
		})
	}
}

// slowReader counts serial numbers, of which every certificate takes one, and
// gives one only when all of a burst have begun.
type slowReader struct {
	reads atomic.Int64
	begun sync.WaitGroup
}

func (r *slowReader) Read(p []byte) (int, error) {
	if len(p) == 16 {
		r.reads.Add(1)
		r.begun.Wait()
		for range 1000 {
			runtime.Gosched()
		}
	}
	return rand.Read(p)
}

func TestBurstIssuesOnce(t *testing.T) {
	t.Parallel()
	const burst = 50
	reader := &slowReader{}
	ca := newCA(t, pki.Config{Rand: reader})
	before := reader.reads.Load()
	config := ca.TLSConfig()
	reader.begun.Add(burst)
	var wg sync.WaitGroup
	for range burst {
		wg.Go(func() {
			reader.begun.Done()
			if _, err := config.GetCertificate(&tls.ClientHelloInfo{ServerName: "sts.amazonaws.com"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := reader.reads.Load() - before; got != 1 {
		t.Errorf("issued %d leaves, want 1", got)
	}
}

func TestCacheIsBoundedAndKeepsTheRecentlyUsed(t *testing.T) {
	t.Parallel()
	ca := newCA(t, pki.Config{})
	kept, dropped := leafFor(t, ca, "kept.example"), leafFor(t, ca, "dropped.example")
	for i := range 1023 {
		if i == 500 {
			leafFor(t, ca, "kept.example")
		}
		leafFor(t, ca, fmt.Sprintf("n%d.example", i))
	}
	if got := leafFor(t, ca, "kept.example"); got != kept {
		t.Error("a leaf used recently was issued again")
	}
	if got := leafFor(t, ca, "dropped.example"); got == dropped {
		t.Error("the leaf used least recently is still cached")
	}
}

func TestLeafIsRenewedBeforeItEnds(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	ca := newCA(t, pki.Config{Now: func() time.Time { return clock.Now().Add(time.Duration(ahead.Load())) }})
	first := leafFor(t, ca, "a.example")
	ahead.Store(int64(300 * day))
	if got := leafFor(t, ca, "a.example"); got != first {
		t.Error("renewed too early")
	}
	ahead.Store(int64(391 * day))
	if got := leafFor(t, ca, "a.example"); got == first || !got.NotAfter.After(first.NotAfter) {
		t.Error("not renewed")
	}
	ahead.Store(int64(3600 * day))
	authority := parseCertificate(t, ca.CertificatePEM())
	if got := leafFor(t, ca, "a.example"); got.NotAfter.After(authority.NotAfter) {
		t.Error("the leaf outlives the CA")
	}
}

func BenchmarkCachedLeaf(b *testing.B) {
	ca, err := pki.New(pki.Config{})
	if err != nil {
		b.Fatal(err)
	}
	config := ca.TLSConfig()
	hello := &tls.ClientHelloInfo{ServerName: "sts.amazonaws.com"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := config.GetCertificate(hello); err != nil {
			b.Fatal(err)
		}
	}
}
