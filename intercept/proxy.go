// Package intercept is an HTTP CONNECT proxy that leads the AWS host names to
// irsatz, for SDKs that have no setting for an endpoint.
package intercept

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/elazarl/goproxy"
)

// ErrNotLoopback says that the proxy was to listen beyond loopback, where it
// would be an open proxy.
var ErrNotLoopback = errors.New("not a loopback address")

const (
	dialTimeout       = 30 * time.Second
	readHeaderTimeout = 30 * time.Second
	idleTimeout       = 90 * time.Second
	continueTimeout   = time.Second
)

// Config is what a Proxy needs to know. AWS is required.
type Config struct {
	// Listen is the address of the proxy, which must be loopback; "" means
	// 127.0.0.1:0.
	Listen string

	// AWS is the host:port of the AWS port, which answers TLS for any server name
	// as well as plain http.
	AWS string

	// PassThrough lets hosts other than AWS's be reached over the network. False
	// refuses them.
	PassThrough bool

	// Dial reaches the hosts that are passed through; nil means the network,
	// save for the addresses of instance metadata.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// Log receives what went wrong with single connections, at level debug; nil
	// means nowhere.
	Log *slog.Logger
}

// Proxy is a running proxy. The AWS host names that its clients ask for never
// reach the network: they are led to the AWS port, or refused.
//
// It ends no TLS. A CONNECT becomes a tunnel to the AWS port, which holds the CA
// and issues by server name: so there is one TLS server whose behaviour clients
// meet, nothing is decrypted and encrypted twice, and no private key is needed
// here, where `irsatz exec` runs on behalf of a server that it did not start.
type Proxy struct {
	aws         string
	passThrough bool
	network     func(ctx context.Context, network, address string) (net.Conn, error)
	listener    net.Listener
	server      *http.Server
	transport   *http.Transport
	cancel      context.CancelFunc
	conns       conns
	serving     sync.WaitGroup
	close       sync.Once
}

// Start returns a proxy that is listening.
func Start(config Config) (*Proxy, error) {
	if err := checkHostPort(config.AWS); err != nil {
		return nil, fmt.Errorf("start intercepting proxy: AWS port: %w", err)
	}
	listener, err := listen(config.Listen)
	if err != nil {
		return nil, fmt.Errorf("start intercepting proxy: %w", err)
	}
	log := config.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Proxy{
		aws:         config.AWS,
		passThrough: config.PassThrough,
		network:     config.Dial,
		listener:    listener,
		cancel:      cancel,
	}
	if p.network == nil {
		p.network = networkDialer().DialContext
	}
	p.transport = p.newTransport()
	p.server = &http.Server{
		Handler:           p.handler(log),
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	p.serving.Go(func() {
		// Always ends with http.ErrServerClosed, or because the listener was lost:
		// then clients are refused by the system, which says as much.
		_ = p.server.Serve(trackingListener{Listener: listener, conns: &p.conns})
	})
	return p, nil
}

// Addr returns the host:port that the proxy listens on.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// URL returns what HTTPS_PROXY is set to.
func (p *Proxy) URL() string { return "http://" + p.Addr() }

// Close ends the proxy with all its tunnels and requests. It may be called twice.
func (p *Proxy) Close() error {
	var err error
	p.close.Do(func() {
		p.cancel()
		err = p.server.Close()
		p.conns.closeAll()
		p.transport.CloseIdleConnections()
	})
	p.serving.Wait()
	return err
}

func checkHostPort(address string) error {
	host, digits, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if port, err := strconv.ParseUint(digits, 10, 16); err != nil || port == 0 || host == "" {
		return fmt.Errorf("%q is not host:port", address)
	}
	return nil
}

func listen(address string) (net.Listener, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	// A name other than localhost is not looked up: what it resolves to may change
	// between the check and the bind.
	if addr, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !addr.IsLoopback()) {
		return nil, fmt.Errorf("listen on %q: %w", address, ErrNotLoopback)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		_ = listener.Close()
		return nil, fmt.Errorf("listen on %q: %w", address, ErrNotLoopback)
	}
	return listener, nil
}

// handler is built without goproxy's constructor, which takes the proxies of this
// process from the environment.
func (p *Proxy) handler(log *slog.Logger) http.Handler {
	proxy := &goproxy.ProxyHttpServer{
		Logger:             debugLogger{log},
		NonproxyHandler:    http.HandlerFunc(notProxied),
		Tr:                 p.transport,
		KeepAcceptEncoding: true, // Accept-Encoding may be among the signed headers
		ConnectDialWithReq: func(r *http.Request, network, address string) (net.Conn, error) {
			return p.dial(r.Context(), network, address)
		},
	}
	proxy.OnRequest().HandleConnectFunc(p.handleConnect)
	proxy.OnRequest().DoFunc(p.handleRequest)
	proxy.OnResponse().DoFunc(handleResponse)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodConnect {
			proxy.ServeHTTP(connectWriter{w}, r)
			return
		}
		proxy.ServeHTTP(streamWriter{w}, r)
	})
}

// debugLogger writes goproxy's messages to a slog.Logger.
type debugLogger struct{ log *slog.Logger }

func (d debugLogger) Printf(format string, v ...any) {
	if d.log.Enabled(context.Background(), slog.LevelDebug) {
		d.log.Debug("intercepting proxy", "message", fmt.Sprintf(format, v...))
	}
}
