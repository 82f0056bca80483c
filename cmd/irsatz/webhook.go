package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/irsatz/irsatz/kubernetes"
	"github.com/irsatz/irsatz/webhook"
)

// webhookFlags are the flags of the webhook. Those that the webhook of EKS has
// bear its names.
type webhookFlags struct {
	config      webhook.Config
	cluster     kubernetes.Config
	additions   additionFlags
	listener    listenerFlags
	compose     bool
	account     string
	watchMap    bool
	credentials string // file
	logLevel    string
}

type additionFlags struct{ endpoint, caFile, trustConfigMap string }

type listenerFlags struct {
	bind              string
	port, metricsPort int
	cert, key         string
	register, fail    bool
	url, service      string
}

func (f *webhookFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.cluster.Kubeconfig, "kubeconfig", "", "kubeconfig of the cluster (default: the cluster that this runs in)")
	flags.StringVar(&f.cluster.Context, "context", "", "context of the kubeconfig")
	flags.StringVar(&f.cluster.Server, "kube-api", "", "URL of the API server")
	flags.StringVar(&f.cluster.Namespace, "namespace", "eks", "namespace of the webhook and of its ConfigMap")
	flags.DurationVar(&f.cluster.Resync, "resync-period", time.Minute, "how often all service accounts are gone through again")
	c := &f.config
	flags.StringVar(&c.AnnotationPrefix, "annotation-prefix", webhook.DefaultAnnotationPrefix, "prefix of the annotations to look for")
	flags.StringVar(&c.TokenAudience, "token-audience", webhook.DefaultTokenAudience, "audience of tokens; an annotation comes first")
	flags.StringVar(&c.TokenMountPath, "token-mount-path", webhook.DefaultTokenMountPath, "where tokens are mounted")
	flags.Int64Var(&c.TokenExpiration, "token-expiration", webhook.DefaultTokenExpiration, "life of tokens in seconds; an annotation comes first")
	flags.StringVar(&c.DefaultRegion, "aws-default-region", "", "region that pods are given")
	flags.BoolVar(&c.RegionalSTSEndpoint, "sts-regional-endpoint", false, "give pods AWS_STS_REGIONAL_ENDPOINTS=regional")
	flags.DurationVar(&c.LookupGrace, "service-account-lookup-grace-period", 0, "how long a pod may wait for a service account that is not known yet")
	flags.BoolVar(&f.watchMap, "watch-config-map", false, "take roles from the ConfigMap pod-identity-webhook too")
	flags.BoolVar(&f.compose, "compose-role-arn", false, "take role names in annotations for roles of --account")
	flags.StringVar(&f.account, "account", "", "account ID for --compose-role-arn; the partition is that of --aws-default-region")
	p := &c.ContainerCredentials
	flags.StringVar(&f.credentials, "watch-container-credentials-config", "", "file of the service accounts that get container credentials")
	flags.StringVar(&p.Audience, "container-credentials-audience", webhook.DefaultCredentialsAudience, "audience of their tokens")
	flags.StringVar(&p.MountPath, "container-credentials-token-mount-path", webhook.DefaultCredentialsMountPath, "where their tokens are mounted")
	flags.StringVar(&p.VolumeName, "container-credentials-token-volume-name", webhook.DefaultCredentialsVolumeName, "volume of their tokens")
	flags.StringVar(&p.TokenPath, "container-credentials-token-path", webhook.DefaultCredentialsTokenPath, "file of their tokens")
	flags.StringVar(&p.FullURI, "container-credentials-full-uri", webhook.DefaultCredentialsFullURI, "URL of their credentials")
	flags.StringVar(&f.additions.endpoint, "inject-endpoint", "", "endpoint that pods are given for STS and S3, beyond what EKS gives them")
	flags.StringVar(&f.additions.caFile, "inject-ca", "", "CA that pods are given for it, a PEM file")
	flags.StringVar(&f.additions.trustConfigMap, "inject-trust-config-map", "", "ConfigMap in the pods' namespaces with ca.crt, bundle.pem and truststore.p12, in place of --inject-ca")
	l := &f.listener
	flags.StringVar(&l.bind, "bind-address", "", "address to listen at (default: all)")
	flags.IntVar(&l.port, "port", 443, "port of the webhook; 0 takes a free one")
	flags.IntVar(&l.metricsPort, "metrics-port", 9999, "port of /metrics; 0 takes a free one")
	flags.StringVar(&l.cert, "tls-cert", "", "certificate, a PEM file that is read anew when it changes (default: made for the time of the run)")
	flags.StringVar(&l.key, "tls-key", "", "its key")
	flags.BoolVar(&l.register, "register", false, "register with the API server, and be ready when it has mutated a pod")
	flags.StringVar(&l.service, "service-name", "", "Service in --namespace at which the API server finds the webhook")
	flags.StringVar(&l.url, "url", "", "or the https URL at which it does, without path")
	flags.BoolVar(&l.fail, "fail", false, "with --register: refuse pods while the webhook cannot be reached")
	flags.StringVar(&f.logLevel, "log-level", "info", "debug, info, warn or error")
}

func (p *program) webhookCommand() *cobra.Command {
	f := &webhookFlags{}
	cmd := &cobra.Command{
		Use: "webhook", Short: "Run the pod identity webhook of a real cluster", Args: cobra.NoArgs,
		Long: `Runs the admission webhook that gives pods their AWS identity, for a real cluster:
it follows the cluster's service accounts and answers its API server at /mutate as
the webhook of EKS does, with the same flags. The --inject flags add what a pod
needs to find irsatz in place of AWS.`,
		Example: "  irsatz webhook --kubeconfig ~/.kube/config --port 8443 --register --url https://172.18.0.1:8443",
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.webhook(cmd.Context(), f) },
	}
	f.add(cmd.Flags())
	return cmd
}

// settle makes configs of the flags, and reads the files that they name.
func (f *webhookFlags) settle(p *program) error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.logLevel)); err != nil {
		return usageError{fmt.Errorf("--log-level %q: want debug, info, warn or error", f.logLevel)}
	}
	f.config.Log = slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: level}))
	f.cluster.Log, f.cluster.AnnotationPrefix = f.config.Log, f.config.AnnotationPrefix
	if f.compose {
		if f.account == "" {
			return usageError{errors.New("--compose-role-arn: want --account beside it")}
		}
		f.config.RoleARNs = &webhook.RoleARNs{AccountID: f.account, Region: f.config.DefaultRegion}
	}
	if f.watchMap {
		f.config.Mappings = new(webhook.Mappings)
		f.cluster.Mappings = f.config.Mappings
	}
	f.config.Additions = webhook.Additions{Endpoint: f.additions.endpoint, TrustConfigMap: f.additions.trustConfigMap}
	if f.additions.caFile != "" {
		ca, err := os.ReadFile(f.additions.caFile)
		if err != nil {
			return fmt.Errorf("--inject-ca: %w", err)
		}
		f.config.Additions.CA = ca
	}
	return f.listener.check()
}

func (l *listenerFlags) check() error {
	switch {
	case (l.cert == "") != (l.key == ""):
		return usageError{errors.New("--tls-cert and --tls-key: want both or neither")}
	case l.register && (l.url == "") == (l.service == ""):
		return usageError{errors.New("--register: want --url or --service-name beside it")}
	case !l.register && l.fail:
		return usageError{errors.New("--fail: want --register beside it")}
	}
	return nil
}

// registerTime is how long the API server may take to call a webhook that it
// was told of.
const registerTime = 30 * time.Second

func (p *program) webhook(ctx context.Context, f *webhookFlags) error {
	if err := f.settle(p); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	if f.credentials != "" {
		identities := new(webhook.Identities)
		f.config.ContainerCredentials.Identities = identities
		watched := &watchedFile{path: f.credentials, load: identities.Load, log: f.config.Log}
		watched.check()
		running.Go(func() { watched.run(ctx) })
	}
	cluster, err := kubernetes.Connect(f.cluster)
	if err != nil {
		return withHint(err, "name the cluster with --kubeconfig")
	}
	if err := cluster.Watch(ctx); err != nil {
		return err
	}
	f.config.ServiceAccounts = cluster
	s, err := newWebhookServer(&f.listener, webhook.New(f.config), f.config.Log)
	if err != nil {
		return err
	}
	running.Go(s.serve)
	defer s.stop()
	fmt.Fprintf(p.stdout, "webhook https://%s/mutate\nmetrics http://%s/metrics\ncluster %s, %d service accounts\n", s.address(), s.metricsAddress(), cluster.Server(), cluster.Len())
	if f.listener.register {
		if err := f.register(ctx, cluster, s.ca); err != nil {
			return withHint(err, "the API server must reach --url or --service-name, and its certificate bear that name")
		}
	}
	s.ready.Store(true)
	fmt.Fprintln(p.stdout, "Ready.")
	<-ctx.Done()
	fmt.Fprintln(p.stderr, "irsatz: stopping")
	return nil
}

func (f *webhookFlags) register(ctx context.Context, cluster *kubernetes.Cluster, ca []byte) error {
	r := kubernetes.Registration{Namespace: f.cluster.Namespace, CA: ca, Fail: f.listener.fail, Service: f.listener.service, URL: f.listener.url + "/mutate"}
	ctx, cancel := context.WithTimeout(ctx, registerTime)
	defer cancel()
	return cluster.Register(ctx, r)
}

// watchedFile is read anew when it changes.
type watchedFile struct {
	path string
	load func([]byte) error
	log  *slog.Logger
	last string
}

// watchPeriod is how often a file is looked at.
const watchPeriod = time.Second

// check reads the file if it has changed. One that is gone is empty.
func (w *watchedFile) check() {
	content, err := os.ReadFile(w.path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		w.log.Error("read", "file", w.path, "err", err)
		return
	}
	if now := string(content); now != w.last {
		w.last = now
		if err := w.load(content); err != nil {
			w.log.Error("what was read before stays", "file", w.path, "err", err)
		}
	}
}

func (w *watchedFile) run(ctx context.Context) {
	ticker := time.NewTicker(watchPeriod)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			w.check()
		}
	}
}
