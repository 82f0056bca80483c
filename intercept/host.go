package intercept

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// The reasons for which the proxy refuses a request.
var (
	errBadHost     = errors.New("not a host name or address in ASCII")
	errBadPort     = errors.New("irsatz answers for AWS host names on port 443 for https and port 80 for http only, and fake credentials must not reach AWS")
	errPartition   = errors.New("irsatz does not answer for this AWS partition, and fake credentials must not reach AWS")
	errMetadata    = errors.New("instance and container metadata are not served: they would give the credentials of this machine")
	errPassThrough = errors.New("only AWS host names are served here: passing through other hosts is off")
)

// ledDomains are the DNS suffixes that irsatz answers for; each covers itself and
// every name below it. From the partitions of the AWS SDKs' endpoint rules.
var ledDomains = []string{"amazonaws.com", "amazonaws.com.cn", "api.aws"}

// refusedDomains are the DNS suffixes of the partitions that irsatz knows nothing
// of: they are AWS, so a request must not leave the machine.
var refusedDomains = []string{
	"amazonaws.eu", "api.amazonwebservices.eu", // aws-eusc
	"api.amazonwebservices.com.cn", // aws-cn, dual stack
	"c2s.ic.gov", "api.aws.ic.gov", // aws-iso
	"sc2s.sgov.gov", "api.aws.scloud", // aws-iso-b
	"cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", // aws-iso-e
	"csp.hci.ic.gov", "api.aws.hci.ic.gov", // aws-iso-f
}

// metadataPrefixes hold the addresses of instance metadata (169.254.169.254 and
// fd00:ec2::254), of container credentials (169.254.170.2) and of EKS Pod Identity
// (169.254.170.23 and fd00:ec2::23). All link-local addresses go with them: no
// proxied host has one.
var metadataPrefixes = []netip.Prefix{
	netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("fe80::/10"),
	netip.MustParsePrefix("fd00:ec2::/32"),
}

// route is where a host's requests go.
type route int

const (
	routeNetwork route = iota // to the network, if passing through is on
	routeAWS                  // to the AWS port
)

// target is a host and port that a client asked for.
type target struct {
	route route
	port  uint16
}

// parseTarget decides where the requests for a host and port go. What it cannot
// read with certainty is an error: a name that this proxy and a resolver read
// differently would be a way around it.
func parseTarget(hostport string) (target, error) {
	host, digits, err := net.SplitHostPort(hostport)
	if err != nil {
		return target{}, errBadHost
	}
	port, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || port == 0 {
		return target{}, errBadPortNumber(digits)
	}
	to, err := routeOf(host)
	return target{route: to, port: uint16(port)}, err
}

func errBadPortNumber(digits string) error { return fmt.Errorf("%q is not a port number", digits) }

// routeOf decides by the host alone, as resolvers read it: without regard to case
// (RFC 4343) and to the trailing dot of an absolute name. Names beyond ASCII are
// refused rather than mapped, since mapping makes AWS names of look-alikes.
func routeOf(host string) (route, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return routeNetwork, checkAddr(addr)
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	if !isHostName(name) {
		return routeNetwork, errBadHost
	}
	if inDomains(name, refusedDomains) {
		return routeNetwork, errPartition
	}
	if inDomains(name, ledDomains) {
		return routeAWS, nil
	}
	return routeNetwork, nil
}

func checkAddr(addr netip.Addr) error {
	addr = addr.Unmap().WithZone("")
	for _, prefix := range metadataPrefixes {
		if prefix.Contains(addr) {
			return errMetadata
		}
	}
	return nil
}

func inDomains(name string, domains []string) bool {
	for _, domain := range domains {
		if below, ok := strings.CutSuffix(name, domain); ok && (below == "" || below[len(below)-1] == '.') {
			return true
		}
	}
	return false
}

// isHostName reports whether name, in lower case, has only labels that DNS host
// names have, and does not end in a number: resolvers of the C library take
// 2852039166 and 0xa9fea9fe for the address 169.254.169.254.
func isHostName(name string) bool {
	if len(name) > 253 {
		return false
	}
	last := ""
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for i := range len(label) {
			c := label[i]
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
		last = label
	}
	if strings.Trim(last, "0123456789") == "" {
		return false
	}
	hex, ok := strings.CutPrefix(last, "0x")
	return !ok || strings.Trim(hex, "0123456789abcdef") != ""
}
