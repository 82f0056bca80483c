package kubernetes

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/webhook"
)

// Registration says where the API server finds a webhook.
type Registration struct {
	Name string // of the MutatingWebhookConfiguration; empty means irsatz-pod-identity
	URL  string // of the webhook, https
	// Service is the one in Namespace that the webhook is behind, in place of
	// URL; empty means none. Its port is 443.
	Service string
	CA      []byte // PEM, that the webhook's certificate is to be verified with; nil means the system's
	// Fail refuses pods while the webhook cannot be reached, except those of
	// kube-system and those with the skip label, which irsatz's own must have;
	// false lets them pass unmutated, as upstream's registration does.
	Fail      bool
	Namespace string // of Service, and of the pods that try the webhook; empty means default
}

const (
	defaultRegistration = "irsatz-pod-identity"
	webhookName         = "pod-identity-webhook.irsatz.local"
	skipLabel           = "eks.amazonaws.com/skip-pod-identity-webhook"
	fieldManager        = "irsatz"
	mutatePath          = "/mutate"
)

// configuration is what upstream's manifest has, but for v1, which comes first.
func (r Registration) configuration() *admissionregistrationv1.MutatingWebhookConfiguration {
	policy, sideEffects := admissionregistrationv1.Ignore, admissionregistrationv1.SideEffectClassNone
	var namespaces *metav1.LabelSelector
	if r.Fail {
		policy = admissionregistrationv1.Fail
		namespaces = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{
			Key: corev1.LabelMetadataName, Operator: metav1.LabelSelectorOpNotIn, Values: []string{metav1.NamespaceSystem},
		}}}
	}
	client := admissionregistrationv1.WebhookClientConfig{CABundle: r.CA, URL: &r.URL}
	if r.Service != "" {
		path := mutatePath
		client.URL, client.Service = nil, &admissionregistrationv1.ServiceReference{Namespace: r.Namespace, Name: r.Service, Path: &path}
	}
	c := &admissionregistrationv1.MutatingWebhookConfiguration{Webhooks: []admissionregistrationv1.MutatingWebhook{{
		Name: webhookName, ClientConfig: client, FailurePolicy: &policy, SideEffects: &sideEffects,
		AdmissionReviewVersions: []string{"v1", "v1beta1"},
		NamespaceSelector:       namespaces,
		ObjectSelector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{
			Key: skipLabel, Operator: metav1.LabelSelectorOpDoesNotExist,
		}}},
		Rules: []admissionregistrationv1.RuleWithOperations{{
			Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
			Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
		}},
	}}}
	c.APIVersion, c.Kind, c.Name = admissionregistrationv1.SchemeGroupVersion.String(), "MutatingWebhookConfiguration", r.Name
	return c
}

// Register tells the API server of the webhook, and returns when a pod has been
// mutated by it: that takes the API server some seconds. Nothing is created but
// the registration; the pods that try it are dry runs.
func (c *Cluster) Register(ctx context.Context, r Registration) error {
	if r.Name == "" {
		r.Name = defaultRegistration
	}
	if r.Namespace == "" {
		r.Namespace = "default"
	}
	text, err := json.Marshal(r.configuration())
	if err != nil {
		return err
	}
	err = c.core.Patch(types.ApplyPatchType).AbsPath("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", r.Name).
		Param("fieldManager", fieldManager).Param("force", "true").Param("fieldValidation", "Strict").Body(text).Do(ctx).Error()
	if err != nil {
		return c.explain("register the webhook", err)
	}
	return c.probe(ctx, r)
}

// probeEvery is how often a registered webhook is tried.
const probeEvery = 500 * time.Millisecond

// probe makes dry runs of a pod until the webhook mutates one. Its name is in
// the error if ctx ends before.
func (c *Cluster) probe(ctx context.Context, r Registration) error {
	want := rand.Text()
	last := "the API server does not call it yet"
	for {
		var pod corev1.Pod
		err := c.core.Post().Namespace(r.Namespace).Resource("pods").Param("dryRun", "All").Body(probePod(want)).Do(ctx).Into(&pod)
		if err == nil && pod.Annotations[webhook.ProbeAnnotation] == want {
			return nil
		}
		// An end that is due may not have been told yet.
		if end, ok := ctx.Deadline(); err != nil && ctx.Err() == nil && (!ok || clock.Now().Before(end)) {
			last = err.Error()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the registered webhook mutates no pod: %s", last)
		case <-time.After(probeEvery):
		}
	}
}

// probePod is a pod that nothing but the webhook objects to: it is as the
// strictest pod security standard wants it.
func probePod(text string) *corev1.Pod {
	yes, no := true, false
	pod := &corev1.Pod{}
	pod.GenerateName = "irsatz-probe-"
	pod.Annotations = map[string]string{webhook.ProbeRequestAnnotation: text}
	pod.Spec.AutomountServiceAccountToken = &no
	pod.Spec.SecurityContext = &corev1.PodSecurityContext{RunAsNonRoot: &yes, SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}}
	pod.Spec.Containers = []corev1.Container{{Name: "probe", Image: "irsatz.invalid/probe", SecurityContext: &corev1.SecurityContext{
		AllowPrivilegeEscalation: &no, Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}}}
	return pod
}
