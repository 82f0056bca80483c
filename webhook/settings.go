package webhook

import (
	"context"
	"regexp"
	"strconv"
	"strings"
)

// settings is what is configured for a service account, by its annotations or
// by the ConfigMap.
type settings struct {
	roleARN     string
	audience    string
	regionalSTS bool
	expiration  int64
}

// annotated reads a service account's annotations, with the flags as defaults.
// What cannot be parsed counts as not given.
func (c *Config) annotated(annotations map[string]string) settings {
	s := settings{
		roleARN: annotations[c.key("role-arn")], audience: c.TokenAudience,
		regionalSTS: c.RegionalSTSEndpoint, expiration: c.TokenExpiration,
	}
	if s.roleARN != "" && c.RoleARNs != nil {
		s.roleARN = c.RoleARNs.compose(s.roleARN)
	}
	if audience, ok := annotations[c.key("audience")]; ok {
		s.audience = audience
	}
	if v, err := strconv.ParseBool(annotations[c.key("sts-regional-endpoints")]); err == nil {
		s.regionalSTS = v
	}
	s.expiration = c.expiration(annotations, s.expiration)
	return s
}

// expiration is the annotations', or the default. The TokenRequest API grants
// no shorter one than ten minutes; how long it may be is the API server's
// business.
func (c *Config) expiration(annotations map[string]string, otherwise int64) int64 {
	if seconds, err := strconv.ParseInt(annotations[c.key("token-expiration")], 10, 64); err == nil {
		return max(seconds, minExpiration)
	}
	return otherwise
}

// find returns the settings of a service account with a role: its annotations
// come before the ConfigMap. Known is false if neither says anything about it,
// which may change when its creation becomes known here.
func (w *Webhook) find(namespace, name string) (s settings, known bool) {
	annotations, known := w.config.ServiceAccounts.Lookup(namespace, name)
	if known {
		if s = w.config.annotated(annotations); s.roleARN != "" {
			return s, true
		}
	}
	if mapped, ok := w.config.Mappings.find(namespace, name); ok {
		return mapped.settings(w.config.TokenExpiration), true
	}
	return settings{}, known
}

// Audience returns what the tokens of a service account's pods are for, and
// false if they get no web identity.
func (w *Webhook) Audience(namespace, name string) (string, bool) {
	s, _ := w.find(namespace, name)
	return s.audience, s.roleARN != ""
}

// webIdentity returns the settings of a service account with a role, after a
// grace for those that have just been created: pods often come with them.
func (w *Webhook) webIdentity(ctx context.Context, namespace, name string) (settings, bool) {
	s, known := w.find(namespace, name)
	if !known && w.config.LookupGrace > 0 {
		ctx, cancel := context.WithTimeout(ctx, w.config.LookupGrace)
		defer cancel()
		w.config.ServiceAccounts.Await(ctx, namespace, name)
		s, known = w.find(namespace, name)
	}
	if !known {
		w.metrics.missing()
		w.config.Log.Warn("service account is not known: the pod is not mutated", "namespace", namespace, "serviceAccount", name)
	}
	return s, s.roleARN != ""
}

// common is what container credentials have in common with a web identity. As
// upstream has it, a service account's settings count without a role too, the
// ConfigMap's wildcard does not count, and where there is neither the flags do
// not count either.
func (w *Webhook) common(namespace, name string) (regionalSTS bool, expiration int64) {
	if annotations, ok := w.config.ServiceAccounts.Lookup(namespace, name); ok {
		s := w.config.annotated(annotations)
		return s.regionalSTS, s.expiration
	}
	if mapped, ok := w.config.Mappings.exact(namespace, name); ok {
		s := mapped.settings(w.config.TokenExpiration)
		return s.regionalSTS, s.expiration
	}
	return false, DefaultTokenExpiration
}

// roleARNPattern is upstream's. It decides about a warning only: a value that
// does not match is injected as it is.
var roleARNPattern = regexp.MustCompile(`^arn:aws[a-z0-9-]*:iam::\d{12}:role\/[\w-\/.@+=,]+$`)

// RoleARNs says where roles are that annotations give by name or path and name
// alone.
type RoleARNs struct {
	AccountID string
	Region    string // decides about the partition
}

// compose makes a role ARN of a name; what is one already stays as it is.
func (r *RoleARNs) compose(annotation string) string {
	if strings.Contains(annotation, "arn:") {
		return annotation
	}
	return "arn:" + partition(r.Region) + ":iam::" + r.AccountID + ":role/" + annotation
}

// partition is that of a region, by upstream's list.
func partition(region string) string {
	for _, p := range [...]struct{ prefix, partition string }{
		{"cn-", "aws-cn"}, {"us-gov-", "aws-us-gov"}, {"us-iso-", "aws-iso"}, {"us-isob-", "aws-iso-b"}, {"eusc-", "aws-eusc"},
	} {
		if strings.HasPrefix(region, p.prefix) {
			return p.partition
		}
	}
	return "aws"
}
