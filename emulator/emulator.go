// Package emulator is the composition root: Config in, running endpoints out;
// routes.go shows the whole surface.
package emulator

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/irsatz/irsatz/fakes3"
	"github.com/irsatz/irsatz/fakests"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/internal/pki"
	"github.com/irsatz/irsatz/internal/sniff"
	"github.com/irsatz/irsatz/oidc"
	"github.com/irsatz/irsatz/trail"
)

// Emulator is a running irsatz: an AWS port and a control port over one state.
type Emulator struct {
	config   *resolved
	ca       *pki.CA
	store    *iam.Store
	trail    *trail.Log
	verifier *oidc.Verifier
	clusters *clusters
	sts      *fakests.Server
	s3       *fakes3.Server

	aws, control  net.Listener
	servers       []*http.Server
	serving       sync.WaitGroup
	closeOnce     sync.Once
	closeErr      error
	closed        chan struct{}
	stateMu       sync.Mutex // serialises loading and reset
	stopFollowers context.CancelFunc
}

// Start opens both ports and answers on them. A taken port is an error. The
// emulator runs until Close.
func Start(config Config) (*Emulator, error) {
	r, err := config.resolve()
	if err != nil {
		return nil, err
	}
	e := &Emulator{config: r, trail: trail.NewLog(0), closed: make(chan struct{})}
	if err := e.build(); err != nil {
		return nil, err
	}
	if err := e.load(r.State); err != nil {
		return nil, err
	}
	if err := e.listen(); err != nil {
		return nil, err
	}
	e.serve()
	return e, nil
}

// build makes the rooms and wires them.
func (e *Emulator) build() error {
	c := e.config
	var err error
	if e.ca, err = pki.New(pki.Config{Rand: c.Rand}); err != nil {
		return err
	}
	if c.rootGenerated {
		c.rootKey, c.rootSecret = "AKIA"+rand.Text()[:16], rand.Text()+rand.Text()[:14]
	}
	e.store, err = iam.NewStore(iam.Config{
		Now: c.Clock.Now, Rand: c.Rand,
		Root: []iam.RootCredentials{{AccountID: c.Account, AccessKeyID: c.rootKey, Secret: c.rootSecret}},
	})
	if err != nil {
		return err
	}
	e.clusters = newClusters(e)
	e.verifier = oidc.NewVerifier(oidc.VerifierConfig{Transport: e.issuerTransport(), Now: c.Clock.Now})
	if e.sts, err = fakests.New(fakests.Config{Config: e.apiConfig(), Verifier: e.verifier, ErrorTexts: c.ErrorTexts}); err != nil {
		return err
	}
	e.s3, err = fakes3.New(e.s3Config())
	return err
}

// apiConfig is what every AWS service needs. Dates that clients sign are
// compared with the wall clock, which is the clients', whatever ours shows.
func (e *Emulator) apiConfig() awsapi.Config {
	c := e.config
	return awsapi.Config{
		Store: e.store, Trail: e.trail, Log: c.Log, Rand: c.Rand, Region: c.Region, Audit: c.Audit,
		Now: c.Clock.Now, ClientNow: clock.Now,
	}
}

func (e *Emulator) s3Config() fakes3.Config { return fakes3.Config{Config: e.apiConfig()} }

// listen opens both ports.
func (e *Emulator) listen() error {
	aws, err := net.Listen("tcp", e.config.Listen)
	if err != nil {
		return fmt.Errorf("AWS port: %w", err)
	}
	control, err := net.Listen("tcp", e.config.Control)
	if err != nil {
		_ = aws.Close()
		return fmt.Errorf("control port: %w", err)
	}
	e.aws, e.control = sniff.New(aws, sniff.Config{TLS: e.ca.TLSConfig()}), control
	return nil
}

// Bounds on slow clients. Bodies have bounds of their own in each service,
// since an upload may take long.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
)

// serve starts answering.
func (e *Emulator) serve() {
	ctx, cancel := context.WithCancel(context.Background())
	e.stopFollowers = cancel
	for _, s := range []struct {
		listener net.Listener
		handler  http.Handler
	}{{e.aws, e.awsRoutes()}, {e.control, e.controlRoutes()}} {
		server := &http.Server{
			Handler: s.handler, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
			ErrorLog:    discardHTTPErrors,
			BaseContext: func(net.Listener) context.Context { return ctx },
		}
		e.servers = append(e.servers, server)
		e.serving.Go(func() { _ = server.Serve(s.listener) }) // always ErrServerClosed
	}
}

// Close stops taking requests, lets those under way finish until ctx ends, and
// frees both ports. It may be called twice.
func (e *Emulator) Close(ctx context.Context) error {
	e.closeOnce.Do(func() {
		e.stopFollowers()
		for _, s := range e.servers {
			if err := s.Shutdown(ctx); err != nil {
				e.closeErr = errors.Join(e.closeErr, err, s.Close())
			}
		}
		e.serving.Wait()
		close(e.closed)
	})
	<-e.closed
	return e.closeErr
}

// AWSAddr returns host:port of the AWS port as a client on this machine
// reaches it.
func (e *Emulator) AWSAddr() string { return reachable(e.aws.Addr()) }

// AWSURL returns the http URL of the AWS port.
func (e *Emulator) AWSURL() string { return "http://" + e.AWSAddr() }

// AWSTLSURL returns the https URL of the AWS port.
func (e *Emulator) AWSTLSURL() string { return "https://" + e.AWSAddr() }

// ControlURL returns the URL of the control port.
func (e *Emulator) ControlURL() string { return "http://" + reachable(e.control.Addr()) }

// CAPEM returns the certificate that clients of the https URL trust.
func (e *Emulator) CAPEM() []byte { return e.ca.CertificatePEM() }

// RootCredentials returns what acts as root of the default account, and
// whether it was generated.
func (e *Emulator) RootCredentials() (accessKeyID, secret string, generated bool) {
	return e.config.rootKey, e.config.rootSecret, e.config.rootGenerated
}

// ControlToken returns the bearer token that the control port demands, "" if
// it demands none.
func (e *Emulator) ControlToken() string { return e.config.ControlToken }

// Account returns the account of what names no other.
func (e *Emulator) Account() string { return e.config.Account }

// Region returns the region that the emulator is in.
func (e *Emulator) Region() string { return e.config.Region }

// Trail returns the record of requests.
func (e *Emulator) Trail() *trail.Log { return e.trail }

// IAM returns the state behind STS and S3.
func (e *Emulator) IAM() *iam.Store { return e.store }

// reachable replaces the unspecified address by loopback.
func reachable(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
