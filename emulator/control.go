package emulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"github.com/irsatz/irsatz/manifest"
	"github.com/irsatz/irsatz/oidc"
	"github.com/irsatz/irsatz/trail"
	"github.com/irsatz/irsatz/webhook"
)

// Info says what runs.
type Info struct {
	AWS     string `json:"aws"`    // http URL of the AWS port
	AWSTLS  string `json:"awsTLS"` // https URL of the same port
	Control string `json:"control"`
	Account string `json:"account"`
	Region  string `json:"region"`
	Enforce string `json:"enforce"` // strict or audit
}

// Info returns what runs.
func (e *Emulator) Info() Info {
	enforce := "strict"
	if e.config.Audit {
		enforce = "audit"
	}
	return Info{
		AWS: e.AWSURL(), AWSTLS: e.AWSTLSURL(), Control: e.ControlURL(),
		Account: e.config.Account, Region: e.config.Region, Enforce: enforce,
	}
}

func (e *Emulator) controlInfo(w http.ResponseWriter, _ *http.Request) { writeJSON(w, e.Info()) }

func (e *Emulator) controlCA(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/x-pem-file")
	_, _ = w.Write(e.ca.CertificatePEM())
}

// TokenRequest asks the control port for a web identity token.
type TokenRequest struct {
	Cluster        string         `json:"cluster,omitempty"` // name or issuer URL; "" means the first
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

// nodeName is the node that pods run on.
const nodeName = "irsatz-node"

// MintToken mints a token of a service account that exists.
func (e *Emulator) MintToken(ctx context.Context, request TokenRequest) (Token, error) {
	k, err := e.clusters.set().find(request.Cluster)
	if err != nil {
		return Token{}, err
	}
	if _, err := k.serviceAccount(request.Namespace, request.ServiceAccount); err != nil {
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
	if request.Pod != "" {
		claims.Pod, claims.Node = &oidc.ObjectRef{Name: request.Pod}, &oidc.ObjectRef{Name: nodeName}
	}
	expires := e.config.Clock.Now().Add(claims.Duration).UTC().Truncate(time.Second)
	var token string
	if request.Broken != "" {
		token, err = k.issuer.MintBroken(ctx, request.Broken, claims)
	} else {
		token, err = k.issuer.Mint(ctx, claims)
	}
	return Token{Token: token, Expires: expires}, err
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

// Injection is what the webhook gives a pod of a service account.
type Injection struct {
	Cluster        string        `json:"cluster"`
	Namespace      string        `json:"namespace"`
	ServiceAccount string        `json:"serviceAccount"`
	Injected       bool          `json:"injected"` // false: the service account has no role, and a pod gets nothing
	Env            []webhook.Env `json:"env,omitempty"`
	Audience       string        `json:"audience,omitempty"`
	Expiration     time.Duration `json:"expiration,omitempty"` // of the token
	MountPath      string        `json:"mountPath,omitempty"`
	TokenPath      string        `json:"tokenPath,omitempty"` // below MountPath
	Warnings       []string      `json:"warnings,omitempty"`
}

// Inject returns what the webhook gives a pod of the service account whose
// container has variables of the preset names already.
func (e *Emulator) Inject(clusterName, namespace, name string, preset []string) (Injection, error) {
	k, err := e.clusters.set().find(clusterName)
	if err != nil {
		return Injection{}, err
	}
	sa, err := k.serviceAccount(namespace, name)
	if err != nil {
		return Injection{}, err
	}
	in := Injection{Cluster: k.name, Namespace: namespace, ServiceAccount: name}
	// As on EKS, where the region is set and regional endpoints are the
	// default.
	config := webhook.Config{DefaultRegion: e.config.Region, RegionalSTSEndpoint: true}
	got, ok := config.Inject(webhook.ServiceAccount{Annotations: sa.annotations}, webhook.Pod{})
	if !ok {
		return in, nil
	}
	in.Injected, in.Warnings, in.Env = true, got.Warnings, got.Env(preset...)
	in.Audience, in.Expiration = got.Volume.Audience, time.Duration(got.Volume.ExpirationSeconds)*time.Second
	in.MountPath, in.TokenPath = got.Mount.Path, got.Volume.Path
	return in, nil
}

func (e *Emulator) controlInjection(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	in, err := e.Inject(q.Get("cluster"), q.Get("namespace"), q.Get("serviceAccount"), q["preset"])
	if err != nil {
		refuse(w, err)
		return
	}
	writeJSON(w, in)
}

// controlTrail answers the newest records, oldest first, one JSON object a
// line; with follow it goes on until the client leaves.
func (e *Emulator) controlTrail(w http.ResponseWriter, r *http.Request) {
	limit, err := strconv.Atoi(first(r.URL.Query().Get("limit"), "0"))
	if err != nil || limit < 0 {
		writeError(w, http.StatusBadRequest, "limit: want a number", "")
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	lines := json.NewEncoder(w)
	follow := r.URL.Query().Has("follow")
	var added <-chan *trail.Record
	if follow {
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
		added = e.trail.Follow(r.Context())
	}
	for _, record := range e.trail.Records(limit) {
		if lines.Encode(record) != nil {
			return
		}
	}
	if !follow {
		return
	}
	_ = http.NewResponseController(w).Flush()
	for record := range added {
		if lines.Encode(record) != nil || http.NewResponseController(w).Flush() != nil {
			return
		}
	}
}

// Why is a record and its explanation.
type Why struct {
	Record *trail.Record `json:"record"`
	Text   string        `json:"text"` // for people
}

// controlWhy explains the request named, or the last one denied.
func (e *Emulator) controlWhy(w http.ResponseWriter, r *http.Request) {
	id := mux.Vars(r)["id"]
	record, ok := e.trail.Get(id)
	if id == "" {
		record, ok = e.trail.LastDenied()
	}
	switch {
	case !ok && id == "":
		writeError(w, http.StatusNotFound, "no request was denied", "irsatz trail lists the requests")
	case !ok:
		writeError(w, http.StatusNotFound, fmt.Sprintf("request %q not found", id), "irsatz trail lists the requests and their ids")
	default:
		writeJSON(w, Why{Record: record, Text: record.Explanation()})
	}
}

// ClockState is the emulator's time.
type ClockState struct {
	Now    time.Time     `json:"now"`
	Offset time.Duration `json:"offset"` // ahead of the wall clock
}

// ClockChange moves the emulator's clock: Advance by a duration, or Set to a
// time.
type ClockChange struct {
	Advance time.Duration `json:"advance,omitempty"`
	Set     time.Time     `json:"set,omitzero"`
}

func (e *Emulator) controlClock(w http.ResponseWriter, r *http.Request) {
	clock := e.config.Clock
	if r.Method == http.MethodPost {
		var change ClockChange
		if !readJSON(w, r, &change) {
			return
		}
		if !change.Set.IsZero() {
			clock.Set(change.Set)
		}
		clock.Advance(change.Advance)
	}
	writeJSON(w, ClockState{Now: clock.Now().UTC(), Offset: clock.Offset().Round(time.Millisecond)})
}

// controlLoad adds a manifest to the state.
func (e *Emulator) controlLoad(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		writeError(w, http.StatusRequestEntityTooLarge, err.Error(), "")
		return
	}
	state, err := manifest.Parse("request", body)
	if err == nil {
		err = e.load(state)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// controlReset brings back the state that the emulator began with: objects,
// sessions and the trail are forgotten, the clock runs with the wall clock.
func (e *Emulator) controlReset(w http.ResponseWriter, _ *http.Request) {
	if err := e.Reset(); err != nil {
		refuse(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// refuse answers an error of the request.
func refuse(w http.ResponseWriter, err error) {
	if missing, ok := errors.AsType[*notFoundError](err); ok {
		writeError(w, http.StatusNotFound, missing.Error(), missing.hint)
		return
	}
	writeError(w, http.StatusUnprocessableEntity, err.Error(), "")
}

// readJSON reads a request body strictly.
func readJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		writeError(w, http.StatusBadRequest, "request body: "+err.Error(), "")
		return false
	}
	return true
}
