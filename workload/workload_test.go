package workload_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/workload"
)

func parse(t *testing.T, manifest string) *workload.Pod {
	t.Helper()
	p, err := workload.Parse([]byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Place("", ""); err != nil {
		t.Fatal(err)
	}
	return p
}

const spec = `{serviceAccountName: app, containers: [{name: web, image: nginx}]}`

func TestKinds(t *testing.T) {
	t.Parallel()
	template := func(indent string) string {
		return "\n" + indent + "template: {metadata: {labels: {app: web}}, spec: " + spec + "}"
	}
	for name, tt := range map[string]struct{ manifest, pod string }{
		"Pod":                   {"apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: prod}\nspec: " + spec, "web"},
		"generated name":        {"apiVersion: v1\nkind: Pod\nmetadata: {generateName: web-, namespace: prod}\nspec: " + spec, "web-local"},
		"Deployment":            {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: prod}\nspec:\n  replicas: 3" + template("  "), "web-local"},
		"ReplicaSet":            {"apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: web, namespace: prod}\nspec:" + template("  "), "web-local"},
		"StatefulSet":           {"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web, namespace: prod}\nspec:" + template("  "), "web-local"},
		"DaemonSet":             {"apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: web, namespace: prod}\nspec:" + template("  "), "web-local"},
		"Job":                   {"apiVersion: batch/v1\nkind: Job\nmetadata: {name: web, namespace: prod}\nspec:" + template("  "), "web-local"},
		"CronJob":               {"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: web, namespace: prod}\nspec:\n  schedule: '* * * * *'\n  jobTemplate:\n    spec:" + template("      "), "web-local"},
		"ReplicationController": {"apiVersion: v1\nkind: ReplicationController\nmetadata: {name: web, namespace: prod}\nspec:" + template("  "), "web-local"},
		"PodTemplate":           {"apiVersion: v1\nkind: PodTemplate\nmetadata: {name: web, namespace: prod}" + template(""), "web-local"},
		"List":                  {"apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: web}}\n- {apiVersion: v1, kind: Pod, metadata: {name: web, namespace: prod}, spec: " + spec + "}", "web"},
		"beside other objects":  {"# first\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: app}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: prod}\nspec: " + spec + "\n---\n", "web"},
		"JSON":                  {`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"prod"},"spec":{"serviceAccountName":"app","containers":[{"name":"web"}]}}`, "web"},
	} {
		p := parse(t, tt.manifest)
		if p.Namespace() != "prod" || p.ServiceAccount() != "app" || p.Name() != tt.pod {
			t.Errorf("%s: %s/%s of %s", name, p.Namespace(), p.Name(), p.ServiceAccount())
		}
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	pod := "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: "
	for name, tt := range map[string]struct{ manifest, want string }{
		"nothing":            {"", "there is no Pod"},
		"nothing of use":     {"apiVersion: v1\nkind: Service\nmetadata: {name: web}", "there is no Pod"},
		"two":                {pod + spec + "\n---\n" + pod + spec, "there are 2 workloads, and only one can be run: pod/web, pod/web"},
		"no YAML":            {"a: [", "document 1: "},
		"duplicate key":      {pod + "{containers: [{name: web}], containers: []}", `key "containers" already set`},
		"old version":        {"apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: web}", `deployment/web: apiVersion "extensions/v1beta1": want apps/v1`},
		"unknown field":      {pod + "{containers: [{name: web, imag: nginx}]}", `pod/web: strict decoding error: unknown field "spec.containers[0].imag"`},
		"in a template":      {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: web, Image: x}]}}}", `unknown field "spec.template.spec.containers[0].Image"`},
		"no template":        {"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: web}\nspec: {jobTemplate: {}}", "cronjob/web: spec.jobTemplate.spec is missing"},
		"no containers":      {pod + "{}", "spec.containers: Required value"},
		"nameless container": {pod + "{containers: [{image: x}]}", "name: Required value"},
		"one name twice":     {pod + "{initContainers: [{name: web}], containers: [{name: web}]}", `Duplicate value: "web"`},
		"wrong type":         {pod + "{containers: web}", "cannot unmarshal string"},
	} {
		_, err := workload.Parse([]byte(tt.manifest))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	p := parse(t, "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web}]}")
	if p.Namespace() != "default" || p.ServiceAccount() != "default" {
		t.Errorf("defaults: %s %s", p.Namespace(), p.ServiceAccount())
	}
	p, err := workload.Parse([]byte("apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: prod}\nspec: {serviceAccount: old, containers: [{name: web}]}"))
	if err != nil {
		t.Fatal(err)
	}
	// kubectl's words.
	if err := p.Place("dev", ""); err == nil || err.Error() != `the namespace from the provided object "prod" does not match the namespace "dev"` {
		t.Errorf("another namespace: %v", err)
	}
	if err := p.Place("prod", ""); err != nil || p.ServiceAccount() != "old" {
		t.Errorf("%v, %s", err, p.ServiceAccount())
	}
	if err := p.Place("", "other"); err != nil || p.ServiceAccount() != "other" {
		t.Errorf("%v, %s", err, p.ServiceAccount())
	}
}

// review is the request of the pod's review.
func review(t *testing.T, p *workload.Pod) map[string]any {
	t.Helper()
	text, err := p.Review()
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got["apiVersion"] != "admission.k8s.io/v1" || got["kind"] != "AdmissionReview" {
		t.Errorf("%v", got)
	}
	return got["request"].(map[string]any)
}

func answer(request map[string]any, response string) []byte {
	return fmt.Appendf(nil, `{"response":{"uid":%q,%s}}`, request["uid"], response)
}

func TestAdmit(t *testing.T) {
	t.Parallel()
	p := parse(t, "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: prod}\nspec: "+spec)
	request := review(t, p)
	object := request["object"].(map[string]any)
	if request["namespace"] != "prod" || request["operation"] != "CREATE" || object["kind"] != "Pod" {
		t.Errorf("%v", request)
	}
	patch := `[{"op":"add","path":"/spec/containers/0/env","value":[{"name":"A","value":"1"}]}]`
	encoded, err := json.Marshal([]byte(patch))
	if err != nil {
		t.Fatal(err)
	}
	warnings, err := p.Admit(answer(request, `"allowed":true,"patchType":"JSONPatch","warnings":["careful"],"patch":`+string(encoded)))
	if err != nil || len(warnings) != 1 {
		t.Fatalf("%q, %v", warnings, err)
	}
	c, err := p.Container("")
	if err != nil || !cmp.Equal(c.Env, []string{"A=1"}) || c.Name != "web" {
		t.Errorf("%+v, %v", c, err)
	}
	for name, tt := range map[string]struct {
		answer []byte
		want   string
	}{
		"denied":            {answer(request, `"allowed":false,"status":{"message":"no"}`), "denied the request: no"},
		"denied in silence": {answer(request, `"allowed":false`), "denied the request without explanation"},
		"another review":    {[]byte(`{"response":{"uid":"x","allowed":true}}`), "answers no review of ours"},
		"no response":       {[]byte(`{}`), "answers no review of ours"},
		"no JSON":           {[]byte(`<`), "answer of the webhook"},
		"no patch":          {answer(request, `"allowed":true,"patch":"e30="`), "patch of the webhook"},
		"does not apply":    {answer(request, `"allowed":true,"patch":"W3sib3AiOiJhZGQiLCJwYXRoIjoiL25vL3doZXJlIiwidmFsdWUiOjF9XQ=="`), "patch of the webhook"},
	} {
		if _, err := p.Admit(tt.answer); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

const rich = `
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: prod
  labels: {app: shop}
  annotations: {kubectl.kubernetes.io/default-container: main, team/x: red}
spec:
  serviceAccountName: app
  securityContext: {fsGroup: 65534, supplementalGroups: [7, 8], runAsUser: 1000, runAsGroup: 2000}
  initContainers:
    - {name: setup}
  containers:
    - {name: other, securityContext: {runAsUser: 0}}
    - name: main
      envFrom: [{secretRef: {name: s}}]
      env:
        - {name: A, value: one}
        - {name: B, value: "$(A)-$(C)-$$(A)-$-$(A"}
        - {name: C, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        - {name: D, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
        - {name: E, valueFrom: {fieldRef: {fieldPath: "metadata.annotations['team/x']"}}}
        - {name: F, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
        - {name: G, valueFrom: {fieldRef: {fieldPath: spec.serviceAccountName}}}
        - {name: H, valueFrom: {secretKeyRef: {name: s, key: k}}}
        - {name: I, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
        - {name: J, value: "$(C) $(H)"}
      volumeMounts:
        - {name: token, mountPath: /tokens}
        - {name: cache, mountPath: /cache}
        - {name: config, mountPath: /config}
  volumes:
    - {name: cache, emptyDir: {}}
    - name: config
      projected: {sources: [{configMap: {name: c}}]}
    - name: token
      projected:
        defaultMode: 0400
        sources:
          - serviceAccountToken: {audience: vault, path: vault}
          - downwardAPI: {items: []}
`

func TestContainer(t *testing.T) {
	t.Parallel()
	p := parse(t, rich)
	p.SetEnv([]string{"A=mine", "Z=a=b"})
	c, err := p.Container("")
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "main" || *c.User != 1000 || *c.Group != 2000 || !cmp.Equal(c.Groups, []int64{65534, 7, 8}) {
		t.Errorf("%s runs as %d:%d, %v", c.Name, *c.User, *c.Group, c.Groups)
	}
	want := []string{"B=$(A)-$(C)-$(A)-$-$(A", "C=web", "D=shop", "E=red", "F=prod", "G=app", "J=web $(H)", "A=mine", "Z=a=b"}
	if diff := cmp.Diff(want, c.Env); diff != "" {
		t.Errorf("env (-want +got):\n%s", diff)
	}
	if len(c.Tokens) != 1 {
		t.Fatalf("tokens %+v", c.Tokens)
	}
	token := c.Tokens[0]
	if token.MountPath != "/tokens" || token.Path != "vault" || token.Audience != "vault" || token.ExpirationSeconds != 3600 || *token.DefaultMode != 0o400 || *token.Security.FSGroup != 65534 {
		t.Errorf("token %+v", token)
	}
	if users := token.Security.RunAsUsers; len(users) != 3 || *users[0] != 1000 || *users[1] != 0 || *users[2] != 1000 {
		t.Errorf("users %v", users)
	}
	warned := strings.Join(c.Warnings, "\n")
	for _, want := range []string{"envFrom", "value of H", "value of I", "volume cache at /cache", "volume config at /config", "volume token at /tokens is not all here"} {
		if !strings.Contains(warned, want) {
			t.Errorf("no warning of %s:\n%s", want, warned)
		}
	}
	c, err = p.Container("other")
	if err != nil || *c.User != 0 || len(c.Tokens) != 0 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestContainerErrors(t *testing.T) {
	t.Parallel()
	pod := "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: "
	for name, tt := range map[string]struct{ manifest, container, want string }{
		"unknown":    {pod + "{initContainers: [{name: a}], containers: [{name: b}]}", "c", "pod web has no container c, but b, a"},
		"no volume":  {pod + "{containers: [{name: b, volumeMounts: [{name: x, mountPath: /x}]}]}", "", `Not found: "x"`},
		"root":       {pod + "{securityContext: {runAsNonRoot: true}, containers: [{name: b, securityContext: {runAsUser: 0}}]}", "", "container's runAsUser breaks non-root policy"},
		"two in one": {pod + "{containers: [{name: b, volumeMounts: [{name: x, mountPath: /x}]}], volumes: [{name: x, projected: {sources: [{serviceAccountToken: {path: a}}, {serviceAccountToken: {path: b}}]}}]}", "", "not implemented"},
	} {
		if _, err := parse(t, tt.manifest).Container(tt.container); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}
