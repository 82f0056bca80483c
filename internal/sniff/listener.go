// Package sniff serves http and https on one port: the first byte of each
// connection tells TLS from plain.
package sniff

import (
	"container/list"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/irsatz/irsatz/internal/clock"
)

const (
	defaultTimeout   = 10 * time.Second
	defaultUndecided = 1024

	// recordTypeHandshake is the first byte of every TLS connection (RFC 8446
	// section 5.1). No HTTP method starts with it.
	recordTypeHandshake = 0x16
)

// Config is how a Listener decides. The zero Config serves plain connections
// and closes those that start TLS.
type Config struct {
	// TLS is the server side of TLS; nil means that TLS is not served.
	TLS *tls.Config

	// Timeout is how long a connection may stay silent; 0 means 10 seconds.
	Timeout time.Duration

	// MaxUndecided is how many connections may wait for their first byte, or for
	// Accept; 0 means 1024. One more ends the oldest of them, so that silent
	// clients cannot keep others out.
	MaxUndecided int
}

// Listener is a net.Listener whose Accept returns a *tls.Conn for a connection
// that starts with a TLS handshake, which is the concrete type that net/http
// needs to set Request.TLS, and a plain connection otherwise.
type Listener struct {
	inner    net.Listener
	config   Config
	accepted chan accepted
	done     chan struct{}
	running  sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	closeErr  error
	undecided list.List // of net.Conn, the oldest first
}

type accepted struct {
	conn net.Conn
	err  error
}

var _ net.Listener = (*Listener)(nil)

// New returns a Listener over inner, which it owns from now on: it accepts at
// once, and must be closed.
func New(inner net.Listener, config Config) *Listener {
	if config.Timeout <= 0 {
		config.Timeout = defaultTimeout
	}
	if config.MaxUndecided <= 0 {
		config.MaxUndecided = defaultUndecided
	}
	l := &Listener{inner: inner, config: config, accepted: make(chan accepted), done: make(chan struct{})}
	l.running.Go(l.run)
	return l
}

// Accept waits for the next connection that has sent its first byte.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case <-l.done:
		return nil, l.errClosed()
	default:
	}
	select {
	case next := <-l.accepted:
		return next.conn, next.err
	case <-l.done:
		return nil, l.errClosed()
	}
}

// Addr returns the address of the inner listener.
func (l *Listener) Addr() net.Addr { return l.inner.Addr() }

// Close closes the inner listener and every connection that Accept has not
// returned, and returns when all goroutines have ended. It may be called twice.
func (l *Listener) Close() error {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.done)
		l.closeErr = l.inner.Close()
		for e := l.undecided.Front(); e != nil; e = e.Next() {
			_ = e.Value.(net.Conn).Close()
		}
	}
	err := l.closeErr
	l.mu.Unlock()
	l.running.Wait()
	return err
}

func (l *Listener) errClosed() error {
	return &net.OpError{Op: "accept", Net: l.Addr().Network(), Addr: l.Addr(), Err: net.ErrClosed}
}

// run accepts for as long as the inner listener does. An error goes to Accept,
// whose caller waits a while after a temporary one, such as too many open files.
func (l *Listener) run() {
	for {
		conn, err := l.inner.Accept()
		if err != nil {
			if !l.hand(accepted{err: err}) {
				return
			}
			if temporary(err) {
				continue
			}
			for l.hand(accepted{err: err}) { // to every later caller as well
			}
			return
		}
		entry, ok := l.enter(conn)
		if !ok {
			_ = conn.Close()
			return
		}
		l.running.Go(func() {
			defer l.leave(entry)
			l.decide(conn)
		})
	}
}

// decide reads the first bytes of conn and hands it to Accept.
func (l *Listener) decide(conn net.Conn) {
	first := make([]byte, peekSize)
	n, err := 0, conn.SetReadDeadline(clock.Now().Add(l.config.Timeout))
	if err == nil {
		n, _ = conn.Read(first)
	}
	if n == 0 || conn.SetReadDeadline(time.Time{}) != nil {
		_ = conn.Close()
		return
	}
	var decided net.Conn = newReplayed(conn, first[:n])
	if first[0] == recordTypeHandshake {
		if l.config.TLS == nil {
			_ = conn.Close()
			return
		}
		decided = tls.Server(decided, l.config.TLS)
	}
	if !l.hand(accepted{conn: decided}) {
		_ = conn.Close()
	}
}

// hand reports whether a caller of Accept took next.
func (l *Listener) hand(next accepted) bool {
	select {
	case l.accepted <- next:
		return true
	case <-l.done:
		return false
	}
}

func (l *Listener) enter(conn net.Conn) (*list.Element, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, false
	}
	if l.undecided.Len() >= l.config.MaxUndecided {
		oldest := l.undecided.Remove(l.undecided.Front()).(net.Conn)
		_ = oldest.Close()
	}
	return l.undecided.PushBack(conn), true
}

func (l *Listener) leave(entry *list.Element) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.undecided.Remove(entry) // does nothing for one that was ended as the oldest
}

func temporary(err error) bool {
	// net/http retries by the same deprecated method; there is no other sign.
	t, ok := errors.AsType[interface {
		error
		Temporary() bool
	}](err)
	return ok && t.Temporary()
}
