package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/fakests"
	"github.com/irsatz/irsatz/internal/datadir"
	"github.com/irsatz/irsatz/manifest"
)

// drainTime is how long requests under way may take when the server stops.
const drainTime = 10 * time.Second

// serverFlags are the settings of an emulator, wherever one is started.
type serverFlags struct {
	files                    []string
	listen, control, token   string
	account, region, root    string
	enforce, texts, logLevel string
	dataDir                  string
	caCert, caKey            string
	maxMemory                size
	propagation              time.Duration
	disabled                 []string
	unknown, open            bool // what trust policies may do that AWS refuses
}

func (f *serverFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVarP(&f.files, "file", "f", nil, "load this file, folder or - (may be repeated)")
	flags.StringVar(&f.account, "account", "", "account ID (default: the file's, then "+emulator.DefaultAccount+")")
	flags.StringVar(&f.region, "region", "", "region (default: the file's, then "+emulator.DefaultRegion+")")
	flags.StringVar(&f.root, "root-credentials", "", "KEYID:SECRET of the account's root (default test:test, or random when the AWS port is bound beyond loopback)")
	flags.StringVar(&f.enforce, "enforce", "strict", "strict, or audit: serve what policies deny, and record it")
	flags.StringVar(&f.texts, "error-texts", "current", "texts of STS errors: current, or legacy (those of tutorials written before July 2026)")
	flags.DurationVar(&f.propagation, "iam-propagation", 0, "how long STS denies a new role, as AWS does for about 10s (default: not at all)")
	flags.StringArrayVar(&f.disabled, "sts-disabled-region", nil, "answer as where STS is not activated in this region (may be repeated)")
	flags.BoolVar(&f.unknown, "allow-unknown-principals", false, "let policies that are written through IAM and S3 trust users and roles that are not there")
	flags.BoolVar(&f.open, "allow-open-shared-issuers", false, "let trust policies that are written through IAM trust everybody at GitHub, GitLab and other shared issuers")
	flags.StringVar(&f.dataDir, "data-dir", "", "keep the state in this folder (default: in memory only)")
	flags.StringVar(&f.caCert, "ca-cert", "", "certificate of the CA that signs the AWS port's certificates, a PEM file (default: one is made)")
	flags.StringVar(&f.caKey, "ca-key", "", "its key")
	f.maxMemory = defaultMaxMemory
	flags.Var(&f.maxMemory, "max-memory", "refuse objects with SlowDown once they take more than this together, without --data-dir; 0: take all there is")
	flags.StringVar(&f.logLevel, "log-level", "info", "debug, info, warn or error")
}

// config turns the flags into a config.
func (f *serverFlags) config(p *program) (emulator.Config, error) {
	config := emulator.Config{
		Listen: f.listen, Control: hostPort(f.control), ControlToken: f.token,
		Account: f.account, Region: f.region, Root: f.root, IAMPropagation: f.propagation,
		DataDir:            f.dataDir,
		MaxMemory:          int64(f.maxMemory),
		STSDisabledRegions: f.disabled,
		UnknownPrincipals:  f.unknown,
		OpenSharedIssuers:  f.open,
	}
	switch f.enforce {
	case "strict":
	case "audit":
		config.Audit = true
	default:
		return config, usageError{fmt.Errorf("--enforce %q: want strict or audit", f.enforce)}
	}
	if f.propagation < 0 {
		return config, usageError{fmt.Errorf("--iam-propagation %s: want a duration such as 10s", f.propagation)}
	}
	var err error
	if config.CA, err = f.authority(); err != nil {
		return config, err
	}
	if config.ErrorTexts, err = fakests.ParseErrorTexts(f.texts); err != nil {
		return config, usageError{err}
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.logLevel)); err != nil {
		return config, usageError{fmt.Errorf("--log-level %q: want debug, info, warn or error", f.logLevel)}
	}
	config.Log = slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: level}))
	if len(f.files) == 0 {
		return config, nil
	}
	config.State, err = manifest.Load(f.files, p.stdin)
	if err != nil {
		return config, err
	}
	for _, note := range append(config.State.Notes, emulator.Notes(config.State)...) {
		fmt.Fprintln(p.stderr, "irsatz: note: "+note.String())
	}
	return config, nil
}

// authority reads the CA that is given.
func (f *serverFlags) authority() (ca emulator.Authority, err error) {
	if (f.caCert == "") != (f.caKey == "") {
		return ca, usageError{errors.New("--ca-cert and --ca-key: want both or neither")}
	}
	if f.caCert == "" {
		return ca, nil
	}
	if ca.Certificate, err = os.ReadFile(f.caCert); err != nil {
		return ca, fmt.Errorf("--ca-cert: %w", err)
	}
	if ca.Key, err = os.ReadFile(f.caKey); err != nil {
		return ca, fmt.Errorf("--ca-key: %w", err)
	}
	return ca, nil
}

// hostPort takes a URL for an address too: IRSATZ_CONTROL is one for the
// commands that speak to a server.
func hostPort(address string) string {
	if u, err := url.Parse(address); err == nil && u.Scheme == "http" {
		return u.Host
	}
	return address
}

func (p *program) serveCommand() *cobra.Command {
	f, attach := &serverFlags{}, &attachFlags{}
	var endpointsFile string
	cmd := &cobra.Command{
		Use: "serve [-f PATH]...", Short: "Run until interrupted", Args: cobra.NoArgs,
		Long: `Runs irsatz until SIGINT or SIGTERM. The AWS port answers STS and S3, http and
https alike; the control port mints tokens and explains denials, and is for this
machine only.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.serve(cmd.Context(), f, attach, endpointsFile) },
	}
	f.add(cmd.Flags())
	attach.add(cmd.Flags())
	cmd.Flags().StringVar(&f.listen, "listen", emulator.DefaultListen, "address of the AWS port; port 0 takes a free one")
	cmd.Flags().StringVar(&f.control, "control", emulator.DefaultControl, "address of the control port; port 0 takes a free one")
	cmd.Flags().StringVar(&f.token, "control-token", "", "bearer token that the control port demands (required beyond loopback)")
	cmd.Flags().StringVar(&endpointsFile, "endpoints-file", "", "write the URLs to this file as JSON once both ports accept")
	return cmd
}

func (p *program) serve(ctx context.Context, f *serverFlags, attach *attachFlags, endpointsFile string) error {
	config, err := f.config(p)
	if err != nil {
		return err
	}
	if err := attach.apply(ctx, &config); err != nil {
		return err
	}
	f.boundMemory()
	e, err := emulator.Start(config)
	if err != nil {
		return startError(err)
	}
	defer func() {
		drain, cancel := context.WithTimeout(context.Background(), drainTime)
		defer cancel()
		_ = e.Close(drain)
	}()
	written, err := writeEndpoints(e, endpointsFile)
	defer func() {
		for _, file := range written {
			_ = os.Remove(file)
		}
	}()
	if err != nil {
		return err
	}
	if err := attach.registerAt(ctx, e); err != nil {
		return err
	}
	p.banner(e)
	<-ctx.Done()
	fmt.Fprintln(p.stderr, "irsatz: stopping")
	return nil
}

func startError(err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return withHint(err, "something else listens there, perhaps another irsatz or LocalStack; choose another with --listen and --control, or :0 for a free port")
	}
	for reason, hint := range map[error]string{
		datadir.ErrInUse:   "another irsatz keeps its state there: stop it, or name another folder with --data-dir",
		datadir.ErrForeign: "name a folder that is empty or does not exist yet with --data-dir",
		datadir.ErrDamaged: "put a copy of the folder in its place, or begin anew with another one",
		datadir.ErrNewer:   "use the irsatz that wrote it, or a newer one; or begin anew with another folder",
	} {
		if errors.Is(err, reason) {
			return withHint(err, "%s", hint)
		}
	}
	return err
}

func (p *program) banner(e *emulator.Emulator) {
	info := e.Info()
	fmt.Fprintf(p.stdout, "irsatz %s  account %s  region %s  enforcement %s\n", version, info.Account, info.Region, info.Enforce)
	fmt.Fprintf(p.stdout, "  AWS      %s  %s\n  control  %s\n", info.AWS, info.AWSTLS, info.Control)
	if e.DataDir() != "" {
		fmt.Fprintf(p.stdout, "  data     %s\n", e.DataDir())
	}
	switch key, secret, generated := e.RootCredentials(); {
	case generated && e.DataDir() != "":
		fmt.Fprintf(p.stdout, "  root credentials, the same in every run: AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s\n", key, secret)
	case generated:
		fmt.Fprintf(p.stdout, "  root credentials, shown once: AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s\n", key, secret)
	case key == "test" && secret == "test":
		fmt.Fprintln(p.stdout, "  root credentials: test/test may do everything")
	}
	fmt.Fprintln(p.stdout, "Ready.")
}

// endpoints is the endpoints file.
type endpoints struct {
	AWS     string `json:"aws"`
	AWSTLS  string `json:"awsTLS"`
	Control string `json:"control"`
	CAFile  string `json:"caFile"`
	PID     int    `json:"pid"`
}

// writeEndpoints writes the endpoints file, whole or not at all, and the CA
// beside it, unless a data directory has it. It returns the files that it wrote.
func writeEndpoints(e *emulator.Emulator, path string) (written []string, err error) {
	if path == "" {
		return nil, nil
	}
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	caFile := e.CAFile()
	if caFile == "" {
		caFile = strings.TrimSuffix(path, filepath.Ext(path)) + ".ca.pem"
		written = append(written, caFile)
		if err := os.WriteFile(caFile, e.CAPEM(), 0o644); err != nil {
			return written, fmt.Errorf("write CA: %w", err)
		}
	}
	info := e.Info()
	body, err := json.Marshal(endpoints{AWS: info.AWS, AWSTLS: info.AWSTLS, Control: info.Control, CAFile: caFile, PID: os.Getpid()})
	if err != nil {
		return written, err
	}
	part := path + ".part"
	if err := os.WriteFile(part, append(body, '\n'), 0o644); err != nil {
		return written, fmt.Errorf("write endpoints file: %w", err)
	}
	if err := os.Rename(part, path); err != nil {
		return written, fmt.Errorf("write endpoints file: %w", err)
	}
	return append(written, path), nil
}
