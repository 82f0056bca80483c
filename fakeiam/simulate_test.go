package fakeiam_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/golden"
)

const appARN = "arn:aws:iam::" + account + ":role/App"

// members are the parameters of a list.
func members(name string, values ...string) (params []string) {
	for i, v := range values {
		params = append(params, name+".member."+strconv.Itoa(i+1), v)
	}
	return params
}

// statement is a document of one statement.
func statement(effect, action, resource, condition string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `","Action":"` + action + `","Resource":"` + resource + `","Condition":{` + condition + `}}]}`
}

// A128: the policies of a role, inline and attached, decide; its trust policy
// does not.
func TestA128_SimulatePrincipalPolicy(t *testing.T) {
	t.Parallel()
	w := newIdentities(t)
	w.ok("AttachRolePolicy", "RoleName", "App", "PolicyArn", readS3)
	w.ok("PutRolePolicy", "RoleName", "App", "PolicyName", "limits", "PolicyDocument", statement("Deny", "s3:GetObject", "arn:aws:s3:::secret/*", ""))
	w.ok("PutRolePolicy", "RoleName", "App", "PolicyName", "chain", "PolicyDocument", allowing("sts:AssumeRole"))
	client := w.sdk(root)
	simulate := func(source string, actions []string, resources ...string) []types.EvaluationResult {
		return must[*awsiam.SimulatePrincipalPolicyOutput](t)(client.SimulatePrincipalPolicy(t.Context(), &awsiam.SimulatePrincipalPolicyInput{
			PolicySourceArn: &source, ActionNames: actions, ResourceArns: resources,
		})).EvaluationResults
	}
	results := simulate(appARN, []string{"s3:GetObject", "s3:PutObject", "sts:AssumeRole"})
	var got []string
	for _, r := range results {
		got = append(got, *r.EvalActionName+" "+*r.EvalResourceName+" "+string(r.EvalDecision))
		if len(r.ResourceSpecificResults) > 0 || r.PermissionsBoundaryDecisionDetail != nil || r.EvalDecisionDetails != nil {
			t.Errorf("told beyond what was asked: %+v", r)
		}
	}
	if want := "s3:GetObject * allowed, s3:PutObject * implicitDeny, sts:AssumeRole * allowed"; strings.Join(got, ", ") != want {
		t.Errorf("got %s", strings.Join(got, ", "))
	}
	if m := results[0].MatchedStatements; len(m) != 1 || *m[0].SourcePolicyId != "AmazonS3ReadOnlyAccess" || string(m[0].SourcePolicyType) != "IAM Policy" {
		t.Errorf("allowed by %+v", m)
	}
	if m := results[1].MatchedStatements; len(m) != 0 {
		t.Errorf("denied by %+v", m)
	}
	// A path that is not the role's is not looked at.
	elsewhere := strings.Replace(appARN, "role/", "role/else/where/", 1)
	both := simulate(elsewhere, []string{"s3:GetObject"}, "arn:aws:s3:::secret/a", "arn:aws:s3:::open/a")[0]
	if both.EvalDecision != types.PolicyEvaluationDecisionTypeExplicitDeny || *both.EvalResourceName != "*" || len(both.ResourceSpecificResults) != 2 {
		t.Fatalf("both together: %+v", both)
	}
	if m := both.MatchedStatements; len(m) != 1 || *m[0].SourcePolicyId != "role_App_limits" {
		t.Errorf("both together denied by %+v", m)
	}
	for i, want := range []types.PolicyEvaluationDecisionType{types.PolicyEvaluationDecisionTypeExplicitDeny, types.PolicyEvaluationDecisionTypeAllowed} {
		if r := both.ResourceSpecificResults[i]; r.EvalResourceDecision != want || len(r.MatchedStatements) != 1 {
			t.Errorf("%s: %+v", *r.EvalResourceName, r)
		}
	}
}

// TestSimulatedSources: a user has its groups' policies, a group its own; the
// request's come on top.
func TestSimulatedSources(t *testing.T) {
	t.Parallel()
	w := newIdentities(t)
	w.ok("PutGroupPolicy", "GroupName", "App", "PolicyName", "g", "PolicyDocument", allowing("s3:GetObject"))
	w.ok("PutUserPolicy", "UserName", "App", "PolicyName", "u", "PolicyDocument", statement("Allow", "s3:PutObject", "arn:aws:s3:::home/${aws:username}/*", ""))
	w.update(func(d *iam.Draft) error {
		_, err := d.UpdateUser(account, "App", func(u *iam.User) error {
			u.Groups, u.Tags = []string{"App"}, []iam.Tag{{Key: "team", Value: "red"}}
			return nil
		})
		return err
	})
	base := "arn:aws:iam::" + account + ":"
	for name, c := range map[string]struct{ source, action, resource, want string }{
		"of the user's group": {base + "user/App", "s3:GetObject", "arn:aws:s3:::b/k", "[group_App_g]"},
		"of the user":         {base + "user/App", "s3:PutObject", "arn:aws:s3:::home/App/a", "[user_App_u]"},
		"of the group":        {base + "group/App", "s3:GetObject", "arn:aws:s3:::b/k", "[group_App_g]"},
		"not of the group":    {base + "group/App", "s3:PutObject", "arn:aws:s3:::home/App/a", "[]"},
		"of the request":      {base + "group/App", "s3:DeleteObject", "arn:aws:s3:::b/k", "[PolicyInputList.2]"},
		"by the user's tag":   {base + "user/App", "s3:ListBucket", "arn:aws:s3:::b", "[PolicyInputList.1]"},
	} {
		params := append(members("ActionNames", c.action), "PolicySourceArn", c.source, "ResourceArns.member.1", c.resource)
		params = append(params, members("PolicyInputList", statement("Allow", "s3:ListBucket", "*", `"StringEquals":{"aws:PrincipalTag/team":"red"}`), allowing("s3:DeleteObject"))...)
		body := w.ok("SimulatePrincipalPolicy", params...)
		specific, _, _ := strings.Cut(body, "<ResourceSpecificResults>")
		if got := fmt.Sprint(elements(specific, "SourcePolicyId")); got != c.want {
			t.Errorf("%s: %s", name, body)
		}
	}
}

func TestSimulationOnTheWire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	policies := members("PolicyInputList", strings.Replace(reads, "[", "[\n", 1), statement("Allow", "s3:*", "*", `"Bool":{"aws:SecureTransport":"true"}`))
	of := func(action string, more ...string) []string {
		return append(append(members("ActionNames", action), policies...), more...)
	}
	golden.Check(t, "simulate_custom_policy.xml", w.ok("SimulateCustomPolicy", of("s3:GetObject", "ResourceArns.member.1", "arn:aws:s3:::b/k", "PermissionsBoundaryPolicyInputList.member.1", reads)...))
	golden.Check(t, "simulate_implicit_deny.xml", w.ok("SimulateCustomPolicy", of("s3:PutObject")...))
}

// TestSimulatedBoundary: the boundary limits, and says so.
func TestSimulatedBoundary(t *testing.T) {
	t.Parallel()
	w := newIdentities(t)
	w.ok("AttachRolePolicy", "RoleName", "App", "PolicyArn", "arn:aws:iam::aws:policy/AmazonS3FullAccess")
	w.ok("PutRolePermissionsBoundary", "RoleName", "App", "PermissionsBoundary", readS3)
	deny := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"s3:PutObject","Resource":"*"}]}`
	for name, c := range map[string]struct {
		action string
		more   []string
		want   string // decision, whether the boundary allows, what matched
	}{
		"within":                 {"s3:GetObject", nil, "allowed true [AmazonS3FullAccess IAM Policy]"},
		"without":                {"s3:PutObject", nil, "implicitDeny false []"},
		"of the request":         {"s3:DeleteObject", members("PermissionsBoundaryPolicyInputList", deny), "allowed true [AmazonS3FullAccess IAM Policy]"},
		"of the request, denied": {"s3:PutObject", members("PermissionsBoundaryPolicyInputList", deny), "explicitDeny false [PermissionsBoundaryPolicyInputList.1 Permissions Boundary Policy]"},
	} {
		body := w.ok("SimulatePrincipalPolicy", append(append(members("ActionNames", c.action), "PolicySourceArn", appARN), c.more...)...)
		matched := strings.TrimSpace(element(body, "SourcePolicyId") + " " + element(body, "SourcePolicyType"))
		if got := element(body, "EvalDecision") + " " + element(body, "AllowedByPermissionsBoundary") + " [" + matched + "]"; got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestMissingContextValues: keys are missing where a statement about the action
// and the resource asks for them.
func TestMissingContextValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	documents := members("PolicyInputList",
		statement("Allow", "s3:GetObject", "arn:aws:s3:::b/${aws:username}/*", `"Bool":{"aws:SecureTransport":"true"},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}`),
		statement("Allow", "s3:PutObject", "*", `"StringEquals":{"s3:x-amz-acl":"private"}`),
		statement("Deny", "s3:GetObject", "*", `"NumericGreaterThan":{"aws:MultiFactorAuthAge":"3600"}`))
	for name, c := range map[string]struct {
		entries []string
		want    string
	}{
		"none given":    {nil, "implicitDeny [aws:username aws:MultiFactorAuthAge]"},
		"a variable":    {entry(1, "aws:username", "string", "ci"), "implicitDeny [aws:SecureTransport aws:SourceIp aws:MultiFactorAuthAge]"},
		"a caller":      {[]string{"CallerArn", "arn:aws:iam::" + account + ":user/bots/ci"}, "implicitDeny [aws:SecureTransport aws:SourceIp aws:MultiFactorAuthAge]"},
		"all but age":   {append(append(entry(1, "aws:username", "string", "ci"), entry(2, "AWS:SecureTransport", "boolean", "true")...), entry(3, "aws:SourceIp", "ip", "10.1.2.3")...), "allowed [aws:MultiFactorAuthAge]"},
		"denied by age": {append(entry(1, "aws:username", "string", "ci"), entry(2, "aws:MultiFactorAuthAge", "numeric", "7200")...), "explicitDeny [aws:SecureTransport aws:SourceIp]"},
	} {
		params := append(append(members("ActionNames", "s3:GetObject"), documents...), c.entries...)
		body := w.ok("SimulateCustomPolicy", append(params, "ResourceArns.member.1", "arn:aws:s3:::b/ci/x")...)
		_, missing, _ := strings.Cut(body, "<MissingContextValues>")
		missing, _, _ = strings.Cut(missing, "</MissingContextValues>")
		if got := element(body, "EvalDecision") + " " + fmt.Sprint(elements(missing, "member")); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// entry are the parameters of a context entry.
func entry(n int, key, kind string, values ...string) []string {
	prefix := "ContextEntries.member." + strconv.Itoa(n) + "."
	params := []string{prefix + "ContextKeyName", key}
	if kind != "" {
		params = append(params, prefix+"ContextKeyType", kind)
	}
	for i, v := range values {
		params = append(params, prefix+"ContextKeyValues.member."+strconv.Itoa(i+1), v)
	}
	return params
}

func TestContextEntries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		kind   string
		values []string
		ok     bool
	}{
		{"string", []string{"a"}, true}, {"", []string{"a"}, true}, {"string", nil, false}, {"string", []string{"a", "b"}, false},
		{"stringList", []string{"a", "b"}, true}, {"stringList", nil, true},
		{"numeric", []string{"12.5"}, true}, {"numeric", []string{"many"}, false}, {"numericList", []string{"1", "x"}, false},
		{"boolean", []string{"True"}, true}, {"boolean", []string{"1"}, false},
		{"ip", []string{"10.0.0.1"}, true}, {"ip", []string{"2001:db8::/32"}, true}, {"ip", []string{"10.0.0"}, false},
		{"binary", []string{"aGk="}, true}, {"binary", []string{"?"}, false},
		{"date", []string{"2026-11-23T08:00:00Z"}, true}, {"date", []string{"2026-11-23"}, true}, {"date", []string{"1795000000"}, true}, {"date", []string{"today"}, false},
		{"dateList", []string{"2026-11-23", "today"}, false}, {"words", []string{"a"}, false},
	} {
		params := append(members("ActionNames", "s3:GetObject"), "PolicyInputList.member.1", reads)
		if a := w.call(root, "SimulateCustomPolicy", append(params, entry(1, "aws:Some", c.kind, c.values...)...)...); (a.status == 200) != c.ok {
			t.Errorf("%s %q: %d %s", c.kind, c.values, a.status, a.body)
		}
	}
	// A list is one value too few for what takes one.
	of := statement("Allow", "s3:ListBucket", "*", `"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`)
	for _, c := range []struct {
		values []string
		want   string
	}{{[]string{"a", "b"}, "allowed"}, {[]string{"a", "c"}, "implicitDeny"}} {
		params := append(members("ActionNames", "s3:ListBucket"), "PolicyInputList.member.1", of)
		if got := element(w.ok("SimulateCustomPolicy", append(params, entry(1, "aws:TagKeys", "stringList", c.values...)...)...), "EvalDecision"); got != c.want {
			t.Errorf("%s: %s", c.values, got)
		}
	}
}

// TestSimulatedResourcePolicy: a bucket's policy is asked about the caller, and
// across accounts both sides must allow.
func TestSimulatedResourcePolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const ci = "arn:aws:iam::" + account + ":user/ci"
	bucket := func(effect, principal string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `","Principal":{"AWS":"` + principal + `"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}`
	}
	for name, c := range map[string]struct {
		identity, resource, owner string
		want                      string
	}{
		"the bucket allows":           {allowing("s3:PutObject"), bucket("Allow", ci), "", "allowed [ResourcePolicy Resource Policy] []"},
		"both allow":                  {reads, bucket("Allow", ci), "", "allowed [ResourcePolicy PolicyInputList.1 Resource Policy IAM Policy] []"},
		"the bucket denies":           {reads, bucket("Deny", "*"), account, "explicitDeny [ResourcePolicy Resource Policy] []"},
		"it is about somebody else":   {allowing("s3:PutObject"), bucket("Allow", ci+"2"), "", "implicitDeny [] []"},
		"another account's bucket":    {reads, bucket("Allow", ci), "arn:aws:iam::" + stranger + ":root", "allowed [ResourcePolicy PolicyInputList.1 Resource Policy IAM Policy] [IAM Policy=allowed Resource Policy=allowed]"},
		"another account, one side":   {allowing("s3:PutObject"), bucket("Allow", ci), stranger, "implicitDeny [] [IAM Policy=implicitDeny Resource Policy=allowed]"},
		"another account, other side": {reads, bucket("Allow", ci+"2"), stranger, "implicitDeny [] [IAM Policy=allowed Resource Policy=implicitDeny]"},
	} {
		params := append(members("ActionNames", "s3:GetObject"), "PolicyInputList.member.1", c.identity, "ResourcePolicy", c.resource, "CallerArn", ci, "ResourceArns.member.1", "arn:aws:s3:::b/k")
		if c.owner != "" {
			params = append(params, "ResourceOwner", c.owner)
		}
		body, _, _ := strings.Cut(w.ok("SimulateCustomPolicy", params...), "<ResourceSpecificResults>")
		var details []string
		for i, key := range elements(body, "key") {
			details = append(details, key+"="+elements(body, "value")[i])
		}
		matched := strings.TrimSpace(strings.Join(append(elements(body, "SourcePolicyId"), elements(body, "SourcePolicyType")...), " "))
		if got := element(body, "EvalDecision") + " [" + matched + "] [" + strings.Join(details, " ") + "]"; got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestRefusedSimulations(t *testing.T) {
	t.Parallel()
	w := newIdentities(t)
	custom := func(params ...string) []string {
		return append([]string{"PolicyInputList.member.1", reads, "ActionNames.member.1", "s3:GetObject"}, params...)
	}
	source := func(a string) []string { return []string{"PolicySourceArn", a, "ActionNames.member.1", "s3:GetObject"} }
	bucket := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}`
	const session = "arn:aws:sts::" + account + ":assumed-role/App/s"
	for name, c := range map[string]struct {
		action        string
		params        []string
		code, message string
	}{
		"no actions":           {"SimulateCustomPolicy", []string{"PolicyInputList.member.1", reads}, "ValidationError", "1 validation error detected: Value null at 'actionNames' failed to satisfy constraint: Member must not be null"},
		"no policies":          {"SimulateCustomPolicy", []string{"ActionNames.member.1", "s3:GetObject"}, "ValidationError", "1 validation error detected: Value null at 'policyInputList' failed to satisfy constraint: Member must not be null"},
		"a policy":             {"SimulateCustomPolicy", []string{"PolicyInputList.member.1", "{", "ActionNames.member.1", "s3:GetObject"}, "InvalidInput", "Invalid Input PolicyInputList.1: This policy contains invalid Json"},
		"a boundary":           {"SimulateCustomPolicy", custom("PermissionsBoundaryPolicyInputList.member.1", "{"), "InvalidInput", "Invalid Input PermissionsBoundaryPolicyInputList.1: This policy contains invalid Json"},
		"two boundaries":       {"SimulateCustomPolicy", custom(members("PermissionsBoundaryPolicyInputList", reads, reads)...), "InvalidInput", "Only one permissions boundary can be simulated."},
		"an action":            {"SimulateCustomPolicy", []string{"PolicyInputList.member.1", reads, "ActionNames.member.1", "GetObject"}, "InvalidInput", "Invalid action name: GetObject"},
		"a resource":           {"SimulateCustomPolicy", custom("ResourceArns.member.1", "bucket"), "InvalidInput", "Invalid ARN provided in the request: bucket"},
		"a resource policy":    {"SimulateCustomPolicy", custom("ResourcePolicy", "{", "CallerArn", "arn:aws:iam::"+account+":user/App"), "InvalidInput", "Invalid Input ResourcePolicy: This policy contains invalid Json"},
		"an owner":             {"SimulateCustomPolicy", custom("ResourceOwner", "me"), "InvalidInput", "Invalid resource owner: me"},
		"a role that calls":    {"SimulateCustomPolicy", custom("CallerArn", appARN), "InvalidInput", "Invalid caller - Caller must be an IAM user in this context."},
		"nobody calls":         {"SimulateCustomPolicy", custom("ResourcePolicy", bucket), "InvalidInput", "Invalid caller - Caller must be an IAM user in this context."},
		"a role with a bucket": {"SimulatePrincipalPolicy", append(source(appARN), "ResourcePolicy", bucket), "InvalidInput", "Invalid caller - Caller must be an IAM user in this context."},
		"a session":            {"SimulatePrincipalPolicy", source(session), "InvalidInput", "Invalid ARN provided in the request: " + session},
		"a policy's ARN":       {"SimulatePrincipalPolicy", source(readS3), "InvalidInput", "Invalid Entity Arn: " + readS3 + " does not clearly define entity type and name."},
		"another account":      {"SimulatePrincipalPolicy", source("arn:aws:iam::" + stranger + ":role/App"), "InvalidInput", "Invalid Policy Source Arn: caller's account " + account + " does not have access to policies in account " + stranger},
		"no such role":         {"SimulatePrincipalPolicy", source(appARN + "2"), "NoSuchEntity", "The role with name App2 cannot be found."},
		"no such user":         {"GetContextKeysForPrincipalPolicy", []string{"PolicySourceArn", "arn:aws:iam::" + account + ":user/none"}, "NoSuchEntity", "The user with name none cannot be found."},
		"keys of a session":    {"GetContextKeysForPrincipalPolicy", []string{"PolicySourceArn", session}, "InvalidInput", "Invalid ARN provided in the request: " + session},
		"keys of no policy":    {"GetContextKeysForCustomPolicy", []string{"PolicyInputList.member.1", "{"}, "InvalidInput", "Invalid Input PolicyInputList.1: This policy contains invalid Json"},
		"a sparse list":        {"GetContextKeysForCustomPolicy", []string{"PolicyInputList.member.12", reads}, "MalformedInput", "Excessively sparse input would skip 11 list elements"},
		"too many questions":   {"SimulateCustomPolicy", append(append(members("ActionNames", strings.Split(strings.Repeat("s3:GetObject ", 101)[:101*13-1], " ")...), members("ResourceArns", strings.Split(strings.Repeat("* ", 101)[:101*2-1], " ")...)...), "PolicyInputList.member.1", reads, "MaxItems", "1000"), "InvalidInput", "A simulation of irsatz asks at most 10000 questions, each about an action and a resource: ask for fewer."},
		"a marker":             {"SimulateCustomPolicy", custom("Marker", "!"), "ValidationError", "Invalid Marker."},
	} {
		t.Run(name, func(*testing.T) { w.fails(c.code, c.message, c.action, c.params...) })
	}
}

// TestSimulationPageByPage: the results come in the order of the actions.
func TestSimulationPageByPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var actions, got []string
	for i := range 12 {
		actions = append(actions, "s3:Get"+strconv.Itoa(i))
	}
	pages := awsiam.NewSimulateCustomPolicyPaginator(w.sdk(root), &awsiam.SimulateCustomPolicyInput{
		PolicyInputList: []string{reads}, ActionNames: actions, MaxItems: aws.Int32(5),
	})
	for pages.HasMorePages() {
		for _, r := range must[*awsiam.SimulateCustomPolicyOutput](t)(pages.NextPage(t.Context())).EvaluationResults {
			got = append(got, *r.EvalActionName)
		}
	}
	if strings.Join(got, " ") != strings.Join(actions, " ") {
		t.Errorf("got %s", got)
	}
}

func TestContextKeys(t *testing.T) {
	t.Parallel()
	w := newIdentities(t)
	const documented = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"arn:aws:dynamodb:us-west-2:111122223333:table/${aws:username}","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2015-08-16T12:00:00Z"}}}}`
	custom := w.ok("GetContextKeysForCustomPolicy", "PolicyInputList.member.1", documented)
	golden.Check(t, "get_context_keys.xml", custom)
	w.ok("PutRolePolicy", "RoleName", "App", "PolicyName", "p", "PolicyDocument", statement("Allow", "s3:*", "*", `"StringEquals":{"AWS:CurrentTime":"x","s3:prefix":"a"}`))
	body := w.ok("GetContextKeysForPrincipalPolicy", "PolicySourceArn", appARN, "PolicyInputList.member.1", documented)
	if got := fmt.Sprint(elements(body, "member")); got != "[AWS:CurrentTime s3:prefix aws:username]" {
		t.Errorf("got %s", got)
	}
	if got := fmt.Sprint(elements(w.ok("GetContextKeysForPrincipalPolicy", "PolicySourceArn", "arn:aws:iam::"+account+":group/App"), "member")); got != "[]" {
		t.Errorf("a group without policies: %s", got)
	}
}

// TestSimulationGate: who may not ask about a role learns nothing of it, whatever
// path it gives.
func TestSimulationGate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ok("CreateRole", "RoleName", "secret", "Path", "/closed/", "AssumeRolePolicyDocument", trusted)
	const arns = "arn:aws:iam::" + account + ":role/"
	k := w.user("asker", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:SimulatePrincipalPolicy","iam:GetContextKeysForPrincipalPolicy"],"Resource":"`+arns+`open/*"}]}`)
	for _, action := range []string{"SimulatePrincipalPolicy", "GetContextKeysForPrincipalPolicy"} {
		for _, source := range []string{arns + "open/secret", arns + "secret", arns + "none"} {
			a := w.call(k, action, "PolicySourceArn", source, "ActionNames.member.1", "s3:GetObject")
			if a.status != 403 || !strings.Contains(a.body, "iam:"+action+" on resource: "+source+" because") {
				t.Errorf("%s of %s: %d %s", action, source, a.status, a.body)
			}
		}
	}
	for _, action := range []string{"SimulateCustomPolicy", "GetContextKeysForCustomPolicy"} {
		a := w.call(k, action, "PolicyInputList.member.1", reads, "ActionNames.member.1", "s3:GetObject")
		if a.status != 403 || !strings.Contains(a.body, "iam:"+action+" on resource: * because") {
			t.Errorf("%s: %d %s", action, a.status, a.body)
		}
	}
}
