package emulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/irsatz/irsatz/trail"
)

// Client speaks to the control port of a running emulator. URL is required;
// the zero value of the others works.
type Client struct {
	URL   string // http://127.0.0.1:4567
	Token string // the control token, "" if none is demanded
	HTTP  *http.Client
}

// Problem is what the control port answers when it refuses: an error, and
// where one is known a hint.
type Problem struct {
	Status  int
	Message string
	Hint    string
}

// Error returns the message.
func (p *Problem) Error() string { return p.Message }

// ErrNoServer says that nothing answers at the control URL.
var ErrNoServer = errors.New("no irsatz server answers")

// Info returns what runs.
func (c *Client) Info(ctx context.Context) (Info, error) { return get[Info](ctx, c, "/v1/info") }

// CA returns the CA's certificate as PEM.
func (c *Client) CA(ctx context.Context) ([]byte, error) {
	body, err := c.do(ctx, http.MethodGet, "/v1/ca", nil)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(body)
}

// MintToken mints a token.
func (c *Client) MintToken(ctx context.Context, request TokenRequest) (Token, error) {
	return post[Token](ctx, c, "/v1/tokens", request)
}

// TokenEndpoint returns where a job of the issuer fetches its tokens.
func (c *Client) TokenEndpoint(ctx context.Context, issuer string) (TokenEndpoint, error) {
	return get[TokenEndpoint](ctx, c, "/v1/token-endpoint?"+url.Values{"issuer": {issuer}}.Encode())
}

// ServiceAccount returns a service account of a cluster; "" means the first.
func (c *Client) ServiceAccount(ctx context.Context, cluster, namespace, name string) (ServiceAccount, error) {
	q := url.Values{"cluster": {cluster}, "namespace": {namespace}, "name": {name}}
	return get[ServiceAccount](ctx, c, "/v1/serviceaccounts?"+q.Encode())
}

// SigningKey returns the key that a cluster's tokens are signed with.
func (c *Client) SigningKey(ctx context.Context, cluster string) (SigningKey, error) {
	return get[SigningKey](ctx, c, "/v1/signing-key?"+url.Values{"cluster": {cluster}}.Encode())
}

// Inventory returns what is there.
func (c *Client) Inventory(ctx context.Context) (Inventory, error) {
	return get[Inventory](ctx, c, "/v1/inventory")
}

// Describe describes a service account; see Emulator.Describe.
func (c *Client) Describe(ctx context.Context, cluster, namespace, name string) (Description, error) {
	q := url.Values{"cluster": {cluster}}
	return get[Description](ctx, c, "/v1/serviceaccounts/"+url.PathEscape(namespace)+"/"+url.PathEscape(name)+"?"+q.Encode())
}

// CreateIAMServiceAccount makes a role and its service account; see
// Emulator.CreateIAMServiceAccount.
func (c *Client) CreateIAMServiceAccount(ctx context.Context, request IAMServiceAccount) (IAMServiceAccountResult, error) {
	return post[IAMServiceAccountResult](ctx, c, "/v1/iamserviceaccounts", request)
}

// IAMServiceAccounts lists the roles made for service accounts of the cluster.
func (c *Client) IAMServiceAccounts(ctx context.Context, cluster string) ([]IAMServiceAccountEntry, error) {
	return get[[]IAMServiceAccountEntry](ctx, c, "/v1/iamserviceaccounts?"+url.Values{"cluster": {cluster}}.Encode())
}

// DeleteIAMServiceAccount removes the role made for a service account; see
// Emulator.DeleteIAMServiceAccount.
func (c *Client) DeleteIAMServiceAccount(ctx context.Context, cluster, namespace, name string) (IAMServiceAccountResult, error) {
	path := "/v1/iamserviceaccounts/" + url.PathEscape(namespace) + "/" + url.PathEscape(name)
	return decodeBody[IAMServiceAccountResult](c.do(ctx, http.MethodDelete, path+"?"+url.Values{"cluster": {cluster}}.Encode(), nil))
}

// Trail calls each for the newest limit records, oldest first; zero means all.
// With follow it goes on with each new one until ctx ends.
func (c *Client) Trail(ctx context.Context, limit int, follow bool, each func(*trail.Record) error) error {
	q := url.Values{"limit": {strconv.Itoa(limit)}}
	if follow {
		q.Set("follow", "true")
	}
	body, err := c.do(ctx, http.MethodGet, "/v1/trail?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	defer body.Close()
	for d := json.NewDecoder(body); ; {
		record := new(trail.Record)
		switch err := d.Decode(record); {
		case errors.Is(err, io.EOF), ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("read trail: %w", err)
		}
		if err := each(record); err != nil {
			return err
		}
	}
}

// Why explains a request; "" means the last one denied.
func (c *Client) Why(ctx context.Context, requestID string) (Why, error) {
	path := "/v1/why"
	if requestID != "" {
		path += "/" + url.PathEscape(requestID)
	}
	return get[Why](ctx, c, path)
}

// Clock returns the emulator's time.
func (c *Client) Clock(ctx context.Context) (ClockState, error) {
	return get[ClockState](ctx, c, "/v1/clock")
}

// ChangeClock moves the emulator's clock.
func (c *Client) ChangeClock(ctx context.Context, change ClockChange) (ClockState, error) {
	return post[ClockState](ctx, c, "/v1/clock", change)
}

// Reset brings back the state that the emulator began with.
func (c *Client) Reset(ctx context.Context) error {
	body, err := c.do(ctx, http.MethodPost, "/v1/reset", nil)
	if err != nil {
		return err
	}
	return body.Close()
}

// Healthy reports whether the emulator answers.
func (c *Client) Healthy(ctx context.Context) error {
	body, err := c.do(ctx, http.MethodGet, "/_irsatz/health", nil)
	if err != nil {
		return err
	}
	return body.Close()
}

func get[T any](ctx context.Context, c *Client, path string) (T, error) {
	return decodeBody[T](c.do(ctx, http.MethodGet, path, nil))
}

func post[T any](ctx context.Context, c *Client, path string, in any) (T, error) {
	body, err := json.Marshal(in)
	if err != nil {
		var none T
		return none, err
	}
	return decodeBody[T](c.do(ctx, http.MethodPost, path, body))
}

func decodeBody[T any](body io.ReadCloser, err error) (T, error) {
	var out T
	if err != nil {
		return out, err
	}
	defer body.Close()
	if err := json.NewDecoder(body).Decode(&out); err != nil {
		return out, fmt.Errorf("read answer: %w", err)
	}
	return out, nil
}

// do makes a request and returns the body of a good answer.
func (c *Client) do(ctx context.Context, method, path string, body []byte) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if c.Token != "" {
		request.Header.Set("Authorization", "Bearer "+c.Token)
	}
	client := c.HTTP
	if client == nil {
		client = directClient
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%w at %s: %w", ErrNoServer, c.URL, err)
	}
	if response.StatusCode < 300 {
		return response.Body, nil
	}
	defer response.Body.Close()
	var p problem
	if json.NewDecoder(response.Body).Decode(&p) != nil || p.Error == "" {
		return nil, fmt.Errorf("%s answers %s: it is not an irsatz control port", c.URL, response.Status)
	}
	return nil, &Problem{Status: response.StatusCode, Message: p.Error, Hint: p.Hint}
}

// directClient takes no proxy: the control port is on this machine, and a
// proxy must not see its tokens.
var directClient = &http.Client{Transport: &http.Transport{}}
