package awsapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
)

// Target is what a request wants to do, and to what: one question for the
// caller's policies.
type Target struct {
	Action    string // "" means that of the operation's own name
	Resource  string // ARN; "" means "*", for an action without resource
	AccountID string // that owns the resource; "" means the caller's
	Shown     string // the resource as a denial names it; "" means Resource
	// Refusal answers a request that names nothing to ask about, whoever sent it.
	Refusal error
	// Fill sets the condition keys that the service adds; nil adds none.
	Fill func(*policy.Context)
}

// Guarded makes a row of the table whose permission is asked before it runs.
// targets reads the input, and whatever it must of the state, and says what the
// caller must be allowed, one thing at least; it changes nothing. Everything
// else is as with Op.
func Guarded[In, Out any](name string, targets func(*Call, *In) []Target, run func(context.Context, *Call, *In) (*Out, error)) Operation {
	return Op(name, true, GrantBefore, func(ctx context.Context, call *Call, in *In) (*Out, error) {
		asked := targets(call, in)
		if len(asked) == 0 {
			return nil, Internal(errors.New(name + " names nothing to ask about"))
		}
		for _, t := range asked {
			if t.Refusal != nil {
				return nil, t.Refusal
			}
			if t.Action == "" {
				t.Action = call.Record.Service + ":" + name
			}
			if err := call.Permit(t); err != nil {
				return nil, err
			}
		}
		return run(ctx, call, in)
	})
}

// Permit asks about the target, whose action is given, and words the denial.
func (c *Call) Permit(t Target) error {
	if t.Resource == "" {
		t.Resource = "*"
	}
	if t.AccountID == "" {
		t.AccountID = c.Caller.AccountID
	}
	ctx := c.Context()
	ctx.Set("aws:ResourceAccount", t.AccountID)
	if t.Fill != nil {
		t.Fill(ctx)
	}
	q := &iam.Question{Action: t.Action, Resource: t.Resource, ResourceAccount: t.AccountID, Context: ctx}
	decision, ok := c.Authorize(q)
	if ok {
		return nil
	}
	shown := t.Shown
	if shown == "" {
		shown = q.Resource
	}
	return &Error{Code: "AccessDenied", Status: http.StatusForbidden, Message: decision.Sentence(&policy.Request{
		Principal: c.Caller.Principal(), Action: q.Action, Resource: shown,
		ResourceAccount: q.ResourceAccount, Context: ctx,
	})}
}
