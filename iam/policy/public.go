package policy

import (
	"net/netip"
	"strings"
)

// Public reports whether S3 takes the policy of a bucket for a public one: it
// allows something to everybody, and no condition limits who that is to fixed
// values.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status.
func (d *Document) Public() bool {
	for i := range d.statements {
		if d.statements[i].public() {
			return true
		}
	}
	return false
}

func (s *statement) public() bool {
	if s.deny || s.principal == nil || !s.principal.everyone && !s.principal.not {
		return false
	}
	for i := range s.conditions {
		if s.conditions[i].limits() {
			return false
		}
	}
	return true
}

// limits reports whether the condition limits the callers to some that are
// known. One that holds for a request without the key does not.
func (c *condition) limits() bool {
	if c.null || c.negated || c.ifExists || c.quantifier == forAllValues || len(c.values) == 0 {
		return false
	}
	fixed, ok := fixedKeys[strings.ToLower(c.key)]
	if !ok {
		return false
	}
	switch c.name {
	case "StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress":
	default:
		return false
	}
	for _, v := range c.values {
		if !fixed(v) {
			return false
		}
	}
	return true
}

// fixedKeys are the condition keys that can keep a policy from being public, with
// what they must be compared to.
var fixedKeys = map[string]func(string) bool{
	"aws:sourceip":              narrow,
	"aws:sourcearn":             literal,
	"aws:sourcevpc":             literal,
	"aws:sourcevpce":            literal,
	"aws:sourceowner":           literal,
	"aws:sourceaccount":         literal,
	"aws:principalarn":          literal,
	"aws:principalaccount":      literal,
	"aws:principalorgid":        literal,
	"aws:principalorgpaths":     literal,
	"aws:userid":                literal,
	"s3:dataaccesspointaccount": literal,
	"s3:dataaccesspointarn":     knownAccessPoint,
	"s3:x-amz-server-side-encryption-aws-kms-key-id": literal,
}

// literal reports whether the value has neither wildcards nor variables.
func literal(value string) bool {
	return !strings.ContainsAny(value, "*?") && !strings.Contains(value, "${")
}

// knownAccessPoint reports whether the account of an access point is fixed.
func knownAccessPoint(value string) bool {
	parts := strings.SplitN(value, ":", arnColons+1)
	return len(parts) > accountPart && parts[accountPart] != "" && literal(strings.Join(parts[:accountPart+1], ":"))
}

// accountPart is the place of the account in an ARN.
const accountPart = 4

// narrow reports whether the value is a range of addresses that is private, or
// not wider than /8 or, of IPv6, /32.
func narrow(value string) bool {
	if address, err := netip.ParseAddr(value); err == nil {
		value = netip.PrefixFrom(address, address.BitLen()).String()
	}
	prefix, err := netip.ParsePrefix(value)
	switch {
	case err != nil:
		return false
	case prefix.Addr().IsPrivate() && prefix.Bits() >= privateBits(prefix.Addr()):
		return true
	case prefix.Addr().Is4():
		return prefix.Bits() >= 8
	}
	return prefix.Bits() >= 32
}

// privateBits is the length of the private range (RFC 1918, RFC 4193) that has
// the address.
func privateBits(a netip.Addr) int {
	if !a.Is4() {
		return 7
	}
	switch a.As4()[0] {
	case 10:
		return 8
	case 172:
		return 12
	}
	return 16
}
