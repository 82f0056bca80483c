// Package irsatest is emulator.Start for a *testing.T; for our tests and our
// users' tests.
//
//	func TestUpload(t *testing.T) {
//		irsa := irsatest.Start(t, setup)
//		irsa.Pod("prod", "app").Setenv(t)
//		// config.LoadDefaultConfig now finds the pod's identity.
//	}
package irsatest

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/localpod"
	"github.com/irsatz/irsatz/manifest"
)

// Emulator is an emulator that lives as long as its test. Its methods fail the
// test rather than return errors.
type Emulator struct {
	*emulator.Emulator
	t     testing.TB
	clock *clock.Clock
}

// closeTime is how long requests under way may take when the test ends.
const closeTime = 5 * time.Second

// Start runs an emulator on free loopback ports with what the manifest says:
// YAML or JSON, the native form or Kubernetes manifests; "" is nothing.
func Start(t testing.TB, setup string) *Emulator {
	t.Helper()
	return StartConfig(t, emulator.Config{}, setup)
}

// StartConfig is Start with a config. Its ports default to free ones, and its
// State is replaced if setup is not empty.
func StartConfig(t testing.TB, config emulator.Config, setup string) *Emulator {
	t.Helper()
	if setup != "" {
		state, err := manifest.Parse("setup", []byte(setup))
		if err != nil {
			t.Fatalf("irsatest: %v", err)
		}
		config.State = state
	}
	if config.Listen == "" {
		config.Listen = "127.0.0.1:0"
	}
	if config.Control == "" {
		config.Control = "127.0.0.1:0"
	}
	if config.Clock == nil {
		config.Clock = new(clock.Clock)
	}
	e, err := emulator.Start(config)
	if err != nil {
		t.Fatalf("irsatest: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeTime)
		defer cancel()
		if err := e.Close(ctx); err != nil {
			t.Errorf("irsatest: close: %v", err)
		}
	})
	return &Emulator{Emulator: e, t: t, clock: config.Clock}
}

// Client returns a client of the control port.
func (e *Emulator) Client() *emulator.Client {
	return &emulator.Client{URL: e.ControlURL(), Token: e.ControlToken()}
}

// Token mints a token of the service account for sts.amazonaws.com.
func (e *Emulator) Token(namespace, serviceAccount string) string {
	e.t.Helper()
	return e.Mint(emulator.TokenRequest{Namespace: namespace, ServiceAccount: serviceAccount})
}

// Mint mints any token, broken ones too.
func (e *Emulator) Mint(request emulator.TokenRequest) string {
	e.t.Helper()
	token, err := e.MintToken(context.Background(), request)
	if err != nil {
		e.t.Fatalf("irsatest: %v", err)
	}
	return token.Token
}

// Advance moves the emulator's clock ahead.
func (e *Emulator) Advance(d time.Duration) { e.clock.Advance(d) }

// Why explains the last request that was denied; "" if none was.
func (e *Emulator) Why() string {
	record, ok := e.Trail().LastDenied()
	if !ok {
		return ""
	}
	return record.Explanation()
}

// Pod is the surroundings of a pod of a service account.
type Pod struct {
	*localpod.Pod
	dir string
}

// Pod prepares the surroundings of a pod: a token that is kept fresh while the
// test runs, and the environment that its SDK reads.
func (e *Emulator) Pod(namespace, serviceAccount string) *Pod {
	e.t.Helper()
	return e.PodConfig(localpod.Config{Namespace: namespace, ServiceAccount: serviceAccount})
}

// PodConfig is Pod with a config. Client and Dir are set here.
func (e *Emulator) PodConfig(config localpod.Config) *Pod {
	e.t.Helper()
	config.Client, config.Dir = e.Client(), e.t.TempDir()
	pod, err := localpod.Start(context.Background(), config)
	if err != nil {
		e.t.Fatalf("irsatest: %v", err)
	}
	e.t.Cleanup(pod.Close)
	return &Pod{Pod: pod, dir: config.Dir}
}

// foreign are the variables by which an SDK would find another identity, or
// pass by the emulator, than a pod's without them.
var foreign = [...]string{
	"AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_SESSION_TOKEN",
	"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE",
	"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
	"AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
	"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_STS_REGIONAL_ENDPOINTS", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT",
	"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_S3", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
}

// Setenv gives the test's process the pod's environment until the test ends,
// and takes away what would give it another identity. A test that calls it
// cannot be parallel.
func (p *Pod) Setenv(t testing.TB) {
	t.Helper()
	for _, name := range foreign {
		t.Setenv(name, "") // has it restored when the test ends
		if err := os.Unsetenv(name); err != nil {
			t.Fatalf("irsatest: %v", err)
		}
	}
	for _, v := range p.Env() {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
}

// Dir returns the pod's folder, which holds its token and the CA.
func (p *Pod) Dir() string { return p.dir }

// Getenv returns a variable of the pod's environment, "" if it is not set.
func (p *Pod) Getenv(name string) string {
	for _, v := range p.Env() {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}
