// Package awsclient is the smallest AWS client: what an SDK does in a pod, for
// the demo, for scenarios, and for images that hold nothing else.
package awsclient

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/internal/sigv4"
)

// Client makes requests in the name of an identity, for one goroutine. RoleARN
// and TokenFile, or Credentials, are required, and Endpoint.
type Client struct {
	Endpoint    string // of STS and S3: http://127.0.0.1:4566
	STSEndpoint string // "" means Endpoint
	Region      string
	RoleARN     string
	TokenFile   string
	SessionName string
	Credentials *Credentials     // nil means those that the token buys
	HTTP        *http.Client     // nil means http.DefaultClient
	Now         func() time.Time // nil means clock.Now
}

// Credentials sign requests.
type Credentials struct {
	AccessKeyID, Secret, SessionToken string
	Expires                           time.Time
}

// Error is AWS's refusal.
type Error struct {
	Status    int
	Code      string
	Message   string
	RequestID string
}

// Error returns code, status and message.
func (e *Error) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("%s (HTTP %d)", e.Code, e.Status)
	}
	return fmt.Sprintf("%s (HTTP %d): %s", e.Code, e.Status, e.Message)
}

// FromEnvironment returns a client with the settings that SDKs read from the
// environment: static keys win over the web identity, as in every SDK.
func FromEnvironment(env func(string) string) (*Client, error) {
	c := &Client{
		Endpoint: firstOf(env("AWS_ENDPOINT_URL_S3"), env("AWS_ENDPOINT_URL")), STSEndpoint: firstOf(env("AWS_ENDPOINT_URL_STS"), env("AWS_ENDPOINT_URL")),
		Region:  firstOf(env("AWS_REGION"), env("AWS_DEFAULT_REGION")),
		RoleARN: env("AWS_ROLE_ARN"), TokenFile: env("AWS_WEB_IDENTITY_TOKEN_FILE"), SessionName: env("AWS_ROLE_SESSION_NAME"),
	}
	if key := env("AWS_ACCESS_KEY_ID"); key != "" {
		c.Credentials = &Credentials{AccessKeyID: key, Secret: env("AWS_SECRET_ACCESS_KEY"), SessionToken: env("AWS_SESSION_TOKEN")}
	}
	switch {
	case c.Endpoint == "":
		return nil, errors.New("AWS_ENDPOINT_URL is not set")
	case c.Region == "":
		return nil, errors.New("AWS_REGION is not set")
	case c.Credentials != nil && c.Credentials.Secret == "":
		return nil, errors.New("AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY")
	case c.Credentials == nil && c.RoleARN == "" && c.TokenFile == "":
		return nil, errors.New("no credentials: neither AWS_ACCESS_KEY_ID nor AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE are set")
	case c.Credentials == nil && (c.RoleARN == "" || c.TokenFile == ""):
		return nil, errors.New("AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE are needed both")
	}
	return c, nil
}

// Assume buys credentials with the token in the file, read anew.
func (c *Client) Assume(ctx context.Context) (*Credentials, error) {
	token, err := os.ReadFile(c.TokenFile)
	if err != nil {
		return nil, err
	}
	form := url.Values{
		"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleArn": {c.RoleARN},
		"RoleSessionName": {firstOf(c.SessionName, fmt.Sprintf("irsatz-session-%d", c.now().Unix()))}, "WebIdentityToken": {string(token)},
	}
	var out struct {
		Result struct {
			Credentials struct {
				AccessKeyId, SecretAccessKey, SessionToken string //nolint:revive // AWS's spelling
				Expiration                                 time.Time
			}
		} `xml:"AssumeRoleWithWebIdentityResult"`
	}
	body, err := c.send(ctx, request{method: http.MethodPost, path: "/", body: []byte(form.Encode()), form: true})
	if err != nil {
		return nil, err
	}
	if err := xml.Unmarshal(body, &out); err != nil {
		return nil, fmt.Errorf("read answer of STS: %w", err)
	}
	got := out.Result.Credentials
	return &Credentials{AccessKeyID: got.AccessKeyId, Secret: got.SecretAccessKey, SessionToken: got.SessionToken, Expires: got.Expiration}, nil
}

// CallerIdentity returns account, ARN and user id of the caller.
func (c *Client) CallerIdentity(ctx context.Context) (account, arn, userID string, err error) {
	body, err := c.send(ctx, request{
		method: http.MethodPost, path: "/", form: true, service: "sts",
		body: []byte("Action=GetCallerIdentity&Version=2011-06-15"),
	})
	if err != nil {
		return "", "", "", err
	}
	var out struct {
		Arn     string `xml:"GetCallerIdentityResult>Arn"`
		UserID  string `xml:"GetCallerIdentityResult>UserId"`
		Account string `xml:"GetCallerIdentityResult>Account"`
	}
	if err := xml.Unmarshal(body, &out); err != nil {
		return "", "", "", fmt.Errorf("read answer of STS: %w", err)
	}
	return out.Account, out.Arn, out.UserID, nil
}

// Buckets returns the names of all buckets of the account.
func (c *Client) Buckets(ctx context.Context) ([]string, error) {
	body, err := c.send(ctx, request{method: http.MethodGet, path: "/", service: "s3"})
	if err != nil {
		return nil, err
	}
	var out struct {
		Names []string `xml:"Buckets>Bucket>Name"`
	}
	if err := xml.Unmarshal(body, &out); err != nil {
		return nil, fmt.Errorf("read answer of S3: %w", err)
	}
	return out.Names, nil
}

// Objects returns the first page of the keys below the prefix.
func (c *Client) Objects(ctx context.Context, bucket, prefix string) ([]string, error) {
	query := url.Values{"list-type": {"2"}}
	if prefix != "" {
		query.Set("prefix", prefix)
	}
	body, err := c.send(ctx, request{method: http.MethodGet, path: "/" + bucket, query: query, service: "s3"})
	if err != nil {
		return nil, err
	}
	var out struct {
		Keys []string `xml:"Contents>Key"`
	}
	if err := xml.Unmarshal(body, &out); err != nil {
		return nil, fmt.Errorf("read answer of S3: %w", err)
	}
	return out.Keys, nil
}

// Get returns an object.
func (c *Client) Get(ctx context.Context, bucket, key string) ([]byte, error) {
	return c.send(ctx, request{method: http.MethodGet, path: "/" + bucket + "/" + key, service: "s3"})
}

// Put stores an object.
func (c *Client) Put(ctx context.Context, bucket, key string, body []byte) error {
	_, err := c.send(ctx, request{method: http.MethodPut, path: "/" + bucket + "/" + key, service: "s3", body: body})
	return err
}

// Delete removes an object.
func (c *Client) Delete(ctx context.Context, bucket, key string) error {
	_, err := c.send(ctx, request{method: http.MethodDelete, path: "/" + bucket + "/" + key, service: "s3"})
	return err
}

// request is one request; an empty service means that it is not signed.
type request struct {
	method, path, service string
	query                 url.Values
	body                  []byte
	form                  bool // a request of STS
}

func (c *Client) send(ctx context.Context, q request) ([]byte, error) {
	endpoint := c.Endpoint
	if q.form {
		endpoint = firstOf(c.STSEndpoint, endpoint)
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, err
	}
	u.Path, u.RawQuery = q.path, q.query.Encode()
	r, err := http.NewRequestWithContext(ctx, q.method, u.String(), bytes.NewReader(q.body))
	if err != nil {
		return nil, err
	}
	if q.form {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	}
	r.Header.Set("User-Agent", "irsatz-probe")
	if q.service != "" {
		if err := c.sign(ctx, r, q); err != nil {
			return nil, err
		}
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= 300 {
		return nil, refusal(response, body)
	}
	return body, nil
}

func (c *Client) sign(ctx context.Context, r *http.Request, q request) error {
	if c.Credentials == nil {
		credentials, err := c.Assume(ctx)
		if err != nil {
			return err
		}
		c.Credentials = credentials
	}
	style := sigv4.Standard
	if q.service == "s3" {
		style = sigv4.S3
	}
	hash := sha256.Sum256(q.body)
	signer := sigv4.Signer{
		Style: style, AccessKeyID: c.Credentials.AccessKeyID, SecretAccessKey: c.Credentials.Secret,
		SessionToken: c.Credentials.SessionToken, Region: c.Region, Service: q.service,
	}
	signer.Sign(r, hex.EncodeToString(hash[:]), c.now())
	return nil
}

func (c *Client) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return clock.Now()
}

// refusal reads the error of STS or S3.
func refusal(response *http.Response, body []byte) error {
	e := &Error{Status: response.StatusCode, Code: strings.ReplaceAll(http.StatusText(response.StatusCode), " ", "")}
	e.RequestID = firstOf(response.Header.Get("X-Amz-Request-Id"), response.Header.Get("X-Amzn-Requestid"))
	var s3 struct {
		XMLName       xml.Name
		Code, Message string
		Inner         struct{ Code, Message string } `xml:"Error"`
	}
	if xml.Unmarshal(body, &s3) == nil {
		e.Code, e.Message = firstOf(s3.Inner.Code, s3.Code, e.Code), firstOf(s3.Inner.Message, s3.Message)
	}
	return e
}

func firstOf(candidates ...string) string {
	for _, s := range candidates {
		if s != "" {
			return s
		}
	}
	return ""
}
