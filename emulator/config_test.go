package emulator_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/internal/awsclient"
	"github.com/irsatz/irsatz/manifest"
)

func accountOf(c *emulator.Config) { c.Account = account }

func TestConfigErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config emulator.Config
		want   string
	}{
		"account":                 {emulator.Config{Account: "1"}, `account "1": want 12 digits`},
		"region":                  {emulator.Config{Region: "Ireland"}, `region "Ireland": want a region such as eu-west-1`},
		"disabled region":         {emulator.Config{STSDisabledRegions: []string{"eu-west-1", "all"}}, `region "all", where STS is disabled: want a region`},
		"control beyond loopback": {emulator.Config{Control: "0.0.0.0:0"}, "needs a control token"},
		"control on all":          {emulator.Config{Control: ":0"}, "needs a control token"},
		"control on a name":       {emulator.Config{Control: "example.com:0"}, "needs a control token"},
		"root without colon":      {emulator.Config{Root: "hunter2"}, "root credentials: want KEYID:SECRET"},
		"root without key":        {emulator.Config{Root: ":hunter2"}, "root credentials: want KEYID:SECRET"},
		"root without secret":     {emulator.Config{Root: "AKIAEXAMPLE:"}, "root credentials: want KEYID:SECRET"},
		"root with a bad key":     {emulator.Config{Root: "AKIA/EXAMPLE:hunter2"}, "root credentials: want KEYID:SECRET"},
		"memory below nothing":    {emulator.Config{MaxMemory: -1}, "most memory for objects -1: want a number of bytes"},
		"no port":                 {emulator.Config{Listen: "127.0.0.1"}, "AWS port: "},
		"no control port":         {emulator.Config{Listen: "127.0.0.1:0", Control: "localhost", ControlToken: "t"}, "control port: "},
		"no randomness":           {emulator.Config{Rand: bytes.NewReader(nil)}, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := emulator.Start(c.config)
			if err == nil {
				_ = e.Close(t.Context())
				t.Fatal("started")
			}
			if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestRootCredentials(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config emulator.Config
		want   string // KEYID:SECRET, "" if random
	}{
		"default":        {emulator.Config{}, "test:test"},
		"IPv4 loopback":  {emulator.Config{Listen: "127.0.0.2:0"}, "test:test"},
		"IPv6 loopback":  {emulator.Config{Listen: "[::1]:0"}, "test:test"},
		"localhost":      {emulator.Config{Listen: "localhost:0"}, "test:test"},
		"all":            {emulator.Config{Listen: ":0"}, ""},
		"all of IPv4":    {emulator.Config{Listen: "0.0.0.0:4566"}, ""},
		"all of IPv6":    {emulator.Config{Listen: "[::]:4566"}, ""},
		"a name":         {emulator.Config{Listen: "irsatz:4566"}, ""},
		"given":          {emulator.Config{Root: "AKIAEXAMPLE:se:cret"}, "AKIAEXAMPLE:se:cret"},
		"given, for all": {emulator.Config{Listen: ":4566", Root: "AKIAEXAMPLE:secret"}, "AKIAEXAMPLE:secret"},
	} {
		key, secret, generated, err := emulator.Resolve(c.config)
		switch {
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (generated || key+":"+secret != c.want):
			t.Errorf("%s: %s:%s, generated %v", name, key, secret, generated)
		case c.want == "" && (!generated || len(key) != 20 || !strings.HasPrefix(key, "AKIA") || len(secret) != 40):
			t.Errorf("%s: %s:%s, generated %v", name, key, secret, generated)
		}
	}
	key, secret, _, _ := emulator.Resolve(emulator.Config{Listen: ":0"})
	other, otherSecret, _, _ := emulator.Resolve(emulator.Config{Listen: ":0"})
	if key == other || secret == otherSecret {
		t.Error("the same random credentials twice")
	}
	if _, _, _, err := emulator.Resolve(emulator.Config{Listen: ":0", Rand: bytes.NewReader(make([]byte, 15))}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("short random source: %v", err)
	}
}

// TestRootActs: the root credentials do what they are for, and no others do.
func TestRootActs(t *testing.T) {
	t.Parallel()
	for name, root := range map[string]string{"default": "", "given": "AKIAEXAMPLE:secret"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, "", accountOf, func(c *emulator.Config) { c.Root = root })
			_, arn, _, err := s.root().CallerIdentity(t.Context())
			if err != nil || arn != "arn:aws:iam::"+account+":root" {
				t.Errorf("%s, %v", arn, err)
			}
			if name == "default" {
				return
			}
			c := s.root()
			c.Credentials = &awsclient.Credentials{AccessKeyID: "test", Secret: "test"}
			if _, _, _, err := c.CallerIdentity(t.Context()); code(t, err) != "InvalidClientTokenId" {
				t.Errorf("test:test beside given credentials: %v", err)
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	s := start(t, "", func(c *emulator.Config) { c.State, c.Clock = nil, nil })
	if s.Account() != emulator.DefaultAccount || s.Region() != emulator.DefaultRegion {
		t.Errorf("account %s, region %s", s.Account(), s.Region())
	}
	s = start(t, "", func(c *emulator.Config) { c.State = &manifest.State{Account: account, Region: region} })
	if s.Account() != account || s.Region() != region {
		t.Errorf("account %s, region %s of the manifest", s.Account(), s.Region())
	}
	s = start(t, "", func(c *emulator.Config) {
		c.Account, c.State = "999988887777", &manifest.State{Account: account, Region: region}
	})
	if s.Account() != "999988887777" || s.Region() != region {
		t.Errorf("account %s, region %s though set", s.Account(), s.Region())
	}
	info, err := s.control().Info(t.Context())
	if err != nil || info.AWS != s.AWSURL() || info.AWSTLS != s.AWSTLSURL() || info.Control != s.ControlURL() || info.Enforce != "strict" {
		t.Errorf("info %+v, %v", info, err)
	}
}
