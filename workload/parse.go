package workload

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// templates is where the workload kinds have the template of their pods, and
// pod templates have theirs.
var templates = map[string][]string{
	"Deployment": {"spec", "template"}, "ReplicaSet": {"spec", "template"}, "StatefulSet": {"spec", "template"},
	"DaemonSet": {"spec", "template"}, "Job": {"spec", "template"}, "ReplicationController": {"spec", "template"},
	"CronJob": {"spec", "jobTemplate", "spec", "template"}, "PodTemplate": {"template"},
}

// versions are the API versions of those kinds, and of Pod and List.
var versions = map[string]string{
	"Deployment": "apps/v1", "ReplicaSet": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1",
	"Job": "batch/v1", "CronJob": "batch/v1",
	"ReplicationController": "v1", "PodTemplate": "v1", "Pod": "v1", "List": "v1",
}

// object is what all objects have.
type object struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
}

// found is a pod and the object that makes it.
type found struct {
	pod  *Pod
	what string
}

// Parse reads the one workload in a manifest, YAML or JSON: a Pod, or something
// that makes pods. What else is in the manifest is passed over.
func Parse(manifest []byte) (*Pod, error) {
	var all []found
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(manifest)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		text, err := yaml.YAMLToJSONStrict(document)
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", len(all)+1, err)
		}
		workloads, err := read(text)
		if err != nil {
			return nil, err
		}
		all = append(all, workloads...)
	}
	switch len(all) {
	case 0:
		return nil, errors.New("there is no Pod, and no workload that makes pods")
	case 1:
		return all[0].pod, nil
	}
	var names []string
	for _, f := range all {
		names = append(names, f.what)
	}
	return nil, fmt.Errorf("there are %d workloads, and only one can be run: %s", len(all), strings.Join(names, ", "))
}

// read returns the workloads of a document: none, one, or those of a list.
func read(document []byte) ([]found, error) {
	if trimmed := bytes.TrimSpace(document); len(trimmed) == 0 || string(trimmed) == "null" {
		return nil, nil
	}
	var o object
	if err := kjson.UnmarshalCaseSensitivePreserveInts(document, &o); err != nil {
		return nil, err
	}
	version, ok := versions[o.Kind]
	if !ok {
		return nil, nil
	}
	what := strings.ToLower(o.Kind) + "/" + o.Name
	if o.APIVersion != version {
		return nil, fmt.Errorf("%s: apiVersion %q: want %s", what, o.APIVersion, version)
	}
	if o.Kind == "List" {
		return readList(document)
	}
	pod, err := readPod(document, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return []found{{pod, what}}, nil
}

func readList(document []byte) ([]found, error) {
	var list struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(document, &list); err != nil {
		return nil, err
	}
	var all []found
	for _, item := range list.Items {
		workloads, err := read(item)
		if err != nil {
			return nil, err
		}
		all = append(all, workloads...)
	}
	return all, nil
}

// readPod makes the pod that the object is, or makes.
func readPod(document []byte, o object) (*Pod, error) {
	p := &Pod{}
	if o.Kind == "Pod" {
		if err := strictly(document, "", &p.pod); err != nil {
			return nil, err
		}
	} else {
		path := templates[o.Kind]
		text, err := at(document, path)
		if err != nil {
			return nil, err
		}
		var template corev1.PodTemplateSpec
		if err := strictly(text, strings.Join(path, ".")+".", &template); err != nil {
			return nil, err
		}
		p.pod.ObjectMeta, p.pod.Spec = template.ObjectMeta, template.Spec
		p.pod.Namespace = o.Namespace
		p.pod.Name = o.Name
	}
	if p.pod.Name == "" {
		p.pod.Name = strings.TrimSuffix(o.GenerateName, "-")
	}
	if o.Kind != "Pod" || o.Name == "" {
		p.pod.Name += localSuffix
	}
	return p, p.check()
}

// at returns the part of a document at a path.
func at(document []byte, path []string) ([]byte, error) {
	for i, name := range path {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(document, &fields); err != nil {
			return nil, err
		}
		next, ok := fields[name]
		if !ok {
			return nil, fmt.Errorf("%s is missing", strings.Join(path[:i+1], "."))
		}
		document = next
	}
	return document, nil
}

// strictly reads what is at a path as the API server does with strict field
// validation, and in its words.
func strictly(text []byte, path string, into any) error {
	strict, err := kjson.UnmarshalStrict(text, into)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range strict {
		errs = append(errs, fmt.Errorf("strict decoding error: %s", strings.Replace(e.Error(), `field "`, `field "`+path, 1)))
	}
	return errors.Join(errs...)
}

// check finds what would keep the pod from being created and matters here.
func (p *Pod) check() error {
	if len(p.pod.Spec.Containers) == 0 {
		return errors.New("spec.containers: Required value")
	}
	names := map[string]bool{}
	for _, list := range [][]corev1.Container{p.pod.Spec.InitContainers, p.pod.Spec.Containers} {
		for _, c := range list {
			if c.Name == "" {
				return errors.New("spec.containers[].name: Required value")
			}
			if names[c.Name] {
				return fmt.Errorf("spec.containers[].name: Duplicate value: %q", c.Name)
			}
			names[c.Name] = true
		}
	}
	return nil
}
