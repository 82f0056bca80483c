// Package fakes3 is S3 REST over gofakes3, behind SigV4 and policy.
//
// gofakes3 speaks the object protocol but decides nothing: it routes by guess,
// drops what it does not know and checks no caller. So every request is first
// understood here, by one table of all S3 operations, then authenticated, then
// authorized for every action it needs; only then is a new request built, of
// understood parts alone, and given to gofakes3 together with a backend that
// can reach nothing but the bucket and key that were authorized.
//
// The objects are kept by package storage rather than by gofakes3's s3mem, which
// carries an object's old metadata over when it is overwritten and loses the
// current version when that version is deleted.
package fakes3

import (
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/sigv4"
)

// Config configures a Server.
type Config struct {
	awsapi.Config

	// HostBases are the domains below which a host name names a bucket:
	// <bucket>.s3.<region>.<base> and <bucket>.s3.<base>, and for "localhost"
	// also <bucket>.localhost. Nil means amazonaws.com and localhost. At any
	// other host name the bucket stands in the path.
	HostBases []string

	// UnknownPrincipals lets bucket policies name users and roles that are not there.
	UnknownPrincipals bool

	// Storage keeps the buckets and objects. Nil means memory without bound. The
	// Server does not close it.
	Storage Storage
}

// Server serves S3. It is an http.Handler and may be used by any number of
// goroutines.
type Server struct {
	config   Config
	routes   routes
	verifier sigv4.Verifier
	store    *store
}

// New returns a Server over the buckets of its storage.
func New(config Config) (*Server, error) {
	if config.Store == nil {
		return nil, errors.New("new S3 server: no iam store")
	}
	config.Config = config.WithDefaults()
	if config.HostBases == nil {
		config.HostBases = []string{"amazonaws.com", "localhost"}
	}
	for _, base := range config.HostBases {
		if base == "" || strings.Trim(base, ".") != base || strings.ToLower(base) != base {
			return nil, fmt.Errorf("new S3 server: host base %q is not a lower-case domain", base)
		}
	}
	s := &Server{config: config, routes: newRoutes(), verifier: sigv4.Verifier{Style: sigv4.S3}}
	if config.Storage == nil {
		config.Storage = storage.NewMemory(storage.Config{Now: config.Now, Rand: config.Rand})
	}
	s.store = &store{Storage: config.Storage, rand: config.Rand}
	return s, nil
}

// ServeHTTP takes one request through all phases: understand, authenticate,
// find, authorize, run, answer, record.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{Server: s, w: w, r: r}
	x.call = awsapi.NewCall(&s.config.Config, "s3", s.requestID(), r)
	x.hostID = s.config.Opaque(56)
	defer x.recover()
	if err := x.handle(); err != nil {
		x.refuse(err)
	}
}

func (x *exchange) handle() *awsapi.Error {
	if x.r.Method == http.MethodOptions {
		return x.preflight()
	}
	if err := x.parse(); err != nil {
		return err
	}
	x.call.Record.Operation = x.op.name
	if err := x.authenticate(); err != nil {
		return err
	}
	err := x.serve()
	for range mostLooks {
		if err == nil || !errors.Is(err.Cause, storage.ErrGone) || x.read && !x.op.has(early) {
			break
		}
		// What was found was replaced before it was read or changed, and what
		// took its place has yet to be authorized.
		x.call.Record.Checks = nil
		err = x.serve()
	}
	return err
}

// mostLooks is how often an object is looked for again.
const mostLooks = 5

// serve takes the request from what it is about to its answer.
func (x *exchange) serve() *awsapi.Error {
	if err := x.find(); err != nil {
		return err
	}
	if err := x.authorize(); err != nil {
		return err
	}
	if x.op.run == nil {
		return notImplemented(x.op.name)
	}
	if err := x.unsupported(); err != nil {
		return err
	}
	if err := x.settleBody(); err != nil {
		return err
	}
	return x.op.run(x)
}

// recover turns a panic into AWS's InternalError: one bad request must not
// take the connection, or the record of the request, with it.
func (x *exchange) recover() {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler { //nolint:errorlint // a panic value, compared as net/http does
		panic(v)
	}
	if x.answered {
		x.call.Finish(http.StatusInternalServerError, internal(fmt.Errorf("panic: %v", v)))
		panic(http.ErrAbortHandler)
	}
	x.refuse(internal(fmt.Errorf("panic: %v", v)))
}

// requestID returns 16 upper-case letters and digits, as S3's ids are.
func (s *Server) requestID() string {
	var b [10]byte
	if _, err := io.ReadFull(s.config.Rand, b[:]); err != nil {
		panic("fakes3: the random source failed: " + err.Error())
	}
	return base32.StdEncoding.EncodeToString(b[:])
}
