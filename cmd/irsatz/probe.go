package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/irsatz/irsatz/internal/awsclient"
)

func (p *program) probeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "probe", Short: "The smallest AWS client, for where there is no other", Args: cobra.NoArgs, RunE: needsVerb,
		Long: `Makes one request to STS or S3 with the identity that the environment gives, as an
SDK would: AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE, or static keys, and
AWS_ENDPOINT_URL. For scenarios, and for images without an AWS CLI.`,
		Example: "  irsatz exec -n prod --serviceaccount app -- irsatz probe whoami",
	}
	cmd.AddCommand(
		p.probe("whoami", "Print the caller's ARN", 0, func(ctx context.Context, c *awsclient.Client, _ []string) error {
			_, arn, _, err := c.CallerIdentity(ctx)
			return p.printLines(err, arn)
		}),
		p.probe("credentials", "Print temporary credentials as the SDKs' credential_process does", 0, p.probeCredentials),
		p.probe("ls [s3://BUCKET[/PREFIX]]", "List buckets, or the keys of one", 1, p.probeList),
		p.probe("get s3://BUCKET/KEY", "Print an object", 1, func(ctx context.Context, c *awsclient.Client, args []string) error {
			bucket, key, err := s3URL(args)
			if err != nil {
				return err
			}
			body, err := c.Get(ctx, bucket, key)
			if err != nil {
				return err
			}
			_, err = p.stdout.Write(body)
			return err
		}),
		p.probe("put s3://BUCKET/KEY", "Store standard input as an object", 1, func(ctx context.Context, c *awsclient.Client, args []string) error {
			bucket, key, err := s3URL(args)
			if err != nil {
				return err
			}
			body, err := io.ReadAll(p.stdin)
			if err != nil {
				return err
			}
			return c.Put(ctx, bucket, key, body)
		}),
		p.probe("rm s3://BUCKET/KEY", "Delete an object", 1, func(ctx context.Context, c *awsclient.Client, args []string) error {
			bucket, key, err := s3URL(args)
			if err != nil {
				return err
			}
			return c.Delete(ctx, bucket, key)
		}),
	)
	return cmd
}

// probe makes the command of one request.
func (p *program) probe(use, short string, maxArgs int, run func(context.Context, *awsclient.Client, []string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.MaximumNArgs(maxArgs),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := awsclient.FromEnvironment(func(name string) string { return p.env.values[name] })
			if err != nil {
				return withHint(err, "run it with `irsatz exec -n NAMESPACE --serviceaccount NAME -- irsatz probe %s`", cmd.Name())
			}
			if client.HTTP, err = p.probeHTTP(); err != nil {
				return err
			}
			return run(cmd.Context(), client, args)
		},
	}
}

// probeHTTP trusts AWS_CA_BUNDLE as well as the system's CAs.
func (p *program) probeHTTP() (*http.Client, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if path := p.env.values["AWS_CA_BUNDLE"]; path != "" {
		pem, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("AWS_CA_BUNDLE: %w", err)
		}
		roots.AppendCertsFromPEM(pem)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}, nil
}

func (p *program) probeCredentials(ctx context.Context, c *awsclient.Client, _ []string) error {
	if c.Credentials == nil {
		credentials, err := c.Assume(ctx)
		if err != nil {
			return err
		}
		c.Credentials = credentials
	}
	return json.NewEncoder(p.stdout).Encode(map[string]any{
		"Version": 1, "AccessKeyId": c.Credentials.AccessKeyID, "SecretAccessKey": c.Credentials.Secret,
		"SessionToken": c.Credentials.SessionToken, "Expiration": c.Credentials.Expires.UTC().Format(time.RFC3339),
	})
}

func (p *program) probeList(ctx context.Context, c *awsclient.Client, args []string) error {
	if len(args) == 0 {
		names, err := c.Buckets(ctx)
		return p.printLines(err, names...)
	}
	rest, ok := strings.CutPrefix(args[0], "s3://")
	bucket, prefix, _ := strings.Cut(rest, "/")
	if !ok || bucket == "" {
		return usageError{fmt.Errorf("%q: want s3://BUCKET or s3://BUCKET/PREFIX", args[0])}
	}
	keys, err := c.Objects(ctx, bucket, prefix)
	return p.printLines(err, keys...)
}

func (p *program) printLines(err error, lines ...string) error {
	if err != nil {
		return err
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(p.stdout, line); err != nil {
			return err
		}
	}
	return nil
}

func s3URL(args []string) (bucket, key string, err error) {
	if len(args) == 1 {
		rest, ok := strings.CutPrefix(args[0], "s3://")
		bucket, key, _ = strings.Cut(rest, "/")
		if ok && bucket != "" && key != "" {
			return bucket, key, nil
		}
	}
	return "", "", usageError{errors.New("want s3://BUCKET/KEY")}
}
