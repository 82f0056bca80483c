package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/irsatz/irsatz/emulator"
)

func (p *program) exportCommand() *cobra.Command {
	var request emulator.ExportRequest
	cmd := &cobra.Command{
		Use: "export", Short: "Write out the state of the server, to load it again", Args: cobra.NoArgs,
		Long: `Writes what the server has as files that serve -f loads: native is all that a setup
file can say, authorization-details what aws iam get-account-authorization-details
prints of the accounts. Objects, sessions and the keys of issuers are not in it.`,
		Example: "  irsatz export > setup.yaml\n  irsatz export -o authorization-details --account 111122223333 > account.json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case !slices.Contains([]string{emulator.FormNative, emulator.FormDetails}, request.Form):
				return usageError{fmt.Errorf("--output %q: want %s or %s", request.Form, emulator.FormNative, emulator.FormDetails)}
			case request.Form == emulator.FormDetails && request.Secrets:
				return usageError{fmt.Errorf("--secrets: %s has no access keys", emulator.FormDetails)}
			case request.Form == emulator.FormNative && request.Account != "":
				return usageError{fmt.Errorf("--account goes with -o %s: a setup file is about all accounts", emulator.FormDetails)}
			}
			return p.client().Export(cmd.Context(), p.stdout, request)
		},
	}
	flags := cmd.Flags()
	p.controlFlags(flags)
	flags.StringVarP(&request.Form, "output", "o", emulator.FormNative, "native or authorization-details")
	flags.StringVar(&request.Account, "account", "", "write this account alone")
	flags.BoolVar(&request.Secrets, "secrets", false, "write the access keys of users too, with their secrets")
	return cmd
}
