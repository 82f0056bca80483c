package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/kubernetes"
)

// registerFlag is the https URL at which a real cluster finds the AWS port, and
// the webhook with it. A Service would not do: the API server takes no path with
// an underscore behind one.
type registerFlag struct{ url string }

// endpoint is the URL that pods are given, unless another is named. The AWS port
// takes http as well, for which pods need no CA.
func (r registerFlag) endpoint() string {
	host, _ := strings.CutPrefix(r.url, "https://")
	if host == "" {
		return ""
	}
	return "http://" + strings.TrimSuffix(host, "/")
}

// check refuses what a cluster could not call.
func (r registerFlag) check(kubeconfig, listen string) error {
	if r.url == "" {
		return nil
	}
	u, err := url.Parse(r.url)
	switch {
	case kubeconfig == "":
		return usageError{errors.New("--register: want --attach beside it")}
	case err != nil || u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "":
		return usageError{fmt.Errorf("--register %q: want an https URL without path", r.url)}
	case loopback(listen) && !loopback(u.Host):
		return withHint(usageError{fmt.Errorf("--register %s: the cluster cannot reach what listens at %s, on this machine's loopback alone", r.url, listen)},
			"name an address that its nodes reach with --listen, such as 172.18.0.1:4566, the gateway of kind's network, or 0.0.0.0:4566")
	}
	return nil
}

// loopback reports whether an address, with its port or without, is one that no
// other machine reaches.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// registerAt registers the webhook of the attached cluster, and returns when a pod
// that was tried has been mutated by it.
func (f *attachFlags) registerAt(ctx context.Context, e *emulator.Emulator) error {
	r := f.register
	if r.url == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, registerTime)
	defer cancel()
	err := f.cluster.Register(ctx, kubernetes.Registration{CA: e.CAPEM(), URL: strings.TrimSuffix(r.url, "/") + "/_irsatz/clusters/" + url.PathEscape(f.name) + "/mutate"})
	if err != nil {
		return withHint(fmt.Errorf("--register: %w", err), "the API server must reach %s, and find irsatz there: is a firewall in between?", r.url)
	}
	return nil
}
