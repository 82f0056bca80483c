package main

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/irsatz/irsatz/emulator"
)

// The three verbs below have eksctl's names and flags
// (https://docs.aws.amazon.com/eks/latest/eksctl/iamserviceaccounts.html).

func (p *program) createIAMServiceAccountCommand() *cobra.Command {
	var request emulator.IAMServiceAccount
	var region string
	cmd := &cobra.Command{
		Use: "iamserviceaccount", Short: "Make a role and the ServiceAccount that has it, as eksctl does", Args: cobra.NoArgs,
		Long: `Makes, in the running server, what eksctl makes in AWS: the cluster's OIDC provider
if it is missing, a role with eksctl's trust policy and name, and the ServiceAccount
annotated with it. What is there already is left alone. Without --approve it only
says what it would do.`,
		Example: `  irsatz create iamserviceaccount --cluster sandbox --namespace prod --name app \
    --attach-policy-arn arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess --approve`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if request.Name == "" {
				return usageError{errors.New("--name must be set")}
			}
			if len(request.AttachPolicyARNs) == 0 && request.AttachRoleARN == "" {
				return usageError{errors.New("--attach-policy-arn or --attach-role-arn must be set")}
			}
			if err := p.checkRegion(cmd, region); err != nil {
				return err
			}
			result, err := p.client().CreateIAMServiceAccount(cmd.Context(), request)
			if err != nil {
				return err
			}
			return p.printTasks(result)
		},
	}
	p.iamServiceAccountFlags(cmd.Flags(), &request.Cluster, &region)
	flags := cmd.Flags()
	flags.StringVar(&request.Name, "name", "", "name of the ServiceAccount")
	flags.StringVarP(&request.Namespace, "namespace", "n", "default", "namespace of the ServiceAccount")
	flags.StringArrayVar(&request.AttachPolicyARNs, "attach-policy-arn", nil, "ARN of a policy to attach to the role (may be repeated)")
	flags.StringVar(&request.AttachRoleARN, "attach-role-arn", "", "ARN of a role that is there, in place of a new one")
	flags.StringVar(&request.RoleName, "role-name", "", "name of the role (default: one as CloudFormation makes it)")
	flags.BoolVar(&request.RoleOnly, "role-only", false, "make the role, and no ServiceAccount")
	flags.StringVar(&request.SubjectPattern, "subject-pattern", "", "pattern of ServiceAccount names in the trust policy, in place of --name")
	flags.StringToStringVar(&request.Tags, "tags", nil, "tags of the role, as in team=red,stage=dev")
	flags.BoolVar(&request.OverrideExisting, "override-existing-serviceaccounts", false, "annotate a ServiceAccount that is there already")
	flags.BoolVar(&request.Approve, "approve", false, "do it")
	return cmd
}

func (p *program) iamServiceAccountFlags(flags *pflag.FlagSet, cluster, region *string) {
	p.controlFlags(flags)
	flags.StringVar(cluster, "cluster", "", "cluster, by name or issuer URL (default: the first)")
	flags.StringVar(region, "region", "", "region of the cluster; the server has but one, which this must name")
}

// checkRegion refuses a region that the server is not in: on AWS there would be
// another cluster.
func (p *program) checkRegion(cmd *cobra.Command, region string) error {
	if region == "" {
		return nil
	}
	info, err := p.client().Info(cmd.Context())
	if err != nil {
		return err
	}
	if info.Region != region {
		return withHint(fmt.Errorf("--region %s: the server is in %s", region, info.Region), "leave --region out, or start the server with --region %s", region)
	}
	return nil
}

func (p *program) printTasks(result emulator.IAMServiceAccountResult) error {
	for _, note := range result.Notes {
		fmt.Fprintln(p.stderr, note)
	}
	if len(result.Tasks) == 0 {
		_, err := fmt.Fprintln(p.stdout, "no tasks")
		return err
	}
	for _, task := range result.Tasks {
		fmt.Fprintln(p.stdout, task)
	}
	if !result.Approved {
		fmt.Fprintln(p.stderr, "no changes were applied, run again with '--approve' to apply the changes")
	}
	return nil
}

func (p *program) getIAMServiceAccountCommand() *cobra.Command {
	var cluster, region, namespace, name, output string
	cmd := &cobra.Command{
		Use: "iamserviceaccount", Aliases: []string{"iamserviceaccounts"}, Short: "List the roles made for ServiceAccounts", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := p.checkRegion(cmd, region); err != nil {
				return err
			}
			all, err := p.client().IAMServiceAccounts(cmd.Context(), cluster)
			if err != nil {
				return err
			}
			list := []emulator.IAMServiceAccountEntry{}
			for _, i := range all {
				if (namespace == "" || i.Namespace == namespace) && (name == "" || i.Name == name) {
					list = append(list, i)
				}
			}
			if output != "table" {
				return p.printValue(asEksctl(list), output)
			}
			w := tabwriter.NewWriter(p.stdout, 0, 0, 3, ' ', 0)
			fmt.Fprintln(w, "NAMESPACE\tNAME\tROLE ARN")
			for _, i := range list {
				fmt.Fprintf(w, "%s\t%s\t%s\n", i.Namespace, i.Name, i.RoleARN)
			}
			return w.Flush()
		},
	}
	p.iamServiceAccountFlags(cmd.Flags(), &cluster, &region)
	cmd.Flags().StringVarP(&namespace, "namespace", "n", "", "those of this namespace only")
	cmd.Flags().StringVar(&name, "name", "", "those of this name only")
	cmd.Flags().StringVarP(&output, "output", "o", "table", "table, json or yaml")
	return cmd
}

// iamServiceAccount is an iamserviceaccount as eksctl prints it.
type iamServiceAccount struct {
	Metadata struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`
	Status struct {
		RoleARN string `json:"roleARN"`
	} `json:"status"`
}

func asEksctl(list []emulator.IAMServiceAccountEntry) []iamServiceAccount {
	out := make([]iamServiceAccount, len(list))
	for i, entry := range list {
		out[i].Metadata.Name, out[i].Metadata.Namespace, out[i].Status.RoleARN = entry.Name, entry.Namespace, entry.RoleARN
	}
	return out
}

func (p *program) deleteCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "delete", Short: "Delete what create made", Args: cobra.NoArgs, RunE: needsVerb}
	cmd.AddCommand(p.deleteIAMServiceAccountCommand())
	return cmd
}

func (p *program) deleteIAMServiceAccountCommand() *cobra.Command {
	var cluster, region, namespace, name string
	cmd := &cobra.Command{
		Use: "iamserviceaccount", Short: "Delete the role made for a ServiceAccount, and the ServiceAccount", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if name == "" {
				return usageError{errors.New("--name must be set")}
			}
			if err := p.checkRegion(cmd, region); err != nil {
				return err
			}
			result, err := p.client().DeleteIAMServiceAccount(cmd.Context(), cluster, namespace, name)
			if err != nil {
				return err
			}
			return p.printTasks(result)
		},
	}
	p.iamServiceAccountFlags(cmd.Flags(), &cluster, &region)
	cmd.Flags().StringVar(&name, "name", "", "name of the ServiceAccount")
	cmd.Flags().StringVarP(&namespace, "namespace", "n", "default", "namespace of the ServiceAccount")
	return cmd
}
