package emulator

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/irsatz/irsatz/manifest"
)

// The forms of an export.
const (
	FormNative  = "native"                // whatever a setup file can say
	FormDetails = "authorization-details" // what `aws iam get-account-authorization-details` prints
)

// ExportRequest says what to write out.
type ExportRequest struct {
	Form    string // FormNative or FormDetails
	Account string // of details; "" means all accounts, one after the other
	Secrets bool   // with the access keys of users, which the native form alone has
}

// Export writes what is there as files that may be loaded, in the same order
// each time. It has neither sessions nor objects, nor the keys of issuers.
func (e *Emulator) Export(w io.Writer, request ExportRequest) error {
	state, err := e.state()
	if err != nil {
		return err
	}
	switch request.Form {
	case FormNative:
		state.AWSPolicies = slices.DeleteFunc(state.AWSPolicies, func(p manifest.Policy) bool { return hasAWSPolicy(&p) })
		if !request.Secrets && dropKeys(state) {
			if _, err := io.WriteString(w, "# Without the access keys of users, which export --secrets writes.\n"); err != nil {
				return err
			}
		}
		return manifest.WriteNative(w, state)
	case FormDetails:
		for _, account := range e.accounts(state) {
			if request.Account != "" && account != request.Account {
				continue
			}
			if err := manifest.WriteDetails(w, state, account); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("form %q: want %s or %s", request.Form, FormNative, FormDetails)
}

// dropKeys takes the access keys out, and reports whether there were any.
func dropKeys(state *manifest.State) bool {
	had := false
	for i := range state.Users {
		had = had || len(state.Users[i].AccessKeys) > 0
		state.Users[i].AccessKeys = nil
	}
	return had
}

// accounts returns the accounts that have entities of IAM, the default one
// first.
func (e *Emulator) accounts(state *manifest.State) []string {
	set := map[string]bool{}
	for _, u := range state.Users {
		set[u.AccountID] = true
	}
	for _, g := range state.Groups {
		set[g.AccountID] = true
	}
	for _, r := range state.Roles {
		set[r.AccountID] = true
	}
	for _, p := range state.Policies {
		set[p.AccountID] = true
	}
	delete(set, e.config.Account)
	return append([]string{e.config.Account}, slices.Sorted(maps.Keys(set))...)
}

// controlExport writes the state out.
func (e *Emulator) controlExport(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	secrets, err := strconv.ParseBool(first(q.Get("secrets"), "false"))
	if err != nil {
		writeError(w, http.StatusBadRequest, "secrets: want true or false", "")
		return
	}
	request := ExportRequest{Form: q.Get("form"), Account: q.Get("account"), Secrets: secrets}
	var b bytes.Buffer
	if err := e.Export(&b, request); err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", map[string]string{FormNative: "application/yaml", FormDetails: "application/json"}[request.Form])
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(b.Bytes())
}

// Export writes what is there as files that may be loaded.
func (c *Client) Export(ctx context.Context, w io.Writer, request ExportRequest) error {
	q := url.Values{"form": {request.Form}, "account": {request.Account}, "secrets": {strconv.FormatBool(request.Secrets)}}
	body, err := c.do(ctx, http.MethodGet, "/v1/state?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.Copy(w, body)
	return err
}
