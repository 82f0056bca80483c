// Package emulator is the composition root: Config in, running endpoints out;
// routes.go shows the whole surface.
package emulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/pki"
	"github.com/irsatz/irsatz/internal/sniff"
	"github.com/irsatz/irsatz/oidc"
	"github.com/irsatz/irsatz/trail"
)

// Emulator is a running irsatz: an AWS port and a control port over one state.
type Emulator struct {
	config     *resolved
	lasting    lasting
	ca         *pki.CA
	caFile     string // "" without a data directory
	trail      *trail.Log
	verifier   *oidc.Verifier
	sealingKey []byte // of session tokens; outlives a reset, so that old sessions are known and refused
	world      atomic.Pointer[world]

	stateMu     sync.Mutex                         // serialises loading and reset
	issuers     map[string]*oidc.Issuer            // by URL, all there ever were
	fetchedKeys map[string]*atomic.Pointer[[]byte] // of attached clusters, by issuer

	aws, control  net.Listener
	servers       []*server
	serving       sync.WaitGroup
	closing       context.Context // ends when Close begins
	stopFollowers context.CancelFunc
	abort         context.CancelFunc // ends the contexts of requests
	closeOnce     sync.Once
	closeErr      error
	closed        chan struct{}
}

// Start opens both ports and answers on them. A taken port is an error. The
// emulator runs until Close.
func Start(config Config) (*Emulator, error) {
	l, err := openLasting(config.DataDir)
	if err != nil {
		return nil, err
	}
	e := &Emulator{lasting: l, trail: trail.NewLog(0), issuers: map[string]*oidc.Issuer{}, fetchedKeys: map[string]*atomic.Pointer[[]byte]{}, closed: make(chan struct{})}
	if err := e.start(config); err != nil {
		return nil, errors.Join(err, e.end())
	}
	return e, nil
}

// end gives up what is kept.
func (e *Emulator) end() error {
	var err error
	if w := e.world.Load(); w != nil {
		err = w.close()
	}
	return errors.Join(err, e.lasting.close())
}

func (e *Emulator) start(config Config) (err error) {
	if e.config, err = config.resolve(e.lasting); err != nil {
		return err
	}
	if err := e.build(); err != nil {
		return err
	}
	if err := e.listen(); err != nil {
		return err
	}
	e.serve()
	return nil
}

// build makes the rooms and wires them.
func (e *Emulator) build() error {
	c := e.config
	var err error
	if e.ca, e.caFile, err = e.lasting.ca(c.CA, pki.Config{Rand: c.Rand}); err != nil {
		return err
	}
	e.sealingKey, err = recall(e.lasting, "sealing-key", func() ([]byte, error) { return c.random(sealingKeySize) })
	if err != nil {
		return err
	}
	e.verifier = e.newVerifier()
	e.stateMu.Lock()
	defer e.stateMu.Unlock()
	w, err := e.firstWorld()
	if err != nil {
		return err
	}
	e.world.Store(w)
	return nil
}

const sealingKeySize = 32

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

// CAFile returns the file in the data directory that has the certificate, the
// same in every run, or "" if nothing is kept.
func (e *Emulator) CAFile() string { return e.caFile }

// DataDir returns the folder that keeps the state, "" if it is in memory only.
func (e *Emulator) DataDir() string {
	if e.lasting.dir == nil {
		return ""
	}
	return e.lasting.dir.Path()
}

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

// IAM returns the state behind STS and S3. Reset puts another in its place.
func (e *Emulator) IAM() *iam.Store { return e.world.Load().store }

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
