package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/kubernetes"
)

// attachFlags name a real cluster whose tokens STS takes and whose pods the
// webhook knows.
type attachFlags struct {
	kubeconfig, context, name, podEndpoint string

	register registerFlag
	cluster  *kubernetes.Cluster // that is attached
}

// inCluster is the kubeconfig of the cluster that irsatz itself runs in.
const inCluster = "in-cluster"

func (f *attachFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.kubeconfig, "attach", "", "kubeconfig of a real cluster to take tokens and service accounts of, or in-cluster")
	flags.StringVar(&f.context, "attach-context", "", "context of that kubeconfig")
	flags.StringVar(&f.name, "attach-name", "kubernetes", "what it is called here; a cluster of that name in the files is this one")
	flags.StringVar(&f.register.url, "register", "", "register the webhook with the real cluster, which finds it at this https URL")
	flags.StringVar(&f.podEndpoint, "pod-endpoint", "", "URL at which pods of real clusters reach the AWS port; the webhook gives it to them")
}

// apply adds the real cluster, if one is named, to the config. Its service
// accounts are followed until ctx ends. Without one nothing of this runs.
func (f *attachFlags) apply(ctx context.Context, config *emulator.Config) error {
	if err := f.register.check(f.kubeconfig, config.Listen); err != nil {
		return err
	}
	config.PodEndpoint = cmp.Or(f.podEndpoint, f.register.endpoint())
	if f.kubeconfig == "" {
		return nil
	}
	of := kubernetes.Config{Kubeconfig: f.kubeconfig, Context: f.context, Log: config.Log}
	if f.kubeconfig == inCluster {
		of.Kubeconfig = ""
	}
	cluster, err := kubernetes.Connect(of)
	if err != nil {
		return fmt.Errorf("--attach: %w", err)
	}
	documents, err := cluster.Documents(ctx)
	if err == nil {
		err = cluster.Watch(ctx)
	}
	if err != nil {
		return fmt.Errorf("--attach: %w", err)
	}
	f.cluster = cluster
	config.Attached = []emulator.Attached{{
		Name: f.name, Issuer: documents.Issuer, ServiceAccounts: cluster,
		Keys: func(ctx context.Context) ([]byte, error) {
			documents, err := cluster.Documents(ctx)
			return documents.Keys, err
		},
	}}
	return nil
}
