package irsatest_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/irsatest"
	"github.com/irsatz/irsatz/localpod"
)

// fakeT is a testing.T that can be ended by hand, and keeps what failed.
type fakeT struct {
	testing.TB
	failed   []string
	cleanups []func()
	set      []string
}

func newT() *fakeT { return &fakeT{} }

func (t *fakeT) Helper()                   {}
func (t *fakeT) Cleanup(f func())          { t.cleanups = append(t.cleanups, f) }
func (t *fakeT) Errorf(f string, a ...any) { t.failed = append(t.failed, fmt.Sprintf(f, a...)) }

// Fatalf ends the goroutine, as testing.T's does.
func (t *fakeT) Fatalf(f string, a ...any) {
	t.Errorf(f, a...)
	runtime.Goexit()
}

func (t *fakeT) Setenv(name, value string) {
	t.set = append(t.set, name)
	if err := os.Setenv(name, value); err != nil { //nolint:usetesting // this is one
		panic(err)
	}
}

func (t *fakeT) TempDir() string {
	dir, err := os.MkdirTemp("", "irsatest") //nolint:usetesting // this is one
	if err != nil {
		panic(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (t *fakeT) end() {
	for _, f := range slices.Backward(t.cleanups) {
		f()
	}
	for _, name := range t.set {
		_ = os.Unsetenv(name)
	}
}

// failing runs a function that should fail the test and returns how.
func failing(f func(t *fakeT)) string {
	t := newT()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(t)
	}()
	<-done
	t.end()
	return strings.Join(t.failed, "\n")
}

// TestFailures: the helpers fail the test, with the cause.
func TestFailures(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	for name, c := range map[string]struct {
		run  func(t *fakeT)
		want string
	}{
		"manifest": {func(t *fakeT) { irsatest.Start(t, "apiVersion: irsatz/v1\nbucket: []") }, "irsatest: setup:2"},
		"state": {func(t *fakeT) {
			irsatest.Start(t, "apiVersion: irsatz/v1\nusers: [{userName: u, managedPolicyArns: [\"arn:aws:iam::000000000000:policy/none\"]}]")
		}, "none"},
		"port":  {func(t *fakeT) { irsatest.StartConfig(t, emulator.Config{Listen: taken.Addr().String()}, "") }, "irsatest: AWS port: "},
		"token": {func(t *fakeT) { irsatest.Start(t, setup).Token("shop", "ap") }, `serviceaccounts "shop/ap" not found`},
		"fault": {func(t *fakeT) {
			irsatest.Start(t, setup).Mint(emulator.TokenRequest{Namespace: "shop", ServiceAccount: "app", Broken: "x"})
		}, "unknown kind"},
		"pod": {func(t *fakeT) { irsatest.Start(t, setup).Pod("shop", "ap") }, `serviceaccounts "shop/ap" not found`},
	} {
		if got := failing(c.run); !strings.Contains(got, c.want) || strings.Contains(got, "\n") {
			t.Errorf("%s: failed with %q, want %s", name, got, c.want)
		}
	}
	if got := failing(func(t *fakeT) { irsatest.Start(t, setup).Pod("shop", "app") }); got != "" {
		t.Errorf("failed with %q", got)
	}
}

// TestEnd: the emulator and its pods end with the test.
func TestEnd(t *testing.T) {
	t.Parallel()
	var address, dir string
	if got := failing(func(t *fakeT) {
		irsa := irsatest.Start(t, setup)
		address, dir = irsa.AWSAddr(), irsa.Pod("shop", "app").Dir()
	}); got != "" {
		t.Errorf("failed with %q", got)
	}
	if conn, err := net.Dial("tcp", address); err == nil {
		_ = conn.Close()
		t.Error("the emulator outlives its test")
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the pod's folder outlives its test: %v", err)
	}
}

func TestHelpers(t *testing.T) {
	t.Parallel()
	irsa := irsatest.Start(t, setup)
	if n := strings.Count(irsa.Token("shop", "app"), "."); n != 2 {
		t.Errorf("a token with %d dots", n)
	}
	if why := irsa.Why(); why != "" {
		t.Errorf("why of nothing: %s", why)
	}
	if info, err := irsa.Client().Info(t.Context()); err != nil || info.AWS != irsa.AWSURL() || info.Account != "111122223333" {
		t.Errorf("%+v, %v", info, err)
	}
	irsa.Advance(time.Hour)
	if state, err := irsa.Client().Clock(t.Context()); err != nil || state.Offset != time.Hour {
		t.Errorf("%+v, %v", state, err)
	}
	pod := irsa.Pod("shop", "app")
	if got := pod.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE"); !strings.HasPrefix(got, pod.Dir()+string(filepath.Separator)) || pod.Getenv("AWS_PROFILE") != "" {
		t.Errorf("token file %s", got)
	}
	secured := irsatest.StartConfig(t, emulator.Config{ControlToken: "secret", Root: "AKIAEXAMPLE:x"}, "")
	if err := secured.Client().Reset(t.Context()); err != nil {
		t.Error(err)
	}
	if key, _, _ := secured.RootCredentials(); key != "AKIAEXAMPLE" {
		t.Errorf("root %s", key)
	}
}

// TestSetenv: what would give another identity is gone while the test runs, and
// back afterwards.
func TestSetenv(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
	t.Setenv("AWS_PROFILE", "prod")
	t.Setenv("AWS_ROLE_ARN", "arn:aws:iam::999988887777:role/real")
	environment := func(name string) (string, bool) {
		for _, v := range os.Environ() {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				return value, true
			}
		}
		return "", false
	}
	t.Run("pod", func(t *testing.T) {
		irsatest.Start(t, setup).Pod("shop", "app").Setenv(t)
		if role, _ := environment("AWS_ROLE_ARN"); role != "arn:aws:iam::111122223333:role/app" {
			t.Errorf("role %s", role)
		}
		for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_PROFILE"} {
			if value, ok := environment(name); ok {
				t.Errorf("%s=%s", name, value)
			}
		}
	})
	t.Run("pod with keys of its own", func(t *testing.T) {
		irsa := irsatest.Start(t, setup)
		irsa.PodConfig(localpod.Config{Namespace: "shop", ServiceAccount: "app", Env: []string{"AWS_ACCESS_KEY_ID=mine"}}).Setenv(t)
		if key, _ := environment("AWS_ACCESS_KEY_ID"); key != "mine" {
			t.Errorf("key %s", key)
		}
	})
	for name, want := range map[string]string{"AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_PROFILE": "prod", "AWS_ROLE_ARN": "arn:aws:iam::999988887777:role/real"} {
		if got, _ := environment(name); got != want {
			t.Errorf("%s=%s afterwards", name, got)
		}
	}
}
