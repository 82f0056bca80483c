package simulate_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/simulate"
)

// request is a case's request of the usual caller.
const request = `
request:
  action: s3:GetObject
  resource: arn:aws:s3:::my-bucket/reports/a.csv
  principal: arn:aws:sts::111122223333:assumed-role/app/session
`

const readAll = `{Version: 2012-10-17, Statement: {Effect: Allow, Action: s3:GetObject, Resource: "arn:aws:s3:::my-bucket/*"}}`

// run answers all cases of a text and writes each result on a line.
func run(t *testing.T, file, text string) []string {
	t.Helper()
	var lines []string
	for c, err := range simulate.Parse(file, []byte(text)) {
		if err != nil {
			r := c.Malformed(err)
			lines = append(lines, r.Name+" malformed "+r.Error)
			continue
		}
		lines = append(lines, line(c.Explain()))
		if quick := line(c.Decide()); quick != lines[len(lines)-1] {
			t.Errorf("Decide says %s, Explain %s", quick, lines[len(lines)-1])
		}
	}
	return lines
}

func line(r simulate.Result) string {
	text := r.Name + " " + r.Decision + " by " + r.DecidedBy.Kind.String()
	if s := r.DecidedBy.Statement; s != nil {
		text += fmt.Sprintf(" %s[%d]", r.DecidedBy.Policy, *s)
	}
	if r.OK != nil {
		text += fmt.Sprintf(" ok=%v", *r.OK)
	}
	return text
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	const trust = `
trustPolicy:
  Version: "2012-10-17"
  Statement:
    Effect: Allow
    Principal: {Federated: "arn:aws:iam::111122223333:oidc-provider/oidc.example.com/id/A"}
    Action: sts:AssumeRoleWithWebIdentity
    Condition: {StringEquals: {"oidc.example.com/id/A:sub": "system:serviceaccount:prod:app"}}
`
	for _, test := range []struct{ name, text, want string }{
		{"the contract's example", `
name: session policy narrows the role
request:
  action: s3:GetObject
  resource: arn:aws:s3:::my-bucket/reports/a.csv     # "*" where the action has no resource
  resourceAccount: "111122223333"                     # default: the principal's account
  principal: arn:aws:sts::111122223333:assumed-role/app/session
  context: {aws:PrincipalTag/team: red, s3:prefix: [reports/]}
identityPolicies: [{name: app, document: ` + readAll + `}]
permissionsBoundaries: [` + readAll + `]
sessionPolicies: [` + readAll + `]
resourcePolicy: {Version: 2012-10-17, Statement: {Effect: Allow, Principal: "*", Action: s3:ListBucket, Resource: "arn:aws:s3:::my-bucket"}}
serviceControlPolicies: [[` + readAll + `], [` + readAll + `]]
resourceControlPolicies: [[{Version: 2012-10-17, Statement: {Effect: Allow, Principal: "*", Action: "*", Resource: "*"}}]]
expect: allow
`, "session policy narrows the role allow by identity-based policy app[0] ok=true"},
		{"nothing attached", request + "expect: allow", "c.yaml:2 implicit-deny by identity-based policy ok=false"},
		{"session policy is silent", request + "identityPolicies: [" + readAll + "]\nsessionPolicies: [{Version: 2012-10-17, Statement: {Effect: Allow, Action: s3:PutObject, Resource: '*'}}]",
			"c.yaml:2 implicit-deny by session policy"},
		{"no session policy was passed", request + "identityPolicies: [" + readAll + "]\nsessionPolicies: []", "c.yaml:2 allow by identity-based policy identityPolicies[0][0]"},
		{"boundary is silent", request + "identityPolicies: [" + readAll + "]\npermissionsBoundaries: [{Version: 2012-10-17, Statement: {Effect: Allow, Action: sqs:*, Resource: '*'}}]",
			"c.yaml:2 implicit-deny by permissions boundary"},
		{"a level of the organization is silent", request + "identityPolicies: [" + readAll + "]\nserviceControlPolicies: [[" + readAll + "], []]",
			"c.yaml:2 implicit-deny by service control policy"},
		{"bucket policy denies", request + "identityPolicies: [" + readAll + `]
resourcePolicy:
  Version: "2012-10-17"
  Statement: [{Effect: Deny, Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::my-bucket/*", Condition: {StringLike: {aws:PrincipalArn: "arn:aws:iam::111122223333:role/app"}}}]
expect: explicit-deny
`, "c.yaml:2 explicit-deny by resource-based policy resourcePolicy[0] ok=true"},
		{"another account's bucket", request + "  resourceAccount: 444455556666\nidentityPolicies: [" + readAll + "]", "c.yaml:2 implicit-deny by resource-based policy"},
		{"web identity", `
request:
  action: sts:AssumeRoleWithWebIdentity
  resource: arn:aws:iam::111122223333:role/app
  principal: arn:aws:iam::111122223333:oidc-provider/oidc.example.com/id/A
  context: {"oidc.example.com/id/A:sub": "system:serviceaccount:prod:app"}
` + trust, "c.yaml:2 allow by trust policy trustPolicy[0]"},
		{"web identity of another subject", `
request:
  action: sts:AssumeRoleWithWebIdentity
  resource: arn:aws:iam::111122223333:role/app
  principal: arn:aws:iam::111122223333:oidc-provider/oidc.example.com/id/A
  context: {"oidc.example.com/id/A:sub": "system:serviceaccount:dev:app"}
` + trust, "c.yaml:2 implicit-deny by trust policy"},
		{"JSON text as document", request + `
identityPolicies:
  - |
    {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}
`, "c.yaml:2 allow by identity-based policy identityPolicies[0][0]"},
		{"anonymous", `
request: {action: s3:GetObject, resource: "arn:aws:s3:::my-bucket/a", resourceAccount: "111122223333", principal: "*"}
resourcePolicy: {Version: 2012-10-17, Statement: {Effect: Allow, Principal: "*", Action: s3:GetObject, Resource: "arn:aws:s3:::my-bucket/*"}}
`, "c.yaml:2 allow by resource-based policy resourcePolicy[0]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff([]string{test.want}, run(t, "c.yaml", test.text)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"no request", "name: x\n", "c.yaml:1: request: missing, it is required"},
		{"unknown field", request + "identityPolicy: []\n", "c.yaml:6: identityPolicy: unknown field, did you mean identityPolicies?"},
		{"unknown field of the request", request + "  ressource: x\n", "c.yaml:6: request.ressource: unknown field, did you mean resource?"},
		{"far from any field", "{request: {}, zzzzzzzzz: 1}", "c.yaml:1: zzzzzzzzz: unknown field, expected one of name, request,"},
		{"no mapping", "- a", "c.yaml:1: expected a mapping, found a list"},
		{"wildcard action", strings.Replace(request, "GetObject", "Get*", 1), `c.yaml:3: request.action: expected one action, such as s3:GetObject, found "s3:Get*"`},
		{"no ARN", strings.Replace(request, "arn:aws:s3:::my-bucket/reports/a.csv", "my-bucket", 1), `c.yaml:4: request.resource: expected an ARN, or "*"`},
		{"bad principal", strings.Replace(request, "assumed-role/app/session", "assumed-role/app", 1), `c.yaml:5: request.principal: expected the ARN of a role`},
		{"bad account", request + "  resourceAccount: 1\n", `c.yaml:6: request.resourceAccount: expected an account ID`},
		{"bad expectation", request + "expect: implict-deny\n", `c.yaml:6: expect: "implict-deny" is no decision, did you mean implicit-deny?`},
		{"expect deny", request + "expect: deny\n", "c.yaml:6: expect: expected explicit-deny or implicit-deny, found deny"},
		{"key twice", request + "  context: {aws:username: a, AWS:UserName: b}\n", "c.yaml:6: request.context.AWS:UserName: this key is given already"},
		{"nested context", request + "  context: {aws:username: {a: b}}\n", "c.yaml:6: request.context.aws:username: expected a value or a list of values, found a mapping"},
		{"nested list", request + "  context: {aws:username: [[a]]}\n", "c.yaml:6: request.context.aws:username: expected text in the list, found a list"},
		{"refused document", request + `identityPolicies:
  - name: app
    document:
      Version: 2012-10-17
      Statement:
        - Effect: Allow
          Action: s3:GetObject
          Resource: my-bucket
`, `c.yaml:13: identityPolicies[0].document: MalformedPolicyDocument: Resource my-bucket must be in ARN format or "*".`},
		{"refused text", request + "identityPolicies:\n  - |\n    {\"Version\":\n     \"2013\",\"Statement\":[]}\n", "c.yaml:9: identityPolicies[0]: MalformedPolicyDocument: Syntax errors in policy."},
		{"no document", request + "identityPolicies: [{name: x}]\n", "c.yaml:6: identityPolicies[0].document: missing"},
		{"file", request + "identityPolicies: ['file://x.json']\n", "c.yaml:6: identityPolicies[0]: the documents of a case stand in the case"},
		{"no list", request + "identityPolicies: " + readAll, "c.yaml:6: identityPolicies: expected a list, found a mapping"},
		{"levels", request + "serviceControlPolicies: [" + readAll + "]", "c.yaml:6: serviceControlPolicies[0]: expected a list of policies for each level"},
		{"two boundaries", request + "permissionsBoundaries: [" + readAll + "," + readAll + "]", "c.yaml:6: permissionsBoundaries: a principal has one permissions boundary, found 2"},
		{"another bucket's policy", request + `resourcePolicy: {Version: 2012-10-17, Statement: {Effect: Allow, Principal: "*", Action: s3:GetObject, Resource: "arn:aws:s3:::other/*"}}`,
			"c.yaml:6: resourcePolicy: MalformedPolicy: Policy has invalid resource"},
		{"policy of a queue", `
request: {action: sqs:SendMessage, resource: "arn:aws:sqs:eu-west-1:111122223333:q", principal: "*"}
resourcePolicy: {Version: 2012-10-17}`, "c.yaml:3: resourcePolicy: policies of resources other than S3 buckets are not implemented"},
		{"trust policy of no role", request + "trustPolicy: {}", "c.yaml:6: trustPolicy: a trust policy says who may assume a role"},
		{"YAML", "a: [", "c.yaml:1: not YAML: did not find expected node content"},
		{"duplicate key", "name: a\nname: b", `c.yaml:2: key "name" is given twice`},
		{"cycle", "name: &a [*a]", "c.yaml:1: alias *a stands for something that contains it"},
		{"not UTF-8", "a\n\xff", "c.yaml:2: not UTF-8 text"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := run(t, "c.yaml", test.text)
			if len(got) != 1 || !strings.Contains(got[0], " malformed "+test.want) {
				t.Errorf("got %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestOthersStillRun(t *testing.T) {
	t.Parallel()
	good := func(name string) string { return "name: " + name + request + "identityPolicies: [" + readAll + "]\n" }
	text := "# cases\n---\n" + good("one") + "---\nname: two\n- broken\n--- # three\n" + good("three") + "---\nname: four\nexpect: never\n---\n---\n" + good("five")
	got := run(t, "c.yaml", text)
	if len(got) != 5 {
		t.Fatalf("got %d results: %q", len(got), got)
	}
	for i, want := range []string{"one allow", "c.yaml:", "three allow", "four malformed c.yaml:", "five allow"} {
		if !strings.HasPrefix(got[i], want) {
			t.Errorf("result %d: got %q, want %q", i, got[i], want)
		}
	}

	object := func(name string) string {
		return `{"name":"` + name + `","request":{"action":"s3:GetObject","resource":"arn:aws:s3:::b/k","principal":"arn:aws:iam::111122223333:role/a/b"},` +
			`"identityPolicies":[{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}]}`
	}
	got = run(t, "c.json", object("one")+"\n{\"name\": broken}\n"+object("three")+object("four"))
	want := []string{
		"one allow by identity-based policy identityPolicies[0][0]",
		"c.json:2 malformed c.json:2: not JSON: want a value",
		"three allow by identity-based policy identityPolicies[0][0]",
		"four allow by identity-based policy identityPolicies[0][0]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPrincipals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, principal, context, want, keys string }{
		{"role", "arn:aws:iam::111122223333:role/team/app", "{}",
			`{"kind":"role-session","accountId":"111122223333","arn":"arn:aws:sts::111122223333:assumed-role/app/simulated","roleArn":"arn:aws:iam::111122223333:role/team/app"}`,
			`aws:PrincipalArn=arn:aws:iam::111122223333:role/team/app aws:PrincipalType=AssumedRole aws:PrincipalAccount=111122223333 aws:PrincipalIsAWSService=false`},
		{"session", "arn:aws:sts::111122223333:assumed-role/app/s", "{}",
			`{"kind":"role-session","accountId":"111122223333","arn":"arn:aws:sts::111122223333:assumed-role/app/s","roleArn":"arn:aws:iam::111122223333:role/app"}`,
			`aws:PrincipalArn=arn:aws:iam::111122223333:role/app aws:PrincipalType=AssumedRole aws:PrincipalAccount=111122223333 aws:PrincipalIsAWSService=false`},
		{"session of a role with a path", "arn:aws:sts::111122223333:assumed-role/app/s", `{"aws:principalarn": "arn:aws:iam::111122223333:role/team/app"}`,
			`{"kind":"role-session","accountId":"111122223333","arn":"arn:aws:sts::111122223333:assumed-role/app/s","roleArn":"arn:aws:iam::111122223333:role/team/app"}`,
			`aws:principalarn=arn:aws:iam::111122223333:role/team/app aws:PrincipalType=AssumedRole aws:PrincipalAccount=111122223333 aws:PrincipalIsAWSService=false`},
		{"what the case says wins", "arn:aws:iam::111122223333:user/x/ann", `{"aws:username": bob, "aws:PrincipalType": null}`,
			`{"kind":"user","accountId":"111122223333","arn":"arn:aws:iam::111122223333:user/x/ann"}`,
			`aws:username=bob aws:PrincipalArn=arn:aws:iam::111122223333:user/x/ann aws:PrincipalAccount=111122223333 aws:PrincipalIsAWSService=false`},
		{"federated user", "arn:aws:sts::111122223333:federated-user/ann", "{}",
			`{"kind":"federated-user","accountId":"111122223333","arn":"arn:aws:sts::111122223333:federated-user/ann"}`,
			`aws:PrincipalArn=arn:aws:sts::111122223333:federated-user/ann aws:PrincipalType=FederatedUser aws:userid=111122223333:ann aws:PrincipalAccount=111122223333 aws:PrincipalIsAWSService=false`},
		{"account", `"111122223333"`, "{}",
			`{"kind":"root","accountId":"111122223333","arn":"arn:aws:iam::111122223333:root"}`,
			`aws:PrincipalArn=arn:aws:iam::111122223333:root aws:PrincipalType=Account aws:userid=111122223333 aws:PrincipalAccount=111122223333 aws:PrincipalIsAWSService=false`},
		{"service", "ec2.amazonaws.com", "{}", `{"kind":"service","service":"ec2.amazonaws.com"}`, `aws:PrincipalIsAWSService=true aws:PrincipalServiceName=ec2.amazonaws.com`},
		{"anonymous", `"*"`, "{}", `{"kind":"anonymous"}`, `aws:PrincipalType=Anonymous aws:PrincipalAccount=anonymous aws:userid=anonymous`},
		{"token", "arn:aws:iam::111122223333:oidc-provider/x.example/id/A", "{}",
			`{"kind":"web-identity","accountId":"111122223333","provider":"arn:aws:iam::111122223333:oidc-provider/x.example/id/A"}`,
			`aws:FederatedProvider=arn:aws:iam::111122223333:oidc-provider/x.example/id/A aws:userid=arn:aws:iam::111122223333:oidc-provider/x.example/id/A aws:PrincipalType=User aws:PrincipalAccount=111122223333 aws:PrincipalIsAWSService=false`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := "request: {action: s3:ListAllMyBuckets, resource: '*', principal: " + test.principal + ", context: " + test.context + "}"
			for c, err := range simulate.Parse("c.yaml", []byte(text)) {
				if err != nil {
					t.Fatal(err)
				}
				if got, err := json.Marshal(c.Request.Principal); err != nil || string(got) != test.want {
					t.Errorf("principal: %v\n got %s\nwant %s", err, got, test.want)
				}
				var keys []string
				for key, values := range c.Request.Context.All() {
					if key != "aws:ViaAWSService" && key != "aws:ResourceAccount" && key != "s3:ResourceAccount" {
						keys = append(keys, key+"="+values[0])
					}
				}
				if got := strings.Join(keys, " "); got != test.keys {
					t.Errorf("context\n got %s\nwant %s", got, test.keys)
				}
				if c.Request.ResourceAccount != c.Request.Principal.AccountID {
					t.Errorf("the resource is of account %q", c.Request.ResourceAccount)
				}
			}
		})
	}
}

// TestLines shows that an explanation names lines of the file.
func TestLines(t *testing.T) {
	t.Parallel()
	text := request + `identityPolicies:
  - name: same
    document:
      Version: 2012-10-17
      Statement:
        - {Effect: Allow, Action: s3:PutObject, Resource: "*"}
  - name: same
    document:
      Version: 2012-10-17
      Statement:
        - {Effect: Allow, Action: s3:PutObject, Resource: "*"}
        - Effect: Allow
          Action: s3:GetObject
          Resource: "*"
          Condition:
            StringEquals:
              aws:username: x
`
	for c, err := range simulate.Parse("c.yaml", []byte(text)) {
		if err != nil {
			t.Fatal(err)
		}
		e := c.Explain().Explanation
		var lines []int
		for _, p := range e.Policies {
			for _, s := range p.Statements {
				lines = append(lines, s.Line)
				if s.Condition != nil {
					lines = append(lines, s.Condition.Line)
				}
			}
		}
		if diff := cmp.Diff([]int{11, 16, 17, 22}, lines); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestThousandsOfCases(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&text, "---\nname: case %d%sidentityPolicies: [{name: app, document: %s}]\nexpect: allow\n", i, request, readAll)
	}
	var tally simulate.Tally
	for c, err := range simulate.Parse("c.yaml", []byte(text.String())) {
		if err != nil {
			t.Fatal(err)
		}
		r := c.Decide()
		tally.Add(&r)
	}
	if diff := cmp.Diff(simulate.Tally{Allowed: 4000}, tally); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAliasesAreBounded(t *testing.T) {
	t.Parallel()
	text := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'k'; c++ {
		before := string(c - 1)
		text += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat("*"+before+",", 10), ","))
	}
	got := run(t, "c.yaml", text)
	if len(got) != 1 || !strings.Contains(got[0], "aliases make the text larger") {
		t.Errorf("got %q", got)
	}
}

func TestTally(t *testing.T) {
	t.Parallel()
	var tally simulate.Tally
	for c, err := range simulate.Parse("c.yaml", []byte(request+"---"+request+"expect: allow\n---"+request+"expect: implicit-deny\n---\nname: x\n")) {
		r := c.Malformed(fmt.Errorf("x"))
		if err == nil {
			r = c.Decide()
		}
		tally.Add(&r)
	}
	if diff := cmp.Diff(simulate.Tally{Denied: 3, Malformed: 1, Wrong: 1, Open: 1}, tally); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("c.yaml", request+"identityPolicies: ["+readAll+"]\n")
	f.Add("c.json", `{"request":{"action":"s3:GetObject"}} {`)
	f.Add("c.yaml", "%YAML 1.1\n---\na: &a {<<: *a}\n---\n{a: 1\n---\n")
	f.Fuzz(func(t *testing.T, name, text string) {
		for c, err := range simulate.Parse(name, []byte(text)) {
			if err != nil {
				if c.Malformed(err).Error == "" {
					t.Error("malformed without a reason")
				}
				continue
			}
			if quick, slow := line(c.Decide()), line(c.Explain()); quick != slow {
				t.Errorf("%s != %s", quick, slow)
			}
		}
	})
}
