package webhook

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// The environment variables.
const (
	envRegionalSTS            = "AWS_STS_REGIONAL_ENDPOINTS"
	envDefaultRegion          = "AWS_DEFAULT_REGION"
	envRegion                 = "AWS_REGION"
	envRoleARN                = "AWS_ROLE_ARN"
	envTokenFile              = "AWS_WEB_IDENTITY_TOKEN_FILE"
	envFullURI                = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	envAuthorizationTokenFile = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
)

// Operation is one operation of a JSON patch (RFC 6902).
type Operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

func add(path string, value any) Operation { return Operation{"add", path, value} }

// A pod with ProbeRequestAnnotation tries whether the API server calls this
// webhook: the value comes back in ProbeAnnotation, and nothing else is changed.
const (
	ProbeRequestAnnotation = "irsatz/probe"
	ProbeAnnotation        = "irsatz/probed"
)

// Patch returns the operations that give a pod of a namespace and a service
// account what it is to have, and what is wrong without being refused. It
// returns no operations for a pod that is given nothing. The pod stays as it
// is.
func (w *Webhook) Patch(ctx context.Context, pod *corev1.Pod) (operations []Operation, warnings []string) {
	if text, ok := pod.Annotations[ProbeRequestAnnotation]; ok {
		return []Operation{add("/metadata/annotations/irsatz~1probed", text)}, nil
	}
	g, ok := w.grant(ctx, pod)
	if !ok {
		return nil, nil
	}
	operations = g.patch(pod, w.config.DefaultRegion)
	return append(operations, w.config.Additions.patch(pod, g)...), g.warnings
}

// patch is upstream's: label, volume, containers, init containers.
func (g *grant) patch(pod *corev1.Pod, region string) []Operation {
	var operations []Operation
	if g.label {
		operations = append(operations, g.labelled(pod))
	}
	switch {
	case slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == g.volume.Name }):
	case pod.Spec.Volumes == nil:
		operations = append(operations, add("/spec/volumes", []corev1.Volume{g.volume}))
	default:
		operations = append(operations, add("/spec/volumes/0", g.volume))
	}
	operations = append(operations, add("/spec/containers", g.containers(pod.Spec.Containers, region)))
	if len(pod.Spec.InitContainers) > 0 {
		operations = append(operations, add("/spec/initContainers", g.containers(pod.Spec.InitContainers, region)))
	}
	return operations
}

func (g *grant) labelled(pod *corev1.Pod) Operation {
	if pod.Labels == nil {
		return add("/metadata/labels", map[string]string{labelKey: labelValue})
	}
	return add("/metadata/labels/eks.amazonaws.com~1pod-identity", labelValue)
}

// containers is the whole list, with those that are skipped as they were.
func (g *grant) containers(list []corev1.Container, region string) []corev1.Container {
	all := make([]corev1.Container, len(list))
	for i, c := range list {
		if !g.skipped[c.Name] {
			g.give(&c, region)
		}
		all[i] = c
	}
	return all
}

// give changes a container. The variables of region and of identity come in
// pairs, and either name of a pair keeps both away: a container with
// AWS_ROLE_ARN alone gets no token file, as upstream has it. One that has all
// variables already gets no mount either.
func (g *grant) give(c *corev1.Container, region string) {
	has := g.presence(c.Env)
	if has.identity && has.region && has.regionalSTS {
		return
	}
	env := slices.Clip(c.Env)
	if g.regionalSTS && !has.regionalSTS {
		env = append(env, corev1.EnvVar{Name: envRegionalSTS, Value: "regional"})
	}
	if region != "" && !has.region {
		env = append(env, corev1.EnvVar{Name: envDefaultRegion, Value: region}, corev1.EnvVar{Name: envRegion, Value: region})
	}
	if !has.identity {
		env = append(env, g.pair[:]...)
	}
	c.Env = env
	if !slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == g.volume.Name }) {
		c.VolumeMounts = append(slices.Clip(c.VolumeMounts), corev1.VolumeMount{Name: g.volume.Name, ReadOnly: true, MountPath: g.mountPath})
	}
}

// present tells which groups of variables a container has. Names count, no
// matter whether they have a value or take it from somewhere.
type present struct{ regionalSTS, region, identity bool }

func (g *grant) presence(env []corev1.EnvVar) present {
	var has present
	for _, v := range env {
		switch v.Name {
		case envRegionalSTS:
			has.regionalSTS = true
		case envDefaultRegion, envRegion:
			has.region = true
		case g.pair[0].Name, g.pair[1].Name:
			has.identity = true
		}
	}
	return has
}
