package simulate

import (
	"regexp"
	"strings"

	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/syntax"
)

var (
	actionName = regexp.MustCompile(`^[A-Za-z0-9-]+:[A-Za-z0-9]+$`)
	accountID  = regexp.MustCompile(`^[0-9]{12}$`)
)

func (r *reader) request(f field) {
	fields := f.fields("action", "resource", "resourceAccount", "principal", "context")
	q := &r.c.Request
	if action := fields.need("action"); action.given() {
		if q.Action = action.text(); !actionName.MatchString(q.Action) {
			action.fail("expected one action, such as s3:GetObject, found %q", q.Action)
		}
	}
	if resource := fields.need("resource"); resource.given() {
		q.Resource = resource.text()
		if _, err := arn.Parse(q.Resource); err != nil && q.Resource != "*" {
			resource.fail(`expected an ARN, or "*" for an action without a resource, found %q`, q.Resource)
		}
	}
	context := fields.get("context")
	if principal := fields.need("principal"); principal.given() {
		r.principal(principal, context)
	}
	q.ResourceAccount = q.Principal.AccountID
	if account := fields.get("resourceAccount"); account.given() {
		if q.ResourceAccount = account.text(); !accountID.MatchString(q.ResourceAccount) {
			account.fail("expected an account ID of 12 digits, found %q", q.ResourceAccount)
		}
	}
	r.context(context)
}

// context reads the condition keys of the request, after those that follow from
// the principal and the resource.
func (r *reader) context(f field) {
	q := &r.c.Request
	q.Context = policy.NewContext()
	if f.given() && f.value.Kind != syntax.Mapping {
		f.fail("expected a mapping of condition keys, found %s", f.value.Kind)
		return
	}
	given := policy.NewContext()
	if f.given() {
		for i := range f.value.Members {
			m := &f.value.Members[i]
			key := f.child(m.Key, &m.Value)
			if _, _, twice := given.Lookup(m.Key); twice {
				key.failAt(m.Line, "this key is given already; names of condition keys compare without case")
				continue
			}
			given.Set(m.Key, "")
			key.setIn(q.Context, m.Key)
		}
	}
	fillContext(q, func(key, value string) {
		if _, _, known := given.Lookup(key); !known {
			q.Context.Set(key, value)
		}
	})
}

// setIn gives a condition key its value. Null leaves it absent.
func (f field) setIn(ctx *policy.Context, key string) {
	switch v := f.value; v.Kind {
	case syntax.Null:
	case syntax.String, syntax.Number, syntax.Bool:
		ctx.Set(key, v.Text)
	case syntax.List:
		values := make([]string, 0, len(v.Items))
		for i := range v.Items {
			switch item := &v.Items[i]; item.Kind {
			case syntax.String, syntax.Number, syntax.Bool:
				values = append(values, item.Text)
			default:
				f.failAt(item.Line, "expected text in the list, found "+item.Kind.String())
			}
		}
		ctx.SetValues(key, values...)
	default:
		f.fail("expected a value or a list of values, found %s", v.Kind)
	}
}

// fillContext sets the keys that follow from the rest of the request, as the
// servers set them. See
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable.
func fillContext(q *policy.Request, set func(key, value string)) {
	set("aws:ViaAWSService", "false")
	if q.ResourceAccount != "" {
		set("aws:ResourceAccount", q.ResourceAccount)
		if service, _, _ := strings.Cut(q.Action, ":"); strings.EqualFold(service, "s3") {
			set("s3:ResourceAccount", q.ResourceAccount)
		}
	}
	p := &q.Principal
	switch p.Kind {
	case policy.Anonymous:
		set("aws:PrincipalType", "Anonymous")
		set("aws:PrincipalAccount", "anonymous")
		set("aws:userid", "anonymous")
		return
	case policy.Service:
		set("aws:PrincipalIsAWSService", "true")
		set("aws:PrincipalServiceName", p.Service)
		return
	case policy.WebIdentity:
		// No IAM principal exists yet: aws:PrincipalArn is absent.
		set("aws:FederatedProvider", p.Provider)
		set("aws:userid", p.Provider)
		set("aws:PrincipalType", "User")
	case policy.RoleSession:
		// The role with its path, never the session.
		set("aws:PrincipalArn", p.RoleARN)
		set("aws:PrincipalType", "AssumedRole")
	case policy.User:
		set("aws:PrincipalArn", p.ARN)
		set("aws:PrincipalType", "User")
		set("aws:username", p.ARN[strings.LastIndexByte(p.ARN, '/')+1:])
	case policy.FederatedUser:
		set("aws:PrincipalArn", p.ARN)
		set("aws:PrincipalType", "FederatedUser")
		set("aws:userid", p.AccountID+":"+p.ARN[strings.LastIndexByte(p.ARN, '/')+1:])
	case policy.Root:
		set("aws:PrincipalArn", p.ARN)
		set("aws:PrincipalType", "Account")
		set("aws:userid", p.AccountID)
	}
	set("aws:PrincipalAccount", p.AccountID)
	set("aws:PrincipalIsAWSService", "false")
}
