package emulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/irsatz/irsatz/oidc"
)

// TokenRequest asks the control port for a web identity token.
type TokenRequest struct {
	Cluster        string         `json:"cluster,omitempty"` // name or issuer URL; "" means the first
	Issuer         string         `json:"issuer,omitempty"`  // in place of Cluster: also one that is no cluster, by name or URL
	Namespace      string         `json:"namespace"`
	ServiceAccount string         `json:"serviceAccount"`
	Pod            string         `json:"pod,omitempty"` // binds the token to a pod of this name
	Audiences      []string       `json:"audiences,omitempty"`
	Duration       time.Duration  `json:"duration,omitempty"` // zero means an hour
	Claims         map[string]any `json:"claims,omitempty"`   // laid over all others
	Broken         string         `json:"broken,omitempty"`   // the fault to put in
}

// Token is a minted token.
type Token struct {
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
}

// defaultAudience is the audience of IRSA's tokens. kubectl create token
// defaults to the API server's, which no OIDC provider in IAM lists.
const defaultAudience = "sts.amazonaws.com"

// The node that pods run on. One without uid would be one that its API server
// does not know.
const (
	nodeName = "irsatz-node"
	nodeUID  = "2f6d1d3c-6f0e-4d0c-9c5e-0a4566000001"
)

// MintToken mints a token of a service account that exists, or of an issuer that
// is no cluster.
func (e *Emulator) MintToken(ctx context.Context, request TokenRequest) (Token, error) {
	if request.Issuer == "" {
		k, err := e.clusters().find(request.Cluster)
		if err != nil {
			return Token{}, err
		}
		return e.mintServiceAccount(ctx, k, request)
	}
	if request.Cluster != "" {
		return Token{}, errors.New("cluster and issuer exclude each other")
	}
	o, k, err := e.clusters().issuerNamed(request.Issuer)
	switch {
	case err != nil:
		return Token{}, err
	case o != nil:
		return e.mintOther(ctx, o, request)
	}
	return e.mintServiceAccount(ctx, k, request)
}

func (e *Emulator) mintServiceAccount(ctx context.Context, k *cluster, request TokenRequest) (Token, error) {
	if request.ServiceAccount == "" {
		return Token{}, fmt.Errorf("cluster %s: the name of a ServiceAccount is missing", k.name)
	}
	if _, err := k.serviceAccount(request.Namespace, request.ServiceAccount); err != nil {
		return Token{}, err
	}
	if err := k.mints(); err != nil {
		return Token{}, err
	}
	claims := oidc.TokenRequest{
		Namespace: request.Namespace, ServiceAccount: request.ServiceAccount,
		Audiences: request.Audiences, Duration: request.Duration, Claims: request.Claims,
	}
	if len(claims.Audiences) == 0 {
		claims.Audiences = []string{defaultAudience}
	}
	if claims.Duration == 0 {
		claims.Duration = oidc.DefaultDuration
	}
	// DIVERGES: T16 no token is extended. An API server makes one of 3607
	// seconds, for a pod and for itself, good for a year, and EKS's for 90 days;
	// irsatz has no API server that such a token would be for, and those for STS
	// are not extended anywhere.
	if request.Pod != "" {
		claims.Pod, claims.Node = &oidc.ObjectRef{Name: request.Pod}, &oidc.ObjectRef{Name: nodeName, UID: nodeUID}
	}
	return e.mint(ctx, k.issuer, request.Broken, claims)
}

func (e *Emulator) controlToken(w http.ResponseWriter, r *http.Request) {
	var request TokenRequest
	if !readJSON(w, r, &request) {
		return
	}
	token, err := e.MintToken(r.Context(), request)
	if err != nil {
		refuse(w, err)
		return
	}
	writeJSON(w, token)
}
