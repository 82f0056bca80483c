package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGoMod(t *testing.T) {
	t.Parallel()
	const upstream = `module k8s.io/kubernetes

require k8s.io/api v0.0.0

replace (
	k8s.io/api => ./staging/src/k8s.io/api
	k8s.io/client-go => ./staging/src/k8s.io/client-go
	example.org/other => ./other
)
`
	for _, tt := range []struct {
		program program
		want    string
	}{
		{program{name: "kubectl", module: "k8s.io/kubernetes", version: "v1.36.3", staging: "v0.36.3"}, `module kubebuild.invalid/kubectl

go 1.26.0

require k8s.io/kubernetes v1.36.3

godebug default=go1.26

replace (
	k8s.io/api => k8s.io/api v0.36.3
	k8s.io/client-go => k8s.io/client-go v0.36.3
)
`},
		{program{name: "etcd", module: "go.etcd.io/etcd/server/v3", version: "v3.6.16"}, `module kubebuild.invalid/etcd

go 1.26.0

require go.etcd.io/etcd/server/v3 v3.6.16
`},
	} {
		if diff := cmp.Diff(tt.want, tt.program.goMod(upstream)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.program.name, diff)
		}
	}
}

// TestBuilt: a program counts as built when it is there in the version wanted.
func TestBuilt(t *testing.T) {
	t.Parallel()
	b := &builder{dir: t.TempDir(), program: program{name: "etcd", version: "v3.6.16"}}
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if b.built() {
		t.Error("built from nothing")
	}
	write(b.stamp(), "v3.6.16")
	if b.built() {
		t.Error("built, with a version and no program")
	}
	write(b.binary(), "")
	if !b.built() {
		t.Error("not built")
	}
	b.version = "v3.6.17"
	if b.built() {
		t.Error("built in another version")
	}
}
