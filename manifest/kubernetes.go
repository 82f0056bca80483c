package manifest

import "strings"

// kubernetes reads a Kubernetes object. ServiceAccounts and Namespaces are
// kept; of all else there is only a note.
func (l *loader) kubernetes(c cursor) {
	version, kind := c.peek("apiVersion"), c.peek("kind")
	switch {
	case version == "v1" && strings.HasSuffix(kind, "List"):
		l.kubernetesList(c, strings.TrimSuffix(kind, "List"))
	case version == "v1" && kind == "ServiceAccount":
		l.kubernetesServiceAccount(c)
	case version == "v1" && kind == "Namespace":
		r := c.record("apiVersion", "kind", "metadata", "spec", "status")
		m := r.need("metadata").metadata()
		l.state.Namespaces = append(l.state.Namespaces, Namespace{Pos: c.pos(), Name: m.need("name").checked(checkNamespace)})
	default:
		l.skip(c, version, kind)
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
		Namespace:   "default",
		Name:        m.need("name").checked(checkServiceAccount),
		Annotations: m.get("annotations").textMap(cursor.strictText),
	}
	if ns := m.get("namespace").checked(checkNamespace); ns != "" {
		sa.Namespace = ns
	}
	l.noteRoleARN(sa)
	l.state.ServiceAccounts = append(l.state.ServiceAccounts, sa)
}

// metadata reads ObjectMeta, with what the API server adds to it.
func (c cursor) metadata() record {
	return c.record("name", "namespace", "annotations", "labels", "generateName", "uid", "resourceVersion",
		"creationTimestamp", "generation", "managedFields", "ownerReferences", "finalizers", "selfLink",
		"deletionTimestamp", "deletionGracePeriodSeconds")
}

func (l *loader) skip(c cursor, version, kind string) {
	name := ""
	if m, ok := c.find("metadata"); ok {
		name = m.peek("name")
		if ns := m.peek("namespace"); ns != "" {
			name = ns + "/" + name
		}
	}
	if name != "" {
		name = " " + name
	}
	l.note(c.pos(), "%s %s%s is skipped: of Kubernetes objects only ServiceAccount and Namespace are loaded", version, kind, name)
}
