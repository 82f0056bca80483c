package kindcluster_test

import (
	"strings"
	"testing"

	"github.com/irsatz/irsatz/internal/fakedocker"
	"github.com/irsatz/irsatz/kindcluster"
)

// TestAWSNames: CoreDNS is told, and started anew; irsatz signs with the CA that
// pods are told of, which stays the same for those that run when irsatz is put
// into the cluster again; and without it all is as before.
func TestAWSNames(t *testing.T) {
	t.Parallel()
	name := planned(t, fakedocker.Plan{})
	corefile := func() string { return docker().Corefile(name) }
	applied := func() string { return docker().Applied(name) }
	l := launch(t, name)
	l.AWSNames = &kindcluster.Authority{Certificate: []byte("first"), Key: []byte("key")}
	up(t, l)
	if !strings.HasPrefix(corefile(), rewritten) {
		t.Errorf("Corefile\n%s", corefile())
	}
	restarts := func() int { return strings.Count(docker().Calls(name), "rollout restart deployment/coredns") }
	if restarts() != 1 || !strings.Contains(docker().Calls(name), "rollout status deployment/coredns --timeout=20s") {
		t.Errorf("CoreDNS is not started anew:\n%s", docker().Calls(name))
	}

	again := launch(t, name)
	again.Existing, again.AWSNames = true, &kindcluster.Authority{Certificate: []byte("second"), Key: []byte("other")}
	up(t, again)
	if text := applied(); !strings.Contains(text, "tls.crt: first\n") || !strings.Contains(text, "tls.key: key\n") || strings.Contains(text, "second") {
		t.Errorf("the CA is another one:\n%s", text)
	}
	if restarts() != 1 {
		t.Error("CoreDNS is started anew without need")
	}

	without := launch(t, name)
	without.Existing = true
	up(t, without)
	if corefile() != fakedocker.Corefile || restarts() != 2 {
		t.Errorf("%d restarts, Corefile\n%s", restarts(), corefile())
	}
	if strings.Contains(applied(), "irsatz-ca") {
		t.Error("the CA is still there")
	}
}

// TestAWSNamesRefused: a Corefile that is not understood is one error with a way
// out, and the half-made cluster goes.
func TestAWSNamesRefused(t *testing.T) {
	t.Parallel()
	name := planned(t, fakedocker.Plan{Corefile: "import custom\n"})
	l := launch(t, name)
	l.AWSNames = &kindcluster.Authority{Certificate: []byte("c"), Key: []byte("k")}
	e, _ := engine(t)
	_, err := e.Up(t.Context(), l)
	checkProblem(t, err, "CoreDNS' Corefile: no line `.:53 {`", "leave --rewrite-dns out")
	if len(docker().Containers(name)) != 0 {
		t.Error("the cluster is still there")
	}
}
