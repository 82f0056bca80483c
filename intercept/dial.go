package intercept

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
)

// dial is the only way out of the proxy, for tunnels and requests alike, so it
// decides once more by the address that is really dialled.
func (p *Proxy) dial(ctx context.Context, network, address string) (net.Conn, error) {
	to, err := parseTarget(address)
	if err == nil {
		err = p.admit(to)
	}
	if err != nil {
		return nil, fmt.Errorf("irsatz: %s: %w", address, err)
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	var conn net.Conn
	if to.route == routeAWS {
		var d net.Dialer
		if conn, err = d.DialContext(ctx, "tcp", p.aws); err != nil {
			return nil, fmt.Errorf("irsatz: reach the AWS port for %s: %w", address, err)
		}
	} else if conn, err = p.network(ctx, network, address); err != nil {
		return nil, fmt.Errorf("irsatz: reach %s: %w", address, err)
	}
	return p.conns.track(conn), nil
}

// admit reports why the proxy refuses a target, or nil.
func (p *Proxy) admit(to target) error {
	switch {
	case to.route == routeAWS && to.port != 443 && to.port != 80:
		return errBadPort
	case to.route == routeNetwork && !p.passThrough:
		return errPassThrough
	}
	return nil
}

// networkDialer refuses the addresses of instance metadata after the name is
// resolved, because any name may resolve to them.
func networkDialer() *net.Dialer {
	return &net.Dialer{ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		resolved, err := netip.ParseAddrPort(address)
		if err != nil {
			return errBadHost
		}
		return checkAddr(resolved.Addr())
	}}
}

func (p *Proxy) newTransport() *http.Transport {
	return &http.Transport{
		DialContext:           p.dial,
		DisableCompression:    true, // a body must arrive as it was sent
		ExpectContinueTimeout: continueTimeout,
		IdleConnTimeout:       idleTimeout,
		MaxIdleConnsPerHost:   64,
	}
}
