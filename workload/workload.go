// Package workload reads the pod that a Kubernetes manifest makes, takes it
// through admission, and says what a container of it is to see.
package workload

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

// Pod is a pod before it is created, and after admission what is created.
type Pod struct {
	pod corev1.Pod
}

// defaultName is what the API server's admission gives a pod that names no
// namespace or service account.
const defaultName = "default"

// localSuffix stands where the cluster puts random letters.
const localSuffix = "-local"

// New makes a pod with a single container.
func New() *Pod {
	p := &Pod{}
	p.pod.Spec.Containers = []corev1.Container{{Name: "app"}}
	return p
}

// settle does what admission does before webhooks are called.
func (p *Pod) settle() {
	if p.pod.Namespace == "" {
		p.pod.Namespace = defaultName
	}
	if p.pod.Spec.ServiceAccountName == "" {
		p.pod.Spec.ServiceAccountName = p.pod.Spec.DeprecatedServiceAccount
	}
	if p.pod.Spec.ServiceAccountName == "" {
		p.pod.Spec.ServiceAccountName = defaultName
	}
	p.pod.Spec.DeprecatedServiceAccount = p.pod.Spec.ServiceAccountName
	if p.pod.Name == "" {
		p.pod.Name = p.pod.Spec.ServiceAccountName + localSuffix
	}
}

// Name returns the pod's name.
func (p *Pod) Name() string { return p.pod.Name }

// Namespace returns the pod's namespace.
func (p *Pod) Namespace() string { return p.pod.Namespace }

// ServiceAccount returns the name of the pod's service account.
func (p *Pod) ServiceAccount() string { return p.pod.Spec.ServiceAccountName }

// Place puts the pod into a namespace and gives it a service account in place
// of its own; "" leaves what it has, or gives it the defaults. As with kubectl a
// pod that names its namespace goes into no other.
func (p *Pod) Place(namespace, serviceAccount string) error {
	if own := p.pod.Namespace; namespace != "" && own != "" && own != namespace {
		return fmt.Errorf("the namespace from the provided object %q does not match the namespace %q", own, namespace)
	}
	if namespace != "" {
		p.pod.Namespace = namespace
	}
	if serviceAccount != "" {
		p.pod.Spec.ServiceAccountName = serviceAccount
	}
	p.settle()
	return nil
}

// SetEnv gives all containers variables, NAME=VALUE, over those they have.
func (p *Pod) SetEnv(env []string) {
	for _, list := range [][]corev1.Container{p.pod.Spec.Containers, p.pod.Spec.InitContainers} {
		for i := range list {
			for _, v := range env {
				name, value, _ := strings.Cut(v, "=")
				list[i].Env = slices.DeleteFunc(list[i].Env, func(e corev1.EnvVar) bool { return e.Name == name })
				list[i].Env = append(list[i].Env, corev1.EnvVar{Name: name, Value: value})
			}
		}
	}
}

// uid is that of the only review that there is in a request.
const uid = types.UID("00000000-0000-0000-0000-000000000001")

// Review returns what the API server sends its webhooks when the pod is
// created: an AdmissionReview.
func (p *Pod) Review() ([]byte, error) {
	object, err := json.Marshal(p.object())
	if err != nil {
		return nil, fmt.Errorf("write pod: %w", err)
	}
	pods := metav1.GroupVersionResource{Version: "v1", Resource: "pods"}
	kind := metav1.GroupVersionKind{Version: "v1", Kind: "Pod"}
	return json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "AdmissionReview"},
		Request: &admissionv1.AdmissionRequest{
			UID: uid, Kind: kind, RequestKind: &kind, Resource: pods, RequestResource: &pods,
			Name: p.pod.Name, Namespace: p.pod.Namespace, Operation: admissionv1.Create,
			Object: runtime.RawExtension{Raw: object},
		},
	})
}

func (p *Pod) object() *corev1.Pod {
	pod := p.pod
	pod.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
	return &pod
}

// Admit changes the pod as a webhook's answer to the review says, and returns
// the webhook's warnings.
func (p *Pod) Admit(answer []byte) (warnings []string, err error) {
	var review admissionv1.AdmissionReview
	if err := json.Unmarshal(answer, &review); err != nil {
		return nil, fmt.Errorf("answer of the webhook: %w", err)
	}
	response := review.Response
	switch {
	case response == nil || response.UID != uid:
		return nil, fmt.Errorf("answer of the webhook: it answers no review of ours")
	case !response.Allowed && response.Result != nil:
		return nil, fmt.Errorf("admission webhook denied the request: %s", response.Result.Message)
	case !response.Allowed:
		return nil, fmt.Errorf("admission webhook denied the request without explanation")
	case response.Patch == nil:
		return response.Warnings, nil
	}
	return response.Warnings, p.patch(response.Patch)
}

func (p *Pod) patch(operations []byte) error {
	patch, err := jsonpatch.DecodePatch(operations)
	if err != nil {
		return fmt.Errorf("patch of the webhook: %w", err)
	}
	before, err := json.Marshal(p.object())
	if err != nil {
		return err
	}
	after, err := patch.Apply(before)
	if err != nil {
		return fmt.Errorf("patch of the webhook: %w", err)
	}
	var pod corev1.Pod
	if err := json.Unmarshal(after, &pod); err != nil {
		return fmt.Errorf("patch of the webhook: %w", err)
	}
	p.pod = pod
	return nil
}
