package kindcluster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
)

// Authority is a certificate authority, in PEM.
type Authority struct{ Certificate, Key []byte }

// The Secret of the authority, and where irsatz and its webhook have it.
const (
	authoritySecret = "irsatz-ca"
	authorityDir    = "/etc/irsatz-ca"
	certificateFile = "tls.crt"
	keyFile         = "tls.key"
)

// authority is the Secret.
func (o Options) authority() object {
	return object{
		"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
		"metadata":   map[string]any{"name": authoritySecret},
		"stringData": map[string]any{certificateFile: string(o.AWSNames.Certificate), keyFile: string(o.AWSNames.Key)},
	}
}

// useAuthority has irsatz sign with the authority, and the webhook, which is not
// given its key, tell pods of it.
func (o Options) useAuthority(pod, container map[string]any) {
	args := container["args"].([]any)
	secret := map[string]any{"secretName": authoritySecret}
	if args[0] == "serve" {
		args = append(args, "--ca-cert="+authorityDir+"/"+certificateFile, "--ca-key="+authorityDir+"/"+keyFile)
	} else {
		args = append(args, "--inject-ca="+authorityDir+"/"+certificateFile)
		secret["items"] = []any{map[string]any{"key": certificateFile, "path": certificateFile}}
	}
	container["args"] = args
	mounts, _ := container["volumeMounts"].([]any)
	container["volumeMounts"] = append(mounts, map[string]any{"name": "ca", "mountPath": authorityDir, "readOnly": true})
	volumes, _ := pod["volumes"].([]any)
	pod["volumes"] = append(volumes, map[string]any{"name": "ca", "secret": secret})
}

// recallAuthority keeps the authority of another time, which pods have been told
// of.
func (c *Cluster) recallAuthority(ctx context.Context, l *Launch) error {
	if l.AWSNames == nil {
		return nil
	}
	text, err := c.Kubectl(ctx, nil, "-n", Namespace, "get", "secret/"+authoritySecret, "--ignore-not-found", "-o", "json")
	if err != nil || len(bytes.TrimSpace(text)) == 0 {
		return err
	}
	var secret struct{ Data map[string][]byte }
	if err := json.Unmarshal(text, &secret); err != nil {
		return fmt.Errorf("the CA of another time: %w", err)
	}
	if kept := (Authority{secret.Data[certificateFile], secret.Data[keyFile]}); kept.Certificate != nil && kept.Key != nil {
		l.AWSNames = &kept
	}
	return nil
}

// leadNames has CoreDNS lead AWS's names to irsatz, or no longer. CoreDNS looks at
// its configuration now and then only, so it is started anew.
func (c *Cluster) leadNames(ctx context.Context, l Launch) error {
	change, doing := RewriteDNS, "Leading AWS's names to irsatz 🧭"
	if l.AWSNames == nil {
		if !l.Existing {
			return nil
		}
		change, doing = RestoreDNS, "Leaving AWS's names to AWS 🧭"
	}
	return c.engine.step(doing, func() error {
		changed, err := change(ctx, c.Kubectl)
		if err != nil {
			return problem("leave --rewrite-dns out; pods are given irsatz's endpoint all the same", "%w", err)
		}
		if !changed {
			return nil
		}
		for _, args := range [][]string{{"rollout", "restart", "deployment/coredns"}, {"rollout", "status", "deployment/coredns", "--timeout=" + l.Wait.String()}} {
			if _, err := c.Kubectl(ctx, nil, append([]string{"-n", "kube-system"}, args...)...); err != nil {
				return err
			}
		}
		return nil
	})
}
