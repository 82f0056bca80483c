package kindcluster

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/irsatz/irsatz/deploy"
)

// object is a Kubernetes object as YAML has it.
type object map[string]any

// Manifests returns what is applied to the cluster, a YAML stream.
func (o Options) Manifests() ([]byte, error) {
	o = o.defaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	objects, err := o.objects()
	if err != nil {
		return nil, err
	}
	var stream bytes.Buffer
	for i, object := range objects {
		text, err := yaml.Marshal(object)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			stream.WriteString("---\n")
		}
		stream.Write(text)
	}
	return stream.Bytes(), nil
}

// objects are those of the kustomize base, with what kind adds.
func (o Options) objects() ([]object, error) {
	files := []string{"namespace.yaml", "irsatz.yaml", "webhook.yaml"}
	if o.Host.IsValid() {
		files = files[:1]
	}
	var all []object
	for _, name := range files {
		objects, err := base(name)
		if err != nil {
			return nil, err
		}
		all = append(all, objects...)
	}
	extra, err := o.extra()
	if err != nil {
		return nil, err
	}
	all = slices.Insert(all, 1, extra...) // after the namespace, before what uses them
	for _, object := range all {
		o.overlay(object)
	}
	return append(all, o.accounts()...), nil
}

// base reads a file of the kustomize base.
func base(name string) ([]object, error) {
	text, err := deploy.Kustomize.ReadFile(path.Join("kustomize", name))
	if err != nil {
		return nil, err
	}
	var objects []object
	for document := range strings.SplitSeq(string(text), "\n---\n") {
		var o object
		if err := yaml.Unmarshal([]byte(document), &o); err != nil {
			return nil, fmt.Errorf("deploy/kustomize/%s: %w", name, err)
		}
		objects = append(objects, o)
	}
	return objects, nil
}

// extra are the objects that the base does not have: those that its
// kustomization generates, and those of kind.
func (o Options) extra() ([]object, error) {
	if o.Host.IsValid() {
		return o.hostService(), nil
	}
	setup, err := o.setup()
	if err != nil {
		return nil, err
	}
	all := []object{{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "irsatz-setup"}, "data": setup}}
	if o.Root != "" {
		all = append(all, object{
			"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": rootSecret}, "stringData": map[string]any{rootKey: o.Root},
		})
	}
	if o.AWSNames != nil {
		all = append(all, o.authority())
	}
	if o.Port != 0 {
		all = append(all, object{
			"apiVersion": "v1", "kind": "Service",
			"metadata": map[string]any{"name": "irsatz-node"},
			"spec": map[string]any{
				"type": "NodePort", "selector": map[string]any{"app.kubernetes.io/name": "irsatz"},
				"ports": []any{map[string]any{"name": "aws", "port": 4566, "targetPort": "aws", "nodePort": nodePort}},
			},
		})
	}
	return all, nil
}

const (
	rootSecret = "irsatz-root"
	rootKey    = "credentials"
)

// setup is the files that irsatz loads, or the base's with our issuer.
func (o Options) setup() (map[string]any, error) {
	files := map[string]any{}
	for _, f := range o.Setup {
		if _, twice := files[f.Name]; twice {
			return nil, fmt.Errorf("two files are called %s", f.Name)
		}
		files[f.Name] = string(f.Content)
	}
	if o.Setup != nil {
		return files, nil
	}
	text, err := deploy.Kustomize.ReadFile("kustomize/setup.yaml")
	if err != nil {
		return nil, err
	}
	files["setup.yaml"] = strings.NewReplacer(
		strings.TrimPrefix(plainIssuer, "https://"), strings.TrimPrefix(o.Issuer, "https://"),
		"region: eu-west-1", "region: "+o.Region,
	).Replace(string(text))
	return files, nil
}

// overlay does what an overlay of the base would.
func (o Options) overlay(of object) {
	metadata := of["metadata"].(map[string]any)
	if kind := of["kind"]; kind != "Namespace" && kind != "ClusterRole" && kind != "ClusterRoleBinding" {
		metadata["namespace"] = Namespace
	}
	labels, _ := metadata["labels"].(map[string]any)
	if labels == nil {
		labels = map[string]any{}
	}
	labels["app.kubernetes.io/part-of"] = "irsatz"
	metadata["labels"] = labels
	switch of["kind"] {
	case "Namespace":
		metadata["annotations"] = o.annotations()
	case "Deployment":
		o.container(within(of, "spec", "template", "spec"))
	}
}

// annotations are what Status wants to know.
func (o Options) annotations() map[string]any {
	annotations := map[string]any{modeAnnotation: string(o.Mode)}
	if o.Host.IsValid() {
		annotations[hostAnnotation] = o.Host.String()
	}
	if endpoint := o.HostEndpoint(); endpoint != "" {
		annotations[endpointAnnotation] = endpoint
	}
	return annotations
}

// HostEndpoint is the URL at which programs of this machine reach irsatz in the
// cluster, or "" if none leads to it.
func (o Options) HostEndpoint() string {
	if o.Port == 0 || o.Host.IsValid() {
		return ""
	}
	return "http://127.0.0.1:" + strconv.Itoa(o.Port)
}

// container sets what a deployment's one container runs, and how.
func (o Options) container(pod map[string]any) {
	c := pod["containers"].([]any)[0].(map[string]any)
	c["image"] = o.Image
	args := c["args"].([]any)
	for i, arg := range args {
		if strings.HasPrefix(arg.(string), "--aws-default-region=") {
			args[i] = "--aws-default-region=" + o.Region
		}
	}
	if o.AWSNames != nil {
		o.useAuthority(pod, c)
	}
	if args[0] != "serve" {
		return
	}
	if o.Cluster != "" {
		c["args"] = append(c["args"].([]any), "--attach-name="+o.Cluster)
	}
	if o.Root != "" {
		c["env"] = []any{map[string]any{
			"name":      "IRSATZ_ROOT_CREDENTIALS",
			"valueFrom": map[string]any{"secretKeyRef": map[string]any{"name": rootSecret, "key": rootKey}},
		}}
	}
}

// within goes down the mappings of an object.
func within(of map[string]any, fields ...string) map[string]any {
	for _, f := range fields {
		of = of[f].(map[string]any)
	}
	return of
}

// hostService is the same Service, but of irsatz on the host: without a
// selector, its endpoints are those that are given here.
func (o Options) hostService() []object {
	port := func(name string, port int) any { return map[string]any{"name": name, "port": port} }
	family := "IPv4"
	if o.Host.Addr().Is6() {
		family = "IPv6"
	}
	return []object{
		{
			"apiVersion": "v1", "kind": "Service", "metadata": map[string]any{"name": Service},
			"spec": map[string]any{"ports": []any{port("http", 80), port("https", 443)}},
		},
		{
			"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
			"metadata":    map[string]any{"name": Service + "-host", "labels": map[string]any{"kubernetes.io/service-name": Service}},
			"addressType": family,
			"ports":       []any{port("http", int(o.Host.Port())), port("https", int(o.Host.Port()))},
			"endpoints":   []any{map[string]any{"addresses": []any{o.Host.Addr().String()}}},
		},
	}
}

// accounts are the service accounts, each namespace before them.
func (o Options) accounts() []object {
	var namespaces, accounts []object
	seen := map[string]bool{"default": true, "kube-system": true, Namespace: true}
	all := o.Accounts
	if o.Setup == nil && !o.Host.IsValid() {
		all = append(slices.Clip(all), ServiceAccount{"default", "app", map[string]string{"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/app"}})
	}
	for _, a := range all {
		if !seen[a.Namespace] {
			seen[a.Namespace] = true
			namespaces = append(namespaces, object{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": a.Namespace}})
		}
		metadata := map[string]any{"name": a.Name, "namespace": a.Namespace}
		if len(a.Annotations) > 0 {
			metadata["annotations"] = a.Annotations
		}
		accounts = append(accounts, object{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
	}
	return append(namespaces, accounts...)
}
