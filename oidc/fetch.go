package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxBody is how long a discovery document or key set may be, unpacked.
const maxBody = 1 << 20

// answer is one document that was fetched.
type answer struct {
	body   []byte
	status int
	ttl    time.Duration // how long it may be reused
	pins   []pin         // what must be registered for its server to be believed
}

// fetchKeys fetches the discovery document and then the keys. The ttl is how
// long both may be reused.
func (v *Verifier) fetchKeys(ctx context.Context, issuer string) (*servedKeys, time.Duration, error) {
	documentURL := strings.TrimSuffix(issuer, "/") + discoveryPath
	fail := func(url string, status int, err error) error {
		return &RejectedError{Reason: KeyUnavailable, Issuer: issuer, URL: url, Status: status, Err: err}
	}
	discovery, err := v.get(ctx, documentURL)
	if err != nil {
		return nil, 0, fail(documentURL, discovery.status, err)
	}
	jwksURI, err := readDiscovery(discovery.body, issuer)
	if err != nil {
		return nil, 0, fail(documentURL, discovery.status, err)
	}
	jwks, err := v.get(ctx, jwksURI)
	if err != nil {
		return nil, 0, fail(jwksURI, jwks.status, err)
	}
	set, err := parseKeySet(jwks.body)
	if err != nil {
		return nil, 0, fail(jwksURI, jwks.status, err)
	}
	return &servedKeys{set: set, url: jwksURI, pins: append(discovery.pins, jwks.pins...)}, min(discovery.ttl, jwks.ttl), nil
}

// readDiscovery checks what STS requires of a discovery document and returns
// its jwks_uri.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
func readDiscovery(document []byte, issuer string) (jwksURI string, err error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(document, &members); err != nil {
		return "", fmt.Errorf("parse discovery document: %w", err)
	}
	var announced string
	if !readString(members["issuer"], &announced) {
		return "", errors.New("discovery document has no issuer")
	}
	if announced != issuer {
		return "", fmt.Errorf("discovery document is that of issuer %q", announced)
	}
	if !readString(members["jwks_uri"], &jwksURI) {
		return "", errors.New("discovery document has no jwks_uri")
	}
	for _, name := range [...]string{
		"response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported",
	} {
		var values []string
		if raw := members[name]; len(raw) == 0 || raw[0] != '[' || !readStrings(raw, &values) || len(values) == 0 {
			return "", fmt.Errorf("discovery document has no %s", name)
		}
	}
	return jwksURI, nil
}

// get fetches one document, within bounds. The answer has the status even where
// there is an error.
func (v *Verifier) get(ctx context.Context, address string) (answer, error) {
	var a answer
	u, err := url.Parse(address)
	if err != nil {
		return a, err
	}
	if u.Scheme != "https" || u.Host == "" || u.User != nil {
		return a, errors.New("not an https URL of a host")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return a, err
	}
	request.Header.Set("Accept", "application/json, application/jwk-set+json")
	response, err := v.client.Do(request)
	if err != nil {
		return a, err
	}
	defer response.Body.Close()
	a.status, a.ttl = response.StatusCode, reusableFor(response.Header)
	if a.status != http.StatusOK {
		return a, errors.New("the answer is not 200 OK")
	}
	if a.pins, err = v.pinsOf(response, u); err != nil {
		return a, err
	}
	a.body, err = io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	if err == nil {
		// A server that is hung up on may end its answer in good order.
		err = ctx.Err()
	}
	if err == nil && len(a.body) > maxBody {
		err = fmt.Errorf("the answer is longer than %d bytes", maxBody)
	}
	return a, err
}

// reusableFor returns how long an answer may be reused: max-age less the age it
// already has. Without max-age it is not reused, so that what an issuer changes
// takes effect with the next token.
//
// https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2
func reusableFor(h http.Header) time.Duration {
	var ttl time.Duration
	for _, line := range h.Values("Cache-Control") {
		for directive := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
			switch strings.ToLower(name) {
			case "no-cache", "no-store":
				return 0
			case "max-age":
				seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31)
				if err != nil {
					return 0
				}
				ttl = time.Duration(seconds) * time.Second
			}
		}
	}
	if age, err := strconv.ParseUint(h.Get("Age"), 10, 31); err == nil {
		ttl -= time.Duration(age) * time.Second
	}
	return max(ttl, 0)
}
