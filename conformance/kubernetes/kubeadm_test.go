//go:build kubernetes

package kubernetes_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/irsatz/irsatz/internal/fakedocker"
	"github.com/irsatz/irsatz/kindcluster"
)

// dockerDir is where the fake engine keeps things. This test binary is docker
// too, under that name.
const dockerDir = "FAKE_DOCKER"

func docker() fakedocker.Engine { return fakedocker.Engine{Dir: os.Getenv(dockerDir)} }

// written is the kubeadm.conf that kind writes into the node of a cluster.
func written(t *testing.T, o kindcluster.Options, version string, keys kindcluster.KeyPair) string {
	t.Helper()
	if err := docker().Prepare(o.Name, fakedocker.Plan{Version: version}); err != nil {
		t.Fatal(err)
	}
	engine, err := kindcluster.FindEngine(kindcluster.EngineConfig{Provider: "docker"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Up(t.Context(), kindcluster.Launch{Options: o, Keys: keys, Kubeconfig: filepath.Join(t.TempDir(), "kubeconfig"), Wait: time.Minute}); err != nil {
		t.Fatal(err)
	}
	return docker().File(o.Name+"-control-plane", "/kind/kubeadm.conf")
}

// kubeadm runs the real one.
func kubeadm(t *testing.T, env string, args ...string) (string, error) {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(binaries, "kubeadm"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = append(cmd.Environ(), env)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return out.String(), err
}

// useDocker puts the fake docker into PATH.
func useDocker(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, "docker")); err != nil {
		t.Fatal(err)
	}
	t.Setenv(dockerDir, dir)
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// apiServerFlags are those of the static pod that kubeadm makes of a config.
func apiServerFlags(t *testing.T, conf string) []string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "kubeadm.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := kubeadm(t, "A=b", "config", "validate", "--config", file); err != nil {
		t.Errorf("%v: %s\n%s", err, out, conf)
	}
	if out, err := kubeadm(t, "KUBEADM_INIT_DRYRUN_DIR="+dir, "init", "phase", "control-plane", "apiserver", "--dry-run", "--config", file); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "kube-apiserver.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var pod corev1.Pod
	if err := yaml.UnmarshalStrict(text, &pod); err != nil {
		t.Fatal(err)
	}
	return pod.Spec.Containers[0].Command
}

// TestK02_K05_KubeadmTakesTheConfig: what kind writes into nodes of each version
// is valid for the real kubeadm, and of it comes an API server with our issuer,
// kubeadm's places of the keys, where ours are mounted, and no audiences.
func TestK02_K05_KubeadmTakesTheConfig(t *testing.T) {
	useDocker(t)
	keys := filepath.Join(t.TempDir(), "keys")
	for _, version := range []string{"v1.32.11", "v1.33.7", "v1.34.3", "v1.35.1", "v1.36.1"} {
		for _, mode := range []kindcluster.Mode{kindcluster.ModePlain, kindcluster.ModeIssuer, kindcluster.ModeKeys} {
			o := kindcluster.Options{Name: string(mode) + strings.ReplaceAll(version, ".", "-"), Mode: mode, KeyDir: keys}
			conf := written(t, o, version, kindcluster.KeyPair{Private: []byte("private"), Public: []byte("public")}) // nobody reads them
			// This kubeadm takes clusters of the version before its own; those before
			// have the same form of config.
			if version < "v1.35" {
				conf = strings.ReplaceAll(conf, "kubernetesVersion: "+version, "kubernetesVersion: v1.35.1")
			}
			flags := apiServerFlags(t, conf)
			issuer := o.IssuerURL()
			want := []string{
				"--service-account-issuer=" + issuer, "--service-account-key-file=/etc/kubernetes/pki/sa.pub",
				"--service-account-signing-key-file=/etc/kubernetes/pki/sa.key",
			}
			if mode != kindcluster.ModePlain {
				want = append(want, "--service-account-jwks-uri="+issuer+"/keys")
			}
			got := slices.DeleteFunc(slices.Clone(flags), func(f string) bool {
				return !strings.HasPrefix(f, "--service-account-") && !strings.HasPrefix(f, "--api-audiences")
			})
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s, mode %s: %v\nwant %v", version, mode, got, want)
			}
			if !slices.Contains(flags, "--etcd-servers=https://127.0.0.1:2379") || !slices.Contains(flags, "--advertise-address=172.18.0.2") {
				t.Errorf("%s, mode %s: what is not ours is lost: %v", version, mode, flags)
			}
		}
	}
}

// TestK05_KubeadmKeepsTheKeys: a pair that is there stays as it is, to the byte.
func TestK05_KubeadmKeepsTheKeys(t *testing.T) {
	key, err := aws.SigningKey(t.Context(), "ours")
	if err != nil {
		t.Fatal(err)
	}
	useDocker(t)
	o := kindcluster.Options{Name: "kept", Mode: kindcluster.ModeKeys, KeyDir: t.TempDir()}
	written(t, o, "", kindcluster.KeyPair{Private: []byte(key.Private), Public: []byte(key.Public)})
	dir := filepath.Join(o.KeyDir, "0")
	out, err := kubeadm(t, "A=b", "init", "phase", "certs", "sa", "--cert-dir", dir)
	if err != nil || !strings.Contains(out, `Using the existing "sa" key`) {
		t.Fatalf("%v: %s", err, out)
	}
	for name, want := range map[string]string{"sa.key": key.Private, "sa.pub": key.Public} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(text) != want {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
}
