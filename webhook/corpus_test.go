package webhook_test

import (
	"context"
	"encoding/json"
	"flag"

	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/irsatz/irsatz/webhook"
)

var update = flag.Bool("update", false, "write the patches of testdata anew")

// accounts are service accounts that never change, by NAMESPACE/NAME.
type accounts map[string]map[string]string

func (a accounts) Lookup(namespace, name string) (map[string]string, bool) {
	annotations, ok := a[namespace+"/"+name]
	return annotations, ok
}
func (a accounts) Await(context.Context, string, string) {}
func (a accounts) Len() int                              { return len(a) }

// zeros is the randomness of the corpus: jitter takes its least.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// upstreamCases is how many of the corpus stand, by their names and in this
// order of its table, for cases of upstream's own.
const upstreamCases = 24

// TestW01_Corpus holds the patches byte for byte. The cases with the names of
// upstream's are ours, and their patches are what upstream 0.6.17 answers.
func TestW01_Corpus(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	ours := 0
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		if strings.HasPrefix(name, "more_") {
			ours++
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := corpusPatch(t, archive)
			if *update {
				archive.Files = append(archive.Files[:len(archive.Files)-patchFiles(archive)], txtar.File{Name: "patch.json", Data: []byte(got + "\n")})
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want := archive.Files[len(archive.Files)-1]
			if want.Name != "patch.json" {
				t.Fatal("the last file is not patch.json")
			}
			if diff := cmp.Diff(strings.TrimSpace(string(want.Data)), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if len(files)-ours != upstreamCases {
		t.Errorf("%d of upstream's cases, want %d", len(files)-ours, upstreamCases)
	}
}

func patchFiles(a *txtar.Archive) int {
	if a.Files[len(a.Files)-1].Name == "patch.json" {
		return 1
	}
	return 0
}

// corpusPatch is the patch of the case's pod, as JSON.
func corpusPatch(t *testing.T, archive *txtar.Archive) string {
	t.Helper()
	config := webhook.Config{Rand: zeros{}}
	annotations := map[string]string{}
	var pod corev1.Pod
	for _, f := range archive.Files {
		switch f.Name {
		case "serviceaccount":
			for name, value := range settings(t, f.Data) {
				annotations[name] = value
			}
		case "flags":
			for name, value := range settings(t, f.Data) {
				setFlag(t, &config, name, value)
			}
		case "pod.yaml":
			if err := yaml.UnmarshalStrict(f.Data, &pod); err != nil {
				t.Fatal(err)
			}
		case "patch.json":
		default:
			t.Fatalf("unknown section %s", f.Name)
		}
	}
	pod.Namespace = "default"
	config.ServiceAccounts = accounts{"default/default": annotations}
	operations, _ := webhook.New(config).Patch(t.Context(), &pod)
	text, err := json.Marshal(operations)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// settings are lines NAME=VALUE.
func settings(t *testing.T, text []byte) map[string]string {
	t.Helper()
	all := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !ok {
			t.Fatalf("line %q", line)
		}
		all[name] = value
	}
	return all
}

func setFlag(t *testing.T, config *webhook.Config, name, value string) {
	t.Helper()
	credentials := &config.ContainerCredentials
	switch name {
	case "region":
		config.DefaultRegion = value
	case "regional-sts":
		config.RegionalSTSEndpoint = value == "true"
	case "expiration":
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		config.TokenExpiration = seconds
	case "credentials-uri":
		credentials.FullURI = value
		credentials.Identities = new(webhook.Identities)
		if err := credentials.Identities.Load([]byte(`{"identities":[{"namespace":"default","serviceAccount":"default"}]}`)); err != nil {
			t.Fatal(err)
		}
	case "credentials-audience":
		credentials.Audience = value
	case "credentials-mount-path":
		credentials.MountPath = value
	case "credentials-volume-name":
		credentials.VolumeName = value
	case "credentials-token-path":
		credentials.TokenPath = value
	default:
		t.Fatalf("unknown flag %s", name)
	}
}
