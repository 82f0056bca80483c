package workload

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Container is what a container of an admitted pod is to see.
type Container struct {
	Name     string
	Env      []string // NAME=VALUE, in order, references resolved
	Tokens   []Token
	Warnings []string // what it would have in a cluster and has not here

	User   *int64  // runAsUser; nil: not said
	Group  *int64  // runAsGroup; nil: not said
	Groups []int64 // fsGroup and supplementalGroups
}

// Token is a projected service account token.
type Token struct {
	Volume            string
	MountPath         string // of the volume, a slash path
	Path              string // of the file in it
	Audience          string // empty means the API server's own
	ExpirationSeconds int64
	DefaultMode       *int32 // nil: the API server's default
	Security          Security
}

// Security is what of the pod decides who may read a token.
type Security struct {
	FSGroup    *int64
	RunAsUsers []*int64 // effective, of all containers
}

// defaultContainer is the annotation by which kubectl takes a container.
const defaultContainer = "kubectl.kubernetes.io/default-container"

// Container returns the container of that name; "" means the one that kubectl
// would take.
func (p *Pod) Container(name string) (*Container, error) {
	spec := &p.pod.Spec
	if name == "" {
		name = p.pod.Annotations[defaultContainer]
	}
	if name == "" {
		name = spec.Containers[0].Name
	}
	var names []string
	for _, list := range [][]corev1.Container{spec.Containers, spec.InitContainers} {
		for i := range list {
			if list[i].Name == name {
				return p.container(&list[i])
			}
			names = append(names, list[i].Name)
		}
	}
	return nil, fmt.Errorf("pod %s has no container %s, but %s", p.pod.Name, name, strings.Join(names, ", "))
}

func (p *Pod) container(c *corev1.Container) (*Container, error) {
	out := &Container{Name: c.Name, User: p.runAsUser(c)}
	pod := p.pod.Spec.SecurityContext
	if pod == nil {
		pod = &corev1.PodSecurityContext{}
	}
	own := c.SecurityContext
	if own == nil {
		own = &corev1.SecurityContext{}
	}
	out.Group = firstOf(own.RunAsGroup, pod.RunAsGroup)
	if pod.FSGroup != nil {
		out.Groups = append(out.Groups, *pod.FSGroup)
	}
	out.Groups = append(out.Groups, pod.SupplementalGroups...)
	// The kubelet's words (pkg/kubelet/kuberuntime/security_context.go).
	if nonRoot := firstOf(own.RunAsNonRoot, pod.RunAsNonRoot); nonRoot != nil && *nonRoot && out.User != nil && *out.User == 0 {
		return nil, fmt.Errorf("container %s: container's runAsUser breaks non-root policy", c.Name)
	}
	if err := p.mounts(c, out); err != nil {
		return nil, err
	}
	p.environment(c, out)
	return out, nil
}

// runAsUser is the effective one: the container's, else the pod's.
func (p *Pod) runAsUser(c *corev1.Container) *int64 {
	var own, pods *int64
	if c.SecurityContext != nil {
		own = c.SecurityContext.RunAsUser
	}
	if p.pod.Spec.SecurityContext != nil {
		pods = p.pod.Spec.SecurityContext.RunAsUser
	}
	return firstOf(own, pods)
}

// security is that of all of the pod's containers.
func (p *Pod) security() Security {
	var s Security
	if p.pod.Spec.SecurityContext != nil {
		s.FSGroup = p.pod.Spec.SecurityContext.FSGroup
	}
	for _, list := range [][]corev1.Container{p.pod.Spec.InitContainers, p.pod.Spec.Containers} {
		for i := range list {
			s.RunAsUsers = append(s.RunAsUsers, p.runAsUser(&list[i]))
		}
	}
	return s
}

// defaultTokenSeconds is what the API server gives a projection that names no
// expiration.
const defaultTokenSeconds = 3600

// mounts finds the tokens that the container sees.
func (p *Pod) mounts(c *corev1.Container, out *Container) error {
	for _, m := range c.VolumeMounts {
		i := slices.IndexFunc(p.pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == m.Name })
		if i < 0 {
			return fmt.Errorf("container %s: volumeMounts: Not found: %q", c.Name, m.Name)
		}
		projected := p.pod.Spec.Volumes[i].Projected
		if projected == nil || m.SubPath != "" || m.SubPathExpr != "" {
			out.warn("volume %s at %s is not here: only projected tokens are", m.Name, m.MountPath)
			continue
		}
		token, err := p.token(m, projected)
		if err != nil {
			return fmt.Errorf("volume %s: %w", m.Name, err)
		}
		if token == nil || len(projected.Sources) > 1 {
			out.warn("volume %s at %s is not all here: only projected tokens are", m.Name, m.MountPath)
		}
		if token != nil {
			out.Tokens = append(out.Tokens, *token)
		}
	}
	return nil
}

func (p *Pod) token(m corev1.VolumeMount, projected *corev1.ProjectedVolumeSource) (*Token, error) {
	var token *Token
	for _, source := range projected.Sources {
		t := source.ServiceAccountToken
		if t == nil {
			continue
		}
		if token != nil {
			return nil, errors.New("several tokens in one volume are not implemented")
		}
		token = &Token{
			Volume: m.Name, MountPath: m.MountPath, Path: t.Path, Audience: t.Audience, ExpirationSeconds: defaultTokenSeconds,
			DefaultMode: projected.DefaultMode, Security: p.security(),
		}
		if t.ExpirationSeconds != nil {
			token.ExpirationSeconds = *t.ExpirationSeconds
		}
	}
	return token, nil
}

func (c *Container) warn(format string, args ...any) {
	c.Warnings = append(c.Warnings, "container "+c.Name+": "+fmt.Sprintf(format, args...))
}

// firstOf returns the first that is given.
func firstOf[T any](candidates ...*T) *T {
	for _, c := range candidates {
		if c != nil {
			return c
		}
	}
	return nil
}
