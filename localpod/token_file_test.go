package localpod_test

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/irsatest"
	"github.com/irsatz/irsatz/localpod"
)

// TestTokenFile: the token is there at once, is replaced when the server's clock
// says so, and stays when nobody keeps it fresh any more.
func TestTokenFile(t *testing.T) {
	t.Parallel()
	e := irsatest.Start(t, setup)
	path := filepath.Join(t.TempDir(), "volume", "token")
	f, err := localpod.WriteToken(t.Context(), localpod.TokenFileConfig{
		Client: e.Client(), Path: path, Projected: true,
		Request: emulator.TokenRequest{Namespace: "prod", ServiceAccount: "app", Duration: 24 * time.Hour},
	})
	if err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if link, err := os.Readlink(path); runtime.GOOS != "windows" && (err != nil || filepath.ToSlash(link) != "..data/token") {
		t.Errorf("the kubelet's layout: %q, %v", link, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan struct{})
	go func() { f.Run(ctx); close(done) }()
	e.Advance(20 * time.Hour)
	now := func() time.Time { return clock.Now().Add(20 * time.Hour) }
	for deadline := clock.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		second, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(second) != string(first) {
			break
		}
		if clock.Now().After(deadline) {
			t.Fatal("the token is not replaced")
		}
	}
	if err := localpod.CheckTokenFile(path, now().Add(5*time.Hour)); err != nil {
		t.Errorf("the first one would have expired: %v", err)
	}
	stop()
	<-done
}

// TestTokenFileRefuses: no file is left where there is no token to put into it.
func TestTokenFileRefuses(t *testing.T) {
	t.Parallel()
	e := irsatest.Start(t, setup)
	path := filepath.Join(t.TempDir(), "token")
	_, err := localpod.WriteToken(t.Context(), localpod.TokenFileConfig{
		Client: e.Client(), Path: path, Request: emulator.TokenRequest{Namespace: "prod", ServiceAccount: "nobody"},
	})
	if err == nil || !strings.Contains(err.Error(), `serviceaccounts "prod/nobody" not found`) {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("a file: %v", err)
	}
}

func TestCheckTokenFile(t *testing.T) {
	t.Parallel()
	token := func(payload string) string {
		return "e30." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2ln"
	}
	for name, tt := range map[string]struct{ content, want string }{
		"good":       {token(`{"exp":1001}`), ""},
		"expired":    {token(`{"exp":1000}`), "the token expired at 1970-01-01T00:16:40Z"},
		"no exp":     {token(`{}`), "the token has no exp"},
		"empty":      {"", "this is no token"},
		"two parts":  {"a.b", "this is no token"},
		"no base64":  {"a.!.c", "this is no token"},
		"no JSON":    {token("x"), "this is no token"},
		"no numbers": {token(`{"exp":"x"}`), "this is no token"},
	} {
		path := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
			t.Fatal(err)
		}
		err := localpod.CheckTokenFile(path, time.Unix(1000, 0))
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
	if err := localpod.CheckTokenFile(filepath.Join(t.TempDir(), "none"), time.Unix(1000, 0)); !os.IsNotExist(err) {
		t.Errorf("no file: %v", err)
	}
}
