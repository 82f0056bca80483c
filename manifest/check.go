package manifest

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

var (
	accountPattern   = regexp.MustCompile(`^[0-9]{12}$`)
	regionPattern    = regexp.MustCompile(`^[a-z]{2,5}(-[a-z]+)+-[0-9]{1,2}$`)
	labelPattern     = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)
	subdomainPattern = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
	aliasPattern     = regexp.MustCompile(`^[a-z0-9]([a-z0-9]|-[a-z0-9])*$`)
	versionPattern   = regexp.MustCompile(`^v[1-9][0-9]{0,8}$`)

	// The patterns of the IAM API model, where \w is ASCII.
	iamNamePattern    = regexp.MustCompile(`^[\w+=,.@-]+$`)
	iamPathPattern    = regexp.MustCompile(`^(/|/[\x21-\x7e]+/)$`)
	policyPathPattern = regexp.MustCompile(`^((/[A-Za-z0-9.,+@=_-]+)*)/$`)
	policyARNPattern  = regexp.MustCompile(`^arn:aws[a-z0-9-]*:iam::([0-9]{12}|aws):policy/[\x21-\x7e]+$`)
	descPattern       = regexp.MustCompile(`^[\x{9}\x{a}\x{d}\x{20}-\x{7e}\x{a1}-\x{ff}]*$`)

	// The pattern that the pod identity webhook warns by.
	roleARNPattern = regexp.MustCompile(`^arn:aws[a-z0-9-]*:iam::\d{12}:role/[\w\-/.@+=,]+$`)
)

// These are compiled when they are first asked for: each takes 100 kB and a tenth
// of a millisecond, which is much of what it takes to start.
var (
	clusterPattern = lazily(`^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$`)
	idPattern      = lazily(`^\w{16,128}$`)
	keyIDPattern   = lazily(`^[0-9A-Za-z_]{1,128}$`)
	bucketPattern  = lazily(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	tagPattern     = lazily(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
)

func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

func checkAccount(s string) error {
	if !accountPattern.MatchString(s) {
		return fmt.Errorf("expected an account ID of 12 digits, found %q", s)
	}
	return nil
}

func checkAlias(s string) error {
	if len(s) < 3 || len(s) > 63 || !aliasPattern.MatchString(s) || accountPattern.MatchString(s) {
		return fmt.Errorf("expected an account alias of 3 to 63 lower case letters, digits and -, a letter or digit at both ends, no two - in a row, found %q", s)
	}
	return nil
}

// checkID is for the unique IDs of IAM: AROA…, AIDA…, AGPA…, ANPA…, AIPA….
func checkID(s string) error {
	if !idPattern().MatchString(s) {
		return fmt.Errorf("expected a unique ID of 16 to 128 letters and digits, found %q", s)
	}
	return nil
}

func checkVersion(s string) error {
	if !versionPattern.MatchString(s) {
		return fmt.Errorf("expected the ID of a version, such as v1, found %q", s)
	}
	return nil
}

// The states of an access key.
const (
	keyActive   = "Active"
	keyInactive = "Inactive"
)

func checkKeyStatus(s string) error {
	if s != keyActive && s != keyInactive {
		return fmt.Errorf("expected %s or %s, found %q", keyActive, keyInactive, s)
	}
	return nil
}

func checkRegion(s string) error {
	if !regionPattern.MatchString(s) {
		return fmt.Errorf("expected a region such as eu-west-1, found %q", s)
	}
	return nil
}

func checkCluster(s string) error {
	if !clusterPattern().MatchString(s) {
		return fmt.Errorf("expected a cluster name of up to 100 letters, digits, - and _ that starts with a letter or digit, found %q", s)
	}
	return nil
}

func checkNamespace(s string) error {
	if len(s) > 63 || !labelPattern.MatchString(s) {
		return fmt.Errorf("expected a DNS-1123 label (up to 63 lower case letters, digits and -, a letter or digit at both ends), found %q", s)
	}
	return nil
}

func checkServiceAccount(s string) error {
	if len(s) > 253 || !subdomainPattern.MatchString(s) {
		return fmt.Errorf("expected a DNS-1123 subdomain (up to 253 lower case letters, digits, - and ., a letter or digit at both ends), found %q", s)
	}
	return nil
}

// checkIssuer is for issuer URLs of clusters and of OIDC providers.
func checkIssuer(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" {
		return fmt.Errorf("expected a URL that starts with https:// and names a host, found %q", s)
	}
	if len(s) > 255 {
		return errors.New("expected a URL of up to 255 characters")
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#") {
		return fmt.Errorf("expected a URL without user, query and fragment, found %q", s)
	}
	return nil
}

func iamName(limit int) func(string) error {
	return func(s string) error {
		if len(s) > limit || !iamNamePattern.MatchString(s) {
			return fmt.Errorf("expected a name of up to %d letters, digits and +=,.@_-, found %q", limit, s)
		}
		return nil
	}
}

func checkIAMPath(s string) error {
	if len(s) > 512 || !iamPathPattern.MatchString(s) {
		return fmt.Errorf("expected a path that starts and ends with /, up to 512 characters, found %q", s)
	}
	return nil
}

func checkPolicyPath(s string) error {
	if len(s) > 512 || !policyPathPattern.MatchString(s) {
		return fmt.Errorf("expected a path of letters, digits and .,+@=_- that starts and ends with /, up to 512 characters, found %q", s)
	}
	return nil
}

func checkPolicyARN(s string) error {
	if len(s) > 2048 || !policyARNPattern.MatchString(s) {
		return fmt.Errorf("expected the ARN of a managed policy, arn:aws:iam::ACCOUNT:policy/NAME, found %q", s)
	}
	return nil
}

func checkRoleARN(s string) error {
	if !roleARNPattern.MatchString(s) {
		return fmt.Errorf("expected the ARN of a role, arn:aws:iam::ACCOUNT:role/NAME, found %q", s)
	}
	return nil
}

func checkDescription(s string) error {
	if utf8.RuneCountInString(s) > 1000 || !descPattern.MatchString(s) {
		return errors.New("expected up to 1000 printable characters of Latin-1")
	}
	return nil
}

// checkAccessKeyID allows shorter IDs than the IAM API does: fixed keys for
// tests are commonly called test.
func checkAccessKeyID(s string) error {
	if !keyIDPattern().MatchString(s) {
		return errors.New("expected an access key ID of up to 128 letters, digits and _")
	}
	return nil
}

func checkClientID(s string) error {
	if n := utf8.RuneCountInString(s); n < 1 || n > 255 {
		return errors.New("expected a client ID (audience) of 1 to 255 characters")
	}
	return nil
}

func checkThumbprint(s string) error {
	if len(s) != 40 {
		return fmt.Errorf("expected a thumbprint of 40 characters, found %d", len(s))
	}
	return nil
}

func checkNotEmpty(s string) error {
	if s == "" {
		return errors.New("expected text, found an empty one")
	}
	return nil
}

// Prefixes and suffixes that AWS keeps for itself:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
var (
	reservedPrefixes = []string{"xn--", "sthree-", "amzn-s3-demo-"}
	reservedSuffixes = []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"}
)

func checkBucket(s string) error {
	if !bucketPattern().MatchString(s) || strings.Contains(s, "..") {
		return fmt.Errorf("expected a bucket name of 3 to 63 lower case letters, digits, . and -, a letter or digit at both ends, no two dots in a row, found %q", s)
	}
	if addr, err := netip.ParseAddr(s); err == nil && addr.Is4() {
		return fmt.Errorf("a bucket name must not look like an IP address, found %q", s)
	}
	for _, p := range reservedPrefixes {
		if strings.HasPrefix(s, p) {
			return fmt.Errorf("a bucket name must not start with %s, found %q", p, s)
		}
	}
	for _, p := range reservedSuffixes {
		if strings.HasSuffix(s, p) {
			return fmt.Errorf("a bucket name must not end with %s, found %q", p, s)
		}
	}
	return nil
}

func checkObjectKey(s string) error {
	if s == "" || len(s) > 1024 {
		return errors.New("expected an object key of 1 to 1024 bytes")
	}
	return nil
}
