package emulator

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// Bounds on slow clients. Bodies have bounds of their own in each service,
// since an upload may take long.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
)

// silentGrace is how long a connection that has not sent a whole header yet
// may delay the end.
const silentGrace = 50 * time.Millisecond

// server is an http.Server that ends without waiting for connections on which
// nothing was ever asked: clients keep some open in advance, and net/http would
// give each of them five seconds.
type server struct {
	http.Server

	mu     sync.Mutex
	silent map[net.Conn]bool
}

func newServer(ctx context.Context, handler http.Handler) *server {
	s := &server{silent: map[net.Conn]bool{}}
	s.Server = http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog:    discardHTTPErrors,
		BaseContext: func(net.Listener) context.Context { return ctx },
		ConnState:   s.note,
	}
	return s
}

func (s *server) note(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state == http.StateNew {
		s.silent[c] = true
		return
	}
	delete(s.silent, c)
}

func (s *server) closeSilent() {
	s.mu.Lock()
	var all []net.Conn
	for c := range s.silent {
		all = append(all, c)
	}
	s.mu.Unlock()
	for _, c := range all {
		_ = c.Close()
	}
}

// end drains the server, or cuts it when ctx ends.
func (s *server) end(ctx context.Context) error {
	timer := time.AfterFunc(silentGrace, s.closeSilent)
	defer timer.Stop()
	if err := s.Shutdown(ctx); err != nil {
		return errors.Join(err, s.Server.Close())
	}
	return nil
}

// serve starts answering.
func (e *Emulator) serve() {
	ctx, abort := context.WithCancel(context.Background())
	e.abort = abort
	e.closing, e.stopFollowers = context.WithCancel(context.Background())
	for _, s := range []struct {
		listener net.Listener
		handler  http.Handler
	}{{e.aws, http.HandlerFunc(e.serveAWS)}, {e.control, e.controlRoutes()}} {
		server := newServer(ctx, s.handler)
		e.servers = append(e.servers, server)
		e.serving.Go(func() { _ = server.Serve(s.listener) }) // always ErrServerClosed
	}
	e.serving.Go(func() { e.clusters().warmUp(e.closing) })
}

// Close stops taking requests, lets those under way finish until ctx ends, and
// frees both ports. It may be called twice.
func (e *Emulator) Close(ctx context.Context) error {
	e.closeOnce.Do(func() {
		e.stopFollowers()
		ended := make(chan error, len(e.servers))
		for _, s := range e.servers {
			go func() { ended <- s.end(ctx) }()
		}
		for range e.servers {
			e.closeErr = errors.Join(e.closeErr, <-ended)
		}
		e.abort()
		e.serving.Wait()
		e.closeErr = errors.Join(e.closeErr, e.end())
		e.verifier.Reset()
		close(e.closed)
	})
	<-e.closed
	return e.closeErr
}
