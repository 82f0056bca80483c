package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/irsatz/irsatz/internal/pki"
	"github.com/irsatz/irsatz/kindcluster"
)

// kindUpFlags say what cluster is wanted.
type kindUpFlags struct {
	kindFlags
	setup       kindSetup
	mode        string
	configFile  string
	nodeImage   string
	binary      string
	load        []string
	keyDir      string
	hostAddress string
	dryRun      string
	port        int
	wait        time.Duration
	host        bool
	retain      bool
	existing    bool
	rewriteDNS  bool
}

const kindUpLong = `Makes a kind cluster and puts irsatz into it: STS, S3 and the pod identity webhook.
It is ready when a pod that was tried has been mutated; what is half made is removed
if something fails, unless --retain.

--mode says what the cluster's tokens are like:
  issuer   an issuer like one of EKS, or that of the setup's first cluster; the
           cluster signs with keys of its own
  plain    the cluster as kind makes it, with the issuer of all of them
  keys     the issuer and the signing key of a cluster of the irsatz that runs at
           --control, which can then mint the same tokens

Without -f, irsatz has a role for the ServiceAccount default/app, and a bucket. With
it, the setup's ServiceAccounts are made in the cluster.

irsatz's image is written from the binary that runs, or from --binary where that is
not a static linux one. With --host nothing runs in the cluster but a Service that
leads to this machine, for an irsatz that is started here.

--dry-run prints the kind config and every manifest as one YAML stream; =config and
=manifests print the one or the other.`

func (p *program) kindUpCommand() *cobra.Command {
	f := &kindUpFlags{}
	cmd := &cobra.Command{
		Use: "up [-f PATH]...", Short: "Make a kind cluster with irsatz in it", Args: cobra.NoArgs, Long: kindUpLong,
		Example: `  irsatz kind up -f setup.yaml
  irsatz kind up --config kind.yaml --node-image kindest/node:v1.34.0 --load app.tar
  irsatz kind up --existing --name mine
  irsatz kind up --dry-run=config | kind create cluster --config -
  irsatz kind up --dry-run=manifests | kubectl apply --server-side -f -`,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.kindUp(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	f.add(flags)
	f.addKubeconfig(flags)
	f.setup.add(flags)
	p.controlFlags(flags)
	flags.StringVar(&f.mode, "mode", string(kindcluster.ModeIssuer), "issuer, plain or keys")
	flags.StringVar(&f.configFile, "config", "", "kind config of your own, to which irsatz's part is added")
	flags.StringVar(&f.nodeImage, "node-image", "", "image of the nodes (default: kind's)")
	flags.DurationVar(&f.wait, "wait", kindcluster.DefaultWait, "how long the control plane may take, and irsatz after it")
	flags.BoolVar(&f.retain, "retain", false, "keep a cluster that was half made")
	flags.BoolVar(&f.existing, "existing", false, "put irsatz into the kind cluster that is there, as it is")
	flags.IntVar(&f.port, "port", 4566, "port of this machine's loopback that leads to irsatz; 0 takes a free one")
	flags.StringVar(&f.binary, "binary", "", "static linux irsatz for the nodes' architecture (default: this one)")
	flags.StringArrayVar(&f.load, "load", nil, "archive of an image to load into the nodes, as docker save writes it (may be repeated)")
	flags.StringVar(&f.keyDir, "key-dir", "", "folder for the keys of --mode keys (default: one for the cluster in the user's cache)")
	flags.BoolVar(&f.host, "host", false, "irsatz is to run on this machine, at --port")
	flags.StringVar(&f.hostAddress, "host-address", "", "address at which nodes reach this machine (default: they are asked)")
	flags.BoolVar(&f.rewriteDNS, "rewrite-dns", false, "have CoreDNS lead the names below amazonaws.com to irsatz, for SDKs that know no endpoint variable; with --existing and without this it no longer does")
	flags.StringVar(&f.dryRun, "dry-run", "", "print what would be made, without an engine: all, config or manifests")
	flags.Lookup("dry-run").NoOptDefVal = "all"
	return cmd
}

func (p *program) kindUp(ctx context.Context, f *kindUpFlags) error {
	launch, err := p.kindLaunch(ctx, f)
	if err != nil {
		return err
	}
	if f.dryRun != "" {
		return p.kindDryRun(f, launch.Options)
	}
	engine, err := p.engine(&f.kindFlags)
	if err != nil {
		return err
	}
	if err := p.choosePort(f, &launch); err != nil {
		return err
	}
	if launch.Archive, err = f.image(); err != nil {
		return err
	}
	cluster, err := engine.Up(ctx, launch)
	if err != nil {
		return err
	}
	return p.printKindUp(f, cluster)
}

// kindLaunch makes a launch of the flags and of the files that they name.
func (p *program) kindLaunch(ctx context.Context, f *kindUpFlags) (kindcluster.Launch, error) {
	l := kindcluster.Launch{NodeImage: f.nodeImage, Kubeconfig: f.kubeconfig, Wait: f.wait, Retain: f.retain, Existing: f.existing, Archives: f.load}
	mode, err := kindcluster.ParseMode(f.mode)
	if err != nil {
		return l, usageError{fmt.Errorf("--mode: %w", err)}
	}
	if err := f.check(); err != nil {
		return l, err
	}
	l.Name, l.Mode, l.Port = f.name, mode, f.port
	if l.Kind, err = p.kindConfig(f.configFile); err != nil {
		return l, err
	}
	if mode == kindcluster.ModeKeys && !f.existing {
		if err := p.kindKeys(ctx, f, &l); err != nil {
			return l, err
		}
	}
	if l.Options, err = f.setup.apply(p, l.Options); err != nil {
		return l, err
	}
	if l.Root, err = kindRoot(); err != nil {
		return l, err
	}
	if f.rewriteDNS {
		ca, err := pki.New(pki.Config{})
		if err != nil {
			return l, err
		}
		l.AWSNames = &kindcluster.Authority{Certificate: ca.CertificatePEM(), Key: ca.KeyPEM()}
	}
	l.Host, err = f.hostPort()
	return l, err
}

// hostPort is where nodes find irsatz on this machine, the address being
// unspecified where they are to be asked, and invalid where it does not run
// here.
func (f *kindUpFlags) hostPort() (netip.AddrPort, error) {
	if !f.host {
		return netip.AddrPort{}, nil
	}
	address := netip.IPv4Unspecified()
	if f.hostAddress != "" {
		var err error
		address, err = netip.ParseAddr(f.hostAddress)
		if err != nil || address.IsLoopback() || address.IsLinkLocalUnicast() || address.IsUnspecified() {
			return netip.AddrPort{}, usageError{fmt.Errorf("--host-address %q: want an IP address that nodes reach", f.hostAddress)}
		}
	}
	return netip.AddrPortFrom(address, uint16(f.port)), nil
}

func (f *kindUpFlags) check() error {
	switch {
	case f.dryRun != "" && f.dryRun != "all" && f.dryRun != "config" && f.dryRun != "manifests":
		return usageError{fmt.Errorf("--dry-run %q: want all, config or manifests", f.dryRun)}
	case f.port < 0 || f.port > 65535:
		return usageError{fmt.Errorf("--port %d: want a port", f.port)}
	case f.host && f.port == 0:
		return usageError{errors.New("--host: want a --port of which the cluster can be told")}
	case !f.host && f.hostAddress != "":
		return usageError{errors.New("--host-address: want --host beside it")}
	case f.host && f.rewriteDNS:
		return usageError{errors.New("--rewrite-dns and --host exclude each other: AWS's names lead to irsatz only where it runs in the cluster")}
	case f.existing && (f.configFile != "" || f.setup.issuer != "" || f.mode == string(kindcluster.ModeKeys)):
		return usageError{errors.New("--existing: a cluster that is there has its config, its issuer and its keys")}
	case f.mode == string(kindcluster.ModePlain) && f.setup.issuer != "":
		return usageError{errors.New("--issuer: with --mode plain the issuer is that of every kind cluster")}
	}
	return nil
}

// kindConfig reads the user's own config, and says what is wrong with it.
func (p *program) kindConfig(file string) ([]byte, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--config: %w", err)
	}
	found, err := kindcluster.CheckConfig(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var fatal []error
	for _, f := range found {
		if f.Fatal {
			fatal = append(fatal, fmt.Errorf("%s: %s", file, f))
			continue
		}
		fmt.Fprintf(p.stderr, "irsatz: note: %s: %s\n", file, f)
	}
	return text, errors.Join(fatal...)
}

// kindKeys fetches the keys from the running server; a dry run needs none.
func (p *program) kindKeys(ctx context.Context, f *kindUpFlags, l *kindcluster.Launch) error {
	l.KeyDir = f.keyDir
	if l.KeyDir == "" {
		var err error
		if l.KeyDir, err = kindKeyDir(l.Name); err != nil {
			return err
		}
	}
	var err error
	if l.KeyDir, err = filepath.Abs(l.KeyDir); err != nil || f.dryRun != "" {
		return err
	}
	info, err := p.client().Info(ctx)
	if err != nil {
		return fmt.Errorf("--mode keys: %w", err)
	}
	f.setup.region = cmp.Or(f.setup.region, info.Region)
	key, err := p.client().SigningKey(ctx, f.setup.cluster)
	if err != nil {
		return fmt.Errorf("--mode keys: %w", err)
	}
	if f.setup.issuer != "" && f.setup.issuer != key.Issuer {
		return usageError{fmt.Errorf("--issuer %s: the cluster %s of the running irsatz has the issuer %s", f.setup.issuer, key.Cluster, key.Issuer)}
	}
	l.Issuer, l.Keys = key.Issuer, kindcluster.KeyPair{Private: []byte(key.Private), Public: []byte(key.Public)}
	return nil
}

// image is of the binary that runs, unless another is named.
func (f *kindUpFlags) image() (*kindcluster.Image, error) {
	if f.host {
		return nil, nil
	}
	binary := f.binary
	if binary == "" {
		var err error
		if binary, err = os.Executable(); err != nil {
			return nil, err
		}
	}
	image, err := kindcluster.NewImage(binary, pki.SystemRoots())
	if err != nil {
		return nil, withHint(fmt.Errorf("irsatz's image: %w", err), "name a static linux irsatz with --binary (`CGO_ENABLED=0 GOOS=linux GOARCH=%s go build ./cmd/irsatz`), or run irsatz on this machine with --host", runtime.GOARCH)
	}
	return image, nil
}

// choosePort makes sure of this machine's port before anything is made. That of
// an engine elsewhere is the engine's to judge.
func (p *program) choosePort(f *kindUpFlags, l *kindcluster.Launch) error {
	if f.existing || f.host {
		return nil
	}
	if remote := p.env.values["DOCKER_HOST"]; remote != "" && !strings.HasPrefix(remote, "unix:") {
		return nil
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(l.Port)))
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return withHint(fmt.Errorf("port %d of this machine is taken", l.Port), "perhaps by another irsatz; choose another with --port, or 0 for a free one")
		}
		return fmt.Errorf("--port: %w", err)
	}
	l.Port = listener.Addr().(*net.TCPAddr).Port
	return listener.Close()
}

// kindDryRun prints what would be made.
func (p *program) kindDryRun(f *kindUpFlags, o kindcluster.Options) error {
	if image, err := f.image(); err == nil && image != nil {
		o.Image = image.Name
	}
	if o.Host.IsValid() && o.Host.Addr().IsUnspecified() {
		o.Host = netip.AddrPortFrom(usualGateway, o.Host.Port())
		fmt.Fprintf(p.stderr, "irsatz: note: %s stands for this machine's address, which nodes are asked for; --host-address names it\n", usualGateway)
	}
	if o.AWSNames != nil {
		fmt.Fprintln(p.stderr, "irsatz: note: two lines are added to the Corefile of the ConfigMap kube-system/coredns, which is kubeadm's to make")
	}
	config, err := o.Config()
	if err != nil {
		return err
	}
	manifests, err := o.Manifests()
	if err != nil {
		return err
	}
	if f.dryRun != "manifests" && !f.existing {
		if _, err := p.stdout.Write(config); err != nil {
			return err
		}
		if f.dryRun == "all" {
			_, _ = io.WriteString(p.stdout, "---\n")
		}
	}
	if f.dryRun == "config" {
		return nil
	}
	_, err = p.stdout.Write(manifests)
	return err
}

// usualGateway is that of the network kind where no other network came first.
var usualGateway = netip.MustParseAddr("172.18.0.1")
