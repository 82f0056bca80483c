//go:build kubernetes

package kubernetes_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// binaries is where internal/kubebuild puts them.
const binaries = "../../.cache/kubernetes/bin"

// adminToken is of a member of system:masters.
const adminToken = "admin-token"

// process is a program of the control plane.
type process struct {
	cmd  *exec.Cmd
	log  *os.File
	done chan struct{}
}

func startProcess(dir, name string, args ...string) (*process, error) {
	path, err := filepath.Abs(filepath.Join(binaries, name))
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(path, args...), log: log, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.Dir = log, log, dir
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w (make test-kubernetes builds it)", err)
	}
	go func() { _ = p.cmd.Wait(); close(p.done) }()
	return p, nil
}

// stop asks the process to end, and ends it if it does not.
func (p *process) stop() {
	if p == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
	_ = p.log.Close()
}

// tail is the end of what the process has logged.
func (p *process) tail() string {
	text, _ := os.ReadFile(p.log.Name())
	return string(text[max(0, len(text)-4000):])
}

// freePort is one that nobody uses now.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// etcd serves any number of API servers.
type etcd struct {
	*process
	url string
}

func startEtcd(dir string) (*etcd, error) {
	client, err := freePort()
	if err != nil {
		return nil, err
	}
	peer, err := freePort()
	if err != nil {
		return nil, err
	}
	e := &etcd{url: fmt.Sprintf("http://127.0.0.1:%d", client)}
	peerURL := fmt.Sprintf("http://127.0.0.1:%d", peer)
	e.process, err = startProcess(dir, "etcd", "--data-dir", filepath.Join(dir, "etcd"), "--unsafe-no-fsync", "--log-level", "warn",
		"--listen-client-urls", e.url, "--advertise-client-urls", e.url, "--listen-peer-urls", peerURL,
		"--initial-advertise-peer-urls", peerURL, "--initial-cluster", "default="+peerURL)
	if err != nil {
		return nil, err
	}
	return e, e.wait(http.DefaultClient, e.url+"/health")
}

// wait waits until a URL answers 200.
func (p *process) wait(client *http.Client, url string) error {
	deadline := time.Now().Add(90 * time.Second)
	for time.Now().Before(deadline) {
		request, err := http.NewRequest(http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", "Bearer "+adminToken)
		if response, err := client.Do(request); err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended:\n%s", p.cmd.Path, p.tail())
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s is not ready:\n%s", p.cmd.Path, p.tail())
}

// apiServer is one cluster.
type apiServer struct {
	*process
	name, dir  string
	issuer     string
	url        string
	address    string // host:port
	kubeconfig string
	keys       keyFiles
}

// keyFiles are the signing key of service account tokens, PEM.
type keyFiles struct{ private, public []byte }

func rsaKeyFiles() (keyFiles, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return keyFiles{}, err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return keyFiles{}, err
	}
	return keyFiles{
		pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}),
		pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}),
	}, nil
}

// apiServerConfig says how a cluster differs from others.
type apiServerConfig struct {
	name, issuer, jwksURI string // no jwksURI leaves it to the API server
	keys                  keyFiles
	host                  string // in its certificate, beside 127.0.0.1
	flags                 []string
}

// startAPIServer starts a cluster whose objects have a place of their own in
// etcd, and does not wait for it.
func startAPIServer(dir string, store *etcd, authority *testCA, c apiServerConfig) (*apiServer, error) {
	a := &apiServer{name: c.name, dir: filepath.Join(dir, c.name), issuer: c.issuer, keys: c.keys}
	if err := os.MkdirAll(a.dir, 0o755); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	a.address = fmt.Sprintf("127.0.0.1:%d", port)
	a.url = "https://" + a.address
	cert, key, err := authority.issue(c.host)
	if err != nil {
		return nil, err
	}
	a.kubeconfig = filepath.Join(a.dir, "kubeconfig")
	for name, content := range map[string][]byte{
		"tls.crt": cert, "tls.key": key, "sa.key": c.keys.private, "sa.pub": c.keys.public,
		"tokens.csv": []byte(adminToken + ",admin,1,system:masters\n"),
		"kubeconfig": kubeconfig(a.url, authority.pem),
	} {
		if err := os.WriteFile(filepath.Join(a.dir, name), content, 0o600); err != nil {
			return nil, err
		}
	}
	args := []string{
		"--etcd-servers=" + store.url, "--etcd-prefix=/" + c.name, "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
		"--endpoint-reconciler-type=none", fmt.Sprintf("--secure-port=%d", port), "--tls-cert-file=tls.crt", "--tls-private-key-file=tls.key",
		"--cert-dir=" + a.dir, "--service-account-issuer=" + c.issuer,
		"--service-account-signing-key-file=sa.key", "--service-account-key-file=sa.pub", "--service-cluster-ip-range=10.0.0.0/24",
		"--authorization-mode=RBAC", "--token-auth-file=tokens.csv",
	}
	if c.jwksURI != "" {
		args = append(args, "--service-account-jwks-uri="+c.jwksURI)
	}
	a.process, err = startProcess(a.dir, "kube-apiserver", append(args, c.flags...)...)
	return a, err
}

func kubeconfig(server string, ca []byte) []byte {
	return kubeconfigWith(server, ca, adminToken)
}

func kubeconfigWith(server string, ca []byte, token string) []byte {
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
current-context: test
clusters: [{name: test, cluster: {server: %q, certificate-authority-data: %s}}]
users: [{name: test, user: {token: %q}}]
contexts: [{name: test, context: {cluster: test, user: test}}]
`, server, base64Of(ca), token)
}

// testCA issues the certificates of API servers.
type testCA struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
}

func newTestCA() (*testCA, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	return &testCA{certificate, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}, err
}

// issue returns a certificate for 127.0.0.1 and host, and its key.
func (c *testCA) issue(host string) (cert, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "kube-apiserver"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if host != "" {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, c.certificate, private.Public(), c.key)
	if err != nil {
		return nil, nil, err
	}
	text, err := x509.MarshalECPrivateKey(private)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: text}), err
}

func (c *testCA) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(c.certificate)
	return pool
}

// controlPlane is etcd and the clusters over it.
type controlPlane struct {
	dir     string
	ca      *testCA
	etcd    *etcd
	client  *http.Client
	servers []*apiServer
}

func newControlPlane() (*controlPlane, error) {
	ca, err := newTestCA()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "irsatz-kubernetes-")
	if err != nil {
		return nil, err
	}
	p := &controlPlane{dir: dir, ca: ca, client: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ca.pool()}}}}
	p.etcd, err = startEtcd(dir)
	return p, err
}

// start starts clusters at once and waits for them all. They run until stop.
func (p *controlPlane) start(configs ...apiServerConfig) ([]*apiServer, error) {
	var started []*apiServer
	for _, c := range configs {
		a, err := startAPIServer(p.dir, p.etcd, p.ca, c)
		if err != nil {
			return nil, err
		}
		p.servers, started = append(p.servers, a), append(started, a)
	}
	errs := make([]error, len(started))
	var waiting sync.WaitGroup
	for i, a := range started {
		waiting.Go(func() { errs[i] = a.wait(p.client, a.url+"/readyz") })
	}
	waiting.Wait()
	return started, errors.Join(errs...)
}

// stop stops the API servers before etcd: without it they would not end.
func (p *controlPlane) stop() {
	if p == nil {
		return
	}
	var stopping sync.WaitGroup
	for _, a := range p.servers {
		stopping.Go(a.stop)
	}
	stopping.Wait()
	if p.etcd != nil {
		p.etcd.stop()
	}
	_ = os.RemoveAll(p.dir)
}

// kubectl runs kubectl on the cluster and returns what it prints.
func (a *apiServer) kubectl(ctx context.Context, stdin string, args ...string) (string, error) {
	return run(ctx, "kubectl", stdin, append([]string{"--kubeconfig", a.kubeconfig}, args...)...)
}

// run runs a tool and returns what it prints on both streams.
func run(ctx context.Context, name, stdin string, args ...string) (string, error) {
	path, err := filepath.Abs(filepath.Join(binaries, name))
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	var out bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &out
	cmd.Env = append(os.Environ(), "HOME="+os.TempDir(), "KUBECACHEDIR="+filepath.Join(os.TempDir(), "irsatz-kubectl"))
	err = cmd.Run()
	return out.String(), err
}
