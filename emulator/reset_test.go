package emulator_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/irsatz/irsatz/emulator"
)

func TestReset(t *testing.T) {
	t.Parallel()
	s := start(t, standardSetup())
	pod := s.pod("sandbox")
	if _, err := pod.Get(t.Context(), "data", "a.txt"); err != nil {
		t.Fatal(err)
	}
	token := s.mint(emulator.TokenRequest{Cluster: "sandbox"})
	keys := raw(t, s.AWSAddr(), request("GET", "/id/"+eksID+"/keys", "localhost", "")).body

	if err := s.root().Put(t.Context(), "data", "new", nil); err != nil {
		t.Fatal(err)
	}
	if err := s.root().Delete(t.Context(), "data", "a.txt"); err != nil {
		t.Fatal(err)
	}
	late := clusterSetup("late", "https://late.example.com")
	load := func() {
		t.Helper()
		if got := s.send("POST", "/v1/state", late); got.status != 204 {
			t.Fatalf("%d %s", got.status, got.body)
		}
		if _, err := s.pod("late").Get(t.Context(), "data", "id/x"); err != nil {
			t.Fatal(err)
		}
	}
	load()
	s.clock.Advance(30 * time.Minute)
	if err := s.control().Reset(t.Context()); err != nil {
		t.Fatal(err)
	}

	if n := len(s.Trail().Records(0)); n != 0 {
		t.Errorf("%d records left", n)
	}
	if s.clock.Offset() != 0 {
		t.Errorf("clock ahead by %v", s.clock.Offset())
	}
	if all, err := s.root().Objects(t.Context(), "data", ""); err != nil || strings.Join(all, " ") != "a.txt id/x" {
		t.Errorf("objects %v, %v", all, err)
	}
	if _, err := s.MintToken(t.Context(), emulator.TokenRequest{Cluster: "late", Namespace: "prod", ServiceAccount: "app"}); err == nil {
		t.Error("the cluster loaded later is still there")
	}
	if _, ok := s.IAM().Snapshot().Role(account, "late"); ok {
		t.Error("the role loaded later is still there")
	}
	if got := raw(t, s.AWSAddr(), request("GET", "/.well-known/openid-configuration", "late.example.com", "")); got.status == http.StatusOK {
		t.Errorf("the issuer loaded later is still served: %s", got.body)
	}
	// The session belongs to a role that is gone, though one of the same name
	// is there.
	if _, err := pod.Get(t.Context(), "data", "a.txt"); code(t, err) != "InvalidAccessKeyId" && code(t, err) != "InvalidToken" {
		t.Errorf("session of before: %v", err)
	}
	if _, _, _, err := pod.CallerIdentity(t.Context()); code(t, err) != "InvalidClientTokenId" {
		t.Errorf("session of before at STS: %v", err)
	}
	// Issuers keep their keys, so tokens stay good.
	if now := raw(t, s.AWSAddr(), request("GET", "/id/"+eksID+"/keys", "localhost", "")).body; now != keys {
		t.Errorf("other keys: %s", now)
	}
	if _, err := s.bearer(roleARN, token).Get(t.Context(), "data", "a.txt"); err != nil {
		t.Errorf("token of before: %v", err)
	}
	load() // again, with the keys that the verifier knows
}

// TestResetIsAtomic: whoever asks meanwhile finds the state whole.
func TestResetIsAtomic(t *testing.T) {
	t.Parallel()
	s := start(t, standardSetup())
	client := s.root() // its credentials outlive a reset
	var stop atomic.Bool
	var asking, changing sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for !stop.Load() {
				if body, err := client.Get(t.Context(), "data", "a.txt"); err != nil || string(body) != "hello" {
					t.Errorf("object: %q, %v", body, err)
					return
				}
				request := emulator.TokenRequest{Cluster: "sandbox", Namespace: "prod", ServiceAccount: "app"}
				if _, err := s.MintToken(t.Context(), request); err != nil {
					t.Errorf("token: %v", err)
					return
				}
				if _, ok := s.IAM().Snapshot().RoleByARN(roleARN); !ok {
					t.Error("no role")
					return
				}
			}
		})
	}
	for range 2 {
		changing.Go(func() {
			for range 10 {
				if err := s.control().Reset(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
		changing.Go(func() {
			for range 10 {
				got := s.send("POST", "/v1/state", strings.ReplaceAll(bucketSetup, "data", "more"))
				if got.status != 204 && !strings.Contains(got.body, "more") {
					t.Errorf("load: %d %s", got.status, got.body)
				}
			}
		})
	}
	changing.Wait()
	stop.Store(true)
	asking.Wait()
}

// TestClock: sessions and tokens end by the emulator's clock, while the dates
// of signatures are the clients'.
func TestClock(t *testing.T) {
	t.Parallel()
	s := start(t, standardSetup())
	ctx := t.Context()
	pod := s.pod("sandbox")
	if _, err := pod.Get(ctx, "data", "a.txt"); err != nil {
		t.Fatal(err)
	}
	advance := func(d time.Duration) {
		t.Helper()
		before := s.clock.Offset()
		state, err := s.control().ChangeClock(ctx, emulator.ClockChange{Advance: d})
		if err != nil || state.Offset != (before+d).Round(time.Millisecond) {
			t.Fatalf("%+v, %v", state, err)
		}
	}
	advance(59 * time.Minute)
	if _, err := pod.Get(ctx, "data", "a.txt"); err != nil {
		t.Errorf("a minute before the session's end: %v", err)
	}
	if _, err := pod.Assume(ctx); err != nil {
		t.Errorf("a minute before the token's end: %v", err)
	}
	advance(2 * time.Minute)
	if _, err := pod.Get(ctx, "data", "a.txt"); code(t, err) != "ExpiredToken" {
		t.Errorf("a minute after the session's end: %v", err)
	}
	if _, err := pod.Assume(ctx); err != nil {
		t.Errorf("within the tolerance for tokens: %v", err)
	}
	advance(5 * time.Minute)
	if _, err := pod.Assume(ctx); code(t, err) != "ExpiredTokenException" {
		t.Errorf("after the tolerance for tokens: %v", err)
	}
	advance(10 * 365 * 24 * time.Hour)
	if _, err := s.pod("sandbox").Get(ctx, "data", "a.txt"); err != nil {
		t.Errorf("fresh token in ten years: %v", err)
	}
	far := s.root()
	far.Now = s.clock.Now
	if _, err := far.Get(ctx, "data", "a.txt"); code(t, err) != "RequestTimeTooSkewed" {
		t.Errorf("signed ten years ahead: %v", err)
	}
	if _, err := s.control().ChangeClock(ctx, emulator.ClockChange{Set: s.clock.Now().Add(-s.clock.Offset())}); err != nil {
		t.Fatal(err)
	}
	state, err := s.control().Clock(ctx)
	if err != nil || state.Offset > time.Second || state.Offset < -time.Second {
		t.Errorf("%+v, %v", state, err)
	}
}

// TestAudit serves what policies deny, records it, and spares nothing that is
// no matter of policies.
func TestAudit(t *testing.T) {
	t.Parallel()
	audit := func(c *emulator.Config) { c.Audit = true }
	s, strict := start(t, standardSetup(), audit), start(t, standardSetup())
	if got := code(t, strict.pod("sandbox").Put(t.Context(), "data", "b.txt", nil)); got != "AccessDenied" {
		t.Errorf("strict: %s", got)
	}
	pod := s.pod("sandbox")
	if err := pod.Put(t.Context(), "data", "b.txt", nil); err != nil {
		t.Errorf("audit: %v", err)
	}
	record, ok := s.Trail().LastDenied()
	if !ok || record.Operation != "PutObject" || record.Status != http.StatusOK || !record.Checks[len(record.Checks)-1].Audited {
		t.Errorf("record %+v", record)
	}
	if info, err := s.control().Info(t.Context()); err != nil || info.Enforce != "audit" {
		t.Errorf("info %+v, %v", info, err)
	}
	pod.Credentials.Secret += "x"
	if _, err := pod.Get(t.Context(), "data", "a.txt"); code(t, err) != "SignatureDoesNotMatch" {
		t.Errorf("wrong secret: %v", err)
	}
	if _, err := s.bearer(roleARN, s.mint(emulator.TokenRequest{Broken: "bad-signature"})).Assume(t.Context()); code(t, err) != "InvalidIdentityToken" {
		t.Errorf("broken token: %v", err)
	}
}
