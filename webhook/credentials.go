package webhook

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
)

// Defaults of upstream's flags for container credentials, which are those of
// EKS Pod Identity.
const (
	DefaultCredentialsAudience   = "pods.eks.amazonaws.com"
	DefaultCredentialsMountPath  = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount"
	DefaultCredentialsVolumeName = "eks-pod-identity-token"
	DefaultCredentialsTokenPath  = "eks-pod-identity-token"
	DefaultCredentialsFullURI    = "http://169.254.170.23/v1/credentials"
)

// ContainerCredentials is the mode of EKS Pod Identity: an agent on the node
// gives credentials for a token. It comes before the web identity.
type ContainerCredentials struct {
	Identities *Identities // who gets them; nil means nobody

	Audience   string // empty means pods.eks.amazonaws.com
	MountPath  string // empty means /var/run/secrets/pods.eks.amazonaws.com/serviceaccount
	VolumeName string // empty means eks-pod-identity-token
	TokenPath  string // file in the volume; empty means eks-pod-identity-token
	FullURI    string // of the agent; empty means http://169.254.170.23/v1/credentials
}

func (c ContainerCredentials) resolved() ContainerCredentials {
	c.Audience = or(c.Audience, DefaultCredentialsAudience)
	c.MountPath = or(c.MountPath, DefaultCredentialsMountPath)
	c.VolumeName = or(c.VolumeName, DefaultCredentialsVolumeName)
	c.TokenPath = or(c.TokenPath, DefaultCredentialsTokenPath)
	c.FullURI = or(c.FullURI, DefaultCredentialsFullURI)
	return c
}

// Identities are the service accounts that get container credentials. The zero
// value is none.
type Identities struct {
	set atomic.Pointer[map[identity]bool]
}

// identity is a service account in the file that upstream watches with
// --watch-container-credentials-config.
type identity struct {
	Namespace      string `json:"namespace"`
	ServiceAccount string `json:"serviceAccount"`
}

// Load replaces the identities by those of the file. An empty file, or none, is
// no identities; malformed JSON changes nothing.
func (i *Identities) Load(content []byte) error {
	var file struct {
		Identities []identity `json:"identities"`
	}
	if len(content) > 0 {
		if err := json.Unmarshal(content, &file); err != nil {
			return fmt.Errorf("container credentials: %w", err)
		}
	}
	set := make(map[identity]bool, len(file.Identities))
	for _, id := range file.Identities {
		set[id] = true
	}
	i.set.Store(&set)
	return nil
}

func (i *Identities) has(namespace, serviceAccount string) bool {
	if i == nil {
		return false
	}
	set := i.set.Load()
	return set != nil && (*set)[identity{namespace, serviceAccount}]
}
