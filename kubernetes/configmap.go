package kubernetes

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/tools/cache"

	"github.com/irsatz/irsatz/webhook"
)

var configMaps = corev1.SchemeGroupVersion.WithResource("configmaps")

// configMap lists and watches one ConfigMap alone, so that no right to others
// is needed.
func (c *Cluster) configMap() *cache.ListWatch {
	return cache.NewListWatchFromClient(c.core, configMaps.Resource, c.config.Namespace, fields.OneTermEqualSelector("metadata.name", webhook.ConfigMapName))
}

// firstConfigMap finds out whether the ConfigMap may be watched.
func (c *Cluster) firstConfigMap(ctx context.Context) error {
	if _, err := c.configMap().ListWithContext(ctx, metav1.ListOptions{Limit: 1}); err != nil {
		return c.explain("list ConfigMap "+c.config.Namespace+"/"+webhook.ConfigMapName, err)
	}
	return nil
}

// watchConfigMap keeps the mappings as the ConfigMap has them. As for upstream,
// its deletion changes nothing; to take mappings away, empty it.
func (c *Cluster) watchConfigMap(ctx context.Context) error {
	informer := cache.NewSharedInformer(c.configMap(), &corev1.ConfigMap{}, c.config.Resync)
	load := func(object any) {
		configMap, ok := object.(*corev1.ConfigMap)
		if !ok {
			return
		}
		if err := c.config.Mappings.Load(configMap.Data[webhook.ConfigMapKey]); err != nil {
			c.config.Log.Error("what was read before stays", "namespace", configMap.Namespace, "err", err)
		}
	}
	handlers, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    load,
		UpdateFunc: func(_, object any) { load(object) },
	})
	if err != nil {
		return err
	}
	go informer.RunWithContext(ctx)
	return synced(ctx, handlers.HasSynced, configMaps)
}
