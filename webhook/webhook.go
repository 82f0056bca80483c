// Package webhook is the pod-identity admission webhook: pod in, JSON patch
// out.
//
// It does what github.com/aws/amazon-eks-pod-identity-webhook does. What is
// here so far is its core, which knows no Kubernetes types: the environment,
// the volume and the mount that a pod of a service account is given.
package webhook

import "regexp"

// What upstream calls its volume and the file in it. Its README says aws-token;
// its code, and every real cluster, says aws-iam-token.
const (
	volumeName = "aws-iam-token"
	tokenPath  = "token"
)

// Defaults of upstream's flags.
const (
	defaultPrefix     = "eks.amazonaws.com"
	defaultAudience   = "sts.amazonaws.com"
	defaultMountPath  = "/var/run/secrets/eks.amazonaws.com/serviceaccount"
	defaultExpiration = 86400

	// minExpiration is the shortest lifetime the TokenRequest API grants.
	minExpiration = 600
)

// Config is the webhook's flags. The zero Config is upstream's defaults.
type Config struct {
	AnnotationPrefix    string // --annotation-prefix; empty means eks.amazonaws.com
	TokenAudience       string // --token-audience; empty means sts.amazonaws.com
	TokenMountPath      string // --token-mount-path; empty means /var/run/secrets/eks.amazonaws.com/serviceaccount
	TokenExpiration     int64  // --token-expiration in seconds; 0 means 86400, less than 600 means 600
	DefaultRegion       string // --aws-default-region; empty means that no region is injected
	RegionalSTSEndpoint bool   // --sts-regional-endpoint; false means that none is injected by default
}

// ServiceAccount is what the webhook reads of a service account.
type ServiceAccount struct {
	Annotations map[string]string
}

// Pod is what the webhook reads of a pod, apart from its containers.
type Pod struct {
	Annotations map[string]string
	Windows     bool // the node selector asks for Windows
}

// Env is an environment variable.
type Env struct{ Name, Value string }

// Volume is the projected volume with the web identity token.
type Volume struct {
	Name              string
	Audience          string
	ExpirationSeconds int64
	Path              string // file in the volume
}

// Mount is where a container sees the volume. It is read-only.
type Mount struct {
	VolumeName string
	Path       string
}

// Injection is what a pod of a service account with a role is given.
type Injection struct {
	RoleARN  string
	Volume   Volume
	Mount    Mount
	Warnings []string // for the log; nothing is refused for them

	tokenFile   string
	region      string
	regionalSTS bool
}

// roleARNPattern is upstream's. It decides about a warning only.
var roleARNPattern = regexp.MustCompile(`^arn:aws[a-z0-9-]*:iam::\d{12}:role\/[\w-\/.@+=,]+$`)

// Inject returns what a pod of the service account is given. Without a role it
// is false and the pod is left alone.
func (c Config) Inject(sa ServiceAccount, pod Pod) (Injection, bool) {
	c = c.resolved()
	roleARN := sa.Annotations[c.key("role-arn")]
	if roleARN == "" {
		return Injection{}, false
	}
	in := Injection{
		RoleARN: roleARN,
		Volume: Volume{
			Name:              volumeName,
			Audience:          c.audience(sa),
			ExpirationSeconds: c.expiration(sa, pod),
			Path:              tokenPath,
		},
		Mount:       Mount{VolumeName: volumeName, Path: c.TokenMountPath},
		tokenFile:   tokenFile(c.TokenMountPath, pod.Windows),
		region:      c.DefaultRegion,
		regionalSTS: c.regionalSTS(sa),
	}
	if !roleARNPattern.MatchString(roleARN) {
		in.Warnings = append(in.Warnings, "arn is invalid: "+roleARN)
	}
	return in, true
}

// resolved is c with the defaults filled in.
func (c Config) resolved() Config {
	if c.AnnotationPrefix == "" {
		c.AnnotationPrefix = defaultPrefix
	}
	if c.TokenAudience == "" {
		c.TokenAudience = defaultAudience
	}
	if c.TokenMountPath == "" {
		c.TokenMountPath = defaultMountPath
	}
	if c.TokenExpiration == 0 {
		c.TokenExpiration = defaultExpiration
	}
	c.TokenExpiration = max(c.TokenExpiration, minExpiration)
	return c
}

func (c Config) key(name string) string { return c.AnnotationPrefix + "/" + name }
