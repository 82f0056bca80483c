package kindcluster_test

import (
	"strings"
	"testing"

	"github.com/irsatz/irsatz/kindcluster"
)

// kubeadmCorefile is what kubeadm writes (cmd/kubeadm/app/phases/addons/dns),
// with kind's DNS domain.
const kubeadmCorefile = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success cluster.local
       disable denial cluster.local
    }
    loop
    reload
    loadbalance
}
`

const rewritten = `.:53 {
    # irsatz: AWS's names lead to irsatz (this line and the next)
    rewrite stop name regex ^(.+\.)?amazonaws\.com\.$ irsatz.irsatz.svc.cluster.local answer auto
    errors
`

// TestRewriteCorefile: one line and its mark, once however often it is asked
// for, and nothing of either afterwards.
func TestRewriteCorefile(t *testing.T) {
	t.Parallel()
	for name, corefile := range map[string]string{
		"kubeadm":           kubeadmCorefile,
		"no port":           strings.Replace(kubeadmCorefile, ".:53 {", ". {", 1),
		"no last newline":   strings.TrimSuffix(kubeadmCorefile, "\n"),
		"tabs":              strings.ReplaceAll(kubeadmCorefile, "    ", "\t"),
		"another block":     kubeadmCorefile + "example.org:53 {\n    forward . 10.0.0.1\n}\n",
		"a block before":    "example.org:53 {\n    forward . 10.0.0.1\n}\n" + kubeadmCorefile,
		"comments":          "# { a brace\n" + strings.Replace(kubeadmCorefile, "errors", "errors # } another", 1),
		"another's rewrite": strings.Replace(kubeadmCorefile, "errors", "errors\n    rewrite name regex (.*)\\.test {1}.svc.cluster.local", 1),
	} {
		once, err := kindcluster.RewriteCorefile(corefile)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if twice, err := kindcluster.RewriteCorefile(once); err != nil || twice != once {
			t.Errorf("%s: twice: %v\n%s", name, err, twice)
		}
		if back := kindcluster.RestoreCorefile(once); back != corefile {
			t.Errorf("%s: restored\n%s", name, back)
		}
		if back := kindcluster.RestoreCorefile(corefile); back != corefile {
			t.Errorf("%s: restored without need\n%s", name, back)
		}
		if strings.Count(once, "\n") != strings.Count(corefile, "\n")+2 || strings.Count(once, "amazonaws") != 1 {
			t.Errorf("%s: %s", name, once)
		}
	}
	once, err := kindcluster.RewriteCorefile(kubeadmCorefile)
	if err != nil || !strings.HasPrefix(once, rewritten) || !strings.HasSuffix(once, strings.TrimPrefix(kubeadmCorefile, ".:53 {\n    errors\n")) {
		t.Errorf("%v\n%s", err, once)
	}
	other, err := kindcluster.RewriteCorefile(strings.ReplaceAll(kubeadmCorefile, "cluster.local", "corp.example"))
	if err != nil || !strings.Contains(other, "irsatz.irsatz.svc.corp.example answer auto") {
		t.Errorf("another domain: %v\n%s", err, other)
	}
}

// TestRewriteCorefileRefuses: what is not understood stays as it is.
func TestRewriteCorefileRefuses(t *testing.T) {
	t.Parallel()
	for want, corefile := range map[string]string{
		"no line `.:53 {`":                     "example.org {\n    whoami\n}\n",
		"each":                                 kubeadmCorefile + kubeadmCorefile,
		"line 24 closes what is not open":      kubeadmCorefile + "}\n",
		"a block is not closed":                strings.TrimSuffix(kubeadmCorefile, "}\n"),
		"does not say which names":             strings.Replace(kubeadmCorefile, "kubernetes cluster.local", "k8s_external cluster.local", 1),
		"line 3 is about amazonaws.com":        strings.Replace(kubeadmCorefile, "errors", "errors\n    rewrite name sts.eu-west-1.amazonaws.com a.b", 1),
		"line 24 is about amazonaws.com":       kubeadmCorefile + "amazonaws.com:53 {\n    forward . 10.0.0.1\n}\n",
		"no line `.:53 {`, which opens the bl": "(snippet) {\n.:53 {\n    kubernetes cluster.local\n}\n}\n",
	} {
		if got, err := kindcluster.RewriteCorefile(corefile); err == nil || !strings.HasPrefix(err.Error(), "CoreDNS' Corefile: ") || !strings.Contains(err.Error(), want) || got != "" {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
