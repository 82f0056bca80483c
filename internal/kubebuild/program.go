package main

import (
	"regexp"
	"strings"
)

// program is a program to build.
type program struct {
	name    string
	module  string // that has it
	version string
	path    string // of its package
	// staging is the version of the modules that k8s.io/kubernetes has in its
	// own tree, where its go.mod replaces them; "" where there are none.
	staging string
	ldflags string // beside -s -w
}

const (
	kubernetesModule  = "k8s.io/kubernetes"
	kubernetesVersion = "v1.36.3"
	stagingVersion    = "v0.36.3"

	// Without these the programs call themselves v0.0.0-master.
	kubernetesFlags = "-X k8s.io/component-base/version.gitVersion=" + kubernetesVersion +
		" -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36"
)

// programs are in the order in which they are built.
var programs = []program{
	{"kube-apiserver", kubernetesModule, kubernetesVersion, kubernetesModule + "/cmd/kube-apiserver", stagingVersion, kubernetesFlags},
	{"kubectl", kubernetesModule, kubernetesVersion, kubernetesModule + "/cmd/kubectl", stagingVersion, kubernetesFlags},
	{"kubeadm", kubernetesModule, kubernetesVersion, kubernetesModule + "/cmd/kubeadm", stagingVersion, kubernetesFlags},
	{"etcd", "go.etcd.io/etcd/server/v3", "v3.6.16", "go.etcd.io/etcd/server/v3", "", ""},
	{"helm", "helm.sh/helm/v4", "v4.3.1", "helm.sh/helm/v4/cmd/helm", "", ""},
}

// replaced matches a module that k8s.io/kubernetes has in its tree.
var replaced = regexp.MustCompile(`(?m)^\s*(k8s\.io/[a-z-]+) => \./staging/`)

// goMod is the go.mod of the module to build the program in. Those of a main
// module alone can be replaced, so what k8s.io/kubernetes says about its
// staging modules must be said again; upstream is its go.mod.
func (p program) goMod(upstream string) string {
	var b strings.Builder
	b.WriteString("module kubebuild.invalid/" + p.name + "\n\ngo 1.26.0\n\nrequire " + p.module + " " + p.version + "\n")
	if p.staging == "" {
		return b.String()
	}
	b.WriteString("\ngodebug default=go1.26\n\nreplace (\n")
	for _, found := range replaced.FindAllStringSubmatch(upstream, -1) {
		b.WriteString("\t" + found[1] + " => " + found[1] + " " + p.staging + "\n")
	}
	b.WriteString(")\n")
	return b.String()
}
