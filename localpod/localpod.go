// Package localpod runs commands as a container of a pod would run: with the
// environment that the webhook gives it, projected tokens that the kubelet
// would keep fresh, and endpoints and trust for its SDK.
package localpod

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/intercept"
	"github.com/irsatz/irsatz/internal/pki"
	"github.com/irsatz/irsatz/workload"
)

// Config says which pod to be. Client and Dir are required.
type Config struct {
	Client *emulator.Client // the emulator's control port
	Dir    string           // the pod's own folder, for token, CA and empty AWS configuration

	// Issuer is one of the setup's issuers, by its name or its URL, to be a job
	// of in place of a pod; "" means to be a pod. A job has nothing of what is
	// said of the pod here.
	Issuer string

	Cluster        string // "" means the first
	Namespace      string // "" means the workload's, then default
	ServiceAccount string // "" means the workload's, then default

	// Workload is the pod to be; nil means one with a single container.
	Workload  *workload.Pod
	Container string // of the workload; "" means the one that kubectl would take
	// Before119 gives the token the permissions of kubelets before Kubernetes
	// 1.19; false means today's.
	Before119 bool

	// Env is the container's own environment, NAME=VALUE, over the workload's.
	// As in a pod, a variable in it keeps the webhook's of the same pair away.
	Env []string
	// Host is the environment of the machine, of which a pod would see
	// nothing. What belongs to AWS is left out; the rest (PATH, HOME) stays.
	Host []string

	TLS       bool // give the https endpoint instead of the http one
	Intercept bool // give no endpoint, but a proxy that leads AWS's own names here

	Report func(error) // is told when the token cannot be refreshed; nil means nobody is
	Rand   io.Reader   // nil means crypto/rand
}

// Pod is the surroundings of the commands to run. It keeps the token fresh
// until Close.
type Pod struct {
	Container workload.Container
	Expires   time.Time // when the first token expires
	Warnings  []string  // what the user should hear about

	env       []string
	proxy     *intercept.Proxy
	stop      context.CancelFunc
	refreshed sync.WaitGroup
}

const (
	trustStorePassword = "changeit" // the JDK's own, for a file without secrets
	filePermission     = 0o644
	folderPermission   = 0o755
)

// Start prepares the pod.
func Start(ctx context.Context, config Config) (*Pod, error) {
	if config.Dir == "" {
		return nil, errors.New("localpod: Config.Client and Config.Dir are required")
	}
	p, env := &Pod{stop: func() {}}, newEnviron(config.Host, config.Env)
	be := p.container
	if config.Issuer != "" {
		be = p.job
	}
	a, err := be(ctx, config, env)
	if err == nil {
		err = p.surroundings(config, a, env)
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	p.env = env.list()
	return p, nil
}

// container makes it a container of a pod.
func (p *Pod) container(ctx context.Context, config Config, env *environ) (*admitted, error) {
	a, err := admit(ctx, config)
	if err != nil {
		return nil, err
	}
	p.Container, p.Warnings = *a.container, append(a.warnings, a.container.Warnings...)
	return a, p.identity(ctx, config, a, env)
}

// Env returns the environment to run commands with, NAME=VALUE.
func (p *Pod) Env() []string { return append([]string(nil), p.env...) }

// Close stops refreshing the token and closes the proxy. The folder stays. It
// may be called twice.
func (p *Pod) Close() {
	p.stop()
	p.refreshed.Wait()
	if p.proxy != nil {
		_ = p.proxy.Close()
	}
}

// surroundings sets what EKS would not have to: endpoints, trust, and empty
// AWS configuration in place of the user's.
func (p *Pod) surroundings(config Config, a *admitted, env *environ) error {
	files, err := writeFiles(config.Dir, a.ca)
	if err != nil {
		return err
	}
	env.setDefault("AWS_CONFIG_FILE", files.config)
	env.setDefault("AWS_SHARED_CREDENTIALS_FILE", files.credentials)
	env.setDefault("AWS_EC2_METADATA_DISABLED", "true")
	for _, name := range []string{"AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"} {
		env.setDefault(name, files.bundle)
	}
	env.setDefault("NODE_EXTRA_CA_CERTS", files.ca)
	env.appendTo("JAVA_TOOL_OPTIONS", "-Djavax.net.ssl.trustStore="+files.trustStore,
		"-Djavax.net.ssl.trustStorePassword="+trustStorePassword, "-Djavax.net.ssl.trustStoreType=PKCS12")
	if config.Intercept {
		return p.intercept(a.info, env)
	}
	endpoint := a.info.AWS
	if config.TLS {
		endpoint = a.info.AWSTLS
	}
	// The variables of the services are needed too: the default chain of the
	// Go SDK does not obey AWS_ENDPOINT_URL in its hidden call to STS.
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_S3"} {
		env.setDefault(name, endpoint)
	}
	env.direct("127.0.0.1", "localhost")
	return nil
}

func (p *Pod) intercept(info emulator.Info, env *environ) error {
	proxy, err := intercept.Start(intercept.Config{AWS: strings.TrimPrefix(info.AWS, "http://"), PassThrough: true})
	if err != nil {
		return err
	}
	p.proxy = proxy
	for name, value := range intercept.Env(proxy.URL(), first(env.get("NO_PROXY"), env.get("no_proxy"))) {
		env.set(name, value)
	}
	env.appendTo("JAVA_TOOL_OPTIONS", intercept.JVMFlags(proxy.URL())...)
	return nil
}

type files struct{ ca, bundle, trustStore, config, credentials string }

// writeFiles writes the CA in the forms that runtimes read, and empty AWS
// configuration.
func writeFiles(dir string, ca []byte) (files, error) {
	trustStore, err := pki.TrustStorePKCS12(ca, trustStorePassword, pki.SystemRoots)
	if err != nil {
		return files{}, err
	}
	var f files
	for _, w := range []struct {
		path    *string
		name    string
		content []byte
	}{
		{&f.ca, "ca/ca.crt", ca},
		{&f.bundle, "ca/bundle.pem", pki.BundlePEM(ca, pki.SystemRoots)},
		{&f.trustStore, "ca/truststore.p12", trustStore},
		{&f.config, "aws/config", nil},
		{&f.credentials, "aws/credentials", nil},
	} {
		*w.path = filepath.Join(dir, filepath.FromSlash(w.name))
		if err := os.MkdirAll(filepath.Dir(*w.path), folderPermission); err != nil {
			return files{}, err
		}
		if err := os.WriteFile(*w.path, w.content, filePermission); err != nil {
			return files{}, err
		}
	}
	return f, nil
}

func first(candidates ...string) string {
	for _, s := range candidates {
		if s != "" {
			return s
		}
	}
	return ""
}
