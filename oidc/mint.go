package oidc

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"
)

// The bounds of a TokenRequest's duration, as in Kubernetes.
const (
	MinDuration     = 10 * time.Minute
	MaxDuration     = (1 << 32) * time.Second
	DefaultDuration = time.Hour
)

// DurationError says that a token was asked for with a duration that
// Kubernetes refuses.
type DurationError struct {
	Duration time.Duration
}

// Error returns kube-apiserver's text.
func (e *DurationError) Error() string {
	limit := "may not specify a duration less than 10 minutes"
	if e.Duration > MaxDuration {
		limit = "may not specify a duration larger than 2^32 seconds"
	}
	return fmt.Sprintf("spec.expirationSeconds: Invalid value: %d: %s", int64(e.Duration/time.Second), limit)
}

// ObjectRef names a Kubernetes object.
type ObjectRef struct {
	Name string `json:"name"`
	UID  string `json:"uid,omitempty"`
}

// TokenRequest says what to put into a token.
type TokenRequest struct {
	// Namespace and ServiceAccount make the subject and the kubernetes.io claim.
	Namespace, ServiceAccount string
	// UID is the service account's; empty derives one that stays the same.
	UID string
	// Pod and Node are what the token is bound to, if anything. A Node without
	// UID stays without; a Pod without UID gets a derived one.
	Pod, Node *ObjectRef
	// Subject is the subject for issuers that are no Kubernetes cluster. It
	// stands in place of Namespace and ServiceAccount.
	Subject string
	// Audiences in this order; none means the issuer itself, as in Kubernetes.
	Audiences []string
	// Duration is how long the token is good; zero means an hour. Service
	// account tokens have at least 10 minutes.
	Duration time.Duration
	// Backdate is how long before iat a token with a Subject of its own begins to
	// be good.
	Backdate time.Duration
	// Claims are laid over all others: a value replaces, nil writes null. They
	// may not name iss, iat, nbf or exp.
	Claims map[string]any
}

// Mint returns a signed token with the header and payload of a projected token.
func (i *Issuer) Mint(ctx context.Context, request TokenRequest) (string, error) {
	claims, err := i.claims(request)
	if err != nil {
		return "", fmt.Errorf("mint token: %w", err)
	}
	token, err := i.sign(ctx, claims)
	if err != nil {
		return "", fmt.Errorf("mint token: %w", err)
	}
	return token, nil
}

// MintLegacy returns a token as Kubernetes kept them in Secrets before 1.24: flat
// claims, no audience and no expiry. STS refuses it.
func (i *Issuer) MintLegacy(ctx context.Context, request TokenRequest) (string, error) {
	if err := request.Check(); err != nil {
		return "", fmt.Errorf("mint legacy token: %w", err)
	}
	const prefix = "kubernetes.io/serviceaccount/"
	token, err := i.sign(ctx, map[string]any{
		"iss":                           "kubernetes/serviceaccount",
		"sub":                           request.subject(),
		prefix + "namespace":            request.Namespace,
		prefix + "secret.name":          request.ServiceAccount + "-token-" + i.derive("secret", request.Namespace, request.ServiceAccount)[:5],
		prefix + "service-account.name": request.ServiceAccount,
		prefix + "service-account.uid":  i.serviceAccountUID(request),
	})
	if err != nil {
		return "", fmt.Errorf("mint legacy token: %w", err)
	}
	return token, nil
}

// sign signs with the current key and remembers how long that key is needed.
func (i *Issuer) sign(ctx context.Context, claims map[string]any) (string, error) {
	// A map, because kube-apiserver's payloads have their keys in alphabetical order.
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	expiry, _ := claims["exp"].(int64)
	k, err := i.signingKey(ctx, expiry)
	if err != nil {
		return "", err
	}
	return k.sign(payload)
}

// signingKey returns the key that signs, having noted that a token of that
// expiry will need it.
func (i *Issuer) signingKey(ctx context.Context, expiry int64) (*Key, error) {
	if err := i.Ready(ctx); err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	k := i.keys[0]
	if err := i.keepExpiry(k, expiry); err != nil {
		return nil, err
	}
	k.lastExpiry = max(k.lastExpiry, expiry)
	return k.Key, nil
}

// claims builds the payload of a projected token.
func (i *Issuer) claims(request TokenRequest) (map[string]any, error) {
	if err := request.Check(); err != nil {
		return nil, err
	}
	jti, err := i.newUUID()
	if err != nil {
		return nil, err
	}
	audiences := request.Audiences
	if len(audiences) == 0 {
		audiences = []string{i.url}
	}
	duration := request.Duration
	if duration == 0 {
		duration = DefaultDuration
	}
	now := i.now().Unix()
	claims := map[string]any{
		"iss": i.url,
		"sub": request.subject(),
		"aud": audiences,
		"iat": now,
		"nbf": now - int64(request.Backdate/time.Second),
		"exp": now + int64(duration/time.Second),
		"jti": jti,
	}
	if request.Subject == "" {
		claims["kubernetes.io"] = i.kubernetesClaim(request)
	}
	maps.Copy(claims, request.Claims)
	return claims, nil
}

func (i *Issuer) kubernetesClaim(request TokenRequest) map[string]any {
	claim := map[string]any{
		"namespace":      request.Namespace,
		"serviceaccount": ObjectRef{Name: request.ServiceAccount, UID: i.serviceAccountUID(request)},
	}
	if request.Pod != nil {
		pod := *request.Pod
		if pod.UID == "" {
			pod.UID = i.derive("pod", request.Namespace, pod.Name)
		}
		claim["pod"] = pod
	}
	if request.Node != nil {
		claim["node"] = *request.Node
	}
	return claim
}

func (i *Issuer) serviceAccountUID(request TokenRequest) string {
	if request.UID != "" {
		return request.UID
	}
	return i.derive("serviceaccount", request.Namespace, request.ServiceAccount)
}

func (r TokenRequest) subject() string {
	if r.Subject != "" {
		return r.Subject
	}
	return "system:serviceaccount:" + r.Namespace + ":" + r.ServiceAccount
}

// Check reports whether an issuer would grant the request.
func (r TokenRequest) Check() error {
	for _, name := range [...]string{"iss", "iat", "nbf", "exp"} {
		if _, ok := r.Claims[name]; ok {
			return fmt.Errorf("claim %s is the issuer's to set", name)
		}
	}
	if r.Duration > MaxDuration || r.Duration < 0 {
		return &DurationError{Duration: r.Duration}
	}
	if r.Subject != "" {
		if r.Namespace != "" || r.ServiceAccount != "" || r.Pod != nil || r.Node != nil {
			return errors.New("a subject of its own and a service account exclude each other")
		}
		if r.Backdate < 0 {
			return errors.New("nbf behind iat")
		}
		if r.Duration != 0 && r.Duration < time.Second {
			return fmt.Errorf("duration %s is less than a second", r.Duration)
		}
		return nil
	}
	if r.Backdate != 0 {
		return errors.New("the token of a service account begins with its iat")
	}
	if r.Duration != 0 && r.Duration < MinDuration {
		return &DurationError{Duration: r.Duration}
	}
	if !isName(r.Namespace, 63) || strings.Contains(r.Namespace, ".") {
		return fmt.Errorf("namespace %q is no Kubernetes name", r.Namespace)
	}
	if !isName(r.ServiceAccount, 253) {
		return fmt.Errorf("service account %q is no Kubernetes name", r.ServiceAccount)
	}
	return nil
}

// isName reports whether s is made of DNS labels.
//
// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
func isName(s string, limit int) bool {
	if len(s) > limit {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return true
}

// derive returns a UUID that depends on the parts alone.
func (i *Issuer) derive(parts ...string) string {
	sum := sha256.Sum256([]byte(i.url + "\x00" + strings.Join(parts, "\x00")))
	return formatUUID([16]byte(sum[:16]), 8)
}

func (i *Issuer) newUUID() (string, error) {
	var b [16]byte
	i.mu.Lock()
	defer i.mu.Unlock()
	if _, err := io.ReadFull(i.rand, b[:]); err != nil {
		return "", fmt.Errorf("read randomness: %w", err)
	}
	return formatUUID(b, 4), nil
}

// formatUUID writes b as a UUID of that version.
//
// https://www.rfc-editor.org/rfc/rfc9562#section-4
func formatUUID(b [16]byte, version byte) string {
	b[6] = b[6]&0x0f | version<<4
	b[8] = b[8]&0x3f | 0x80
	text := hex.EncodeToString(b[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
