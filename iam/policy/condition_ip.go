package policy

import (
	"net/netip"
	"strings"
)

// ipTester asks whether an address is in a range. Ranges of one family never
// hold addresses of the other.
type ipTester struct {
	ranges []netip.Prefix
	spoilt bool
}

func newIP(values []string, _ language) tester {
	var t ipTester
	for _, v := range values {
		p, ok := parseRange(v)
		if !ok {
			t.spoilt = true
			continue
		}
		t.ranges = append(t.ranges, p)
	}
	return t
}

// parseRange reads a range; an address without a mask is a range of one.
func parseRange(s string) (netip.Prefix, bool) {
	if strings.Contains(s, "/") {
		p, err := netip.ParsePrefix(s)
		return p, err == nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}

// test takes an IPv4 address that is written as an IPv6 one for what it is.
func (t ipTester) test(value string, _ *Context) match {
	a, err := netip.ParseAddr(value)
	if err != nil {
		return bad
	}
	a = a.Unmap()
	for _, r := range t.ranges {
		if r.Contains(a) {
			return yes
		}
	}
	return noUnless(t.spoilt)
}
