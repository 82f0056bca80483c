package emulator

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/irsatz/irsatz/manifest"
	"github.com/irsatz/irsatz/oidc"
)

// otherIssuer is an issuer that is no cluster. It never changes.
type otherIssuer struct {
	hosted
	preset oidc.Preset
	claims map[string]any // laid over the preset's
}

// loadOther adds an issuer. One that is there already may be given again, with
// other claims.
func (p *clusterPlan) loadOther(m manifest.Issuer) error {
	preset, ok := oidc.FindPreset(m.Preset)
	if !ok {
		return notFound("presets of issuers", m.Preset, presetNames())
	}
	url := first(m.URL, preset.URL)
	if url == "" {
		return fmt.Errorf("issuer %s: issuers of preset %s need a url", m.Name, m.Preset)
	}
	claims, err := readClaims(m.Claims)
	if err != nil {
		return fmt.Errorf("issuer %s: claims: %w", m.Name, err)
	}
	for i, old := range p.others {
		if old.name != m.Name {
			continue
		}
		if old.issuer.URL() != url || old.preset.Name != preset.Name {
			return fmt.Errorf("issuer %s is there already: %s, preset %s", m.Name, old.issuer.URL(), old.preset.Name)
		}
		p.others[i] = &otherIssuer{hosted: old.hosted, preset: preset, claims: claims}
		return nil
	}
	h, err := p.open("issuer "+m.Name, m.Name, url)
	if err != nil {
		return err
	}
	o := &otherIssuer{hosted: h, preset: preset, claims: claims}
	if err := o.check(); err != nil {
		return err
	}
	p.others = append(p.others, o)
	return nil
}

// check tries whether the issuer's claims make a token.
func (o *otherIssuer) check() error {
	if err := o.request(nil).Check(); err != nil {
		return fmt.Errorf("issuer %s: %w", o.name, err)
	}
	return nil
}

func presetNames() []string {
	var names []string
	for _, p := range oidc.Presets() {
		names = append(names, p.Name)
	}
	return names
}

// readClaims reads a JSON object whose numbers stay as they are written.
func readClaims(text []byte) (map[string]any, error) {
	claims := map[string]any{}
	if text == nil {
		return claims, nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return claims, d.Decode(&claims)
}

// request asks for a token with these claims over the issuer's own.
func (o *otherIssuer) request(claims map[string]any) oidc.TokenRequest {
	all := make(map[string]any, len(o.claims)+len(claims))
	for _, layer := range []map[string]any{o.claims, claims} {
		for name, value := range layer {
			all[name] = value
		}
	}
	return o.preset.Request(o.issuer.URL(), all)
}

// other returns the issuer named, by its name or its URL.
func (s *clusterSet) other(name string) (*otherIssuer, bool) {
	i := slices.IndexFunc(s.others, func(o *otherIssuer) bool { return o.name == name || o.issuer.URL() == name })
	if i < 0 {
		return nil, false
	}
	return s.others[i], true
}

// mintOther mints a token of an issuer that is no cluster.
func (e *Emulator) mintOther(ctx context.Context, o *otherIssuer, request TokenRequest) (Token, error) {
	if request.ServiceAccount != "" || request.Pod != "" {
		return Token{}, fmt.Errorf("issuer %s is no cluster: it has no ServiceAccounts", o.name)
	}
	r := o.request(request.Claims)
	if len(request.Audiences) == 1 {
		r.Claims["aud"] = request.Audiences[0]
	} else if len(request.Audiences) > 1 {
		r.Claims["aud"] = request.Audiences
	}
	if request.Duration != 0 {
		r.Duration = request.Duration
	}
	return e.mint(ctx, o.issuer, request.Broken, r)
}

// mint mints a token, with a fault if one is named.
func (e *Emulator) mint(ctx context.Context, issuer *oidc.Issuer, broken string, r oidc.TokenRequest) (Token, error) {
	expires := e.config.Clock.Now().Add(r.Duration).UTC().Truncate(time.Second)
	var token string
	var err error
	if broken != "" {
		token, err = issuer.MintBroken(ctx, broken, r)
	} else {
		token, err = issuer.Mint(ctx, r)
	}
	return Token{Token: token, Expires: expires}, err
}

// issuerNamed finds the issuer of a request for a token: one that is no cluster,
// or else a cluster. Which it is decides what else the request may say.
func (s *clusterSet) issuerNamed(name string) (*otherIssuer, *cluster, error) {
	if o, ok := s.other(name); ok {
		return o, nil, nil
	}
	k, err := s.find(name)
	if err == nil {
		return nil, k, nil
	}
	known := make([]string, 0, len(s.order)+len(s.others))
	for _, k := range s.order {
		known = append(known, k.issuer.URL())
	}
	for _, o := range s.others {
		known = append(known, o.name)
	}
	return nil, nil, notFound("issuers", strings.TrimSpace(name), known)
}
