package kubernetes

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/time/rate"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
)

var serviceAccounts = corev1.SchemeGroupVersion.WithResource("serviceaccounts")

// accounts are the service accounts that are known, by NAMESPACE/NAME. Looking
// one up takes no lock.
type accounts struct {
	cluster *Cluster
	known   sync.Map // to map[string]string, which nobody changes
	count   atomic.Int64
	lookups *rate.Limiter

	mu      sync.Mutex
	waiting map[string]*wait // while somebody waits
}

// wait is for an account that is not known.
type wait struct {
	known   chan struct{} // closed when it is
	waiting int
}

func (a *accounts) init(c *Cluster) {
	a.cluster, a.waiting = c, map[string]*wait{}
	a.lookups = rate.NewLimiter(lookupsPerSecond, lookupBurst)
}

// Lookup returns a service account's annotations.
func (c *Cluster) Lookup(namespace, name string) (map[string]string, bool) {
	annotations, ok := c.accounts.known.Load(namespace + "/" + name)
	if !ok {
		return nil, false
	}
	return annotations.(map[string]string), true
}

// Len returns how many service accounts are known.
func (c *Cluster) Len() int { return int(c.accounts.count.Load()) }

// Await waits until the service account is known, and asks the API server for
// it meanwhile: what watches tell may come late. Many may wait for one; it is
// asked for once.
func (c *Cluster) Await(ctx context.Context, namespace, name string) {
	a := &c.accounts
	key := namespace + "/" + name
	w := a.join(ctx, namespace, name)
	defer a.leave(key, w)
	if _, ok := c.Lookup(namespace, name); ok { // since it was looked up
		return
	}
	select {
	case <-w.known:
	case <-ctx.Done():
	}
}

// join joins those who wait for an account. The first one has it asked for.
func (a *accounts) join(ctx context.Context, namespace, name string) *wait {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := namespace + "/" + name
	w := a.waiting[key]
	if w == nil {
		w = &wait{known: make(chan struct{})}
		a.waiting[key] = w
		go a.fetch(context.WithoutCancel(ctx), namespace, name)
	}
	w.waiting++
	return w
}

func (a *accounts) leave(key string, w *wait) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if w.waiting--; w.waiting == 0 && a.waiting[key] == w {
		delete(a.waiting, key)
	}
}

// fetch asks the API server. If it does not know the account either, the watch
// may tell of it yet.
func (a *accounts) fetch(ctx context.Context, namespace, name string) {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	if a.lookups.Wait(ctx) != nil {
		return
	}
	object, err := a.cluster.metadata.Resource(serviceAccounts).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		a.cluster.config.Log.Warn("look up service account", "namespace", namespace, "serviceAccount", name, "err", err)
		return
	}
	kept, err := a.strip(object)
	if err == nil {
		a.added(kept)
	}
}

// set makes a service account known.
func (a *accounts) set(object metav1.Object) {
	key := object.GetNamespace() + "/" + object.GetName()
	annotations := object.GetAnnotations()
	if _, there := a.known.Swap(key, annotations); !there {
		a.count.Add(1)
	}
	a.announce(key)
}

func (a *accounts) remove(key string) {
	if _, there := a.known.LoadAndDelete(key); there {
		a.count.Add(-1)
	}
}

// announce lets go of those who wait for an account.
func (a *accounts) announce(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if w := a.waiting[key]; w != nil {
		close(w.known)
		delete(a.waiting, key)
	}
}

// watch follows the service accounts until ctx ends, and returns when those
// that are there are known.
func (a *accounts) watch(ctx context.Context) error {
	resource := a.cluster.metadata.Resource(serviceAccounts)
	informer := cache.NewSharedInformer(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) { return resource.List(ctx, o) },
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			return resource.Watch(ctx, o)
		},
	}, &metav1.PartialObjectMetadata{}, a.cluster.config.Resync)
	if err := informer.SetTransform(a.strip); err != nil {
		return err
	}
	handlers, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    a.added,
		UpdateFunc: func(_, object any) { a.added(object) },
		DeleteFunc: func(object any) {
			if key, err := cache.DeletionHandlingMetaNamespaceKeyFunc(object); err == nil {
				a.remove(key)
			}
		},
	})
	if err != nil {
		return err
	}
	go informer.RunWithContext(ctx)
	return synced(ctx, handlers.HasSynced, serviceAccounts)
}

func (a *accounts) added(object any) {
	if o, err := meta.Accessor(object); err == nil {
		a.set(o)
	}
}

// strip keeps of a service account what the webhook reads.
func (a *accounts) strip(object any) (any, error) {
	from, err := meta.Accessor(object)
	if err != nil {
		return object, nil // the end of a list, for one
	}
	kept := &metav1.PartialObjectMetadata{}
	kept.Namespace, kept.Name, kept.ResourceVersion = from.GetNamespace(), from.GetName(), from.GetResourceVersion()
	for name, value := range from.GetAnnotations() {
		if strings.HasPrefix(name, a.cluster.config.AnnotationPrefix+"/") {
			if kept.Annotations == nil {
				kept.Annotations = map[string]string{}
			}
			kept.Annotations[name] = value
		}
	}
	return kept, nil
}

// synced waits until an informer has told its handlers what is there.
func synced(ctx context.Context, has cache.InformerSynced, what schema.GroupVersionResource) error {
	if !cache.WaitForCacheSync(ctx.Done(), has) {
		return fmt.Errorf("watch %s: %w", what.Resource, context.Cause(ctx))
	}
	return nil
}
