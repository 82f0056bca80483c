// Package localpod runs commands as a pod of a ServiceAccount would run: with
// the webhook's environment, a projected token that the kubelet would keep
// fresh, and endpoints and trust for its SDK.
package localpod

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/intercept"
	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/internal/kubelet"
	"github.com/irsatz/irsatz/internal/pki"
)

// Config says which pod to be. Client and Dir are required.
type Config struct {
	Client *emulator.Client // the emulator's control port
	Dir    string           // the pod's own folder, for token, CA and empty AWS configuration

	Cluster        string // "" means the first
	Namespace      string // "" means default
	ServiceAccount string // "" means default

	// Env is the container's own environment, NAME=VALUE. As in a pod, a
	// variable in it keeps the webhook's of the same pair away.
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
	Injection emulator.Injection
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
	if config.Client == nil || config.Dir == "" {
		return nil, errors.New("localpod: Config.Client and Config.Dir are required")
	}
	for i, v := range config.Env {
		if name, _, ok := strings.Cut(v, "="); !ok || name == "" {
			return nil, fmt.Errorf("localpod: Config.Env[%d]: want NAME=VALUE", i)
		}
	}
	if config.Namespace == "" {
		config.Namespace = "default"
	}
	if config.ServiceAccount == "" {
		config.ServiceAccount = "default"
	}
	info, err := config.Client.Info(ctx)
	if err != nil {
		return nil, err
	}
	in, err := config.Client.Inject(ctx, config.Cluster, config.Namespace, config.ServiceAccount, names(config.Env))
	if err != nil {
		return nil, err
	}
	p := &Pod{Injection: in, Warnings: in.Warnings, stop: func() {}}
	if !in.Injected {
		p.Warnings = append(p.Warnings, fmt.Sprintf("ServiceAccount %s/%s has no role: a pod of it gets no AWS identity (annotate it with eks.amazonaws.com/role-arn)", in.Namespace, in.ServiceAccount))
	}
	env := newEnviron(config.Host, config.Env)
	if err := p.identity(ctx, config, env); err != nil {
		p.Close()
		return nil, err
	}
	if err := p.surroundings(ctx, config, info, env); err != nil {
		p.Close()
		return nil, err
	}
	p.env = env.list()
	return p, nil
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

// identity sets the webhook's variables and writes the token.
func (p *Pod) identity(ctx context.Context, config Config, env *environ) error {
	in := p.Injection
	for _, v := range in.Env {
		value := v.Value
		if strings.HasPrefix(value, in.MountPath+"/") {
			// The pod's own root folder.
			value = filepath.Join(config.Dir, filepath.FromSlash(value))
		}
		env.set(v.Name, value)
	}
	if !in.Injected {
		return nil
	}
	volume := &kubelet.TokenVolume{Dir: filepath.Join(config.Dir, filepath.FromSlash(in.MountPath)), Name: in.TokenPath, Rand: config.Rand}
	serverTime := &serverClock{client: config.Client}
	refresher := &kubelet.Refresher{
		Volume: volume, Report: config.Report, Now: serverTime.Now, Rand: config.Rand,
		Fetch: func(ctx context.Context) (string, time.Time, error) {
			token, err := config.Client.MintToken(ctx, emulator.TokenRequest{
				Cluster: in.Cluster, Namespace: in.Namespace, ServiceAccount: in.ServiceAccount,
				Pod: in.ServiceAccount + "-local", Audiences: []string{in.Audience}, Duration: in.Expiration,
			})
			if p.Expires.IsZero() {
				p.Expires = token.Expires
			}
			return token.Token, token.Expires, err
		},
	}
	serverTime.update(ctx)
	if err := refresher.Refresh(ctx); err != nil {
		return err
	}
	ctx, p.stop = context.WithCancel(context.WithoutCancel(ctx))
	p.refreshed.Go(func() { serverTime.run(ctx) })
	p.refreshed.Go(func() { _ = refresher.Run(ctx) }) // always ctx's end
	return nil
}

// surroundings sets what EKS would not have to: endpoints, trust, and empty
// AWS configuration in place of the user's.
func (p *Pod) surroundings(ctx context.Context, config Config, info emulator.Info, env *environ) error {
	files, err := writeFiles(ctx, config)
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
		return p.intercept(info, env)
	}
	endpoint := info.AWS
	if config.TLS {
		endpoint = info.AWSTLS
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
func writeFiles(ctx context.Context, config Config) (files, error) {
	ca, err := config.Client.CA(ctx)
	if err != nil {
		return files{}, err
	}
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
		*w.path = filepath.Join(config.Dir, filepath.FromSlash(w.name))
		if err := os.MkdirAll(filepath.Dir(*w.path), folderPermission); err != nil {
			return files{}, err
		}
		if err := os.WriteFile(*w.path, w.content, filePermission); err != nil {
			return files{}, err
		}
	}
	return f, nil
}

// serverClock shows the emulator's time, which can be advanced, in this
// process.
type serverClock struct {
	client *emulator.Client
	offset atomic.Int64
}

// serverClockPeriod is how often the emulator is asked.
const serverClockPeriod = 2 * time.Second

// Now returns the emulator's time as of the last update.
func (c *serverClock) Now() time.Time { return clock.Now().Add(time.Duration(c.offset.Load())) }

func (c *serverClock) update(ctx context.Context) {
	if state, err := c.client.Clock(ctx); err == nil {
		c.offset.Store(int64(state.Offset))
	}
}

func (c *serverClock) run(ctx context.Context) {
	ticker := time.NewTicker(serverClockPeriod)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			c.update(ctx)
		}
	}
}

func names(env []string) []string {
	all := make([]string, len(env))
	for i, v := range env {
		all[i], _, _ = strings.Cut(v, "=")
	}
	return all
}

func first(candidates ...string) string {
	for _, s := range candidates {
		if s != "" {
			return s
		}
	}
	return ""
}
