package webhook

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Additions is what a pod needs beyond upstream's patch for its SDK to find
// irsatz in place of AWS: endpoints, and trust in its CA. They follow upstream's
// operations and leave out what a container has set itself. The zero value is
// no additions.
type Additions struct {
	Endpoint string // URL at which pods reach the AWS port; empty means that they are given none

	// CA is the CA that pods trust for AWS, as PEM; nil means that they are
	// given none. It comes in an annotation that the pod's downward API
	// projects into a file, so it needs no object in the pod's namespace.
	CA []byte
	// TrustConfigMap is a ConfigMap in the pod's namespace with ca.crt,
	// bundle.pem (with the system's roots) and truststore.p12, for the runtimes
	// that CA alone cannot serve; empty means none. It comes before CA.
	TrustConfigMap string

	// Warnings tells the API server, and through it kubectl, what is wrong
	// with a pod's identity.
	Warnings bool
}

// CAAnnotation is of a pod, and has the CA that it is given.
const CAAnnotation = "irsatz/ca"

// What is added.
const (
	caVolume    = "irsatz-ca"
	caMountPath = "/var/run/irsatz/ca"

	caFile             = caMountPath + "/ca.crt"
	bundleFile         = caMountPath + "/bundle.pem"
	trustStoreFile     = caMountPath + "/truststore.p12"
	trustStorePassword = "changeit" // the JDK's own, for a file without secrets
)

// patch follows g's patch of the pod.
func (a Additions) patch(pod *corev1.Pod, g *grant) []Operation {
	env, volume := a.env(), a.volume()
	if len(env) == 0 || pod.Annotations[CAAnnotation] != "" {
		return nil
	}
	var operations []Operation
	if volume != nil {
		operations = append(operations, a.trust(pod, *volume)...)
	}
	for _, list := range []struct {
		path       string
		containers []corev1.Container
	}{{"/spec/containers", pod.Spec.Containers}, {"/spec/initContainers", pod.Spec.InitContainers}} {
		for i, c := range list.containers {
			if g.skipped[c.Name] {
				continue
			}
			path := fmt.Sprintf("%s/%d", list.path, i)
			given := g.containers(list.containers[i:i+1], "")[0]
			operations = append(operations, appended(path+"/env", len(given.Env) > 0, missing(c.Env, env))...)
			if volume != nil {
				mount := corev1.VolumeMount{Name: caVolume, ReadOnly: true, MountPath: caMountPath}
				operations = append(operations, appended(path+"/volumeMounts", len(given.VolumeMounts) > 0, []corev1.VolumeMount{mount})...)
			}
		}
	}
	return operations
}

// appended adds to a list that is there, or makes it.
func appended[T any](path string, there bool, list []T) []Operation {
	if len(list) == 0 {
		return nil
	}
	if !there {
		return []Operation{add(path, list)}
	}
	var operations []Operation
	for _, e := range list {
		operations = append(operations, add(path+"/-", e))
	}
	return operations
}

func missing(there, wanted []corev1.EnvVar) []corev1.EnvVar {
	var all []corev1.EnvVar
	for _, v := range wanted {
		if !slices.ContainsFunc(there, func(t corev1.EnvVar) bool { return t.Name == v.Name }) {
			all = append(all, v)
		}
	}
	return all
}

// trust adds the volume, and the annotation that it takes the CA from.
func (a Additions) trust(pod *corev1.Pod, volume corev1.Volume) []Operation {
	operations := []Operation{add("/spec/volumes/-", volume)}
	if a.TrustConfigMap != "" {
		return operations
	}
	if pod.Annotations == nil {
		return append(operations, add("/metadata/annotations", map[string]string{CAAnnotation: string(a.CA)}))
	}
	return append(operations, add("/metadata/annotations/"+strings.ReplaceAll(CAAnnotation, "/", "~1"), string(a.CA)))
}

func (a Additions) volume() *corev1.Volume {
	switch {
	case a.TrustConfigMap != "":
		return &corev1.Volume{Name: caVolume, VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
			LocalObjectReference: corev1.LocalObjectReference{Name: a.TrustConfigMap},
		}}}
	case a.CA != nil:
		return &corev1.Volume{Name: caVolume, VolumeSource: corev1.VolumeSource{DownwardAPI: &corev1.DownwardAPIVolumeSource{
			Items: []corev1.DownwardAPIVolumeFile{{Path: "ca.crt", FieldRef: &corev1.ObjectFieldSelector{
				APIVersion: metav1.SchemeGroupVersion.Version, FieldPath: "metadata.annotations['" + CAAnnotation + "']",
			}}},
		}}}
	}
	return nil
}

// env is the variables. Those of the services are needed beside the one for
// all: the default chain of the Go SDK does not obey AWS_ENDPOINT_URL in its
// hidden call to STS. What would replace a runtime's own roots (SSL_CERT_FILE)
// is set only where there is a bundle with the system's.
func (a Additions) env() []corev1.EnvVar {
	var env []corev1.EnvVar
	set := func(value string, names ...string) {
		for _, name := range names {
			env = append(env, corev1.EnvVar{Name: name, Value: value})
		}
	}
	if a.Endpoint != "" {
		set(a.Endpoint, "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_S3")
	}
	switch {
	case a.TrustConfigMap != "":
		set(bundleFile, "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
		set(caFile, "NODE_EXTRA_CA_CERTS")
		set("-Djavax.net.ssl.trustStore="+trustStoreFile+" -Djavax.net.ssl.trustStorePassword="+trustStorePassword+
			" -Djavax.net.ssl.trustStoreType=PKCS12", "JAVA_TOOL_OPTIONS")
	case a.CA != nil:
		set(caFile, "AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
	}
	return env
}
