package intercept

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"sync"
)

// conns are the open connections of a proxy, with its clients and with what it
// dialled. http.Server.Close knows neither tunnels nor dialled connections.
type conns struct {
	mu     sync.Mutex
	closed bool
	open   map[io.Closer]struct{}
}

// track returns conn such that closeAll closes it, until it is closed. One that
// comes after closeAll is closed at once.
func (c *conns) track(conn net.Conn) net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		c.open = make(map[io.Closer]struct{})
	}
	c.open[conn] = struct{}{}
	if c.closed {
		_ = conn.Close()
	}
	// The embedded type matters: a TCP connection can be closed by halves, and one
	// can be spliced into another by the kernel.
	if tcp, ok := conn.(*net.TCPConn); ok {
		return &trackedTCP{TCPConn: tcp, conns: c}
	}
	return &trackedConn{Conn: conn, conns: c}
}

func (c *conns) forget(conn io.Closer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, conn)
}

func (c *conns) closeAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for conn := range c.open {
		_ = conn.Close()
	}
}

type trackedTCP struct {
	*net.TCPConn
	conns *conns
}

func (t *trackedTCP) Close() error {
	t.conns.forget(t.TCPConn)
	return t.TCPConn.Close()
}

type trackedConn struct {
	net.Conn
	conns *conns
}

func (t *trackedConn) Close() error {
	t.conns.forget(t.Conn)
	return t.Conn.Close()
}

type trackingListener struct {
	net.Listener
	conns *conns
}

func (l trackingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.conns.track(conn), nil
}

// connectWriter hijacks without losing what the client sent together with its
// CONNECT: goproxy reads on from the bare connection.
type connectWriter struct{ http.ResponseWriter }

func (w connectWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil || rw.Reader.Buffered() == 0 {
		return conn, rw, err
	}
	early, err := rw.Reader.Peek(rw.Reader.Buffered())
	if err != nil {
		return conn, rw, err
	}
	tcp, ok := conn.(*trackedTCP)
	if !ok {
		return conn, rw, nil
	}
	return &earlyConn{halfCloser: tcp, r: io.MultiReader(bytes.NewReader(bytes.Clone(early)), tcp)}, rw, nil
}

type halfCloser interface {
	net.Conn
	CloseRead() error
	CloseWrite() error
}

type earlyConn struct {
	halfCloser
	r io.Reader
}

func (c *earlyConn) Read(p []byte) (int, error) { return c.r.Read(p) }

// streamWriter flushes after each write of a body whose length is not known in
// advance, so that events reach the client as they come.
type streamWriter struct{ http.ResponseWriter }

func (w streamWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w streamWriter) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	if err == nil && w.Header().Get("Content-Length") == "" {
		err = http.NewResponseController(w.ResponseWriter).Flush()
	}
	return n, err
}
