package archtest_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"

	"github.com/irsatz/irsatz/internal/archtest"
)

var update = flag.Bool("update", false, "write docs/DIVERGENCES.md anew")

// root is the module's root, where this test runs from.
const root = "../.."

// rules is the architecture. A package imports only what stands above it.
var rules = archtest.Rules{
	Module: "github.com/irsatz/irsatz",
	MayImport: map[string][]string{
		// Leaves: each knows one thing, and nobody.
		"iam/arn":                nil,
		"iam/catalogue":          {"internal/nearest"},
		"internal/bench":         nil,
		"internal/checklist":     nil,
		"internal/gencatalogue":  {"internal/pack"},
		"oidc":                   nil,
		"deploy":                 nil,
		"webhook":                nil,
		"workload":               nil,
		"manifest":               {"internal/eksctl", "internal/nearest", "internal/syntax"},
		"intercept":              nil,
		"internal/kubebuild":     nil,
		"conformance/kubernetes": nil,
		"internal/archtest":      nil,
		"internal/clock":         nil,
		"internal/eksctl":        nil,
		"internal/boltdb":        nil,
		"internal/datadir":       {"internal/boltdb"},
		"internal/genpolicies":   {"internal/pack"},
		"internal/fakedocker":    nil,
		"internal/golden":        nil,
		"internal/kubelet":       nil,
		"internal/nearest":       nil,
		"internal/pack":          nil,
		"internal/pki":           nil,
		"internal/sigv4":         nil,
		"internal/shape":         nil,
		"internal/sniff":         nil,
		"internal/syntax":        nil,

		// A real cluster serves the webhook's interface.
		"kubernetes": {"webhook"},

		// A kind cluster, and irsatz in it.
		"kindcluster": {"deploy", "webhook"}, // the mark that the webhook makes

		// The decision and its record.
		"iam/policy": {"iam/arn", "iam/catalogue"},
		"iam":        {"iam/arn", "iam/policy"},
		"trail":      {"iam/policy"},

		// The wire. Fakes never import each other, and only fakests verifies tokens.
		"internal/awsapi":    {"iam", "iam/arn", "iam/policy", "trail", "internal/sigv4"},
		"internal/awsclient": {"internal/sigv4"},
		"fakests":            {"internal/awsapi", "iam", "iam/arn", "iam/policy", "trail", "oidc", "internal/nearest"},
		"fakeiam":            {"internal/awsapi", "iam", "iam/arn", "iam/policy", "trail"},
		"fakes3/storage":     {"internal/boltdb"},
		"fakes3":             {"fakes3/storage", "internal/awsapi", "iam", "iam/arn", "iam/policy", "trail", "internal/shape", "internal/sigv4"},
		"fakes3/storagetest": {"fakes3", "fakes3/storage"},

		// The whole, and those who run it.
		"emulator": {
			"iam", "iam/arn", "iam/policy", "trail", "oidc", "webhook", "manifest", "scenarios", "fakests", "fakeiam", "fakes3", "fakes3/storage",
			"internal/awsapi", "internal/awsclient", "internal/datadir", "internal/eksctl", "internal/nearest", "internal/pki", "internal/sigv4", "internal/sniff",
		},
		"irsatest":  {"emulator", "localpod", "manifest"},
		"scenarios": {"internal/nearest"},
		"localpod":  {"emulator", "intercept", "workload", "internal/kubelet", "internal/nearest", "internal/pki"},
		"simulate":  {"iam/arn", "iam/catalogue", "iam/policy", "internal/nearest", "internal/syntax"},
		"lint":      {"iam/arn", "iam/catalogue", "iam/policy", "internal/nearest", "internal/syntax", "manifest"},
		"cmd/irsatz": {
			"iam/policy", "lint", "simulate",
			"emulator", "kindcluster", "kubernetes", "localpod", "webhook", "workload", "scenarios", "manifest", "fakests", "intercept", "trail",
			"internal/awsclient", "internal/datadir", "internal/nearest", "internal/pki", "internal/syntax",
		},
	},
	Free:    "internal/clock",
	NotFree: []string{"iam/arn", "iam/policy"},

	Owners: map[string][]string{
		"github.com/elazarl/goproxy":         {"intercept"},
		"github.com/go-jose/go-jose":         {"oidc"},
		"github.com/gorilla/mux":             {"emulator"},
		"github.com/johannesboyne/gofakes3":  {"fakes3"},
		"github.com/rogpeppe/go-internal":    {"scenarios"},
		"github.com/spf13/cobra":             {"cmd/irsatz"},
		"github.com/spf13/pflag":             {"cmd/irsatz"},
		"go.etcd.io/bbolt":                   {"internal/boltdb", "fakes3/storage", "internal/datadir"},
		"go.yaml.in/yaml":                    {"internal/syntax"},
		"golang.org/x/sync":                  {"internal/pki"},
		"gopkg.in/evanphx/json-patch.v4":     {"workload"},
		"github.com/go-logr/logr":            {"kubernetes"},
		"golang.org/x/time":                  {"kubernetes"},
		"k8s.io":                             {"kubernetes", "webhook", "workload"},
		"sigs.k8s.io/json":                   {"webhook", "workload"},
		"sigs.k8s.io/kind":                   {"kindcluster"},
		"sigs.k8s.io/yaml":                   {"internal/fakedocker", "kubernetes", "kindcluster", "manifest", "workload"},
		"software.sslmate.com/src/go-pkcs12": {"internal/pki"},

		"github.com/aws":           nil,
		"github.com/google/go-cmp": {"internal/golden", "fakes3/storagetest"}, // which are for tests themselves
	},

	Names: map[string][]string{
		"time.Now":        {"internal/clock"},
		"time.Since":      {"internal/clock"},
		"time.Until":      {"internal/clock"},
		"os.Getenv":       {"cmd"},
		"os.LookupEnv":    {"cmd"},
		"os.Environ":      {"cmd"},
		"os.ExpandEnv":    {"cmd"},
		"syscall.Getenv":  {"cmd"},
		"syscall.Environ": {"cmd"},
	},
	// STS knows an issuer by what it publishes and never sees a private key.
	Hidden: map[string][]string{
		"fakests": {"oidc.Issuer", "oidc.NewIssuer", "oidc.Config", "oidc.Key", "oidc.GenerateKey", "oidc.ParseKey", "oidc.MustParseKey"},
	},

	MaxLines: 500,
	// In pieces, since this file is read as well.
	Texts: []*regexp.Regexp{regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)},
}

var load = sync.OnceValues(func() (*archtest.Module, error) { return archtest.Load(os.DirFS(root)) })

func TestArchitecture(t *testing.T) {
	t.Parallel()
	m, err := load()
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range archtest.Check(m, rules) {
		t.Error(broken)
	}
}

func TestDivergencesAreListed(t *testing.T) {
	t.Parallel()
	m, err := load()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, "docs", "DIVERGENCES.md")
	want := archtest.Divergences(m)
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")), want) {
		t.Errorf("%s is out of date: run make golden", file)
	}
}
