package fakests

import (
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// authorize asks whether the caller may, and words the denial. STS gives no
// reason: a denial by a trust policy reads like any other.
func authorize(call *awsapi.Call, q *iam.Question) error {
	decision, ok := call.Authorize(q)
	if ok {
		return nil
	}
	return accessDenied(decision.Sentence(&policy.Request{
		Principal: call.Caller.Principal(), Action: q.Action, Resource: q.Resource,
		ResourceAccount: q.ResourceAccount, Context: q.Context,
	}))
}

// own asks about an action on a resource of the caller's account.
func own(call *awsapi.Call, action, resource string, fill func(*policy.Context)) error {
	if err := reach(call, action, resource); err != nil {
		return err
	}
	ctx := call.Context()
	ctx.Set("aws:ResourceAccount", call.Caller.AccountID)
	if fill != nil {
		fill(ctx)
	}
	return authorize(call, &iam.Question{Action: action, Resource: resource, ResourceAccount: call.Caller.AccountID, Context: ctx})
}

// notAuthorized is the one sentence of all denials.
func notAuthorized(call *awsapi.Call, action, resource string) error {
	on := ""
	if resource != "*" {
		on = " on resource: " + resource
	}
	return accessDenied("User: " + call.Caller.ARN + " is not authorized to perform: " + action + on)
}

// reach refuses sessions what they cannot do whatever the policies say: those of
// GetFederationToken nothing but GetCallerIdentity, those of GetSessionToken
// nothing but that and AssumeRole
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_request.html).
func reach(call *awsapi.Call, action, resource string) error {
	session := call.Caller.Session
	switch {
	case session == nil, session.Kind == iam.RoleSession:
		return nil
	case session.Kind == iam.UserSession && action == "sts:AssumeRole":
		return nil
	case session.Kind == iam.UserSession:
		call.Explain("credentials of GetSessionToken may call nothing of STS but AssumeRole and GetCallerIdentity", "call with the user's own access key, or assume a role")
	default:
		call.Explain("credentials of GetFederationToken may call nothing of STS but GetCallerIdentity", "call with the user's own access key")
	}
	return notAuthorized(call, action, resource)
}
