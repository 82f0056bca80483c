package manifest

import (
	"fmt"
	"slices"
	"strings"
)

// kubernetes reads a Kubernetes object: ServiceAccounts, Namespaces, and which
// ServiceAccount a workload runs as. Of all else there is only a note.
func (l *loader) kubernetes(c cursor) {
	version, kind := c.peek("apiVersion"), c.peek("kind")
	switch {
	case strings.HasSuffix(kind, "List") && (version == "v1" || c.has("items")):
		l.kubernetesList(c, strings.TrimSuffix(kind, "List"))
	case version == "v1" && kind == "ServiceAccount":
		l.kubernetesServiceAccount(c)
	case version == "v1" && kind == "Namespace":
		r := c.record("apiVersion", "kind", "metadata", "spec", "status")
		m := r.need("metadata").metadata()
		l.state.Namespaces = append(l.state.Namespaces, Namespace{Pos: c.pos(), Name: m.need("name").checked(checkNamespace)})
	default:
		group, _, _ := strings.Cut(version, "/")
		if pod, ok := podSpecs[group+" "+kind]; ok {
			l.workload(c, kind, pod)
			return
		}
		l.skip(c, kind)
	}
}

func (l *loader) kubernetesList(c cursor, elementKind string) {
	r := c.record("apiVersion", "kind", "metadata", "items")
	for _, e := range r.get("items").list() {
		version, kind := e.peek("apiVersion"), e.peek("kind")
		switch {
		case version != "" && kind != "" && !strings.HasSuffix(kind, "List"):
			l.kubernetes(e)
		case strings.HasSuffix(kind, "List"):
			e.fail("a list inside a list is not read")
		default:
			e.fail("expected a Kubernetes object with apiVersion and kind in this list of kind %sList", elementKind)
		}
	}
}

func (l *loader) kubernetesServiceAccount(c cursor) {
	r := c.record("apiVersion", "kind", "metadata", "secrets", "imagePullSecrets", "automountServiceAccountToken")
	m := r.need("metadata").metadata()
	sa := ServiceAccount{
		Pos:         c.pos(),
		Namespace:   m.namespace(),
		Name:        m.need("name").checked(checkServiceAccount),
		Annotations: m.get("annotations").textMap(cursor.strictText),
	}
	l.noteRoleARN(sa)
	l.state.ServiceAccounts = append(l.state.ServiceAccounts, sa)
}

// podSpecs are the kinds that run pods, by group and kind, with the way to the
// spec of the pod.
var podSpecs = map[string][]string{
	"v1 Pod":                   {"spec"},
	"v1 ReplicationController": {"spec", "template", "spec"},
	"apps Deployment":          {"spec", "template", "spec"},
	"apps StatefulSet":         {"spec", "template", "spec"},
	"apps DaemonSet":           {"spec", "template", "spec"},
	"apps ReplicaSet":          {"spec", "template", "spec"},
	"batch Job":                {"spec", "template", "spec"},
	"batch CronJob":            {"spec", "jobTemplate", "spec", "template", "spec"},
}

// workload reads as whom the pods of an object run.
func (l *loader) workload(c cursor, kind string, pod []string) {
	r := c.record("apiVersion", "kind", "metadata", "spec", "status")
	m := r.need("metadata").metadata()
	w := Workload{Pos: c.pos(), Kind: kind, Namespace: m.namespace(), Name: m.get("name").text(), ServiceAccount: "default"}
	if w.Name == "" {
		w.Name = m.need("generateName").text()
	}
	spec := r.need("spec")
	if !spec.present() {
		return
	}
	for _, name := range pod[1:] {
		inner, ok := spec.find(name)
		if !ok || !inner.present() {
			spec.child(nil, name).fail("missing, it is required")
			return
		}
		spec = inner
	}
	// The older name of the field is still taken.
	// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodSpec
	for _, field := range []string{"serviceAccount", "serviceAccountName"} {
		if name, ok := spec.find(field); ok && name.checked(checkServiceAccount) != "" {
			w.ServiceAccount = name.text()
		}
	}
	l.state.Workloads = append(l.state.Workloads, w)
}

// metadata reads ObjectMeta, with what the API server adds to it.
func (c cursor) metadata() record {
	return c.record("name", "namespace", "annotations", "labels", "generateName", "uid", "resourceVersion",
		"creationTimestamp", "generation", "managedFields", "ownerReferences", "finalizers", "selfLink",
		"deletionTimestamp", "deletionGracePeriodSeconds")
}

// namespace is that of an object's metadata.
func (r record) namespace() string {
	if ns := r.get("namespace").checked(checkNamespace); ns != "" {
		return ns
	}
	return "default"
}

// skipped are the objects of a file that are not loaded, by kind.
type skipped struct {
	first Pos
	kinds []string
	count map[string]int
}

func (l *loader) skip(c cursor, kind string) {
	s := &l.skipped
	if s.count == nil {
		*s = skipped{first: c.pos(), count: map[string]int{}}
	}
	if s.count[kind]++; s.count[kind] == 1 {
		s.kinds = append(s.kinds, kind)
	}
}

// noteSkipped tells once what of a file is not loaded: a chart has hundreds of
// objects.
func (l *loader) noteSkipped() {
	s := l.skipped
	if s.count == nil {
		return
	}
	l.skipped = skipped{}
	slices.Sort(s.kinds)
	for i, kind := range s.kinds {
		s.kinds[i] = fmt.Sprintf("%s (%d)", kind, s.count[kind])
	}
	l.note(s.first, "skipped from here on: %s; of Kubernetes objects, ServiceAccount, Namespace and what runs pods are read", strings.Join(s.kinds, ", "))
}
