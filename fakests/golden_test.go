package fakests_test

import (
	"net/http"
	"testing"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
)

// goldenWorld has a user who may do everything, and a role that trusts it.
func goldenWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.target(`{"Effect":"Allow","Action":"*","Resource":"*"}`, trusts(ciARN, all, ""))
	return w
}

const goldenPolicy = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`

// goldenOperations are the operations besides AssumeRoleWithWebIdentity and
// GetCallerIdentity, each with all that its answer may have.
var goldenOperations = map[string]func(*world, func(*http.Request)) answer{
	"assume-role": func(w *world, change func(*http.Request)) answer {
		return w.callChanged(change, "AssumeRole", "SourceIdentity", "alice", "Tags.member.1.Key", "team", "Tags.member.1.Value", "red", "Policy", goldenPolicy)
	},
	"assume-role-refused": func(w *world, change func(*http.Request)) answer {
		return w.callChanged(change, "AssumeRole", "RoleArn", targetARN+"s")
	},
	"assume-role-with-saml": func(w *world, change func(*http.Request)) answer {
		return w.callChanged(change, "AssumeRoleWithSAML", "RoleArn", roleARN, "PrincipalArn", "arn:aws:iam::"+account+":saml-provider/x", "SAMLAssertion", "PHg+")
	},
	"assume-root": func(w *world, change func(*http.Request)) answer {
		return w.callChanged(change, "AssumeRoot", "TargetPrincipal", stranger, "TaskPolicyArn.arn", "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy")
	},
	"decode-authorization-message": func(w *world, change func(*http.Request)) answer {
		q := &iam.Question{Caller: w.caller(ci()), Action: "ec2:RunInstances", Resource: "*", Context: policy.NewContext()}
		message, err := w.store.EncodeMessage(q, policy.Decision{Statement: -1})
		if err != nil {
			w.Fatal(err)
		}
		return w.callChanged(change, "DecodeAuthorizationMessage", "EncodedMessage", message)
	},
	"get-access-key-info": func(w *world, change func(*http.Request)) answer {
		return w.callChanged(change, "GetAccessKeyInfo", "AccessKeyId", "ASIAQNZGKIQY56JQ7WML")
	},
	"get-delegated-access-token": func(w *world, change func(*http.Request)) answer {
		return w.callChanged(change, "GetDelegatedAccessToken", "TradeInToken", "x")
	},
	"get-federation-token": func(w *world, change func(*http.Request)) answer {
		return w.callChanged(change, "GetFederationToken", "Name", "bob", "Policy", goldenPolicy)
	},
	"get-session-token": func(w *world, change func(*http.Request)) answer {
		return w.callChanged(change, "GetSessionToken")
	},
	"get-web-identity-token": func(w *world, change func(*http.Request)) answer {
		return w.callChanged(change, "GetWebIdentityToken", "Audience.member.1", "x", "SigningAlgorithm", "RS256")
	},
	"validation-error": func(w *world, change func(*http.Request)) answer {
		return w.callChanged(change, "AssumeRole", "RoleArn", "", "RoleSessionName", "x")
	},
}
