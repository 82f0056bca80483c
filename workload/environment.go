package workload

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// environment resolves the container's variables as the kubelet does: in order,
// $(NAME) being what came before. What is in the cluster alone is left out with
// a warning.
func (p *Pod) environment(c *corev1.Container, out *Container) {
	values := map[string]string{}
	if len(c.EnvFrom) > 0 {
		out.warn("envFrom is not here: give its variables with --env")
	}
	for _, v := range c.Env {
		value, ok := expand(v.Value, values), true
		if v.ValueFrom != nil {
			value, ok = p.valueFrom(v.ValueFrom)
		}
		if !ok {
			out.warn("the value of %s is not here: give it with --env %s=…", v.Name, v.Name)
			continue
		}
		values[v.Name] = value
		out.Env = append(out.Env, v.Name+"="+value)
	}
}

// valueFrom is what the pod itself says; false for what comes from ConfigMaps,
// Secrets, the node's status or the container's resources.
func (p *Pod) valueFrom(source *corev1.EnvVarSource) (string, bool) {
	if source.FieldRef == nil {
		return "", false
	}
	path := source.FieldRef.FieldPath
	for prefix, values := range map[string]map[string]string{"metadata.labels['": p.pod.Labels, "metadata.annotations['": p.pod.Annotations} {
		if key, ok := strings.CutPrefix(path, prefix); ok {
			return values[strings.TrimSuffix(key, "']")], true
		}
	}
	switch path {
	case "metadata.name":
		return p.pod.Name, true
	case "metadata.namespace":
		return p.pod.Namespace, true
	case "spec.serviceAccountName":
		return p.pod.Spec.ServiceAccountName, true
	}
	return "", false
}

// expand puts the values of variables in place of $(NAME). One that is not
// known stays as it is written, and $$ is a dollar
// (k8s.io/kubernetes/third_party/forked/golang/expansion).
func expand(text string, values map[string]string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(text, "$")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		switch {
		case strings.HasPrefix(after, "$"):
			b.WriteByte('$')
			text = after[1:]
		case strings.HasPrefix(after, "("):
			name, rest, closed := strings.Cut(after[1:], ")")
			if !closed {
				b.WriteString("$(")
				text = after[1:]
				continue
			}
			value, known := values[name]
			if !known {
				value = "$(" + name + ")"
			}
			b.WriteString(value)
			text = rest
		default:
			b.WriteByte('$')
			text = after
		}
	}
}
