package iam_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
)

// ask answers whether the credentials may do the action to anything.
func (h *harness) ask(c iam.Credentials, action string) policy.Decision {
	h.Helper()
	caller, _, err := h.Authenticate(c.AccessKeyID, c.SessionToken)
	if err != nil {
		h.Fatal(err)
	}
	ctx := policy.NewContext()
	caller.FillContext(ctx)
	return h.Authorize(&iam.Question{Caller: caller, Action: action, Resource: "*", ResourceAccount: account, Context: ctx})
}

// full is a session with everything that one can have.
func full() iam.Session {
	return iam.Session{
		Name: "session", ProviderARN: "arn:aws:iam::" + account + ":oidc-provider/" + issuer, Issuer: issuer, Subject: "sub", Audience: "aud", AMR: []string{"pwd", "mfa"},
		SourceIdentity: "alice", Tags: []iam.Tag{{Key: "Team", Value: "red"}, {Key: "x", Value: ""}}, TransitiveIDs: []string{"Team"},
		Policy: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`, PolicyARNs: []string{readS3},
	}
}

// A session comes out of its token as it went in, in another store with the
// same key too.
func TestSessionRoundTrip(t *testing.T) {
	t.Parallel()
	key := make([]byte, 32)
	h := newHarness(t, func(c *iam.Config) { c.SealingKey = key })
	role := h.createRole(app())
	c, issued := h.issue(role, full())
	caller, secret, err := h.Authenticate(c.AccessKeyID, c.SessionToken)
	if err != nil || secret != c.Secret || caller.Session != issued || caller.Role != role {
		t.Fatalf("%v %+v", err, caller)
	}
	if want := begin.Truncate(time.Second); !issued.Issued.Equal(want) || !c.Expires.Equal(want.Add(time.Hour)) || c.Expires.Nanosecond() != 0 {
		t.Errorf("issued %s, expires %s", issued.Issued, c.Expires)
	}
	if caller.ARN != "arn:aws:sts::"+account+":assumed-role/App/session" || caller.UserID != role.ID+":session" || issued.ARN() != caller.ARN || issued.ID() != caller.UserID {
		t.Errorf("%+v", caller)
	}
	if want := (policy.Principal{Kind: policy.RoleSession, AccountID: account, ARN: caller.ARN, RoleARN: role.ARN}); caller.Principal() != want {
		t.Errorf("%+v", caller.Principal())
	}
	// The same seed makes the same role id, as a restored store would have.
	twin := newHarness(t, func(c *iam.Config) { c.SealingKey = key })
	twin.createRole(app())
	again, _, err := twin.Authenticate(c.AccessKeyID, c.SessionToken)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(issued, again.Session, cmpopts.IgnoreUnexported(iam.Session{})); diff != "" {
		t.Error(diff)
	}
	if again.ARN != caller.ARN || again.UserID != caller.UserID {
		t.Errorf("%+v", again)
	}
}

// What a store does with what it was given must not reach a session.
func TestSessionOwnsItsSlices(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	given := full()
	c, _ := h.issue(h.createRole(app()), given)
	given.Tags[0].Value, given.AMR[0], given.PolicyARNs[0] = "blue", "x", "y"
	caller, _, err := h.Authenticate(c.AccessKeyID, c.SessionToken)
	if err != nil || caller.Session.Tags[0].Value != "red" || caller.Session.AMR[0] != "pwd" || caller.Session.PolicyARNs[0] != readS3 {
		t.Errorf("%v %+v", err, caller.Session)
	}
}

// A34: tokens look like AWS's, and need to be percent-encoded.
func TestA34_TokenForm(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	role := h.createRole(app())
	for i := range 50 {
		c, _ := h.issue(role, iam.Session{Name: strings.Repeat("n", 2+i)})
		if !strings.HasPrefix(c.SessionToken, "IQoJb3JpZ2luX2Vj") || !strings.Contains(c.SessionToken, "+") || !strings.Contains(c.SessionToken, "/") || !strings.HasSuffix(c.SessionToken, "=") {
			t.Fatalf("token %s", c.SessionToken)
		}
		if strings.Contains(c.SessionToken, c.Secret) {
			t.Fatal("the token shows the secret")
		}
	}
}

// A source of randomness that always says the same must not hang a store.
func TestConstantRandomness(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(c *iam.Config) { c.Rand = zeros{} })
	if c, _ := h.issue(h.createRole(app()), iam.Session{}); c.SessionToken == "" {
		t.Error("no token")
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestTokenSize(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	role := h.createRole(app())
	c, _ := h.issue(role, iam.Session{MinTokenSize: 4000})
	if n := len(c.SessionToken); n < 4000 || n > 4004 {
		t.Errorf("%d bytes", n)
	}
	h.ask(c, "s3:GetObject")
	_, _, err := h.Issue(role, iam.Session{Name: "xx", Subject: strings.Repeat("s", 8000)}, time.Hour)
	if !errors.Is(err, iam.ErrTokenTooLarge) {
		t.Errorf("a subject of 8000: %v", err)
	}
	if _, _, err := h.Issue(role, iam.Session{Name: "xx", Policy: "{"}, time.Hour); err == nil {
		t.Error("a session policy that is none")
	}
}

// §6.6: credentials that are refused, and why.
func TestRefusedCredentials(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(c *iam.Config) {
		c.Root = []iam.RootCredentials{{AccountID: account, AccessKeyID: "test", Secret: "test"}}
	})
	h.update(func(d *iam.Draft) error {
		_, err := d.CreateUser(iam.User{AccountID: account, Name: "ci", AccessKeys: []iam.AccessKey{{ID: "AKIA1", Secret: "s"}}})
		return err
	})
	role := h.createRole(app())
	one, _ := h.issue(role, iam.Session{Name: "one"})
	two, _ := h.issue(role, iam.Session{Name: "two"})
	raw, err := base64.StdEncoding.DecodeString(one.SessionToken)
	if err != nil {
		t.Fatal(err)
	}
	flipped := func(i int) string {
		twin := append([]byte(nil), raw...)
		twin[(i+len(twin))%len(twin)] ^= 1
		return base64.StdEncoding.EncodeToString(twin)
	}
	for name, test := range map[string]struct {
		key, token string
		want       error
	}{
		"the session":             {one.AccessKeyID, one.SessionToken, nil},
		"root":                    {"test", "", nil},
		"unknown key":             {"AKIAUNKNOWN", "", iam.ErrUnknownAccessKey},
		"no token":                {one.AccessKeyID, "", iam.ErrTokenMissing},
		"another's token":         {one.AccessKeyID, two.SessionToken, iam.ErrTokenMismatch},
		"token with unknown key":  {"AKIAUNKNOWN", one.SessionToken, iam.ErrTokenMismatch},
		"root with token":         {"test", one.SessionToken, iam.ErrTokenUnexpected},
		"user with token":         {"AKIA1", one.SessionToken, iam.ErrTokenUnexpected},
		"no base64":               {one.AccessKeyID, "!", iam.ErrMalformedToken},
		"only the beginning":      {one.AccessKeyID, one.SessionToken[:16], iam.ErrMalformedToken},
		"truncated":               {one.AccessKeyID, one.SessionToken[:len(one.SessionToken)-4], iam.ErrMalformedToken},
		"lengthened":              {one.AccessKeyID, one.SessionToken + "AAAA", iam.ErrMalformedToken},
		"with a line's end":       {one.AccessKeyID, one.SessionToken + "\n", iam.ErrMalformedToken},
		"with a line's end in it": {one.AccessKeyID, one.SessionToken[:40] + "\r\n" + one.SessionToken[40:], iam.ErrMalformedToken},
		"plus became blank":       {one.AccessKeyID, strings.ReplaceAll(one.SessionToken, "+", " "), iam.ErrMalformedToken},
		"without padding":         {one.AccessKeyID, strings.TrimRight(one.SessionToken, "="), iam.ErrMalformedToken},
		"first bit flipped":       {one.AccessKeyID, flipped(0), iam.ErrMalformedToken},
		"nonce flipped":           {one.AccessKeyID, flipped(15), iam.ErrMalformedToken},
		"contents flipped":        {one.AccessKeyID, flipped(100), iam.ErrMalformedToken},
		"last bit flipped":        {one.AccessKeyID, flipped(-1), iam.ErrMalformedToken},
		"far too long":            {one.AccessKeyID, strings.Repeat("A", 1<<20), iam.ErrMalformedToken},
	} {
		t.Run(name, func(t *testing.T) {
			caller, secret, err := h.Authenticate(test.key, test.token)
			if !errors.Is(err, test.want) || (caller == nil) != (test.want != nil) || (secret == "") != (test.want != nil) {
				t.Errorf("%v %v, want %v", caller, err, test.want)
			}
		})
	}
}

// A89, A90: expiry, and roles that went. Expired beats gone.
func TestA89_A90_SessionEnds(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	c, _ := h.issue(h.createRole(app()), iam.Session{})
	refused := func(when string, want error) {
		t.Helper()
		if _, _, err := h.Authenticate(c.AccessKeyID, c.SessionToken); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", when, err, want)
		}
	}
	h.advance(time.Hour - time.Second)
	refused("a second before its end", nil)
	h.advance(time.Second)
	refused("at its end", iam.ErrSessionExpired)
	h.advance(-time.Minute)
	refused("after the clock was set back", nil)
	h.update(func(d *iam.Draft) error { return d.DeleteRole(account, "app") })
	refused("without its role", iam.ErrRoleGone)
	h.createRole(app())
	refused("with another role of the same name", iam.ErrRoleGone)
	h.advance(time.Minute)
	refused("expired and gone", iam.ErrSessionExpired)
}

// E79, §2.6: policies are those of now, the role's as well as the session's.
func TestLivePolicies(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	role := app()
	role.Inline = []policy.Policy{{Name: "all", Document: identity(allowAll)}}
	managed := "arn:aws:iam::" + account + ":policy/narrow"
	h.update(func(d *iam.Draft) error {
		_, err := d.CreatePolicy(iam.ManagedPolicy{AccountID: account, Name: "narrow", Document: identity(`{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}`)})
		return err
	})
	made := h.createRole(role)
	plain, _ := h.issue(made, iam.Session{})
	narrow, _ := h.issue(made, iam.Session{PolicyARNs: []string{managed}})
	both, _ := h.issue(made, iam.Session{PolicyARNs: []string{managed}, Policy: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Put*","Resource":"*"}}`})
	check := func(c iam.Credentials, action string, want bool) {
		t.Helper()
		if d := h.ask(c, action); d.Allowed() != want || !want && d.Explanation == nil {
			t.Errorf("%s: %+v, want %v", action, d, want)
		}
	}
	check(plain, "s3:DeleteObject", true)
	check(narrow, "s3:GetObject", true)
	check(narrow, "s3:PutObject", false)
	check(both, "s3:GetObject", true)
	check(both, "s3:PutObject", true)
	check(both, "s3:DeleteObject", false)
	h.update(func(d *iam.Draft) error {
		_, err := d.UpdateRole(account, "app", func(r *iam.Role) error {
			r.Inline = append(r.Inline, policy.Policy{Name: "no", Document: identity(`{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"}`)})
			return nil
		})
		return err
	})
	check(plain, "s3:GetObject", false)
	check(plain, "s3:DeleteObject", true)
	h.update(func(d *iam.Draft) error {
		_, err := d.UpdateRole(account, "app", func(r *iam.Role) error { r.BoundaryARN = readS3; return nil })
		return err
	})
	check(plain, "s3:DeleteObject", false)
	check(plain, "s3:ListBucket", true)
}

// The cache of opened tokens is bounded; tokens that fell out still open.
func TestManySessions(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	role := h.createRole(app())
	first, _ := h.issue(role, iam.Session{})
	for range iam.MaxOpened + 10 {
		h.issue(role, iam.Session{})
	}
	if n := h.Opened(); n == 0 || n > iam.MaxOpened {
		t.Errorf("%d opened tokens are kept", n)
	}
	if _, _, err := h.Authenticate(first.AccessKeyID, first.SessionToken); err != nil {
		t.Error(err)
	}
}

// Writers and readers at once.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	role := app()
	role.Inline = []policy.Policy{{Name: "all", Document: identity(allowAll)}}
	c, _ := h.issue(h.createRole(role), full())
	var group sync.WaitGroup
	for n := range 4 {
		group.Go(func() {
			for i := range 50 {
				name := fmt.Sprintf("role-%d-%d", n, i)
				if err := h.Update(func(d *iam.Draft) error {
					_, err := d.CreateRole(iam.Role{AccountID: account, Name: name, Trust: trust()})
					return err
				}); err != nil {
					t.Error(err)
				}
				if err := h.Update(func(d *iam.Draft) error {
					_, err := d.UpdateRole(account, "app", func(r *iam.Role) error { r.Tags = append(r.Tags, iam.Tag{Key: name}); return nil })
					return err
				}); err != nil {
					t.Error(err)
				}
			}
		})
		group.Go(func() {
			for range 50 {
				if !h.ask(c, "s3:GetObject").Allowed() {
					t.Error("denied")
				}
				h.Snapshot().Roles(account)
			}
		})
	}
	group.Wait()
	r, _ := h.Snapshot().Role(account, "app")
	if len(h.Snapshot().Roles(account)) != 201 || len(r.Tags) != 200 {
		t.Errorf("%d roles, %d tags: updates were lost", len(h.Snapshot().Roles(account)), len(r.Tags))
	}
}

// FuzzToken changes a token in any way: no session comes of it.
func FuzzToken(f *testing.F) {
	h := newHarness(f)
	c, _ := h.issue(h.createRole(app()), full())
	f.Add(c.SessionToken[:100], 0, byte(0))
	f.Add("IQoJb3JpZ2luX2Vj", 20, byte(1))
	f.Add(c.SessionToken+"\n", 3, byte('='))
	f.Fuzz(func(t *testing.T, token string, at int, with byte) {
		mutated := []byte(c.SessionToken)
		if at >= 0 && at < len(mutated) {
			mutated[at] = with
		}
		for _, candidate := range []string{token, string(mutated)} {
			if candidate == c.SessionToken || candidate == "" {
				continue
			}
			if caller, _, err := h.Authenticate(c.AccessKeyID, candidate); err == nil {
				t.Errorf("%q opens %+v", candidate, caller)
			}
		}
	})
}

// TestWorlds: sessions end with their world, be the key the same and the ids
// given: a role's, a user's and root's.
func TestWorlds(t *testing.T) {
	t.Parallel()
	world := func(name string) *harness {
		h := newHarness(t, withKey, func(c *iam.Config) {
			c.World = name
			c.Root = []iam.RootCredentials{{AccountID: account, AccessKeyID: "test", Secret: "test"}}
		})
		h.update(func(d *iam.Draft) error {
			_, err := d.CreateRole(iam.Role{AccountID: account, Name: "app", ID: "AROAGIVENGIVENGIVEN12", Trust: trust()})
			_, more := d.CreateUser(iam.User{AccountID: account, Name: "u", ID: "AIDAGIVENGIVENGIVEN12", AccessKeys: []iam.AccessKey{{ID: "AKIA1", Secret: "s"}}})
			return errors.Join(err, more)
		})
		return h
	}
	first, again, second := world("one"), world("one"), world("two")
	role, _ := first.Snapshot().Role(account, "app")
	issued := map[string]iam.Credentials{}
	issued["role"], _ = first.issue(role, iam.Session{})
	for _, key := range []string{"AKIA1", "test"} {
		caller, _, err := first.Authenticate(key, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []iam.SessionKind{iam.UserSession, iam.FederatedSession} {
			credentials, _, err := first.IssueFor(caller, iam.Session{Kind: kind, Name: "somebody"}, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			issued[fmt.Sprint(key, " ", kind)] = credentials
		}
	}
	for name, c := range issued {
		if _, _, err := again.Authenticate(c.AccessKeyID, c.SessionToken); err != nil {
			t.Errorf("%s in its own world: %v", name, err)
		}
		if _, _, err := second.Authenticate(c.AccessKeyID, c.SessionToken); !errors.Is(err, iam.ErrRoleGone) {
			t.Errorf("%s in another world: %v", name, err)
		}
	}
}
