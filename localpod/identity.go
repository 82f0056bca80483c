package localpod

import (
	"context"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/internal/kubelet"
	"github.com/irsatz/irsatz/workload"
)

// identity sets the container's variables, writes its tokens, and keeps these
// fresh.
func (p *Pod) identity(ctx context.Context, config Config, a *admitted, env *environ) error {
	for _, v := range p.Container.Env {
		name, value, _ := strings.Cut(v, "=")
		if p.has(name, config.Env) {
			continue // it is there, and where it stands
		}
		env.set(name, p.outside(config.Dir, value))
		env.container[name] = true
	}
	if len(p.Container.Tokens) == 0 {
		return nil
	}
	serverTime := &serverClock{client: config.Client}
	serverTime.update(ctx)
	var refreshers []*kubelet.Refresher
	for _, token := range p.Container.Tokens {
		r := p.refresher(config, a, token)
		r.Now = serverTime.Now
		if err := r.Refresh(ctx); err != nil {
			return err
		}
		refreshers = append(refreshers, r)
	}
	ctx, p.stop = context.WithCancel(context.WithoutCancel(ctx))
	p.refreshed.Go(func() { serverTime.run(ctx) })
	for _, r := range refreshers {
		p.refreshed.Go(func() { _ = r.Run(ctx) }) // always ctx's end
	}
	return nil
}

func (p *Pod) has(name string, env []string) bool {
	for _, v := range env {
		if strings.HasPrefix(v, name+"=") {
			return true
		}
	}
	return false
}

// outside is a path of the container's as it is here, below the folder that
// stands for the container's root; what is no path into a token's volume stays
// as it is. Pods for Windows have Windows' paths.
func (p *Pod) outside(dir, value string) string {
	path := value
	if rest, ok := strings.CutPrefix(value, `C:\`); ok {
		path = "/" + strings.ReplaceAll(rest, `\`, "/")
	}
	for _, t := range p.Container.Tokens {
		if strings.HasPrefix(path, strings.TrimSuffix(t.MountPath, "/")+"/") {
			return filepath.Join(dir, filepath.FromSlash(path))
		}
	}
	return value
}

// refresher keeps a token as the kubelet would.
func (p *Pod) refresher(config Config, a *admitted, t workload.Token) *kubelet.Refresher {
	security := kubelet.PodSecurity{FSGroup: t.Security.FSGroup, RunAsUsers: t.Security.RunAsUsers, Before119: config.Before119}
	if t.DefaultMode != nil {
		security.DefaultMode = fs.FileMode(*t.DefaultMode)
	}
	audience := t.Audience
	if audience == "" {
		audience = a.account.Issuer
	}
	request := emulator.TokenRequest{
		Cluster: a.account.Cluster, Namespace: a.account.Namespace, ServiceAccount: a.account.Name, Pod: a.pod.Name(),
		Duration: time.Duration(t.ExpirationSeconds) * time.Second, Audiences: []string{audience},
	}
	return &kubelet.Refresher{
		Volume: &kubelet.TokenVolume{
			Dir: filepath.Join(config.Dir, filepath.FromSlash(t.MountPath)), Name: t.Path, Permissions: security.Permissions(), Rand: config.Rand,
		},
		Report: config.Report, Rand: config.Rand,
		Fetch: func(ctx context.Context) (string, time.Time, error) {
			token, err := config.Client.MintToken(ctx, request)
			if p.Expires.IsZero() {
				p.Expires = token.Expires
			}
			return token.Token, token.Expires, err
		},
	}
}
