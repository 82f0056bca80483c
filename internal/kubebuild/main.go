// Command kubebuild builds what the tests against a real Kubernetes API server
// need, from the Go module proxy and without containers: etcd, kube-apiserver,
// kubectl, kubeadm and helm.
//
//	go run ./internal/kubebuild [DIRECTORY]
//
// The programs are put into DIRECTORY/bin (.cache/kubernetes/bin), and built
// only if they are not there in the version wanted. Each has a module of its
// own below DIRECTORY, so that the versions they need are none of irsatz's.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/irsatz/irsatz/internal/clock"
)

// defaultDir is ignored by git.
const defaultDir = ".cache/kubernetes"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	dir := defaultDir
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	if err := run(ctx, dir, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "kubebuild:", err)
		os.Exit(1)
	}
}

// run builds what is missing and says how long that took.
func run(ctx context.Context, dir string, out io.Writer) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	began, built := clock.Now(), 0
	for _, p := range programs {
		b := &builder{dir: dir, program: p}
		if b.built() {
			continue
		}
		fmt.Fprintf(out, "building %s %s …\n", p.name, p.version)
		start := clock.Now()
		if err := b.build(ctx); err != nil {
			return fmt.Errorf("build %s: %w", p.name, err)
		}
		fmt.Fprintf(out, "built %s in %s\n", p.name, elapsed(start))
		built++
	}
	if built > 0 {
		fmt.Fprintf(out, "built %d programs in %s; the next run takes them from %s\n", built, elapsed(began), dir)
	}
	return nil
}

func elapsed(since time.Time) time.Duration { return clock.Now().Sub(since).Round(time.Second) }
