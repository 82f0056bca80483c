//go:build kubernetes

package kubernetes_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientset "k8s.io/client-go/kubernetes"
	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"
	"sigs.k8s.io/yaml"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/internal/awsclient"
	"github.com/irsatz/irsatz/internal/pki"
	"github.com/irsatz/irsatz/kindcluster"
	"github.com/irsatz/irsatz/kubernetes"
)

// kubeadmIssuer is the issuer of a kind cluster that nobody has told another.
const kubeadmIssuer = "https://kubernetes.default.svc.cluster.local"

// modeCluster starts an API server with the flags and the keys that a kind config
// of ours gives to kubeadm. What it does not say is as kubeadm has it.
func modeCluster(t *testing.T, name string, o kindcluster.Options) *apiServer {
	t.Helper()
	text, err := o.Config()
	if err != nil {
		t.Fatal(err)
	}
	var cluster v1alpha4.Cluster
	if err := yaml.UnmarshalStrict(text, &cluster); err != nil {
		t.Fatal(err)
	}
	c := apiServerConfig{name: name, issuer: kubeadmIssuer}
	for _, patch := range cluster.KubeadmConfigPatches {
		var configuration struct {
			APIServer struct{ ExtraArgs map[string]string }
		}
		if err := yaml.Unmarshal([]byte(patch), &configuration); err != nil {
			t.Fatal(err)
		}
		for flag, value := range configuration.APIServer.ExtraArgs {
			switch flag {
			case "service-account-issuer":
				c.issuer = value
			case "service-account-jwks-uri":
				c.jwksURI = value
			default:
				c.flags = append(c.flags, "--"+flag+"="+value)
			}
		}
	}
	if c.keys, err = rsaKeyFiles(); err != nil { // kubeadm's own
		t.Fatal(err)
	}
	for _, mount := range cluster.Nodes[0].ExtraMounts {
		content, err := os.ReadFile(mount.HostPath)
		switch {
		case err != nil:
			t.Fatal(err)
		case mount.ContainerPath == "/etc/kubernetes/pki/sa.key":
			c.keys.private = content
		case mount.ContainerPath == "/etc/kubernetes/pki/sa.pub":
			c.keys.public = content
		}
	}
	started, err := plane.start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(started[0].stop) // those that idle take from others' time
	return started[0]
}

// TestKindModes brings each mode of `irsatz kind up` up as far as an API server
// goes: what is given to kubeadm is given to it, all manifests are applied to it,
// and irsatz runs with the setup that they have.
func TestKindModes(t *testing.T) {
	key, err := aws.SigningKey(t.Context(), "ours")
	if err != nil {
		t.Fatal(err)
	}
	keys := kindcluster.Options{Mode: kindcluster.ModeKeys, Issuer: key.Issuer, KeyDir: t.TempDir(), Region: region}
	if err := keys.WriteKeys(kindcluster.KeyPair{Private: []byte(key.Private), Public: []byte(key.Public)}); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]kindcluster.Options{
		"K01 plain":  {Mode: kindcluster.ModePlain, Region: region, Port: 4566},
		"K03 issuer": {Mode: kindcluster.ModeIssuer, Issuer: lookalike, Region: region, Root: "AKIAROOT:secret"},
		"K05 keys":   keys,
	} {
		t.Run(name, func(t *testing.T) {
			a := modeCluster(t, "mode-"+string(o.Mode), o)
			c := namespaceOf(t, a, "default")
			setup := applyAll(t, a, o)
			claims, _, _ := claimsOf(t, mustToken(t, c, "default", "app", tokenSpec(600, nil)))
			if claims["iss"] != o.IssuerURL() {
				t.Errorf("iss %v, want %s", claims["iss"], o.IssuerURL())
			}
			wantIssuer := kubernetes.Examination{Issuer: o.IssuerURL(), Namespace: "default", ServiceAccount: "app"}
			if check := examined(t, a, wantIssuer)["issuer"]; check.Result != kubernetes.Passed {
				t.Errorf("the doctor says %+v", check)
			}
			switch o.Mode {
			case kindcluster.ModeKeys:
				checkOurKeys(t, a, c)
			case kindcluster.ModeIssuer:
				t.Run("F47 made anew", func(t *testing.T) { checkMadeAnew(t, a, c) })
			}
			attachAndAssume(t, a, c, setup)
		})
	}
}

// applyAll applies all manifests, every field of them known to the API server,
// and again, and returns the setup that is among them.
func applyAll(t *testing.T, a *apiServer, o kindcluster.Options) (setup string) {
	t.Helper()
	manifests, err := o.Manifests()
	if err != nil {
		t.Fatal(err)
	}
	objects := strings.Count("\n"+string(manifests), "\nkind: ")
	for range 2 {
		out, err := a.kubectl(t.Context(), string(manifests), "apply", "--server-side", "--force-conflicts", "--field-manager=irsatz", "--validate=strict", "-f", "-")
		if err != nil || strings.Count(out, "serverside-applied") != objects || strings.Contains(strings.ToLower(out), "warning") {
			t.Fatalf("%d objects: %v\n%s", objects, err, out)
		}
	}
	m, err := clients(t, a).CoreV1().ConfigMaps("irsatz").Get(t.Context(), "irsatz-setup", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return m.Data["setup.yaml"]
}

// checkOurKeys: the API server publishes the key of the emulator, byte for byte,
// and takes the tokens that the emulator mints.
func checkOurKeys(t *testing.T, a *apiServer, c clientset.Interface) {
	t.Helper()
	_, _, theirs := get(t, a, "/openid/v1/jwks", adminToken)
	response, err := http.Get(aws.AWSURL() + "/id/EXAMPLED539D4633E53DE1B71EXAMPLE/keys")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	mine, err := io.ReadAll(response.Body)
	if err != nil || strings.TrimSpace(string(mine)) != strings.TrimSpace(theirs) {
		t.Errorf("the API server's keys\n%s\nthe emulator's\n%s, %v", theirs, mine, err)
	}
	sa, err := c.CoreV1().ServiceAccounts("default").Get(t.Context(), "app", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	minted, err := aws.MintToken(t.Context(), emulator.TokenRequest{Namespace: "irsa", ServiceAccount: "app", Claims: map[string]any{
		"sub":           "system:serviceaccount:default:app",
		"kubernetes.io": map[string]any{"namespace": "default", "serviceaccount": map[string]any{"name": "app", "uid": string(sa.UID)}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if status := review(t, c, minted.Token, "sts.amazonaws.com"); !status.Authenticated || status.User.Username != "system:serviceaccount:default:app" {
		t.Errorf("a token that the emulator minted: %+v", status)
	}
}

// checkMadeAnew: a cluster with the issuer of another, and with keys of its own,
// is what one is that was deleted and made again. Whoever has the keys of before
// refuses its tokens, and the doctor says so.
func checkMadeAnew(t *testing.T, a *apiServer, c clientset.Interface) {
	token := mustToken(t, c, "default", "app", tokenSpec(600, nil))
	_, header, _ := claimsOf(t, token)
	_, _, keys := get(t, ours, "/openid/v1/jwks", adminToken)
	var of struct{ Kid string }
	if err := json.Unmarshal([]byte(header), &of); err != nil || strings.Contains(keys, of.Kid) {
		t.Fatalf("key %q, %v, among those of before: %s", of.Kid, err, keys)
	}
	if code, message := assume(t, "ours", token); code != "InvalidIdentityToken" {
		t.Errorf("%s %s", code, message)
	}
	wantFailure(t, a, kubernetes.Examination{Issuer: lookalike, Namespace: "default", ServiceAccount: "app", Endpoint: aws.AWSURL()}, "STS",
		"give irsatz the keys of this cluster, which are others after it was made anew")
}

// attachAndAssume runs irsatz with the cluster's own setup, attached to it as its
// deployment is: a token of the cluster is worth the role's credentials, and
// these what the role's policy says.
func attachAndAssume(t *testing.T, a *apiServer, c clientset.Interface, setup string) {
	t.Helper()
	dir := t.TempDir()
	file, endpoints, tokenFile := filepath.Join(dir, "setup.yaml"), filepath.Join(dir, "endpoints.json"), filepath.Join(dir, "token")
	write(t, file, []byte(setup))
	command(t, "serve", "-f", file, "--attach", a.kubeconfig, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--endpoints-file", endpoints)
	var urls struct{ AWS string }
	text, err := os.ReadFile(endpoints)
	if err == nil {
		err = json.Unmarshal(text, &urls)
	}
	if err != nil {
		t.Fatal(err)
	}
	write(t, tokenFile, []byte(mustToken(t, c, "default", "app", tokenSpec(600, nil))))
	client := &awsclient.Client{Endpoint: urls.AWS, Region: region, RoleARN: "arn:aws:iam::" + account + ":role/app", TokenFile: tokenFile, SessionName: "test", HTTP: http.DefaultClient}
	if body, err := client.Get(t.Context(), "data", "public/a.txt"); err != nil || string(body) != "hello" {
		t.Errorf("allowed: %q, %v", body, err)
	}
	if _, err := client.Get(t.Context(), "data", "secret/b.txt"); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("not allowed: %v", err)
	}
	write(t, tokenFile, []byte(mustToken(t, namespaceOf(t, a, "elsewhere"), "elsewhere", "app", tokenSpec(600, nil))))
	client.Credentials = nil
	if _, err := client.Assume(t.Context()); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("of another namespace: %v", err)
	}
}

// TestKindOtherManifests applies what the modes above have not: with a setup and
// service accounts of one's own, with AWS's names, and with irsatz on the host.
func TestKindOtherManifests(t *testing.T) {
	ca, err := pki.New(pki.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]kindcluster.Options{
		"own": {
			Name: "sandbox", Issuer: lookalike, Region: region, Port: 4566, Image: "irsatz:abc", Root: "AKIAROOT:secret",
			Setup:    []kindcluster.File{{Name: "a.yaml", Content: []byte("apiVersion: irsatz/v1\n")}, {Name: "b.yaml", Content: []byte("apiVersion: irsatz/v1\n")}},
			Accounts: []kindcluster.ServiceAccount{{Namespace: "kind-shop", Name: "app", Annotations: map[string]string{"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/app"}}, {Namespace: "default", Name: "third"}},
		},
		"names":   {Issuer: lookalike, AWSNames: &kindcluster.Authority{Certificate: ca.CertificatePEM(), Key: ca.KeyPEM()}},
		"host":    {Issuer: lookalike, Port: 4566, Host: netip.MustParseAddrPort("172.18.0.1:4566")},
		"host v6": {Issuer: lookalike, Port: 4566, Host: netip.MustParseAddrPort("[fd00::1]:4566")},
	} {
		t.Run(name, func(t *testing.T) {
			manifests, err := o.Manifests()
			if err != nil {
				t.Fatal(err)
			}
			// Each in a namespace of its own, which comes first: the objects have the
			// same names.
			namespace := "kind-" + strings.ReplaceAll(name, " ", "-")
			text := strings.ReplaceAll(string(manifests), "namespace: irsatz\n", "namespace: "+namespace+"\n")
			text = strings.Replace(text, "  name: irsatz\n", "  name: "+namespace+"\n", 1)
			out := apply(t, closed, text)
			if got, want := strings.Count(out, "serverside-applied"), strings.Count("\n"+text, "\nkind: "); got != want {
				t.Errorf("%d of %d objects:\n%s", got, want, out)
			}
		})
	}
}
