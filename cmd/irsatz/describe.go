package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/irsatz/irsatz/emulator"
)

func (p *program) describeCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "describe", Short: "Show everything about one thing", Args: cobra.NoArgs, RunE: needsVerb}
	cmd.AddCommand(p.describeServiceAccountCommand())
	return cmd
}

func (p *program) describeServiceAccountCommand() *cobra.Command {
	var namespace, cluster, output string
	cmd := &cobra.Command{
		Use: "serviceaccount NAME", Aliases: []string{"sa"}, Short: "Show a ServiceAccount's way to its permissions", Args: cobra.ExactArgs(1),
		Long: `Shows what stands between the pods of a ServiceAccount and their permissions: its
annotation, its issuer, the OIDC provider, the role and its policies. And it rehearses:
a token is minted as a pod's is and shown to STS, whose answer is printed with its
reasons. A rehearsal leaves no record, and its credentials go to nobody.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := p.client().Describe(cmd.Context(), cluster, namespace, args[0])
			if err != nil {
				return err
			}
			if output != "text" {
				return p.printValue(d, output)
			}
			_, err = fmt.Fprint(p.stdout, described(&d))
			return err
		},
	}
	p.controlFlags(cmd.Flags())
	cmd.Flags().StringVarP(&namespace, "namespace", "n", "default", "namespace of the ServiceAccount")
	cmd.Flags().StringVar(&cluster, "cluster", "", "cluster, by name or issuer URL (default: the first)")
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text, json or yaml")
	return cmd
}

// described is the description for people.
func described(d *emulator.Description) string {
	var b strings.Builder
	line := func(name, value string) { fmt.Fprintf(&b, "%-14s %s\n", name, value) }
	line("Name:", d.Name)
	line("Namespace:", d.Namespace)
	line("Cluster:", d.Cluster)
	line("OIDC issuer:", d.Issuer)
	if d.RoleARN == "" {
		line("Role:", "none: there is no annotation eks.amazonaws.com/role-arn, and pods get nothing")
		return b.String()
	}
	line("Role:", d.RoleARN)
	if d.Role == nil {
		line("", "there is no such role")
	} else {
		line("Policies:", dash(strings.Join(d.Role.Policies, ", ")))
		if d.Role.Boundary != "" {
			line("Boundary:", d.Role.Boundary)
		}
	}
	if d.Provider == nil {
		line("OIDC provider:", "none for this issuer in the role's account")
	} else {
		line("OIDC provider:", d.Provider.ARN)
		line("Client IDs:", dash(strings.Join(d.Provider.ClientIDs, ", ")))
	}
	line("Audience:", d.Audience)
	switch r := d.Rehearsal; {
	case r == nil:
	case r.Allowed:
		line("Rehearsal:", "STS gives a pod the role")
	default:
		line("Rehearsal:", "STS refuses: "+r.Code+": "+r.Message)
		b.WriteString("\n" + r.Why)
	}
	return b.String()
}
