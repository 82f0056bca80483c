package webhook

import (
	"path"
	"strconv"
	"strings"
)

// audience is the service account's if it is there at all, else the flag's.
func (c Config) audience(sa ServiceAccount) string {
	if a, ok := sa.Annotations[c.key("audience")]; ok {
		return a
	}
	return c.TokenAudience
}

// regionalSTS is the service account's if it is one of Go's booleans, else the
// flag's.
func (c Config) regionalSTS(sa ServiceAccount) bool {
	if v, err := strconv.ParseBool(sa.Annotations[c.key("sts-regional-endpoints")]); err == nil {
		return v
	}
	return c.RegionalSTSEndpoint
}

// expiration is the pod's, else the service account's, else the flag's. What
// is no number counts as not given.
func (c Config) expiration(sa ServiceAccount, pod Pod) int64 {
	key := c.key("token-expiration")
	for _, annotations := range []map[string]string{pod.Annotations, sa.Annotations} {
		if seconds, err := strconv.ParseInt(annotations[key], 10, 64); err == nil {
			return max(seconds, minExpiration)
		}
	}
	return c.TokenExpiration
}

// tokenFile is the token's path as a container sees it. On Windows only the
// path in the environment changes; the mount path stays the Unix one.
func tokenFile(mountPath string, windows bool) string {
	file := path.Join(mountPath, tokenPath)
	if windows {
		return "C:" + strings.ReplaceAll(file, "/", `\`)
	}
	return file
}
