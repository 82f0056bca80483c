package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/irsatz/irsatz/emulator"
)

func (p *program) createCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "create", Short: "Create tokens and iamserviceaccounts", Args: cobra.NoArgs, RunE: needsVerb}
	cmd.AddCommand(p.createTokenCommand(), p.createIAMServiceAccountCommand())
	return cmd
}

// needsVerb answers a command that only groups others.
func needsVerb(cmd *cobra.Command, _ []string) error {
	_ = cmd.Help()
	return usageError{fmt.Errorf("%s: a verb is missing", cmd.CommandPath())}
}

func (p *program) createTokenCommand() *cobra.Command {
	var request emulator.TokenRequest
	var claims []string
	var file tokenFileFlags
	cmd := &cobra.Command{
		Use: "token [SERVICEACCOUNT]", Short: "Print a web identity token of a ServiceAccount, or of another issuer",
		Long: `Prints the token that a pod of the ServiceAccount would find in its file. With
--broken it has exactly one fault; --broken list shows the faults, and what AWS
answers to each.

An issuer of the setup that is no cluster has no ServiceAccounts: --issuer alone
prints a token with the claims of its preset, the setup's and those of --claim
over them.

--output-file writes the token to a file instead, and --refresh keeps it there as
the kubelet does in a pod, until interrupted: for containers that share the
file's folder.`,
		Example: `  irsatz create token app -n prod
  irsatz create token app -n prod --broken expired
  irsatz create token --issuer github --audience sts.amazonaws.com --claim repository=acme/shop --claim environment=prod
  irsatz create token app -n prod --duration 24h --output-file /var/run/secrets/eks.amazonaws.com/serviceaccount/token --refresh`,
		Args: cobra.RangeArgs(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if request.Broken == "list" {
				return p.listBroken()
			}
			if err := settleToken(cmd, args, &request); err != nil {
				return err
			}
			var err error
			if request.Claims, err = parseClaims(claims); err != nil {
				return err
			}
			if file.path != "" || file.refresh {
				return p.writeToken(cmd.Context(), &file, request)
			}
			token, err := p.client().MintToken(cmd.Context(), request)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(p.stdout, token.Token)
			return err
		},
	}
	flags := cmd.Flags()
	p.controlFlags(flags)
	flags.StringVarP(&request.Namespace, "namespace", "n", "default", "namespace of the ServiceAccount")
	flags.StringArrayVar(&request.Audiences, "audience", nil, "audience (may be repeated; default sts.amazonaws.com)")
	flags.DurationVar(&request.Duration, "duration", time.Hour, "how long the token is good: at least 10m, for a ServiceAccount")
	flags.StringVar(&request.Cluster, "cluster", "", "cluster, by name or issuer URL (default: the first)")
	flags.StringVar(&request.Issuer, "issuer", "", "the same by issuer URL, or an issuer that is no cluster by name or URL")
	flags.StringVar(&request.Pod, "pod", "", "bind the token to a pod of this name")
	flags.StringArrayVar(&claims, "claim", nil, "NAME=VALUE, laid over the token's claims; VALUE is JSON or text (may be repeated)")
	flags.StringVar(&request.Broken, "broken", "", "put this fault in; list shows all")
	file.add(flags)
	return cmd
}

// settleToken puts the argument into the request, and leaves to the server what
// was not said.
func settleToken(cmd *cobra.Command, args []string, request *emulator.TokenRequest) error {
	flags := cmd.Flags()
	switch {
	case len(args) == 1:
		request.ServiceAccount = args[0]
	case request.Issuer == "":
		return usageError{errors.New("create token: want the name of a ServiceAccount")}
	case flags.Changed("namespace"):
		return usageError{errors.New("create token: --namespace is that of a ServiceAccount, whose name is missing")}
	}
	if request.Issuer != "" && request.Cluster != "" {
		return usageError{errors.New("--cluster and --issuer exclude each other")}
	}
	if !flags.Changed("duration") {
		request.Duration = 0
	}
	return nil
}

// parseClaims reads NAME=VALUE. What is not JSON is text.
func parseClaims(list []string) (map[string]any, error) {
	claims := map[string]any{}
	for _, c := range list {
		name, value, ok := strings.Cut(c, "=")
		if !ok || name == "" {
			return nil, usageError{fmt.Errorf("--claim %q: want NAME=VALUE", c)}
		}
		var parsed any
		if json.Unmarshal([]byte(value), &parsed) != nil {
			parsed = value
		}
		claims[name] = parsed
	}
	return claims, nil
}

// listBroken needs no server.
func (p *program) listBroken() error {
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "KIND\tFAULT\tAWS ANSWERS")
	for _, k := range emulator.BrokenTokens() {
		fmt.Fprintf(w, "%s\t%s\t%s\n", k.Name, k.Description, k.Answer)
	}
	return w.Flush()
}
