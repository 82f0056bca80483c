// Package kubernetes holds irsatz against a real Kubernetes API server: etcd
// and kube-apiserver as internal/kubebuild builds them, on loopback and without
// containers. Its tests have the build tag kubernetes; make test-kubernetes
// runs them.
package kubernetes
