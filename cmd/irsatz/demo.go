package main

import (
	"context"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/internal/awsclient"
	"github.com/irsatz/irsatz/localpod"
	"github.com/irsatz/irsatz/manifest"
)

//go:embed demo.yaml
var demoSetup []byte

// The names in demo.yaml that the story needs.
const (
	demoNamespace = "shop"
	demoAccount   = "app"
	demoIntruder  = "intruder"
	demoBucket    = "shop-data"
	demoObject    = "catalogue/prices.csv"
	demoSecret    = "payroll/2026.csv"
)

func (p *program) demoCommand() *cobra.Command {
	var setup string
	var show bool
	cmd := &cobra.Command{
		Use: "demo", Short: "Run the whole flow, narrated", Args: cobra.NoArgs,
		Long: `Runs the whole IRSA flow in one process over real sockets: a cluster, a token,
AssumeRoleWithWebIdentity, S3 reads that are allowed and denied, and the reason of
each denial. Exits 0 only if every step went as it would on AWS.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if show {
				_, err := p.stdout.Write(demoSetup)
				return err
			}
			return p.demo(cmd.Context(), setup)
		},
	}
	cmd.Flags().StringVar(&setup, "setup", "", "run on this file instead of the built-in one: change a policy and see what breaks")
	cmd.Flags().BoolVar(&show, "print-setup", false, "print the built-in setup and exit")
	return cmd
}

// demo tells the story.
func (p *program) demo(ctx context.Context, setup string) error {
	state, err := manifest.Parse("demo.yaml", demoSetup)
	if setup != "" {
		state, err = manifest.Load([]string{setup}, p.stdin)
	}
	if err != nil {
		return err
	}
	e, err := emulator.Start(emulator.Config{Listen: "127.0.0.1:0", Control: "127.0.0.1:0", State: state})
	if err != nil {
		return err
	}
	defer func() {
		drain, cancel := context.WithTimeout(context.Background(), drainTime)
		defer cancel()
		_ = e.Close(drain)
	}()
	dir, err := os.MkdirTemp("", "irsatz-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	d := &demo{
		program: p, emulator: e, dir: dir,
		control: &emulator.Client{URL: e.ControlURL()}, http: &http.Client{Transport: &http.Transport{}},
	}
	for _, chapter := range []func(context.Context) error{d.cluster, d.token, d.assume, d.read, d.outside, d.list, d.intruder, d.forged} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	if d.wrong > 0 {
		return fmt.Errorf("demo: %d of %d steps did not go as on AWS", d.wrong, d.steps)
	}
	d.say("\nAll %d steps went as they would on AWS. Next: irsatz serve --help, irsatz scenario list", d.steps)
	return nil
}

// demo is a run of the story.
type demo struct {
	*program
	emulator     *emulator.Emulator
	control      *emulator.Client
	http         *http.Client
	dir          string
	client       *awsclient.Client
	steps, wrong int
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.stdout, format+"\n", args...) }

func (d *demo) heading(text string) {
	d.steps++
	d.say("\n%d. %s", d.steps, text)
}

// expect compares the outcome of a step with AWS's: code "" is success.
func (d *demo) expect(ctx context.Context, err error, status int, code string) {
	refused, _ := errors.AsType[*awsclient.Error](err)
	switch {
	case code == "" && err == nil:
		d.say("   → allowed")
		return
	case code != "" && refused != nil && refused.Status == status && refused.Code == code:
		d.say("   → refused: %v", err)
	default:
		d.wrong++
		want := "success"
		if code != "" {
			want = fmt.Sprintf("%s (HTTP %d)", code, status)
		}
		d.say("   ✗ AWS would answer %s; this was: %v", want, err)
	}
	if refused == nil {
		return
	}
	why, err := d.control.Why(ctx, refused.RequestID)
	if err != nil {
		d.say("   irsatz why: %v", err)
		return
	}
	d.say("   irsatz why:")
	for line := range strings.Lines(why.Text) {
		d.say("   │ %s", strings.TrimRight(line, "\n"))
	}
}

func (d *demo) cluster(context.Context) error {
	d.heading("An EKS cluster, an OIDC provider in IAM, a role and a bucket, in one process")
	info := d.emulator.Info()
	d.say("   AWS port     %s and %s (STS, S3, the issuer's keys)\n   control port %s (tokens, trail, why)", info.AWS, info.AWSTLS, info.Control)
	return nil
}

// write mints a token into the file that the pod's SDK reads.
func (d *demo) write(ctx context.Context, request emulator.TokenRequest) (string, error) {
	token, err := d.control.MintToken(ctx, request)
	if err != nil {
		return "", err
	}
	return token.Token, os.WriteFile(filepath.Join(d.dir, "token"), []byte(token.Token), 0o600)
}

func (d *demo) token(ctx context.Context) error {
	d.heading("The kubelet asks for a ServiceAccount token and projects it into the pod")
	token, err := d.write(ctx, emulator.TokenRequest{Namespace: demoNamespace, ServiceAccount: demoAccount, Pod: "app-7c9f"})
	if err != nil {
		return err
	}
	for i, part := range strings.SplitN(token, ".", 3)[:2] {
		text, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			return err
		}
		d.say("   %-8s%s", []string{"header", "claims"}[i], text)
	}
	return nil
}

func (d *demo) assume(ctx context.Context) error {
	d.heading("The SDK trades it for credentials: AssumeRoleWithWebIdentity")
	env, err := localpod.Variables(ctx, localpod.Config{Client: d.control, Namespace: demoNamespace, ServiceAccount: demoAccount})
	if err != nil {
		return err
	}
	info := d.emulator.Info()
	d.client = &awsclient.Client{
		Endpoint: info.AWS, Region: info.Region, TokenFile: filepath.Join(d.dir, "token"), SessionName: "demo", HTTP: d.http,
	}
	for _, v := range env {
		d.say("   %s", v)
		if arn, ok := strings.CutPrefix(v, "AWS_ROLE_ARN="); ok {
			d.client.RoleARN = arn
		}
	}
	arn := ""
	if d.client.Credentials, err = d.client.Assume(ctx); err == nil {
		_, arn, _, err = d.client.CallerIdentity(ctx)
	}
	d.expect(ctx, err, 0, "")
	if err != nil {
		return errors.New("demo: without credentials the story ends here")
	}
	d.say("   the pod is now %s, until %s", arn, d.client.Credentials.Expires.Format("15:04:05"))
	return nil
}

func (d *demo) read(ctx context.Context) error {
	d.heading("It reads s3://" + demoBucket + "/" + demoObject + ", as the role's policy allows")
	body, err := d.client.Get(ctx, demoBucket, demoObject)
	d.expect(ctx, err, 0, "")
	if err == nil {
		d.say("   %q", body)
	}
	return nil
}

func (d *demo) outside(ctx context.Context) error {
	d.heading("It reads s3://" + demoBucket + "/" + demoSecret + ", which the policy does not mention")
	_, err := d.client.Get(ctx, demoBucket, demoSecret)
	d.expect(ctx, err, http.StatusForbidden, "AccessDenied")
	return nil
}

func (d *demo) list(ctx context.Context) error {
	d.heading("It lists the buckets, which needs s3:ListAllMyBuckets")
	_, err := d.client.Buckets(ctx)
	d.expect(ctx, err, http.StatusForbidden, "AccessDenied")
	return nil
}

func (d *demo) intruder(ctx context.Context) error {
	d.heading("Another ServiceAccount wants the same role, and the trust policy says no")
	if _, err := d.write(ctx, emulator.TokenRequest{Namespace: demoNamespace, ServiceAccount: demoIntruder}); err != nil {
		return err
	}
	_, err := d.client.Assume(ctx)
	d.expect(ctx, err, http.StatusForbidden, "AccessDenied")
	return nil
}

func (d *demo) forged(ctx context.Context) error {
	d.heading("A token whose subject was changed after signing")
	if _, err := d.write(ctx, emulator.TokenRequest{Namespace: demoNamespace, ServiceAccount: demoAccount, Broken: "tampered-payload"}); err != nil {
		return err
	}
	_, err := d.client.Assume(ctx)
	d.expect(ctx, err, http.StatusBadRequest, "InvalidIdentityToken")
	return nil
}
