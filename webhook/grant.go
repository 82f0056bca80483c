package webhook

import (
	"context"
	"crypto/rand"
	"encoding/csv"
	"math/big"
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// grant is what a pod is given.
type grant struct {
	pair        [2]corev1.EnvVar // who it is, and its token; either name keeps both away
	regionalSTS bool
	volume      corev1.Volume
	mountPath   string
	label       bool            // pods with container credentials are labelled
	skipped     map[string]bool // containers to leave alone
	warnings    []string
}

// label marks pods with container credentials, whatever the annotation prefix.
const (
	labelKey   = "eks.amazonaws.com/pod-identity"
	labelValue = "enabled"
)

// grant returns what the pod is given, and false if nothing.
func (w *Webhook) grant(ctx context.Context, pod *corev1.Pod) (*grant, bool) {
	account := pod.Spec.ServiceAccountName
	if w.config.ContainerCredentials.Identities.has(pod.Namespace, account) {
		w.metrics.mutated("container_credentials")
		return w.containerCredentials(pod), true
	}
	s, ok := w.webIdentity(ctx, pod.Namespace, account)
	if !ok {
		return nil, false
	}
	w.metrics.mutated("sts_web_identity")
	g := w.newGrant(pod, projection{
		volumeName: volumeName, audience: s.audience, tokenPath: tokenPath, mountPath: w.config.TokenMountPath,
		expiration: w.config.expiration(pod.Annotations, s.expiration),
	})
	g.regionalSTS = s.regionalSTS
	g.pair[0] = corev1.EnvVar{Name: envRoleARN, Value: s.roleARN}
	g.pair[1].Name = envTokenFile
	if !roleARNPattern.MatchString(s.roleARN) {
		g.warnings = append(g.warnings, "arn is invalid: "+s.roleARN)
		w.config.Log.Warn("arn is invalid", "namespace", pod.Namespace, "serviceAccount", account, "arn", s.roleARN)
	}
	return g, true
}

// containerCredentials takes no notice of a role.
func (w *Webhook) containerCredentials(pod *corev1.Pod) *grant {
	c := &w.config.ContainerCredentials
	regionalSTS, expiration := w.common(pod.Namespace, pod.Spec.ServiceAccountName)
	g := w.newGrant(pod, projection{
		volumeName: c.VolumeName, audience: c.Audience, tokenPath: c.TokenPath, mountPath: c.MountPath,
		expiration: w.jittered(w.config.expiration(pod.Annotations, expiration)),
	})
	g.regionalSTS, g.label = regionalSTS, true
	g.pair[0] = corev1.EnvVar{Name: envFullURI, Value: c.FullURI}
	g.pair[1].Name = envAuthorizationTokenFile
	return g
}

// jittered spreads the renewals of tokens that live for exactly a day: over the
// two hours before.
func (w *Webhook) jittered(expiration int64) int64 {
	const shortest = 79200
	if expiration != DefaultTokenExpiration {
		return expiration
	}
	source := w.config.Rand
	if source == nil {
		source = rand.Reader
	}
	n, err := rand.Int(source, big.NewInt(DefaultTokenExpiration-shortest+1))
	if err != nil { // a source that was given and is used up
		return shortest
	}
	return shortest + n.Int64()
}

// projection is a token volume and where it is mounted.
type projection struct {
	volumeName, audience, tokenPath, mountPath string
	expiration                                 int64
}

// newGrant begins a grant with the volume of the token.
func (w *Webhook) newGrant(pod *corev1.Pod, p projection) *grant {
	g := &grant{mountPath: p.mountPath, skipped: w.skipped(pod)}
	g.pair[1].Value = tokenFile(path.Join(p.mountPath, p.tokenPath), pod.Spec.NodeSelector)
	g.volume = corev1.Volume{Name: p.volumeName, VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{
		Sources: []corev1.VolumeProjection{{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{
			Audience: p.audience, ExpirationSeconds: &p.expiration, Path: p.tokenPath,
		}}},
	}}}
	return g
}

// tokenFile is the token's path as a container sees it. On Windows only the
// path in the environment changes; the mount path stays the Unix one.
func tokenFile(file string, nodeSelector map[string]string) string {
	if nodeSelector[corev1.LabelOSStable] == "windows" || nodeSelector["beta.kubernetes.io/os"] == "windows" {
		return "C:" + strings.ReplaceAll(file, "/", `\`)
	}
	return file
}

// skipped are the containers that the pod's annotation names, in a line of
// CSV. One that is none skips nothing.
func (w *Webhook) skipped(pod *corev1.Pod) map[string]bool {
	line, ok := pod.Annotations[w.config.key("skip-containers")]
	if !ok {
		return nil
	}
	names, err := csv.NewReader(strings.NewReader(line)).Read()
	if err != nil {
		w.config.Log.Warn("skip-containers annotation is no line of CSV: no container is skipped", "namespace", pod.Namespace, "pod", pod.Name, "err", err)
		return nil
	}
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}
