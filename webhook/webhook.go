// Package webhook is the pod-identity admission webhook: pod in, JSON patch
// out.
//
// It does what github.com/aws/amazon-eks-pod-identity-webhook does, byte for
// byte, and names that program "upstream". What irsatz adds to a pod (see
// Additions) is a step of its own after that, which the zero Config leaves out.
package webhook

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/irsatz/irsatz/internal/clock"
)

// What upstream calls its volume and the file in it. Its README says aws-token;
// its code, and every real cluster, says aws-iam-token.
const (
	volumeName = "aws-iam-token"
	tokenPath  = "token"
)

// Defaults of upstream's flags.
const (
	DefaultAnnotationPrefix = "eks.amazonaws.com"
	DefaultTokenAudience    = "sts.amazonaws.com"
	DefaultTokenMountPath   = "/var/run/secrets/eks.amazonaws.com/serviceaccount"
	DefaultTokenExpiration  = 86400
)

// minExpiration is the shortest lifetime the TokenRequest API grants.
const minExpiration = 600

// Config is the webhook's flags. The zero Config is upstream's defaults, over
// no service accounts.
type Config struct {
	AnnotationPrefix    string // --annotation-prefix; empty means eks.amazonaws.com
	TokenAudience       string // --token-audience; empty means sts.amazonaws.com
	TokenMountPath      string // --token-mount-path; empty means /var/run/secrets/eks.amazonaws.com/serviceaccount
	TokenExpiration     int64  // --token-expiration in seconds; 0 means 86400, less than 600 means 600
	DefaultRegion       string // --aws-default-region; empty means that no region is injected
	RegionalSTSEndpoint bool   // --sts-regional-endpoint; false means that none is injected by default

	// RoleARNs is where names in role-arn annotations are (--compose-role-arn);
	// nil means that annotations are taken as they are.
	RoleARNs *RoleARNs
	// ContainerCredentials says who gets container credentials in place of a
	// web identity; the zero value means nobody.
	ContainerCredentials ContainerCredentials

	ServiceAccounts ServiceAccounts // nil means that there are none
	Mappings        *Mappings       // the ConfigMap's (--watch-config-map); nil means none
	// LookupGrace is how long a pod whose service account is not known may
	// wait for it (--service-account-lookup-grace-period); 0 means not at all.
	LookupGrace time.Duration

	Additions Additions        // what upstream does not do; zero means nothing
	Rand      io.Reader        // for the jitter of expirations; nil means crypto/rand
	Log       *slog.Logger     // nil means no log
	Now       func() time.Time // for the metrics; nil means clock.Now
}

// ServiceAccounts is where the webhook looks service accounts up. It is asked
// by many goroutines at a time.
type ServiceAccounts interface {
	// Lookup returns a service account's annotations, which nobody changes,
	// and whether there is one.
	Lookup(namespace, name string) (annotations map[string]string, found bool)
	// Await returns when a service account that was not found may be there
	// now, or when ctx ends.
	Await(ctx context.Context, namespace, name string)
	// Len returns how many there are.
	Len() int
}

// Webhook decides what pods are given. It is an http.Handler for the API
// server, see ServeHTTP.
type Webhook struct {
	config  Config
	metrics *metrics
}

// New makes a webhook.
func New(config Config) *Webhook {
	return &Webhook{config: config.resolved(), metrics: newMetrics()}
}

// resolved is c with the defaults filled in.
func (c Config) resolved() Config {
	c.AnnotationPrefix = or(c.AnnotationPrefix, DefaultAnnotationPrefix)
	c.TokenAudience = or(c.TokenAudience, DefaultTokenAudience)
	c.TokenMountPath = or(c.TokenMountPath, DefaultTokenMountPath)
	c.TokenExpiration = max(or(c.TokenExpiration, DefaultTokenExpiration), minExpiration)
	c.ContainerCredentials = c.ContainerCredentials.resolved()
	if c.ServiceAccounts == nil {
		c.ServiceAccounts = nobody{}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = clock.Now
	}
	return c
}

func (c *Config) key(name string) string { return c.AnnotationPrefix + "/" + name }

// or returns the value, or the default for a zero one.
func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// nobody is no service accounts.
type nobody struct{}

// Lookup finds nothing.
func (nobody) Lookup(string, string) (map[string]string, bool) { return nil, false }

// Await knows that there is nothing to wait for.
func (nobody) Await(context.Context, string, string) {}

// Len returns 0.
func (nobody) Len() int { return 0 }
