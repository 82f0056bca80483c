package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/internal/pki"
	"github.com/irsatz/irsatz/webhook"
)

// webhookServer is the webhook's two ports.
type webhookServer struct {
	ca             []byte // that its certificate is verified with; nil: not ours to say
	ready          atomic.Bool
	hooks, metrics net.Listener
	hookServer     http.Server
	metricsServer  http.Server
}

// Bounds on slow clients.
const (
	webhookHeaderTime = 10 * time.Second
	webhookReadTime   = 30 * time.Second // the API server gives up after ten
	webhookIdleTime   = 2 * time.Minute
)

// newWebhookServer opens both ports.
func newWebhookServer(l *listenerFlags, hook *webhook.Webhook, log *slog.Logger) (*webhookServer, error) {
	s := &webhookServer{}
	config, err := s.tls(l, log)
	if err != nil {
		return nil, err
	}
	if s.hooks, err = net.Listen("tcp", net.JoinHostPort(l.bind, strconv.Itoa(l.port))); err != nil {
		return nil, fmt.Errorf("--port: %w", err)
	}
	if s.metrics, err = net.Listen("tcp", net.JoinHostPort(l.bind, strconv.Itoa(l.metricsPort))); err != nil {
		_ = s.hooks.Close()
		return nil, fmt.Errorf("--metrics-port: %w", err)
	}
	hooks := http.NewServeMux()
	hooks.Handle("/mutate", hook)
	hooks.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	hooks.HandleFunc("/readyz", s.readiness)
	metrics := http.NewServeMux()
	metrics.HandleFunc("/metrics", hook.ServeMetrics)
	errors := slog.NewLogLogger(log.Handler(), slog.LevelDebug)
	s.hookServer = http.Server{Handler: hooks, TLSConfig: config, ReadHeaderTimeout: webhookHeaderTime, ReadTimeout: webhookReadTime, IdleTimeout: webhookIdleTime, ErrorLog: errors}
	s.metricsServer = http.Server{Handler: metrics, ReadHeaderTimeout: webhookHeaderTime, ReadTimeout: webhookReadTime, IdleTimeout: webhookIdleTime, ErrorLog: errors}
	return s, nil
}

// tls is of the certificate that was given, or of one that is made for whatever
// name the API server asks for.
func (s *webhookServer) tls(l *listenerFlags, log *slog.Logger) (*tls.Config, error) {
	if l.cert == "" {
		ca, err := pki.New(pki.Config{})
		if err != nil {
			return nil, err
		}
		s.ca = ca.CertificatePEM()
		config := ca.TLSConfig()
		config.NextProtos = []string{"h2", "http/1.1"}
		return config, nil
	}
	pair := &certificateFiles{cert: l.cert, key: l.key, log: log}
	if err := pair.read(); err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: pair.certificate}, nil
}

// readiness is for probes: a webhook that is to register is not ready before
// the API server has called it.
func (s *webhookServer) readiness(w http.ResponseWriter, _ *http.Request) {
	if !s.ready.Load() {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ok")
}

func (s *webhookServer) address() string        { return s.hooks.Addr().String() }
func (s *webhookServer) metricsAddress() string { return s.metrics.Addr().String() }

// serve answers until stop.
func (s *webhookServer) serve() {
	var serving sync.WaitGroup
	serving.Go(func() { _ = s.hookServer.ServeTLS(s.hooks, "", "") }) // always ErrServerClosed
	serving.Go(func() { _ = s.metricsServer.Serve(s.metrics) })
	serving.Wait()
}

// stop lets requests under way finish.
func (s *webhookServer) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	_ = errors.Join(s.hookServer.Shutdown(ctx), s.metricsServer.Shutdown(ctx))
}

// certificateFiles are a certificate and its key, which may be renewed while
// the server runs.
type certificateFiles struct {
	cert, key string
	log       *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	checked time.Time
	changed time.Time // the newer of both files
}

// read reads the files if they have changed.
func (f *certificateFiles) read() error {
	changed, err := f.modified()
	if err != nil || changed.Equal(f.changed) {
		return err
	}
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return fmt.Errorf("--tls-cert, --tls-key: %w", err)
	}
	f.current, f.changed = &pair, changed
	return nil
}

func (f *certificateFiles) modified() (time.Time, error) {
	var latest time.Time
	for _, name := range []string{f.cert, f.key} {
		info, err := os.Stat(name)
		if err != nil {
			return latest, err
		}
		if info.ModTime().After(latest) {
			latest = info.ModTime()
		}
	}
	return latest, nil
}

// certificate looks at the files at most once a second. While they do not fit
// together, the pair that did stays.
func (f *certificateFiles) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := clock.Now(); now.Sub(f.checked) >= watchPeriod {
		f.checked = now
		if err := f.read(); err != nil {
			f.log.Warn("the certificate that was read before stays", "err", err)
		}
	}
	return f.current, nil
}
