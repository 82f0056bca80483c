package oidc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// ErrUnknownBrokenKind says that MintBroken knows no fault of that name.
var ErrUnknownBrokenKind = errors.New("unknown kind of broken token")

// BrokenKind is a fault that MintBroken can put into a token.
type BrokenKind struct {
	Name        string
	Description string
	// edit puts the fault into the claims, forge into the signed token; a kind
	// has one of them.
	edit  func(d *draft)
	forge func(d *draft, payload []byte) (string, error)
}

// draft is a token that is about to get its fault.
type draft struct {
	claims   map[string]any
	now      int64
	duration int64
	key      *Key
	foreign  func() (*Key, error) // another key of the same kind
}

// hour is further off than any tolerance.
const hour = 3600

var brokenKinds = []BrokenKind{
	{Name: "expired", Description: "exp passed an hour ago", edit: func(d *draft) { d.shift(-d.duration - hour) }},
	{Name: "not-yet-valid", Description: "nbf is an hour ahead", edit: func(d *draft) {
		d.claims["nbf"], d.claims["exp"] = d.now+hour, d.now+hour+d.duration
	}},
	{Name: "issued-in-future", Description: "iat is an hour ahead", edit: func(d *draft) {
		d.claims["iat"], d.claims["exp"] = d.now+hour, d.now+hour+d.duration
	}},
	{Name: "fractional-exp", Description: "exp has a fraction of a second", edit: func(d *draft) {
		d.claims["exp"] = float64(d.now+d.duration) + 0.5
	}},
	{Name: "text-iat", Description: "iat is a word", edit: func(d *draft) { d.claims["iat"] = "now" }},
	{Name: "wrong-audience", Description: "aud is the API server's audience", edit: func(d *draft) {
		delete(d.claims, "azp")
		d.claims["aud"] = []string{"https://kubernetes.default.svc"}
	}},
	{Name: "multi-audience", Description: "aud has a second value, and there is no azp", edit: (*draft).addAudience},
	{Name: "wrong-azp", Description: "azp is not a registered audience", edit: func(d *draft) { d.claims["azp"] = "unregistered-client" }},
	{Name: "empty-aud", Description: "aud is an empty list", edit: func(d *draft) { d.claims["aud"] = []string{} }},
	{Name: "wrong-issuer", Description: "iss is another issuer", edit: func(d *draft) {
		d.claims["iss"] = strings.TrimSuffix(d.claims["iss"].(string), "/") + "-other"
	}},
	{Name: "issuer-slash", Description: "iss has a trailing slash too many, or one too few", edit: (*draft).toggleSlash},
	{Name: "no-iss", Description: "iss is missing", edit: without("iss")},
	{Name: "no-sub", Description: "sub is missing", edit: without("sub")},
	{Name: "null-sub", Description: "sub is null", edit: func(d *draft) { d.claims["sub"] = nil }},
	{Name: "no-aud", Description: "aud is missing", edit: without("aud")},
	{Name: "no-iat", Description: "iat is missing", edit: without("iat")},
	{Name: "no-exp", Description: "exp is missing", edit: without("exp")},
	{Name: "huge", Description: "longer than the 20000 characters that STS reads", edit: func(d *draft) {
		d.claims["padding"] = strings.Repeat("x", MaxTokenLength)
	}},
	{Name: "unknown-kid", Description: "kid names a key that the issuer does not publish", forge: forgeUnknownKID},
	{Name: "bad-signature", Description: "a bit of the signature is flipped", forge: forgeSignature},
	{Name: "tampered-payload", Description: "sub was changed after signing", forge: forgePayload},
	{Name: "foreign-key", Description: "signed by another key under the kid of the right one", forge: forgeForeign},
	{Name: "alg-none", Description: "alg is none and there is no signature", forge: forgeNone},
	{Name: "hmac", Description: "alg is HS256, keyed with the text of the public key", forge: forgeHMAC},
	{Name: "crit-header", Description: "the header has a critical extension", forge: forgeCritical},
	{Name: "not-a-jwt", Description: "an opaque access token", forge: forgeOpaque},
}

// BrokenKinds returns the faults that MintBroken can make.
func BrokenKinds() []BrokenKind { return slices.Clone(brokenKinds) }

// MintBroken returns a token as Mint would, but for exactly one fault.
func (i *Issuer) MintBroken(ctx context.Context, kind string, request TokenRequest) (string, error) {
	token, err := i.mintBroken(ctx, kind, request)
	if err != nil {
		return "", fmt.Errorf("mint broken token: %w", err)
	}
	return token, nil
}

func (i *Issuer) mintBroken(ctx context.Context, kind string, request TokenRequest) (string, error) {
	n := slices.IndexFunc(brokenKinds, func(k BrokenKind) bool { return k.Name == kind })
	if n < 0 {
		return "", fmt.Errorf("%w: %q", ErrUnknownBrokenKind, kind)
	}
	claims, err := i.claims(request)
	if err != nil {
		return "", err
	}
	now := claims["iat"].(int64)
	d := &draft{claims: claims, now: now, duration: claims["exp"].(int64) - now}
	if edit := brokenKinds[n].edit; edit != nil {
		edit(d)
		return i.sign(ctx, d.claims)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	if d.key, err = i.signingKey(ctx, now+d.duration); err != nil {
		return "", err
	}
	d.foreign = func() (*Key, error) { return i.foreignKey(d.key.kind) }
	return brokenKinds[n].forge(d, payload)
}

// foreignKey returns a key of that kind which the issuer never publishes.
func (i *Issuer) foreignKey(kind KeyKind) (*Key, error) {
	i.mu.Lock()
	k := i.foreign
	i.mu.Unlock()
	if k != nil && k.kind == kind {
		return k, nil
	}
	k, err := GenerateKey(kind)
	if err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.foreign = k
	return k, nil
}

func without(name string) func(*draft) { return func(d *draft) { delete(d.claims, name) } }

// shift moves all three times, so that they stay consistent.
func (d *draft) shift(seconds int64) {
	d.claims["iat"], d.claims["nbf"] = d.now+seconds, d.now+seconds
	d.claims["exp"] = d.now + seconds + d.duration
}

func (d *draft) addAudience() {
	delete(d.claims, "azp")
	list, ok := d.claims["aud"].([]string)
	if !ok {
		list = []string{fmt.Sprint(d.claims["aud"])}
	}
	d.claims["aud"] = append(slices.Clone(list), "https://kubernetes.default.svc")
}

func (d *draft) toggleSlash() {
	issuer := d.claims["iss"].(string)
	if cut, had := strings.CutSuffix(issuer, "/"); had {
		d.claims["iss"] = cut
		return
	}
	d.claims["iss"] = issuer + "/"
}

func (d *draft) signAs(key *Key, kid string, options *jose.SignerOptions, payload []byte) (string, error) {
	signer, err := newSigner(key.alg, key.private, kid, options)
	if err != nil {
		return "", err
	}
	return signWith(signer, payload)
}

func forgeUnknownKID(d *draft, payload []byte) (string, error) {
	foreign, err := d.foreign()
	if err != nil {
		return "", err
	}
	return d.signAs(d.key, foreign.id, nil, payload)
}

func forgeForeign(d *draft, payload []byte) (string, error) {
	foreign, err := d.foreign()
	if err != nil {
		return "", err
	}
	return d.signAs(foreign, d.key.id, nil, payload)
}

func forgeSignature(d *draft, payload []byte) (string, error) {
	token, err := d.key.sign(payload)
	if err != nil {
		return "", err
	}
	cut := strings.LastIndexByte(token, '.') + 1
	signature, err := base64.RawURLEncoding.DecodeString(token[cut:])
	if err != nil {
		return "", err
	}
	signature[len(signature)/2] ^= 1
	return token[:cut] + base64.RawURLEncoding.EncodeToString(signature), nil
}

func forgePayload(d *draft, payload []byte) (string, error) {
	token, err := d.key.sign(payload)
	if err != nil {
		return "", err
	}
	d.claims["sub"] = fmt.Sprint(d.claims["sub"]) + "-admin"
	if payload, err = json.Marshal(d.claims); err != nil {
		return "", err
	}
	parts := strings.Split(token, ".")
	return parts[0] + "." + base64.RawURLEncoding.EncodeToString(payload) + "." + parts[2], nil
}

func forgeNone(d *draft, payload []byte) (string, error) {
	header, err := json.Marshal(map[string]string{"alg": "none", "kid": d.key.id})
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	return encode(header) + "." + encode(payload) + ".", nil
}

func forgeHMAC(d *draft, payload []byte) (string, error) {
	signer, err := newSigner(jose.HS256, d.key.PublicPEM(), d.key.id, nil)
	if err != nil {
		return "", err
	}
	return signWith(signer, payload)
}

func forgeCritical(d *draft, payload []byte) (string, error) {
	options := (&jose.SignerOptions{}).WithHeader("crit", []string{"example"}).WithHeader("example", true)
	return d.signAs(d.key, d.key.id, options, payload)
}

func forgeOpaque(d *draft, _ []byte) (string, error) {
	jti, ok := d.claims["jti"].(string)
	if !ok {
		return "", errors.New("jti is not a string")
	}
	return "access-token-" + strings.ReplaceAll(jti, "-", ""), nil
}
