package sniff

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// peekSize is more than the one byte that decides, because a request line or a
// ClientHello usually comes whole and one read is cheaper than two.
const peekSize = 1024

// replayed is a connection that gives the bytes already read from it once more.
type replayed struct {
	net.Conn
	pending atomic.Bool // first is not empty; read without mu once it is false

	mu    sync.Mutex
	first []byte
}

func newReplayed(conn net.Conn, first []byte) *replayed {
	r := &replayed{Conn: conn, first: first}
	r.pending.Store(true)
	return r
}

func (r *replayed) Read(p []byte) (int, error) {
	if r.pending.Load() {
		if n := r.replay(p); n > 0 || len(p) == 0 {
			return n, nil
		}
	}
	return r.Conn.Read(p)
}

func (r *replayed) replay(p []byte) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := copy(p, r.first)
	r.first = r.first[n:]
	if len(r.first) == 0 {
		r.first = nil
		r.pending.Store(false)
	}
	return n
}

// CloseWrite ends the sending side. net/http calls it before it closes on a
// client that is still uploading, so that the client reads the answer, say an
// AccessDenied, and not a connection reset.
func (r *replayed) CloseWrite() error {
	if c, ok := r.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return r.Conn.Close()
}

// ReadFrom lets net/http send a file without copying it through this process.
func (r *replayed) ReadFrom(src io.Reader) (int64, error) {
	if c, ok := r.Conn.(io.ReaderFrom); ok {
		return c.ReadFrom(src)
	}
	return io.Copy(struct{ io.Writer }{r.Conn}, src)
}
