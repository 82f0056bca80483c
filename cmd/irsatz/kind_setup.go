package main

import (
	"cmp"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/kindcluster"
	"github.com/irsatz/irsatz/manifest"
)

// kindSetup is what irsatz is to load in the cluster, and which of its clusters
// the kind cluster is.
type kindSetup struct {
	files                   []string
	issuer, region, cluster string
}

func (s *kindSetup) add(flags *pflag.FlagSet) {
	flags.StringArrayVarP(&s.files, "file", "f", nil, "what irsatz loads: a file, or a folder of files (may be repeated)")
	flags.StringVar(&s.issuer, "issuer", "", "issuer of the cluster's tokens (default: that of --cluster)")
	flags.StringVar(&s.cluster, "cluster", "", "cluster of the setup, or of the running irsatz, that this one is (default: the first)")
	flags.StringVar(&s.region, "region", "", "region (default: the setup's, then "+kindcluster.DefaultRegion+")")
}

// apply reads the files: they are carried into the cluster as they are, so they
// must stand for themselves.
func (s *kindSetup) apply(p *program, o kindcluster.Options) (kindcluster.Options, error) {
	o.Region, o.Issuer = s.region, cmp.Or(o.Issuer, s.issuer)
	if len(s.files) == 0 {
		return s.withoutFiles(o), nil
	}
	state, err := manifest.Load(s.files, p.stdin)
	if err != nil {
		return o, err
	}
	if o.Setup, err = readSetup(s.files); err != nil {
		return o, err
	}
	if o.Region == "" {
		o.Region = state.Region
	}
	is, err := s.find(state)
	if err != nil {
		return o, err
	}
	region := cmp.Or(o.Region, kindcluster.DefaultRegion)
	switch {
	case o.Mode == kindcluster.ModePlain:
	case is != nil:
		issuer := cmp.Or(is.OIDCIssuer, emulator.DefaultIssuer(cmp.Or(is.Region, region), is.Name))
		if o.Issuer = cmp.Or(o.Issuer, issuer); o.Issuer == issuer {
			o.Cluster = is.Name
		}
	default:
		o.Issuer = cmp.Or(o.Issuer, emulator.DefaultIssuer(region, o.Name))
	}
	for _, sa := range state.ServiceAccounts {
		standard := sa.Cluster == "" && (is == nil || is == &state.Clusters[0])
		if standard || is != nil && sa.Cluster == is.Name {
			o.Accounts = append(o.Accounts, kindcluster.ServiceAccount{Namespace: sa.Namespace, Name: sa.Name, Annotations: sa.Annotations})
		}
	}
	s.noteProvider(p, o, state)
	return o, nil
}

func (s *kindSetup) withoutFiles(o kindcluster.Options) kindcluster.Options {
	if o.Issuer == "" && o.Mode != kindcluster.ModePlain {
		o.Issuer = emulator.DefaultIssuer(cmp.Or(o.Region, kindcluster.DefaultRegion), o.Name)
	}
	return o
}

// find is the cluster of the setup that the kind cluster is, nil if the setup
// has none.
func (s *kindSetup) find(state *manifest.State) (*manifest.Cluster, error) {
	if s.cluster == "" {
		if len(state.Clusters) == 0 {
			return nil, nil
		}
		return &state.Clusters[0], nil
	}
	i := slices.IndexFunc(state.Clusters, func(c manifest.Cluster) bool { return c.Name == s.cluster })
	if i < 0 {
		return nil, usageError{fmt.Errorf("--cluster %s: there is none in the setup", s.cluster)}
	}
	return &state.Clusters[i], nil
}

// noteProvider says that STS would refuse every token of the cluster.
func (s *kindSetup) noteProvider(p *program, o kindcluster.Options, state *manifest.State) {
	issuer := o.IssuerURL()
	registered := slices.ContainsFunc(state.OIDCProviders, func(p manifest.OIDCProvider) bool {
		return strings.TrimSuffix(p.URL, "/") == strings.TrimSuffix(issuer, "/")
	}) || slices.ContainsFunc(state.Clusters, func(c manifest.Cluster) bool { return c.Provider != nil && c.OIDCIssuer == issuer })
	if !registered && len(state.IAMServiceAccounts) == 0 {
		fmt.Fprintf(p.stderr, "irsatz: note: the setup has no OIDC provider of %s, the cluster's issuer: STS refuses its tokens until there is one\n", issuer)
	}
}

// maxSetup is what a ConfigMap holds, with something to spare for its frame.
const maxSetup = 1<<20 - 16<<10

// readSetup reads what manifest.Load has read, but as text.
func readSetup(paths []string) ([]kindcluster.File, error) {
	setup, size := []kindcluster.File{}, 0
	for _, path := range paths {
		files, err := setupFiles(path)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			if _, err := manifest.Parse(file, text); err != nil {
				return nil, withHint(err, "the files are carried into the cluster: what they refer to must stand in them")
			}
			if size += len(text); size > maxSetup {
				return nil, withHint(fmt.Errorf("%s: the setup is larger than %d KiB, which is what a ConfigMap holds", file, maxSetup>>10), "load large objects into the buckets afterwards")
			}
			// A folder is loaded in the order of names, and what ends otherwise not.
			name := fmt.Sprintf("%03d-%s", len(setup), configMapKey(filepath.Base(file)))
			if !slices.Contains(loaded, filepath.Ext(name)) {
				name += ".yaml"
			}
			setup = append(setup, kindcluster.File{Name: name, Content: text})
		}
	}
	return setup, nil
}

// loaded are the endings that manifest.Load takes of a folder's files.
var loaded = []string{".yaml", ".yml", ".json"}

// setupFiles are a path's files, those that manifest.Load takes of a folder.
func setupFiles(path string) ([]string, error) {
	if path == "-" {
		return nil, usageError{errors.New("-f -: want files")}
	}
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return []string{path}, err
	}
	entries, err := os.ReadDir(path)
	var files []string
	for _, e := range entries {
		if slices.Contains(loaded, filepath.Ext(e.Name())) && !e.IsDir() {
			files = append(files, filepath.Join(path, e.Name()))
		}
	}
	return files, err
}

// configMapKey replaces what a key of a ConfigMap may not have.
func configMapKey(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.' {
			return r
		}
		return '_'
	}, name)
}

// kindRoot makes root credentials: pods reach the AWS port too, so they are not
// to be guessed.
func kindRoot() (string, error) {
	random := make([]byte, 10+30)
	if _, err := rand.Read(random); err != nil {
		return "", err
	}
	return "AKIA" + base32.StdEncoding.EncodeToString(random[:10]) + ":" + base64.StdEncoding.EncodeToString(random[10:]), nil
}

// printKindUp says how the cluster is reached.
func (p *program) printKindUp(f *kindUpFlags, c *kindcluster.Cluster) error {
	o := c.Options
	fmt.Fprintf(p.stdout, "cluster %s  context %s  mode %s\nissuer  %s\n", c.Name, c.Context(), o.Mode, o.Issuer)
	if o.Host.IsValid() {
		return p.printKindHost(f, c)
	}
	endpoint := o.HostEndpoint()
	if endpoint == "" {
		endpoint = "http://127.0.0.1:4566"
		fmt.Fprintf(p.stdout, "\nNo port of this machine leads to irsatz:\n  kubectl --context %s -n %s port-forward service/%s 4566:80\n", c.Context(), kindcluster.Namespace, kindcluster.Service)
	}
	key, secret, _ := strings.Cut(o.Root, ":")
	fmt.Fprintf(p.stdout, "\nPods find irsatz at %s. For programs of this machine:\n", kindcluster.Endpoint)
	_, err := fmt.Fprintf(p.stdout, "  export AWS_ENDPOINT_URL=%s AWS_REGION=%s AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s\nWhy something was denied:\n  kubectl --context %s -n %s exec deployment/irsatz -- /irsatz why\nReady.\n",
		endpoint, cmp.Or(o.Region, kindcluster.DefaultRegion), key, secret, c.Context(), kindcluster.Namespace)
	return err
}

// printKindHost says how irsatz is to be started.
func (p *program) printKindHost(f *kindUpFlags, c *kindcluster.Cluster) error {
	kubeconfig := cmp.Or(f.kubeconfig, p.env.values["KUBECONFIG"], "~/.kube/config")
	listen := c.Options.Host
	if !ownAddress(listen.Addr()) { // the engine's virtual machine forwards it
		listen = netip.AddrPortFrom(netip.IPv4Unspecified(), listen.Port())
	}
	var setup strings.Builder
	for _, file := range f.setup.files {
		fmt.Fprintf(&setup, "-f %s ", file)
	}
	if c.Options.Cluster != "" {
		fmt.Fprintf(&setup, "--attach-name %s ", c.Options.Cluster)
	}
	_, err := io.WriteString(p.stdout, fmt.Sprintf("\nPods find irsatz at %s, which leads to %s, once it runs there:\n  irsatz serve %s--attach %s --attach-context %s --listen %s \\\n    --register https://%s --pod-endpoint %s\n",
		kindcluster.Endpoint, c.Options.Host, setup.String(), kubeconfig, c.Context(), listen, c.Options.Host, kindcluster.Endpoint))
	return err
}

// ownAddress reports whether an interface of this machine has the address.
func ownAddress(address netip.Addr) bool {
	all, err := net.InterfaceAddrs()
	return err == nil && slices.ContainsFunc(all, func(a net.Addr) bool {
		prefix, err := netip.ParsePrefix(a.String())
		return err == nil && prefix.Addr() == address
	})
}
