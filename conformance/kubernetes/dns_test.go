//go:build kubernetes

package kubernetes_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/irsatz/irsatz/kindcluster"
)

// asKind runs kubectl as kindcluster has it run on a node.
func (a *apiServer) asKind(ctx context.Context, input io.Reader, args ...string) ([]byte, error) {
	stdin := ""
	if input != nil {
		text, err := io.ReadAll(input)
		if err != nil {
			return nil, err
		}
		stdin = string(text)
	}
	out, err := a.kubectl(ctx, stdin, args...)
	if err != nil {
		err = errors.New(out)
	}
	return []byte(out), err
}

// TestRewriteDNS edits CoreDNS' ConfigMap: once however often, to be undone, and
// not over what somebody else does at the same time. What is not understood
// stays as it is.
func TestRewriteDNS(t *testing.T) {
	const corefile = ".:53 {\n    errors\n    kubernetes cluster.local in-addr.arpa ip6.arpa {\n       pods insecure\n    }\n    forward . /etc/resolv.conf\n}\n"
	ctx, maps := t.Context(), clients(t, own).CoreV1().ConfigMaps("kube-system")
	if _, err := kindcluster.RewriteDNS(ctx, own.asKind); err == nil || !strings.Contains(err.Error(), "CoreDNS' Corefile: no line `.:53 {`") {
		t.Errorf("no CoreDNS: %v", err)
	}
	if changed, err := kindcluster.RestoreDNS(ctx, own.asKind); err != nil || changed {
		t.Errorf("no CoreDNS: %t, %v", changed, err)
	}
	_, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "coredns"}, Data: map[string]string{"Corefile": corefile, "other": "stays"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = maps.Delete(context.Background(), "coredns", metav1.DeleteOptions{}) })
	now := func() *corev1.ConfigMap {
		t.Helper()
		m, err := maps.Get(ctx, "coredns", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	expect := func(name string, change func(context.Context, kindcluster.Kubectl) (bool, error), changed bool, want string) {
		t.Helper()
		if got, err := change(ctx, own.asKind); err != nil || got != changed {
			t.Errorf("%s: %t, %v", name, got, err)
		}
		if m := now(); m.Data["Corefile"] != want || m.Data["other"] != "stays" {
			t.Errorf("%s: %q", name, m.Data)
		}
	}
	rewritten, err := kindcluster.RewriteCorefile(corefile)
	if err != nil {
		t.Fatal(err)
	}
	expect("nothing to undo", kindcluster.RestoreDNS, false, corefile)
	expect("rewrite", kindcluster.RewriteDNS, true, rewritten)
	version := now().ResourceVersion
	expect("rewrite again", kindcluster.RewriteDNS, false, rewritten)
	if now().ResourceVersion != version {
		t.Error("the ConfigMap was written again")
	}
	expect("undo", kindcluster.RestoreDNS, true, corefile)

	meanwhile := func(ctx context.Context, input io.Reader, args ...string) ([]byte, error) {
		if strings.Contains(strings.Join(args, " "), " patch ") {
			m := now()
			m.Data["Corefile"] = strings.Replace(corefile, "errors", "errors\n    log", 1)
			if _, err := maps.Update(ctx, m, metav1.UpdateOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		return own.asKind(ctx, input, args...)
	}
	if changed, err := kindcluster.RewriteDNS(ctx, meanwhile); err == nil || changed {
		t.Errorf("over another's change: %t", changed)
	}
	if got := now().Data["Corefile"]; !strings.Contains(got, "    log\n") || strings.Contains(got, "amazonaws") {
		t.Errorf("another's change is lost: %s", got)
	}
	m := now()
	m.Data["Corefile"] = "import custom\n"
	if _, err := maps.Update(ctx, m, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	if changed, err := kindcluster.RewriteDNS(ctx, own.asKind); err == nil || changed || now().Data["Corefile"] != "import custom\n" {
		t.Errorf("not understood: %t, %v", changed, err)
	}
}
