// Package awsapi holds what every AWS service shares on the wire: operations,
// errors, request ids, and the phases a request goes through: id, decode,
// authenticate, authorize, run, encode, record.
package awsapi

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/trail"
)

// Config is what a service needs of its surroundings.
type Config struct {
	Store *iam.Store       // required
	Trail *trail.Log       // nil means that requests leave no record
	Log   *slog.Logger     // nil means no log
	Now   func() time.Time // nil means clock.Now
	// ClientNow is the clock that the dates of signed requests are compared
	// with; nil means Now. It is another one where Now can be advanced and the
	// clients' clocks stay where they are.
	ClientNow func() time.Time
	Rand      io.Reader // request ids, read by many goroutines at once; nil means crypto/rand
	Region    string    // "" means us-east-1
	Audit     bool      // serve what a policy denies, and only record it
}

// WithDefaults returns the config with its zero fields filled in.
func (c Config) WithDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Trail == nil {
		c.Trail = trail.NewLog(1)
	}
	if c.Now == nil {
		c.Now = clock.Now
	}
	if c.ClientNow == nil {
		c.ClientNow = c.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	return c
}

// Call is one request on its way through a service. Its Record collects what
// is learnt, and is added to the trail by Finish, whatever happened.
type Call struct {
	Time   time.Time
	Caller *iam.Caller // set once authenticated; anonymous until then
	Record *trail.Record
	// SessionTokenSent says that the request carries X-Amz-Security-Token,
	// which an unsigned operation has no use for.
	SessionTokenSent bool

	config  *Config
	referer string
}

// NewCall opens the call for a request to the service. id is the request id in
// the service's format.
func NewCall(config *Config, service, id string, r *http.Request) *Call {
	now := config.Now()
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	return &Call{
		Time: now, Caller: iam.Anonymous(), config: config, referer: r.Referer(),
		SessionTokenSent: len(r.Header["X-Amz-Security-Token"]) > 0,
		Record: &trail.Record{
			ID: id, Time: now, Service: service, Region: config.Region,
			SourceIP: host, UserAgent: r.UserAgent(), Secure: r.TLS != nil,
		},
	}
}

// Authenticated sets the call's caller.
func (c *Call) Authenticated(caller *iam.Caller) {
	c.Caller = caller
	c.Record.AccountID, c.Record.Caller = caller.AccountID, caller.ARN
	if caller.AccessKeyID != "" {
		c.Record.AccessKeyID = caller.AccessKeyID
	}
}

// Context returns the condition keys that follow from the request itself and
// from its caller. A service adds its own.
func (c *Call) Context() *policy.Context {
	ctx := policy.NewContext()
	c.FillRequest(ctx)
	c.Caller.FillContext(ctx)
	return ctx
}

// FillRequest sets the condition keys that follow from the request itself.
// The source address is the connection's: X-Forwarded-For is anybody's claim.
func (c *Call) FillRequest(ctx *policy.Context) {
	ctx.Set("aws:CurrentTime", c.Time.UTC().Format(time.RFC3339))
	ctx.Set("aws:EpochTime", strconv.FormatInt(c.Time.Unix(), 10))
	ctx.Set("aws:SourceIp", c.Record.SourceIP)
	ctx.Set("aws:SecureTransport", strconv.FormatBool(c.Record.Secure))
	ctx.Set("aws:RequestedRegion", c.Record.Region)
	if c.Record.UserAgent != "" {
		ctx.Set("aws:UserAgent", c.Record.UserAgent)
	}
	if c.referer != "" {
		ctx.Set("aws:Referer", c.referer)
	}
}

// Authorize asks the question in the name of the call's caller, records it,
// and reports whether the request may go on. In audit mode it may even when
// the decision is a denial.
func (c *Call) Authorize(q *iam.Question) (policy.Decision, bool) {
	q.Caller = c.Caller
	decision := c.config.Store.Authorize(q)
	return decision, c.Decided(q.Action, q.Resource, decision)
}

// Decided records a decision and reports whether the request may go on.
func (c *Call) Decided(action, resource string, decision policy.Decision) bool {
	allowed := decision.Allowed()
	c.Record.Checks = append(c.Record.Checks, trail.Check{
		Action: action, Resource: resource, Decision: decision, Audited: !allowed && c.config.Audit,
	})
	return allowed || c.config.Audit
}

// Explain records the real cause of a refusal and what to change, for refusals
// that no policy decided.
func (c *Call) Explain(cause, fix string) { c.Record.Cause, c.Record.Fix = cause, fix }

// Warn records a fault that does not decide the request's outcome.
func (c *Call) Warn(text string) { c.Record.Warnings = append(c.Record.Warnings, text) }

// cause is the cause of a refusal that nobody explained.
func (c *Call) cause(e *Error) string {
	if e.Cause != nil {
		return e.Cause.Error()
	}
	for i := len(c.Record.Checks) - 1; i >= 0; i-- {
		if check := &c.Record.Checks[i]; !check.Decision.Allowed() && !check.Audited && check.Decision.Explanation != nil {
			return check.Decision.Explanation.Reason
		}
	}
	if e.Message == "" {
		return e.Code
	}
	return e.Message
}

// Finish records the call's outcome in the trail and the log. err is nil if
// the request succeeded.
func (c *Call) Finish(status int, err *Error) {
	r := c.Record
	r.Status, r.Duration = status, c.config.Now().Sub(c.Time)
	level := slog.LevelInfo
	if err != nil {
		r.Code, r.Message = err.Code, err.Message
		if err.Cause != nil {
			level = slog.LevelError
		}
	}
	c.config.Trail.Add(r)
	ctx := context.Background()
	if !c.config.Log.Enabled(ctx, level) {
		return
	}
	attrs := []any{"service", r.Service, "operation", r.Operation, "status", status, "request", r.ID, "took", r.Duration.Round(time.Microsecond)}
	if r.Caller != "" {
		attrs = append(attrs, "caller", r.Caller)
	}
	if err != nil {
		attrs = append(attrs, "code", err.Code)
		if err.Cause != nil {
			attrs = append(attrs, "err", err.Cause)
		}
	}
	c.config.Log.Log(ctx, level, "request", attrs...)
}

// UUID returns a random version 4 UUID from the config's random source, the
// form of request ids in STS and IAM.
func (c *Config) UUID() string {
	b := c.random(16)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	id := make([]byte, 0, 36)
	for i, end := range [...]int{4, 6, 8, 10, 16} {
		if i > 0 {
			id = append(id, '-')
		}
		id = hex.AppendEncode(id, b[[...]int{0, 4, 6, 8, 10}[i]:end])
	}
	return string(id)
}

// Opaque returns a random base64 string, the form of extended request ids.
func (c *Config) Opaque(bytes int) string { return base64.StdEncoding.EncodeToString(c.random(bytes)) }

func (c *Config) random(n int) []byte {
	b := make([]byte, n)
	if _, err := io.ReadFull(c.Rand, b); err != nil {
		panic("awsapi: the random source failed: " + err.Error())
	}
	return b
}
