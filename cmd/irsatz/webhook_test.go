package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/internal/pki"
	"github.com/irsatz/irsatz/webhook"
)

// pair writes a certificate and its key, as of a time.
func pair(t *testing.T, dir string, at time.Time) (cert, key string) {
	t.Helper()
	ca, err := pki.New(pki.Config{})
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	for name, content := range map[string][]byte{cert: ca.CertificatePEM(), key: ca.KeyPEM()} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// TestCertificateFiles: a pair that was renewed is served without a restart; one
// that does not fit together changes nothing.
func TestCertificateFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := pair(t, dir, time.Unix(1000, 0))
	var log bytes.Buffer
	f := &certificateFiles{cert: cert, key: key, log: slog.New(slog.NewTextHandler(&log, nil))}
	if err := f.read(); err != nil {
		t.Fatal(err)
	}
	get := func() *tls.Certificate {
		t.Helper()
		f.checked = time.Time{} // a second has passed
		c, err := f.certificate(nil)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := get()
	if get() != first {
		t.Error("read anew without a change")
	}
	pair(t, dir, time.Unix(2000, 0))
	second := get()
	if second == first || bytes.Equal(second.Certificate[0], first.Certificate[0]) {
		t.Error("a renewed pair is not served")
	}
	if err := os.WriteFile(key, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if get() != second || !strings.Contains(log.String(), "the certificate that was read before stays") {
		t.Errorf("half a renewal: %s", log.String())
	}
	if err := os.Remove(cert); err != nil {
		t.Fatal(err)
	}
	if get() != second {
		t.Error("without files there is no certificate")
	}
	if err := (&certificateFiles{cert: cert, key: key}).read(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("at first: %v", err)
	}
}

// TestWatchedFile has the cases of upstream's file watcher.
func TestWatchedFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	var loaded []string
	w := &watchedFile{path: path, log: slog.New(slog.DiscardHandler), load: func(content []byte) error {
		loaded = append(loaded, string(content))
		if string(content) == "bad" {
			return errors.New("bad")
		}
		return nil
	}}
	for _, step := range []struct {
		content, want string
	}{{"", ""}, {"a", "a"}, {"a", "a"}, {"b", "a b"}, {"bad", "a b bad"}, {"", "a b bad "}} {
		var err error
		if step.content == "" {
			if err = os.Remove(path); errors.Is(err, os.ErrNotExist) {
				err = nil
			}
		} else {
			err = os.WriteFile(path, []byte(step.content), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		w.check()
		if got := strings.Join(loaded, " "); got != step.want {
			t.Errorf("after %q: loaded %q, want %q", step.content, got, step.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w.run(ctx) // ends
}

// TestWebhookServer: the paths of both ports.
func TestWebhookServer(t *testing.T) {
	t.Parallel()
	s, err := newWebhookServer(&listenerFlags{bind: "127.0.0.1"}, webhook.New(webhook.Config{}), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	go s.serve()
	defer s.stop()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	status := func(url string) int {
		t.Helper()
		response, err := client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		return response.StatusCode
	}
	for url, want := range map[string]int{
		"https://" + s.address() + "/healthz": 200, "https://" + s.address() + "/readyz": 503, "https://" + s.address() + "/mutate": 415,
		"https://" + s.address() + "/metrics": 404, "http://" + s.metricsAddress() + "/metrics": 200, "http://" + s.metricsAddress() + "/mutate": 404,
	} {
		if got := status(url); got != want {
			t.Errorf("%s: %d, want %d", url, got, want)
		}
	}
	s.ready.Store(true)
	if got := status("https://" + s.address() + "/readyz"); got != 200 {
		t.Errorf("ready: %d", got)
	}
}
