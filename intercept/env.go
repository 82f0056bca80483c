package intercept

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// direct are the hosts that a child reaches without the proxy: irsatz's own ports
// and whatever else runs on this machine.
var direct = []string{"localhost", ".localhost", "127.0.0.1", "127.0.0.0/8", "::1"}

// Env returns the variables that make a child process use the proxy at proxyURL,
// which is a Proxy's URL. Both cases are set, since curl reads http_proxy in lower
// case only and some runtimes the other. noProxy is the NO_PROXY that the child
// would inherit: its entries stay, save those that would lead AWS host names or
// instance metadata around the proxy.
func Env(proxyURL, noProxy string) map[string]string {
	exceptions := strings.Join(append(append([]string(nil), direct...), harmless(noProxy)...), ",")
	return map[string]string{
		"HTTP_PROXY":  proxyURL,
		"http_proxy":  proxyURL,
		"HTTPS_PROXY": proxyURL,
		"https_proxy": proxyURL,
		"NO_PROXY":    exceptions,
		"no_proxy":    exceptions,
	}
}

// JVMFlags returns the system properties that make a JVM use the proxy at
// proxyURL, which reads no variables, or nil if proxyURL is not a URL with a port.
// The exceptions for https are those of http, and none are inherited, because
// their syntax differs from NO_PROXY's.
func JVMFlags(proxyURL string) []string {
	u, err := url.Parse(proxyURL)
	if err != nil || u.Hostname() == "" || u.Port() == "" {
		return nil
	}
	return []string{
		"-Dhttp.proxyHost=" + u.Hostname(),
		"-Dhttp.proxyPort=" + u.Port(),
		"-Dhttps.proxyHost=" + u.Hostname(),
		"-Dhttps.proxyPort=" + u.Port(),
		// The proxy wants neither. But where HTTPS_PROXY is set too, the AWS SDK
		// for Java 1.11 looks there for user and password unless these are given,
		// and fails on a URL that has none.
		"-Dhttps.proxyUser=irsatz",
		"-Dhttps.proxyPassword=irsatz",
		"-Dhttp.nonProxyHosts=localhost|*.localhost|127.*|[::1]",
	}
}

// harmless returns the entries of a NO_PROXY value that exempt neither an AWS host
// name nor a metadata address.
func harmless(noProxy string) []string {
	var kept []string
	for entry := range strings.FieldsFuncSeq(noProxy, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' }) {
		if !exempts(entry) {
			kept = append(kept, entry)
		}
	}
	return kept
}

func exempts(entry string) bool {
	if prefix, err := netip.ParsePrefix(entry); err == nil {
		return overlapsMetadata(prefix)
	}
	host := entry
	if h, _, err := net.SplitHostPort(entry); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if addr, err := netip.ParseAddr(host); err == nil {
		return checkAddr(addr) != nil
	}
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	name = strings.TrimPrefix(strings.TrimPrefix(name, "*"), ".")
	if !isHostName(name) {
		return true // such as *, or a pattern that each runtime reads its own way
	}
	for _, domains := range [][]string{ledDomains, refusedDomains} {
		// An entry exempts the names below it, and some runtimes match any suffix.
		for _, domain := range domains {
			if strings.HasSuffix(domain, name) {
				return true
			}
		}
		if inDomains(name, domains) {
			return true
		}
	}
	return false
}

func overlapsMetadata(prefix netip.Prefix) bool {
	if prefix.Addr().Is4In6() && prefix.Bits() >= 96 {
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
	}
	for _, metadata := range metadataPrefixes {
		if metadata.Overlaps(prefix) {
			return true
		}
	}
	return false
}
