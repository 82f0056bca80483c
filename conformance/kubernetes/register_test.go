//go:build kubernetes

package kubernetes_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/irsatz/irsatz/kubernetes"
)

// TestK12_ServeRegistersByURL: irsatz on the host registers its webhook with the
// cluster that it is attached to, by a URL and its CA, and is ready when pods
// are mutated: their endpoints are irsatz. The setup describes the cluster too.
func TestK12_ServeRegistersByURL(t *testing.T) {
	namespaceOf(t, closed, "default")
	c := namespaceOf(t, closed, "registered")
	t.Cleanup(func() {
		_ = c.AdmissionregistrationV1().MutatingWebhookConfigurations().Delete(context.Background(), "irsatz-pod-identity", metav1.DeleteOptions{})
	})
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	setup := filepath.Join(t.TempDir(), "setup.yaml")
	text := fmt.Sprintf("apiVersion: irsatz/v1\nclusters: [{name: sandbox, oidcIssuer: %q, serviceAccounts: [{namespace: prod, name: other}]}]\n", hidden)
	if err := os.WriteFile(setup, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	command(t, "serve", "-f", setup, "--attach", closed.kubeconfig, "--attach-name", "sandbox", "--listen", address, "--control", "127.0.0.1:0", "--register", "https://"+address)
	env := map[string]string{}
	for _, v := range createPod(t, c, "registered", "").Spec.Containers[0].Env {
		env[v.Name] = v.Value
	}
	if env["AWS_ROLE_ARN"] != "arn:aws:iam::"+account+":role/closed" || env["AWS_ENDPOINT_URL"] != "http://"+address {
		t.Errorf("%v", env)
	}
}

// TestK12_RegistrationByService: the API server takes a registration of a Service
// as the deployment makes it, and calls the webhook under the Service's name. No
// kube-proxy leads that anywhere here.
func TestK12_RegistrationByService(t *testing.T) {
	c := namespaceOf(t, own, "services")
	services := c.CoreV1().Services("services")
	service := &corev1.Service{Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "https", Port: 443}}}}
	service.Name = "irsatz-webhook"
	if _, err := services.Create(t.Context(), service, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.AdmissionregistrationV1().MutatingWebhookConfigurations().Delete(context.Background(), "by-service", metav1.DeleteOptions{})
	})
	cluster, err := kubernetes.Connect(kubernetes.Config{Kubeconfig: own.kubeconfig})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
	defer cancel()
	err = cluster.Register(ctx, kubernetes.Registration{
		Name: "by-service", Namespace: "services", Service: "irsatz-webhook", CA: plane.ca.pem, Fail: true,
	})
	if err == nil || !strings.Contains(err.Error(), "https://irsatz-webhook.services.svc:443/mutate") {
		t.Errorf("got %v", err)
	}
}
