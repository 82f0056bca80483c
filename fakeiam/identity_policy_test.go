package fakeiam_test

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/golden"
)

// kinds are the kinds of identity, as operations and parameters have them.
var kinds = []string{"Role", "User", "Group"}

// newIdentities returns a world with a role, a user and a group named "App".
func newIdentities(t *testing.T) *world {
	w := newWorld(t)
	w.role("App", func(*iam.Role) {})
	w.user("App", "")
	w.group("App")
	return w
}

// ok sends a request that must succeed and returns its answer.
func (w *world) ok(action string, params ...string) string {
	w.Helper()
	a := w.call(root, action, params...)
	if a.status != 200 {
		w.Errorf("%s %s: %d %s", action, params, a.status, a.body)
	}
	return a.body
}

// fails sends a request of root that must fail in these words and change nothing.
func (w *world) fails(code, message, action string, params ...string) {
	w.Helper()
	before := w.store.Snapshot()
	a := w.call(root, action, params...)
	if got := element(a.body, "Code") + ": " + element(a.body, "Message"); got != code+": "+message {
		w.Errorf("%s %s: got %s", action, params, got)
	}
	if w.store.Snapshot() != before {
		w.Errorf("%s %s failed and changed the state", action, params)
	}
}

// A115: the name of an inline policy that is put in another case stays as it was,
// with new content; and it is told as it was asked for.
func TestA115_InlinePolicies(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newIdentities(t)
			of := func(params ...string) []string { return append([]string{kind + "Name", "app"}, params...) }
			w.ok("Put"+kind+"Policy", of("PolicyName", "Read", "PolicyDocument", reads)...)
			w.ok("Put"+kind+"Policy", of("PolicyName", "another", "PolicyDocument", reads)...)
			w.ok("Put"+kind+"Policy", of("PolicyName", "READ", "PolicyDocument", allowing("s3:PutObject"))...)
			if got := fmt.Sprint(elements(w.ok("List"+kind+"Policies", of()...), "member")); got != "[another Read]" {
				t.Errorf("listed %s", got)
			}
			body := w.ok("Get"+kind+"Policy", of("PolicyName", "rEAD")...)
			text, err := url.PathUnescape(element(body, "PolicyDocument"))
			if err != nil || text != allowing("s3:PutObject") || element(body, "PolicyName") != "rEAD" || element(body, kind+"Name") != "app" {
				t.Errorf("got %s", body)
			}
			w.ok("Delete"+kind+"Policy", of("PolicyName", "read")...)
			missing := "The " + strings.ToLower(kind) + " policy with name read cannot be found."
			w.fails("NoSuchEntity", missing, "Get"+kind+"Policy", of("PolicyName", "read")...)
			w.fails("NoSuchEntity", missing, "Delete"+kind+"Policy", of("PolicyName", "read")...)
			w.fails("MalformedPolicyDocument", "This policy contains invalid Json", "Put"+kind+"Policy", of("PolicyName", "p", "PolicyDocument", "{")...)
			w.fails("ValidationError", "2 validation errors detected: Value null at 'policyName' failed to satisfy constraint: Member must not be null; Value null at 'policyDocument' failed to satisfy constraint: Member must not be null", "Put"+kind+"Policy", of()...)
		})
	}
}

func TestInlinePoliciesPageByPage(t *testing.T) {
	t.Parallel()
	w := newIdentities(t)
	for i := range 5 {
		w.ok("PutRolePolicy", "RoleName", "App", "PolicyName", "p"+strconv.Itoa(i), "PolicyDocument", reads)
	}
	var names []string
	for marker, more := "", true; more; more = marker != "" {
		params := []string{"RoleName", "App", "MaxItems", "2"}
		if marker != "" {
			params = append(params, "Marker", marker)
		}
		body := w.ok("ListRolePolicies", params...)
		names, marker = append(names, elements(body, "member")...), element(body, "Marker")
	}
	if got := fmt.Sprint(names); got != "[p0 p1 p2 p3 p4]" {
		t.Errorf("listed %s", got)
	}
}

// TestInlineQuota: white space does not count, and a policy that is replaced does
// not count twice.
func TestInlineQuota(t *testing.T) {
	t.Parallel()
	for kind, quota := range map[string]int{"Role": 10240, "User": 2048, "Group": 5120} {
		w := newIdentities(t)
		put := func(name string, size int) []string {
			document := strings.Replace(reads, "GetObject", "GetObject"+strings.Repeat("x", size-len(reads)), 1)
			return []string{kind + "Name", "App", "PolicyName", name, "PolicyDocument", document + strings.Repeat(" ", 10_000)}
		}
		w.ok("Put"+kind+"Policy", put("a", quota-200)...)
		w.ok("Put"+kind+"Policy", put("b", 200)...)
		w.ok("Put"+kind+"Policy", put("B", 200)...)
		w.fails("LimitExceeded", fmt.Sprintf("Maximum policy size of %d bytes exceeded for %s App", quota, strings.ToLower(kind)), "Put"+kind+"Policy", put("b", 201)...)
	}
}

// A117: what cannot be attached. A125: what is not attached cannot be detached.
func TestA117_A125_AttachedPolicies(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newIdentities(t)
			team, read := w.policy("/team/", "team"), w.policy("/", "read")
			of := func(policyARN string) []string { return []string{kind + "Name", "app", "PolicyArn", policyARN} }
			for range 2 {
				w.ok("Attach"+kind+"Policy", of(team)...)
			}
			w.ok("Attach"+kind+"Policy", of(readS3)...)
			list := func(params ...string) string {
				return fmt.Sprint(elements(w.ok("ListAttached"+kind+"Policies", append([]string{kind + "Name", "App"}, params...)...), "PolicyArn"))
			}
			if got := list(); got != "["+team+" "+readS3+"]" {
				t.Errorf("attached %s", got)
			}
			if got := list("PathPrefix", "/team/"); got != "["+team+"]" {
				t.Errorf("attached below /team/: %s", got)
			}
			w.ok("Detach"+kind+"Policy", of(team)...)
			if got := list(); got != "["+readS3+"]" {
				t.Errorf("attached after one was detached: %s", got)
			}
			none, theirs := mine+"none", "arn:aws:iam::"+stranger+":policy/theirs"
			w.update(func(d *iam.Draft) error {
				_, err := d.CreatePolicy(iam.ManagedPolicy{AccountID: stranger, Name: "theirs", Document: inline("", reads)[0].Document})
				return err
			})
			for _, policyARN := range []string{none, theirs, "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"} {
				w.fails("NoSuchEntity", "Policy "+policyARN+" does not exist or is not attachable.", "Attach"+kind+"Policy", of(policyARN)...)
			}
			w.fails("ValidationError", "Invalid ARN:  Could not be parsed!", "Attach"+kind+"Policy", of("AmazonS3ReadOnlyAccess")...)
			w.fails("ValidationError", "Invalid ARN:  Could not be parsed!", "Detach"+kind+"Policy", of("AmazonS3ReadOnlyAccess")...)
			w.fails("ValidationError", "Invalid ARN partition", "Attach"+kind+"Policy", of("arn:aws-cn:iam::aws:policy/AmazonS3ReadOnlyAccess")...)
			w.fails("PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer Role.", "Attach"+kind+"Policy", of("arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy")...)
			w.fails("NoSuchEntity", "Policy "+read+" was not found.", "Detach"+kind+"Policy", of(read)...)
			w.fails("NoSuchEntity", "Policy "+none+" was not found.", "Detach"+kind+"Policy", of(none)...)
		})
	}
}

func TestAttachedQuota(t *testing.T) {
	t.Parallel()
	w := newIdentities(t)
	var policies []string
	for i := range 11 {
		policies = append(policies, w.policy("/", "p"+strconv.Itoa(i)))
	}
	for _, kind := range kinds {
		for _, policyARN := range policies[:10] {
			w.ok("Attach"+kind+"Policy", kind+"Name", "App", "PolicyArn", policyARN)
		}
		w.fails("LimitExceeded", "Cannot exceed quota for PoliciesPer"+kind+": 10", "Attach"+kind+"Policy", kind+"Name", "App", "PolicyArn", policies[10])
		w.ok("Attach"+kind+"Policy", kind+"Name", "App", "PolicyArn", policies[9])
	}
}

func TestBoundaries(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"Role", "User"} {
		w := newIdentities(t)
		read := w.policy("/", "read")
		bound := func() string {
			if kind == "Role" {
				r, _ := w.store.Snapshot().Role(account, "App")
				return r.BoundaryARN
			}
			u, _ := w.store.Snapshot().User(account, "App")
			return u.BoundaryARN
		}
		put := func(policyARN string) []string {
			return []string{kind + "Name", "app", "PermissionsBoundary", policyARN}
		}
		w.ok("Put"+kind+"PermissionsBoundary", put(readS3)...)
		w.ok("Put"+kind+"PermissionsBoundary", put(read)...)
		if bound() != read {
			t.Errorf("the boundary is %s", bound())
		}
		w.fails("NoSuchEntity", "Scope ARN: "+mine+"none does not exist or is not attachable.", "Put"+kind+"PermissionsBoundary", put(mine+"none")...)
		w.fails("ValidationError", "Invalid ARN:  Could not be parsed!", "Put"+kind+"PermissionsBoundary", put("AmazonS3ReadOnlyAccess")...)
		w.ok("Delete"+kind+"PermissionsBoundary", kind+"Name", "App")
		if bound() != "" {
			t.Errorf("the boundary is still %s", bound())
		}
		w.fails("NoSuchEntity", "The "+strings.ToLower(kind)+" with name App has no permissions boundary.", "Delete"+kind+"PermissionsBoundary", kind+"Name", "App")
	}
}

// TestPoliciesOfNobody: an identity that is not there is missed by every
// operation on its policies, before anything else is.
func TestPoliciesOfNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, kind := range kinds {
		for action, params := range map[string][]string{
			"Put" + kind + "Policy":                 {"PolicyName", "p", "PolicyDocument", reads},
			"Get" + kind + "Policy":                 {"PolicyName", "p"},
			"Delete" + kind + "Policy":              {"PolicyName", "p"},
			"List" + kind + "Policies":              nil,
			"Attach" + kind + "Policy":              {"PolicyArn", mine + "none"},
			"Detach" + kind + "Policy":              {"PolicyArn", mine + "none"},
			"ListAttached" + kind + "Policies":      nil,
			"Put" + kind + "PermissionsBoundary":    {"PermissionsBoundary", mine + "none"},
			"Delete" + kind + "PermissionsBoundary": nil,
		} {
			if kind == "Group" && strings.HasSuffix(action, "Boundary") {
				continue
			}
			w.fails("NoSuchEntity", "The "+strings.ToLower(kind)+" with name nobody cannot be found.", action, append([]string{kind + "Name", "nobody"}, params...)...)
		}
	}
}

// TestNames: IAM has a sentence of its own for names, which it says whatever else
// is wrong; lengths are in the model's words.
func TestNames(t *testing.T) {
	t.Parallel()
	w := newIdentities(t)
	const says = " is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
	tooLong := strings.Repeat("a", 129)
	for _, c := range []struct {
		message, action string
		params          []string
	}{
		{"The specified value for roleName" + says, "AttachRolePolicy", []string{"RoleName", appARN + strings.Repeat("x", 64), "PolicyArn", readS3}},
		{"The specified value for policyName" + says, "PutRolePolicy", []string{"RoleName", "App", "PolicyName", "S3 access", "PolicyDocument", reads}},
		{"The specified value for policyName" + says, "DeleteGroupPolicy", []string{"GroupName", "App", "PolicyName", readS3}},
		{"The specified value for userName" + says, "ListUserPolicies", []string{"UserName", "ü"}},
		{"1 validation error detected: Value '' at 'roleName' failed to satisfy constraint: Member must have length greater than or equal to 1", "ListRolePolicies", []string{"RoleName", ""}},
		{"2 validation errors detected: Value '" + tooLong + "' at 'roleName' failed to satisfy constraint: Member must have length less than or equal to 64; Value '" + tooLong + "' at 'policyName' failed to satisfy constraint: Member must have length less than or equal to 128", "GetRolePolicy", []string{"RoleName", tooLong, "PolicyName", tooLong}},
	} {
		w.fails("ValidationError", c.message, c.action, c.params...)
	}
}

func TestIdentityPoliciesOnTheWire(t *testing.T) {
	t.Parallel()
	w := newIdentities(t)
	golden.Check(t, "put_role_policy.xml", w.ok("PutRolePolicy", "RoleName", "App", "PolicyName", "p", "PolicyDocument", reads))
	golden.Check(t, "get_role_policy.xml", w.ok("GetRolePolicy", "RoleName", "App", "PolicyName", "p"))
	golden.Check(t, "list_role_policies.xml", w.ok("ListRolePolicies", "RoleName", "App"))
	golden.Check(t, "list_attached_none.xml", w.ok("ListAttachedRolePolicies", "RoleName", "App"))
	golden.Check(t, "attach_role_policy.xml", w.ok("AttachRolePolicy", "RoleName", "App", "PolicyArn", readS3))
	golden.Check(t, "list_attached_role_policies.xml", w.ok("ListAttachedRolePolicies", "RoleName", "App"))
	golden.Check(t, "get_group_policy_none.xml", w.call(root, "GetGroupPolicy", "GroupName", "App", "PolicyName", "p").body)
}

// TestPolicyGate: the policies of the caller see which policy is attached, and
// which boundary the identity has or is to have.
func TestPolicyGate(t *testing.T) {
	t.Parallel()
	w := newIdentities(t)
	bounded := w.policy("/", "boundary")
	w.ok("PutRolePermissionsBoundary", "RoleName", "App", "PermissionsBoundary", bounded)
	w.ok("TagRole", "RoleName", "App", "Tags.member.1.Key", "team", "Tags.member.1.Value", "red")
	w.ok("TagPolicy", "PolicyArn", bounded, "Tags.member.1.Key", "team", "Tags.member.1.Value", "red")
	only := func(action, key, value string) string {
		return on(action, "*", `"StringEquals":{"`+key+`":"`+value+`"}`)
	}
	attached := []string{"RoleName", "App", "PolicyArn", readS3}
	put := []string{"PolicyName", "p", "PolicyDocument", reads}
	role := []string{"RoleName", "tagged", "AssumeRolePolicyDocument", trusted, "Tags.member.1.Key", "team", "Tags.member.1.Value", "red"}
	create := []string{"PolicyName", "tagged", "PolicyDocument", reads, "Tags.member.1.Key", "team", "Tags.member.1.Value", "red"}
	w.gate([]gateCase{
		{"attach the policy", on("iam:AttachRolePolicy", "*", `"ArnEquals":{"iam:PolicyARN":"`+readS3+`"}`), "AttachRolePolicy", attached, ""},
		{"attach another policy", on("iam:AttachRolePolicy", "*", `"ArnLike":{"iam:PolicyARN":"`+mine+`*"}`), "AttachRolePolicy", attached, "role App"},
		{"detach the policy", only("iam:DetachRolePolicy", "iam:PolicyARN", readS3), "DetachRolePolicy", attached, ""},
		{"attach to a group", only("iam:AttachGroupPolicy", "iam:PolicyARN", readS3), "AttachGroupPolicy", []string{"GroupName", "App", "PolicyArn", readS3}, ""},
		{"attach within a boundary", only("iam:AttachRolePolicy", "iam:PermissionsBoundary", bounded), "AttachRolePolicy", attached, ""},
		{"put within a boundary", only("iam:PutRolePolicy", "iam:PermissionsBoundary", bounded), "PutRolePolicy", append(put, "RoleName", "App"), ""},
		{"put without a boundary", only("iam:PutUserPolicy", "iam:PermissionsBoundary", bounded), "PutUserPolicy", append(put, "UserName", "App"), "user App"},
		{"delete within a boundary", only("iam:DeleteRolePolicy", "iam:PermissionsBoundary", bounded), "DeleteRolePolicy", []string{"RoleName", "App", "PolicyName", "p"}, ""},
		{"get within a boundary", only("iam:GetRole", "iam:PermissionsBoundary", bounded), "GetRole", []string{"RoleName", "App"}, ""},
		{"list without looking at it", only("iam:ListRolePolicies", "iam:PermissionsBoundary", bounded), "ListRolePolicies", []string{"RoleName", "App"}, "role App"},
		{"the boundary that is to be", only("iam:PutUserPermissionsBoundary", "iam:PermissionsBoundary", readS3), "PutUserPermissionsBoundary", []string{"UserName", "App", "PermissionsBoundary", readS3}, ""},
		{"not the one that is there", only("iam:PutRolePermissionsBoundary", "iam:PermissionsBoundary", bounded), "PutRolePermissionsBoundary", []string{"RoleName", "App", "PermissionsBoundary", readS3}, appARN},
		{"take another boundary away", only("iam:DeleteRolePermissionsBoundary", "iam:PermissionsBoundary", readS3), "DeleteRolePermissionsBoundary", []string{"RoleName", "App"}, "role App"},
		{"take the boundary away", only("iam:DeleteRolePermissionsBoundary", "iam:PermissionsBoundary", bounded), "DeleteRolePermissionsBoundary", []string{"RoleName", "App"}, ""},
		{"the role's tag", only("iam:ListRolePolicies", "iam:ResourceTag/team", "red"), "ListRolePolicies", []string{"RoleName", "App"}, ""},
		{"the policy's tag", only("iam:GetPolicy", "aws:ResourceTag/team", "red"), "GetPolicy", []string{"PolicyArn", bounded}, ""},
		{"no tag of AWS's", only("iam:GetPolicy", "aws:ResourceTag/team", "red"), "GetPolicy", []string{"PolicyArn", readS3}, "policy " + readS3},
		{"a policy of AWS", allowing("iam:GetPolicy"), "GetPolicy", []string{"PolicyArn", readS3}, ""},
		{"change a policy of AWS", allowing("iam:*"), "DeletePolicy", []string{"PolicyArn", readS3}, "policy " + readS3},
		{"list", allowing("iam:GetPolicy"), "ListPolicies", []string{"PathPrefix", "/team/"}, "policy path /team/"},
		{"create", allowing("iam:GetPolicy"), "CreatePolicy", create, "policy tagged"},
		{"create with tags", allowing("iam:CreatePolicy"), "CreatePolicy", create, "policy tagged"},
		{"create a role with tags", allowing("iam:CreateRole"), "CreateRole", role, "arn:aws:iam::" + account + ":role/tagged"},
		{"create and tag", allowing("iam:CreatePolicy", "iam:TagPolicy"), "CreatePolicy", create, ""},
	})
}

// TestAttachedAtOnce: of changes that are made at the same time none is lost.
func TestAttachedAtOnce(t *testing.T) {
	t.Parallel()
	w := newIdentities(t)
	var all sync.WaitGroup
	for i := range 10 {
		policyARN := w.policy("/", "p"+strconv.Itoa(i))
		all.Go(func() { w.ok("AttachRolePolicy", "RoleName", "App", "PolicyArn", policyARN) })
	}
	all.Wait()
	if got := elements(w.ok("ListAttachedRolePolicies", "RoleName", "App"), "PolicyArn"); len(got) != 10 {
		t.Errorf("attached %s", got)
	}
}

// TestPoliciesCountAtOnce: what is attached through the API is what the next
// request is decided by.
func TestPoliciesCountAtOnce(t *testing.T) {
	t.Parallel()
	w := newIdentities(t)
	k := key{id: "AKIAAPP", secret: "secret"}
	may := func() bool { return w.call(k, "ListRoles").status == 200 }
	w.ok("CreatePolicy", "PolicyName", "list", "PolicyDocument", allowing("iam:ListRoles"))
	list := []string{"PolicyArn", mine + "list"}
	for _, c := range []struct {
		action string
		params []string
		may    bool
	}{
		{"AttachUserPolicy", append(list, "UserName", "App"), true},
		{"CreatePolicyVersion", append(list, "PolicyDocument", reads, "SetAsDefault", "false"), true},
		{"SetDefaultPolicyVersion", append(list, "VersionId", "v2"), false},
		{"SetDefaultPolicyVersion", append(list, "VersionId", "v1"), true},
		{"PutUserPermissionsBoundary", []string{"UserName", "App", "PermissionsBoundary", readS3}, false},
		{"DeleteUserPermissionsBoundary", []string{"UserName", "App"}, true},
		{"DetachUserPolicy", append(list, "UserName", "App"), false},
		{"PutUserPolicy", []string{"UserName", "App", "PolicyName", "p", "PolicyDocument", allowing("iam:ListRoles")}, true},
		{"DeleteUserPolicy", []string{"UserName", "App", "PolicyName", "p"}, false},
	} {
		if w.ok(c.action, c.params...); may() != c.may {
			t.Errorf("after %s it may: %t", c.action, !c.may)
		}
	}
}
