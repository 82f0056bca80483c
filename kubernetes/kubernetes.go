// Package kubernetes is a real cluster: its service accounts as they come and
// go, the keys that its tokens are verified with, and what keeps its pods from
// an identity (Examine).
//
// It takes of client-go what it needs and no more: of service accounts only the
// metadata is fetched, and the scheme knows one group. The typed clients would
// add 12 MB to the binary and 8 MB to what every irsatz keeps in memory, with a
// cluster or without.
package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"

	"github.com/irsatz/irsatz/webhook"
)

// Config says which cluster it is, and what to watch there.
type Config struct {
	Kubeconfig string // path; empty means the cluster that this process runs in
	Context    string // of the kubeconfig; empty means its current one
	Server     string // URL of the API server in place of the kubeconfig's; empty means that

	// AnnotationPrefix is of the annotations that are kept, so that a large
	// cluster needs little memory; empty means eks.amazonaws.com.
	AnnotationPrefix string
	// Mappings are kept as the ConfigMap has them; nil means that it is not
	// watched.
	Mappings  *webhook.Mappings
	Namespace string        // of the ConfigMap; empty means eks
	Resync    time.Duration // how often all is gone through again; 0 means every minute
	Log       *slog.Logger  // nil means no log
}

// Cluster is a cluster that can be asked.
type Cluster struct {
	config   Config
	server   string
	core     *rest.RESTClient
	metadata metadata.Interface
	accounts accounts
}

// requests to the API server are few; these are upstream's bounds for lookups
// of service accounts that are not known yet.
const (
	lookupsPerSecond = 10
	lookupBurst      = 20
)

// Connect reads the kubeconfig. It does not speak to the API server yet.
func Connect(config Config) (*Cluster, error) {
	if config.AnnotationPrefix == "" {
		config.AnnotationPrefix = webhook.DefaultAnnotationPrefix
	}
	if config.Namespace == "" {
		config.Namespace = "eks"
	}
	if config.Resync == 0 {
		config.Resync = time.Minute
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	client, err := config.client()
	if err != nil {
		return nil, fmt.Errorf("kubeconfig: %w", err)
	}
	c := &Cluster{config: config, server: client.Host}
	if c.metadata, err = metadata.NewForConfig(client); err != nil {
		return nil, fmt.Errorf("kubeconfig: %w", err)
	}
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	client.APIPath, client.GroupVersion = "/api", &corev1.SchemeGroupVersion
	client.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	if c.core, err = rest.RESTClientFor(client); err != nil {
		return nil, fmt.Errorf("kubeconfig: %w", err)
	}
	c.accounts.init(c)
	return c, nil
}

func (c Config) client() (*rest.Config, error) {
	client, err := c.load()
	if err != nil {
		return nil, err
	}
	client.UserAgent = "irsatz"
	client.QPS, client.Burst = 50, 50 // upstream's
	return client, nil
}

func (c Config) load() (*rest.Config, error) {
	if c.Kubeconfig == "" && c.Server == "" {
		return rest.InClusterConfig()
	}
	rules := &clientcmd.ClientConfigLoadingRules{ExplicitPath: c.Kubeconfig}
	overrides := &clientcmd.ConfigOverrides{CurrentContext: c.Context}
	overrides.ClusterInfo.Server = c.Server
	return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides).ClientConfig()
}

// Server returns the URL of the API server.
func (c *Cluster) Server() string { return c.server }

// connectTime is how long the API server may take to answer at first.
const connectTime = 10 * time.Second

// Watch begins to watch, and returns when what is there is known. It goes on
// until ctx ends. A cluster that cannot be reached, or does not let us, is an
// error that says which.
func (c *Cluster) Watch(ctx context.Context) error {
	ctx = klog.NewContext(ctx, logr.FromSlogHandler(c.config.Log.Handler()))
	first, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	// The informers would try for ever and say nothing.
	if _, err := c.metadata.Resource(serviceAccounts).List(first, metav1.ListOptions{Limit: 1}); err != nil {
		return c.explain("list service accounts", err)
	}
	if err := c.accounts.watch(ctx); err != nil {
		return err
	}
	if c.config.Mappings == nil {
		return nil
	}
	if err := c.firstConfigMap(first); err != nil {
		return err
	}
	return c.watchConfigMap(ctx)
}

// explain says what kind of thing went wrong.
func (c *Cluster) explain(doing string, err error) error {
	switch {
	case apierrors.IsUnauthorized(err):
		return fmt.Errorf("%s: the cluster at %s does not know these credentials: is the kubeconfig that of another cluster? %w", doing, c.server, err)
	case apierrors.IsForbidden(err):
		return fmt.Errorf("%s: %w", doing, err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: the cluster at %s does not answer: %w", doing, c.server, err)
	}
	return fmt.Errorf("%s: the cluster at %s cannot be reached: %w", doing, c.server, err)
}
