package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/internal/syntax"
)

// resource is a kind of thing that get lists.
type resource struct {
	name    string
	aliases []string
	short   string
	// narrow leaves those that the flags ask for.
	narrow func(emulator.Inventory, *getFlags) any
	// columns heads the table, and rows fills it.
	columns string
	rows    func(v any) [][]string
}

// getFlags says which of a kind are wanted.
type getFlags struct {
	name, namespace, cluster, output string
	allNamespaces                    bool
}

// list makes a resource of one list of the inventory.
func list[T any](r resource, of func(emulator.Inventory) []T, wanted func(T, *getFlags) bool, row func(T) []string) resource {
	r.narrow = func(v emulator.Inventory, f *getFlags) any {
		kept := []T{}
		for _, item := range of(v) {
			if wanted(item, f) {
				kept = append(kept, item)
			}
		}
		return kept
	}
	r.rows = func(v any) [][]string {
		var rows [][]string
		for _, item := range v.([]T) {
			rows = append(rows, row(item))
		}
		return rows
	}
	return r
}

// named is the wish for one name, or for all.
func named[T any](name func(T) string) func(T, *getFlags) bool {
	return func(item T, f *getFlags) bool { return f.name == "" || name(item) == f.name }
}

var resources = []resource{
	list(resource{name: "clusters", aliases: []string{"cluster"}, short: "clusters and their issuers", columns: "NAME\tOIDC ISSUER\tSERVICEACCOUNTS"},
		func(v emulator.Inventory) []emulator.ClusterEntry { return v.Clusters },
		named(func(k emulator.ClusterEntry) string { return k.Name }),
		func(k emulator.ClusterEntry) []string {
			return []string{k.Name, k.Issuer, strconv.Itoa(k.ServiceAccounts)}
		}),
	list(resource{name: "serviceaccounts", aliases: []string{"serviceaccount", "sa"}, short: "ServiceAccounts and their roles", columns: "CLUSTER\tNAMESPACE\tNAME\tROLE"},
		func(v emulator.Inventory) []emulator.ServiceAccountEntry { return v.ServiceAccounts }, wantedServiceAccount,
		func(s emulator.ServiceAccountEntry) []string {
			return []string{s.Cluster, s.Namespace, s.Name, dash(s.RoleARN)}
		}),
	list(resource{name: "oidcproviders", aliases: []string{"oidcprovider", "providers"}, short: "OIDC providers registered in IAM", columns: "ACCOUNT\tURL\tCLIENT IDS"},
		func(v emulator.Inventory) []emulator.ProviderEntry { return v.Providers },
		named(func(p emulator.ProviderEntry) string { return p.URL }),
		func(p emulator.ProviderEntry) []string {
			return []string{p.AccountID, p.URL, dash(strings.Join(p.ClientIDs, ","))}
		}),
	list(resource{name: "roles", aliases: []string{"role"}, short: "IAM roles", columns: "ACCOUNT\tNAME\tARN\tPOLICIES"},
		func(v emulator.Inventory) []emulator.RoleEntry { return v.Roles },
		named(func(r emulator.RoleEntry) string { return r.Name }),
		func(r emulator.RoleEntry) []string {
			return []string{r.AccountID, r.Name, r.ARN, dash(strings.Join(r.Policies, ","))}
		}),
	list(resource{name: "policies", aliases: []string{"policy"}, short: "managed policies of accounts", columns: "ACCOUNT\tNAME\tARN\tDEFAULT"},
		func(v emulator.Inventory) []emulator.PolicyEntry { return v.Policies },
		named(func(p emulator.PolicyEntry) string { return p.Name }),
		func(p emulator.PolicyEntry) []string { return []string{p.AccountID, p.Name, p.ARN, p.VersionID} }),
	list(resource{name: "users", aliases: []string{"user"}, short: "IAM users", columns: "ACCOUNT\tNAME\tACCESS KEYS\tGROUPS\tPOLICIES"},
		func(v emulator.Inventory) []emulator.UserEntry { return v.Users },
		named(func(u emulator.UserEntry) string { return u.Name }),
		func(u emulator.UserEntry) []string {
			return []string{u.AccountID, u.Name, dash(strings.Join(u.AccessKeyIDs, ",")), dash(strings.Join(u.Groups, ",")), dash(strings.Join(u.Policies, ","))}
		}),
	list(resource{name: "groups", aliases: []string{"group"}, short: "IAM groups", columns: "ACCOUNT\tNAME\tMEMBERS"},
		func(v emulator.Inventory) []emulator.GroupEntry { return v.Groups },
		named(func(g emulator.GroupEntry) string { return g.Name }),
		func(g emulator.GroupEntry) []string {
			return []string{g.AccountID, g.Name, dash(strings.Join(g.Members, ","))}
		}),
	list(resource{name: "buckets", aliases: []string{"bucket"}, short: "S3 buckets", columns: "ACCOUNT\tNAME\tVERSIONING\tPOLICY\tCREATED"},
		func(v emulator.Inventory) []emulator.BucketEntry { return v.Buckets },
		named(func(b emulator.BucketEntry) string { return b.Name }),
		func(b emulator.BucketEntry) []string {
			return []string{b.AccountID, b.Name, strconv.FormatBool(b.Versioned), strconv.FormatBool(b.Policy), b.Created.UTC().Format(time.RFC3339)}
		}),
}

// wantedServiceAccount goes by namespace, as kubectl does.
func wantedServiceAccount(s emulator.ServiceAccountEntry, f *getFlags) bool {
	return (f.allNamespaces || s.Namespace == f.namespace) && (f.cluster == "" || s.Cluster == f.cluster) && (f.name == "" || s.Name == f.name)
}

func (p *program) getCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "get", Short: "List what is there", Args: cobra.NoArgs, RunE: needsVerb}
	for _, r := range resources {
		cmd.AddCommand(p.getResourceCommand(r))
	}
	cmd.AddCommand(p.getIAMServiceAccountCommand())
	return cmd
}

func (p *program) getResourceCommand(r resource) *cobra.Command {
	f := &getFlags{}
	cmd := &cobra.Command{
		Use: r.name + " [NAME]", Aliases: r.aliases, Short: "List " + r.short, Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				f.name = args[0]
			}
			v, err := p.client().Inventory(cmd.Context())
			if err != nil {
				return err
			}
			return p.printResource(r, r.narrow(v, f), f)
		},
	}
	p.controlFlags(cmd.Flags())
	cmd.Flags().StringVarP(&f.output, "output", "o", "table", "table, json or yaml")
	if r.name == "serviceaccounts" {
		cmd.Flags().StringVarP(&f.namespace, "namespace", "n", "default", "namespace of the ServiceAccounts")
		cmd.Flags().BoolVarP(&f.allNamespaces, "all-namespaces", "A", false, "those of all namespaces")
		cmd.Flags().StringVar(&f.cluster, "cluster", "", "those of this cluster only")
	}
	return cmd
}

func (p *program) printResource(r resource, found any, f *getFlags) error {
	rows := r.rows(found)
	if f.name != "" && len(rows) == 0 {
		return withHint(fmt.Errorf("%s %q not found", r.name, f.name), "`irsatz get %s` lists them", r.name)
	}
	if f.output != "table" {
		return p.printValue(found, f.output)
	}
	if len(rows) == 0 {
		_, err := fmt.Fprintf(p.stderr, "No %s found.\n", r.name)
		return err
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, r.columns)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

// printValue prints a value as JSON or YAML.
func (p *program) printValue(v any, format string) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	switch format {
	case "json":
		text = append(text, '\n')
	case "yaml":
		if text, err = syntax.FormatYAML(text); err != nil {
			return err
		}
	default:
		return usageError{errors.New("--output " + strconv.Quote(format) + ": want json or yaml, or leave it out")}
	}
	_, err = p.stdout.Write(text)
	return err
}
