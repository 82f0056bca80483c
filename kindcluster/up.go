package kindcluster

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"sigs.k8s.io/kind/pkg/cluster"
	"sigs.k8s.io/kind/pkg/cluster/nodes"
	"sigs.k8s.io/kind/pkg/cluster/nodeutils"

	"github.com/irsatz/irsatz/webhook"
)

// Launch says how a cluster is brought up.
type Launch struct {
	Options
	NodeImage  string        // empty means kind's
	Kubeconfig string        // file that gets the cluster's context; empty means kubectl's
	Wait       time.Duration // for the control plane, and for irsatz; 0 means DefaultWait
	Retain     bool          // keeps what was half made
	// Existing puts irsatz into a cluster that is there, and leaves it there
	// whatever happens.
	Existing bool
	Keys     KeyPair  // of ModeKeys
	Archive  *Image   // of irsatz, loaded into the nodes; nil means that they have Options.Image
	Archives []string // files of more images to load
}

// DefaultWait is how long what is started may take.
const DefaultWait = 3 * time.Minute

// Up brings a cluster up with irsatz in it, and returns when a pod that was
// tried has been mutated. What it has half made is removed if it fails.
func (e *Engine) Up(ctx context.Context, l Launch) (*Cluster, error) {
	l.Options = l.defaults()
	if l.Wait == 0 {
		l.Wait = DefaultWait
	}
	if l.Archive != nil {
		l.Image = l.Archive.Name
	}
	if err := l.readable(); err != nil {
		return nil, err
	}
	if !l.Existing {
		if err := e.create(l); err != nil {
			return nil, err
		}
	}
	c, err := e.install(ctx, &l)
	if err != nil {
		e.clean(l)
		return nil, err
	}
	return c, nil
}

// readable finds out before anything is made whether the archives are there.
func (l Launch) readable() error {
	for _, file := range l.Archives {
		f, err := os.Open(file)
		if err != nil {
			return fmt.Errorf("--load: %w", err)
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

// create makes the cluster. kind itself removes what it has half made.
func (e *Engine) create(l Launch) error {
	config, err := l.Config()
	if err != nil {
		return err
	}
	there, err := e.has(l.Name)
	if err != nil {
		return err
	}
	if there {
		return problem("`irsatz kind down --name "+l.Name+"` removes it, `irsatz kind up --existing --name "+l.Name+"` puts irsatz into it as it is, and --name names another", "cluster %s %w", l.Name, ErrExists)
	}
	// Not before: those of a cluster that is there are in use.
	if l.Mode == ModeKeys {
		if err := l.WriteKeys(l.Keys); err != nil {
			return err
		}
	}
	err = e.provider.Create(l.Name,
		cluster.CreateWithRawConfig(config), cluster.CreateWithNodeImage(l.NodeImage), cluster.CreateWithRetain(l.Retain),
		cluster.CreateWithWaitForReady(l.Wait), cluster.CreateWithKubeconfigPath(l.Kubeconfig),
	)
	if err != nil {
		e.clean(l) // kind leaves those whose kubeconfig it cannot write
		return explain("make the cluster "+l.Name, err)
	}
	return nil
}

// clean removes a cluster that was half made here.
func (e *Engine) clean(l Launch) {
	switch {
	case l.Existing:
	case l.Retain:
		if there, _ := e.has(l.Name); there {
			e.log.V(0).Infof("The half-made cluster %q stays; `irsatz kind down --name %s` removes it", l.Name, l.Name)
		}
	default:
		err := e.provider.Delete(l.Name, l.Kubeconfig)
		if l.Mode == ModeKeys {
			err = errors.Join(err, l.removeKeys())
		}
		if err != nil {
			e.log.Errorf("remove the half-made cluster %q: %v", l.Name, err)
		}
	}
}

// install puts irsatz into the cluster.
func (e *Engine) install(ctx context.Context, l *Launch) (*Cluster, error) {
	c, err := e.Cluster(l.Name)
	if err != nil {
		return nil, err
	}
	if err := context.Cause(ctx); err != nil {
		return nil, fmt.Errorf("interrupted: %w", err)
	}
	if l.Existing {
		if err := c.recall(ctx, l); err != nil {
			return nil, err
		}
		if err := c.recallAuthority(ctx, l); err != nil {
			return nil, err
		}
	}
	if l.Host.IsValid() && l.Host.Addr().IsUnspecified() {
		if err := c.locateHost(ctx, l); err != nil {
			return nil, err
		}
	}
	c.Options = l.Options
	if err := c.loadImages(ctx, *l); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, l.Wait)
	defer cancel()
	if err := e.step("Installing irsatz 🎫", func() error { return c.apply(ctx, *l) }); err != nil {
		return nil, err
	}
	if err := c.leadNames(ctx, *l); err != nil {
		return nil, err
	}
	if l.Host.IsValid() {
		return c, nil // the webhook registers when irsatz is started
	}
	if err := e.step("Waiting for irsatz and its webhook 🪝", func() error { return c.ready(ctx, *l) }); err != nil {
		return nil, err
	}
	return c, e.step("Trying a pod 🐳", func() error { return c.tryPod(ctx) })
}

// recall takes from a cluster that is there what it was made with.
func (c *Cluster) recall(ctx context.Context, l *Launch) error {
	s := Status{}
	if err := c.ask(ctx, &s); err != nil {
		return err
	}
	if s.Issuer == "" {
		return problem("its issuer must be an https URL: make it anew with `irsatz kind up`", "the API server of %s shows no issuer", c.Name)
	}
	if l.Issuer != s.Issuer {
		l.Cluster = "" // the setup describes another one
	}
	l.Issuer, l.Mode, l.Port = s.Issuer, cmp.Or(s.Mode, ModePlain), 0
	if _, port, ok := strings.Cut(s.Endpoint, "http://127.0.0.1:"); ok {
		var err error
		l.Port, err = strconv.Atoi(port)
		return err
	}
	return nil
}

// locateHost finds out where the nodes reach this machine.
func (c *Cluster) locateHost(ctx context.Context, l *Launch) error {
	address, err := c.HostAddress(ctx)
	if err != nil {
		return err
	}
	l.Host = netip.AddrPortFrom(address, l.Host.Port())
	return nil
}

// loadImages loads irsatz and the other archives into every node.
func (c *Cluster) loadImages(ctx context.Context, l Launch) error {
	if l.Archive != nil && !l.Host.IsValid() {
		err := c.engine.step("Loading the image "+l.Image+" 📦", func() error { return c.loadOwn(ctx, l.Archive) })
		if err != nil {
			return err
		}
	}
	for _, file := range l.Archives {
		err := c.engine.step("Loading "+file+" 📦", func() error {
			return c.load(file, func() (io.ReadCloser, error) { return os.Open(file) })
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// loadOwn loads our image, which is for one architecture.
func (c *Cluster) loadOwn(ctx context.Context, i *Image) error {
	for _, n := range c.nodes {
		got, err := arch(ctx, n)
		if err != nil {
			return err
		}
		if got != i.Arch {
			return problem("name a static linux/"+got+" irsatz with --binary, or run irsatz on this machine with --host", "node %s is %s, and %s is for %s", n, got, i.binary, i.Arch)
		}
	}
	return c.load(i.Name, func() (io.ReadCloser, error) {
		r, w := io.Pipe()
		go func() { w.CloseWithError(i.Write(w)) }()
		return r, nil
	})
}

// load streams an archive into every node.
func (c *Cluster) load(name string, open func() (io.ReadCloser, error)) error {
	one := func(n nodes.Node) error {
		r, err := open()
		if err != nil {
			return err
		}
		defer r.Close()
		return nodeutils.LoadImageArchive(n, r)
	}
	for _, n := range c.nodes {
		if err := one(n); err != nil {
			return explain("load "+name+" into node "+n.String(), err)
		}
	}
	return nil
}

// apply applies the manifests, over those of another time.
func (c *Cluster) apply(ctx context.Context, l Launch) error {
	manifests, err := l.Manifests()
	if err != nil {
		return err
	}
	if _, err := c.Kubectl(ctx, bytes.NewReader(manifests), "apply", "--server-side", "--force-conflicts", "--field-manager=irsatz", "-f", "-"); err != nil {
		return err
	}
	if !l.Existing || l.Host.IsValid() {
		return nil
	}
	// One that runs already reads its setup when it starts.
	_, err = c.Kubectl(ctx, nil, "-n", Namespace, "rollout", "restart", "deployment")
	return err
}

// deployments are irsatz's.
var deployments = []string{"irsatz", "irsatz-webhook"}

// ready waits for the deployments, and tells what one that does not start says.
func (c *Cluster) ready(ctx context.Context, l Launch) error {
	for _, name := range deployments {
		_, err := c.Kubectl(ctx, nil, "-n", Namespace, "rollout", "status", "deployment/"+name, "--timeout="+l.Wait.String())
		if err == nil {
			continue
		}
		why := err
		asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), logTime)
		defer cancel()
		if log, err := c.Kubectl(asking, nil, "-n", Namespace, "logs", "deployment/"+name, "--tail=20"); err == nil {
			if said := complaint(string(log)); said != "" {
				why = &failure{doing: "it says", said: said, err: why}
			}
		}
		hint := "--retain keeps the cluster: `kubectl --context " + c.Context() + " -n " + Namespace + " describe pods` says more"
		if name != "irsatz" {
			hint = "the API server must reach the Service " + name + ", and its certificate bear that name; " + hint
		}
		return problem(hint, "%s is not ready: %w", name, why)
	}
	return nil
}

// logTime is how long what a pod has said may take to fetch.
const logTime = 10 * time.Second

// tryPod makes a dry run of a pod, which the webhook marks.
func (c *Cluster) tryPod(ctx context.Context) error {
	out, err := c.Kubectl(ctx, strings.NewReader(probePod), "-n", "default", "create", "--dry-run=server", "-o", "json", "-f", "-")
	if err != nil {
		return err
	}
	var pod struct {
		Metadata struct {
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(out, &pod); err != nil {
		return fmt.Errorf("try a pod: %w", err)
	}
	if pod.Metadata.Annotations[webhook.ProbeAnnotation] == "" {
		return problem("`irsatz kind status` says whether the webhook is ready", "a pod that was tried was not mutated")
	}
	return nil
}

// probePod asks for the webhook's mark. It is as the strictest pod security
// standard wants it.
const probePod = `apiVersion: v1
kind: Pod
metadata:
  generateName: irsatz-probe-
  annotations: {` + webhook.ProbeRequestAnnotation + `: kind-up}
spec:
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: probe
    image: irsatz.invalid/probe
    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
`
