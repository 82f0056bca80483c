package emulator_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/oidc"
)

// known are the service accounts of a real cluster.
type known map[string]map[string]string

func (k known) Lookup(namespace, name string) (map[string]string, bool) {
	annotations, ok := k[namespace+"/"+name]
	return annotations, ok
}
func (known) Await(context.Context, string, string) {}
func (k known) Len() int                            { return len(k) }

const realIssuer = "https://kubernetes.default.svc.cluster.local"

// attached is a real cluster with an issuer of its own, whose keys can be
// fetched while reachable says so.
func attached(t *testing.T, now func() time.Time, reachable *atomic.Bool) (emulator.Attached, *oidc.Issuer) {
	t.Helper()
	issuer, err := oidc.NewIssuer(oidc.Config{URL: realIssuer, Style: oidc.StyleKubernetes, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return emulator.Attached{
		Name: "kubernetes", Issuer: realIssuer, ServiceAccounts: known{"prod/app": {"eks.amazonaws.com/role-arn": "arn:aws:iam::" + account + ":role/kubernetes"}},
		Keys: func(ctx context.Context) ([]byte, error) {
			if !reachable.Load() {
				return nil, errors.New("connection refused")
			}
			return issuer.JWKS(ctx)
		},
	}, issuer
}

// TestD13_AttachedClusterIsVerifiedWithoutNetwork: STS takes the tokens of an
// attached cluster by the keys that were fetched once, and asks no network for
// its issuer, even when the cluster is gone.
func TestD13_AttachedClusterIsVerifiedWithoutNetwork(t *testing.T) {
	t.Parallel()
	// The provider and the role, for a cluster that the setup does not make.
	setup := clusterSetup("kubernetes", realIssuer)
	head, rest, _ := strings.Cut(setup, "clusters:")
	_, rest, _ = strings.Cut(rest, "oidcProviders:")
	setup = head + "oidcProviders:" + rest
	var reachable atomic.Bool
	reachable.Store(true)
	var issuer *oidc.Issuer
	s := start(t, setup, accountOf, func(c *emulator.Config) {
		var a emulator.Attached
		a, issuer = attached(t, c.Clock.Now, &reachable)
		c.Attached = []emulator.Attached{a}
		c.IssuerDial = func(_ context.Context, _, address string) (net.Conn, error) {
			t.Errorf("%s is dialled", address)
			return nil, errors.New("no network")
		}
	})
	assume := func() error {
		t.Helper()
		token, err := issuer.Mint(t.Context(), oidc.TokenRequest{Namespace: "prod", ServiceAccount: "app", Audiences: []string{"sts.amazonaws.com"}, Duration: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.bearer("arn:aws:iam::"+account+":role/kubernetes", token).Assume(t.Context())
		return err
	}
	if err := assume(); err != nil {
		t.Error(err)
	}
	reachable.Store(false)
	s.clock.Advance(48 * time.Hour) // whatever was kept is fetched again
	if err := assume(); err != nil {
		t.Errorf("without the cluster: %v", err)
	}
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	if err := assume(); err != nil {
		t.Errorf("after a reset: %v", err)
	}

	// Its webhook asks the cluster's service accounts; its tokens are its own.
	if _, patch, _ := s.admit("/_irsatz/mutate"); !strings.Contains(patch, "role/kubernetes") {
		t.Errorf("patch %s", patch)
	}
	if sa, err := s.control().ServiceAccount(t.Context(), "", "prod", "app"); err != nil || sa.Issuer != realIssuer || sa.RoleARN == "" {
		t.Errorf("%+v, %v", sa, err)
	}
	const refused = "cluster kubernetes signs its own tokens: kubectl create token …"
	if _, err := s.MintToken(t.Context(), emulator.TokenRequest{Namespace: "prod", ServiceAccount: "app"}); err == nil || err.Error() != refused {
		t.Errorf("mint: %v", err)
	}
	if _, err := s.MintToken(t.Context(), emulator.TokenRequest{Namespace: "prod", ServiceAccount: "ap"}); err == nil || !strings.Contains(err.Error(), "not found") {
		t.Errorf("mint for nobody: %v", err)
	}
	if _, err := s.control().SigningKey(t.Context(), ""); err == nil || err.Error() != refused {
		t.Errorf("signing key: %v", err)
	}
	if d, err := s.control().Describe(t.Context(), "", "prod", "app"); err != nil || d.Rehearsal != nil || d.Issuer != realIssuer {
		t.Errorf("describe: %+v, %v", d, err)
	}
}

// TestK11_F47_ClusterIsMadeAnew: a cluster that was removed and made again has new
// keys, which are fetched when the first token of theirs comes; those of the old
// one are worth nothing any more. The setup describes the cluster as well, as one
// that there is no real cluster for would.
func TestK11_F47_ClusterIsMadeAnew(t *testing.T) {
	t.Parallel()
	var current atomic.Pointer[oidc.Issuer]
	var now func() time.Time
	create := func() *oidc.Issuer {
		issuer, err := oidc.NewIssuer(oidc.Config{URL: realIssuer, Style: oidc.StyleKubernetes, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		current.Store(issuer)
		return issuer
	}
	s := start(t, clusterSetup("kubernetes", realIssuer), accountOf, func(c *emulator.Config) {
		now = c.Clock.Now
		create()
		c.Attached = []emulator.Attached{{
			Name: "kubernetes", Issuer: realIssuer, ServiceAccounts: known{},
			Keys: func(ctx context.Context) ([]byte, error) { return current.Load().JWKS(ctx) },
		}}
	})
	assume := func(issuer *oidc.Issuer) error {
		t.Helper()
		token, err := issuer.Mint(t.Context(), oidc.TokenRequest{Namespace: "prod", ServiceAccount: "app", Audiences: []string{"sts.amazonaws.com"}, Duration: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.bearer("arn:aws:iam::"+account+":role/kubernetes", token).Assume(t.Context())
		return err
	}
	old := current.Load()
	if err := assume(old); err != nil {
		t.Fatal(err)
	}
	if err := assume(create()); err != nil {
		t.Errorf("the new cluster: %v", err)
	}
	if err := assume(old); err == nil || !strings.Contains(err.Error(), "InvalidIdentityToken") {
		t.Errorf("the old cluster: %v", err)
	}
	why, err := s.control().Why(t.Context(), "")
	if err != nil || !strings.Contains(why.Text, "no key has this kid") {
		t.Errorf("why: %v\n%s", err, why.Text)
	}
	if err := s.Reset(); err != nil { // the setup is loaded anew
		t.Fatal(err)
	}
	if err := assume(current.Load()); err != nil {
		t.Errorf("after a reset: %v", err)
	}
}

// TestAttachedClusterIsNotReachable: without keys there is no verdict, and STS
// says so.
func TestAttachedClusterIsNotReachable(t *testing.T) {
	t.Parallel()
	var never atomic.Bool
	s := start(t, "", func(c *emulator.Config) {
		a, _ := attached(t, c.Clock.Now, &never)
		c.Attached = []emulator.Attached{a}
	})
	if got := raw(t, s.AWSAddr(), request("GET", "/id/kubernetes/keys", "127.0.0.1", "")); got.status != 502 || !strings.Contains(got.body, "keys of cluster kubernetes: connection refused") {
		t.Errorf("%d %s", got.status, got.body)
	}
	discovery := raw(t, s.AWSAddr(), request("GET", "/.well-known/openid-configuration", "kubernetes.default.svc.cluster.local", ""))
	if discovery.status != 200 || !strings.Contains(discovery.body, `"jwks_uri":"`+realIssuer+`/keys"`) {
		t.Errorf("%d %s", discovery.status, discovery.body)
	}
}

// TestD14_EqualIssuers: of two clusters with one issuer the second is refused,
// whatever its keys: their tokens could not be told apart by a trust policy.
func TestD14_EqualIssuers(t *testing.T) {
	t.Parallel()
	var reachable atomic.Bool
	a, _ := attached(t, time.Now, &reachable)
	twin := a
	twin.Name = "twin"
	for name, config := range map[string]emulator.Config{
		"both attached":    {Attached: []emulator.Attached{a, twin}},
		"one hosted here":  {Attached: []emulator.Attached{a}, State: parse(t, clusterSetup("twin", realIssuer))},
		"nothing to ask":   {Attached: []emulator.Attached{{Name: "x", Issuer: realIssuer}}},
		"no issuer":        {Attached: []emulator.Attached{{Name: "x", Keys: a.Keys, ServiceAccounts: a.ServiceAccounts}}},
		"no https":         {Attached: []emulator.Attached{{Name: "x", Issuer: "kubernetes.default.svc", Keys: a.Keys, ServiceAccounts: a.ServiceAccounts}}},
		"of the same name": {Attached: []emulator.Attached{a}, State: parse(t, clusterSetup("kubernetes", "https://other.example"))},
	} {
		config.Listen, config.Control = "127.0.0.1:0", "127.0.0.1:0"
		if e, err := emulator.Start(config); err == nil {
			t.Errorf("%s: started", name)
			_ = e.Close(t.Context())
		}
	}
}

// TestSigningKey: the key is that of the tokens.
func TestSigningKey(t *testing.T) {
	t.Parallel()
	s := start(t, standardSetup(), accountOf)
	key, err := s.control().SigningKey(t.Context(), "sandbox")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := oidc.ParseKey([]byte(key.Private))
	if err != nil || string(parsed.PublicPEM()) != key.Public || key.Issuer != issuers["sandbox"] || key.Cluster != "sandbox" {
		t.Errorf("%+v, %v", key, err)
	}
	unverified, err := oidc.ParseToken(s.mint(emulator.TokenRequest{}))
	if err != nil || unverified.ClaimedIssuer() != key.Issuer {
		t.Errorf("%v", err)
	}
	if got := s.send("GET", "/v1/signing-key?cluster=none", ""); got.status != 404 {
		t.Errorf("%d %s", got.status, got.body)
	}
}
