package lint_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/lint"
)

const (
	issuer   = "oidc.eks.eu-west-1.amazonaws.com/id/A"
	provider = "arn:aws:iam::111122223333:oidc-provider/" + issuer
)

// doc makes a document of statements.
func doc(statements ...string) string {
	return `{"Version": "2012-10-17", "Statement": [` + strings.Join(statements, ",\n") + `]}`
}

// web makes a trust policy for tokens with this condition.
func web(condition string) string {
	return doc(`{"Effect": "Allow", "Principal": {"Federated": "` + provider + `"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": ` + condition + `}`)
}

const (
	aud = `"` + issuer + `:aud": "sts.amazonaws.com"`
	sub = `"` + issuer + `:sub": "system:serviceaccount:prod:app"`
)

// goodTrust is what eksctl writes.
var goodTrust = web(`{"StringEquals": {` + aud + `, ` + sub + `}}`)

func trust(principal, action string) string {
	return doc(`{"Effect": "Allow", "Principal": ` + principal + `, "Action": "` + action + `", "Condition": {"StringEquals": {` + aud + `, ` + sub + `}}}`)
}

func like(sub string) string {
	return web(`{"StringEquals": {` + aud + `}, "StringLike": {"` + issuer + `:sub": "` + sub + `"}}`)
}

// on makes an identity policy of one action and one resource.
func on(action, resource string) string {
	return doc(`{"Effect": "Allow", "Action": ` + quoted(action) + `, "Resource": ` + quoted(resource) + `}`)
}

// quoted makes a list of words that are divided by blanks.
func quoted(words string) string { return `["` + strings.Join(strings.Fields(words), `", "`) + `"]` }

// when makes an identity policy that reads objects on a condition.
func when(condition string) string { return effect("Allow", condition) }

func effect(effect, condition string) string {
	return doc(`{"Effect": "` + effect + `", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": ` + condition + `}`)
}

// bucket makes a bucket policy.
func bucket(principal, rest string) string {
	return doc(`{"Effect": "Allow", ` + principal + `, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bkt/*"` + rest + `}`)
}

const readOne = `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bkt/a/*"}`

// ruleTests are for each rule documents that it finds something in, and
// documents near to them that it does not.
var ruleTests = []struct {
	id        string
	kind      lint.Kind
	bad, good []string
}{
	{"IRS001", lint.Auto,
		[]string{`{}`, `[]`, `{"Version": "2012-10-17", "Statement": {"Effect": "Allow"}}`, on("s3:GetObject", "bkt"), doc(`{"Effect": "allow", "Action": "s3:GetObject", "Resource": "*"}`)},
		[]string{on("s3:GetObject", "arn:aws:s3:::bkt/*"), goodTrust}},
	{"IRS001", lint.Bucket, []string{bucket(`"Principal": {"AWS": "arn:aws:iam::111122223333:role/*"}`, "")}, []string{bucket(`"Principal": {"AWS": "111122223333"}`, "")}},
	{"IRS002", lint.Auto,
		[]string{web(`{"StringEquals": {` + sub + `}}`), web(`{"StringEquals": {` + sub + `}, "StringEqualsIfExists": {` + aud + `}}`), web(`{"StringEquals": {` + sub + `}, "StringNotEquals": {` + aud + `}}`)},
		[]string{goodTrust, trust(`{"AWS": "111122223333"}`, "sts:AssumeRole")}},
	{"IRS003", lint.Auto,
		[]string{web(`{"StringEquals": {` + aud + `}}`), web(`{"StringEquals": {` + aud + `}, "ForAllValues:StringLike": {` + sub + `}}`),
			doc(`{"Effect": "Allow", "Principal": {"Federated": "` + provider + `"}, "Action": "sts:*"}`)},
		[]string{goodTrust, like("system:serviceaccount:prod:*")}},
	{"IRS004", lint.Auto, []string{like("*"), like("system:serviceaccount:*"), like("system:serviceaccount:*:*"), like("repo:*")}, []string{like("system:serviceaccount:prod:*"), like("repo:me/*"), goodTrust}},
	{"IRS005", lint.Auto, []string{like("system:serviceaccount:*:app"), like("system:serviceaccount:prod-*:app")}, []string{like("system:serviceaccount:prod:*"), like("system:serviceaccount:*")}},
	{"IRS006", lint.Auto,
		[]string{web(`{"StringEquals": {` + aud + `, "` + issuer + `:sub": "system:serviceaccount:prod:*"}}`), when(`{"StringNotEqualsIgnoreCase": {"aws:PrincipalTag/a": ["x", "y*"]}}`)},
		[]string{like("system:serviceaccount:prod:*"), when(`{"StringEquals": {"aws:PrincipalTag/a": "${*}"}}`)}},
	{"IRS007", lint.Auto, []string{web(`{"StringEquals": {` + aud + `, "https://` + issuer + `:sub": "x"}}`)}, []string{goodTrust}},
	{"IRS008", lint.Auto, []string{web(`{"StringEquals": {` + aud + `, "oidc.eks.us-east-1.amazonaws.com/id/A:sub": "x"}}`), web(`{"StringEquals": {` + sub + `, "` + issuer + `/:aud": "x"}}`)},
		[]string{goodTrust, strings.ReplaceAll(goodTrust, issuer+":", strings.ToUpper(issuer)+":")}},
	{"IRS009", lint.Auto,
		[]string{trust(`{"Federated": "`+issuer+`"}`, "sts:AssumeRoleWithWebIdentity"), trust(`{"Federated": "arn:aws:iam::111122223333:saml-provider/x"}`, "sts:AssumeRoleWithWebIdentity")},
		[]string{goodTrust, trust(`{"Federated": "cognito-identity.amazonaws.com"}`, "sts:AssumeRoleWithWebIdentity"), trust(`{"Federated": "arn:aws:iam::111122223333:saml-provider/x"}`, "sts:AssumeRoleWithSAML")}},
	{"IRS010", lint.Auto, []string{trust(`{"Federated": "`+provider+`"}`, "sts:AssumeRole")}, []string{goodTrust, trust(`{"Federated": "`+provider+`"}`, "sts:AssumeRole*"), trust(`{"AWS": "111122223333"}`, "sts:AssumeRole")}},
	{"IRS011", lint.Auto, []string{trust(`{"AWS": "111122223333"}`, "sts:AssumeRoleWithWebIdentity"), trust(`{"Service": "eks.amazonaws.com"}`, "sts:AssumeRoleWithWebIdentity")}, []string{goodTrust}},
	{"IRS012", lint.Auto,
		[]string{on("s3:GetObjct", "*"), on("s3:Fetch*", "*"), on("dynamo:GetItem", "*"), doc(`{"Effect": "Allow", "Action": "s3:GetObject,s3:PutObject", "Resource": "*"}`), doc(`{"Effect": "Allow", "Action": "s3:GetObject ", "Resource": "*"}`)},
		[]string{on("S3:getobject", "*"), on("s3:Get*", "*"), on("*", "*"), on("s3:HeadObject", "*")}},
	{"IRS013", lint.Auto, []string{on("s3:ListObjectsV2", "*"), on("s3:HeadObject", "*"), on("s3:ListBuckets", "*"), on("lambda:Invoke", "*")}, []string{on("s3:ListBucket", "*"), on("s3:GetObject", "*")}},
	{"IRS014", lint.Auto, []string{when(`{"StringEquals": {"aws:PrincipalOrgId2": "o"}}`), when(`{"StringEquals": {"s3:prefx": "o"}}`), web(`{"StringEquals": {` + aud + `, ` + sub + `, "` + issuer + `:kubernetes.io": "x"}}`)},
		[]string{when(`{"StringEquals": {"aws:principalorgid": "o"}}`), when(`{"StringEquals": {"s3:ExistingObjectTag/x": "o"}}`), goodTrust}},
	{"IRS015", lint.Auto,
		[]string{when(`{"StringEquals": {"s3:prefix": "a"}}`), web(`{"StringEquals": {` + aud + `, ` + sub + `, "sts:ExternalId": "x"}}`), when(`{"ArnLike": {"aws:SourceArn": "arn:aws:s3:::b"}}`)},
		[]string{doc(`{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*", "Condition": {"StringEquals": {"s3:prefix": "a"}}}`), goodTrust, when(`{"StringEqualsIfExists": {"s3:prefix": "a"}}`), when(`{"StringEquals": {"aws:username": "a"}}`),
			doc(`{"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "*", "Condition": {"StringEquals": {"s3:prefix": "a"}}}`)}},
	{"IRS016", lint.Auto, []string{when(`{"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}`)},
		[]string{when(`{"ForAllValues:StringEquals": {"aws:TagKeys": "a"}, "Null": {"aws:TagKeys": "false"}}`), effect("Deny", `{"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}`), when(`{"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}`)}},
	{"IRS017", lint.Auto, []string{when(`{"StringEquals": {"aws:TagKeys": "a"}}`)}, []string{when(`{"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}`), when(`{"Null": {"aws:TagKeys": "false"}}`)}},
	{"IRS018", lint.Auto, []string{when(`{"ForAnyValue:StringEquals": {"aws:username": "a"}}`)}, []string{when(`{"StringEquals": {"aws:username": "a"}}`)}},
	{"IRS019", lint.Auto,
		[]string{on("s3:GetObject", "arn:aws:s3:::b"), on("s3:ListBucket", "arn:aws:s3:::b/*"), on("s3:Put*Tagging s3:GetObject", "arn:aws:sqs:eu-west-1:111122223333:q"), on("sqs:SendMessage", "arn:aws:sns:eu-west-1:111122223333:t")},
		[]string{on("s3:GetObject", "arn:aws:s3:::b*"), on("s3:GetObject", "arn:aws:s3:::b/${aws:username}"), on("s3:*", "arn:aws:s3:::b"), on("s3:ListBucket s3:GetObject", "arn:aws:s3:::b arn:aws:s3:::b/*"), on("sqs:SendMessage", "arn:aws:sqs:*:111122223333:q?"),
			on("s3:GetObject", "arn:aws:s3:eu-west-1:111122223333:accesspoint/x/object/*"), on("iam:PassRole", "arn:aws:iam::111122223333:role/x")}},
	{"IRS020", lint.Auto, []string{on("s3:ListAllMyBuckets", "arn:aws:s3:::b"), on("ec2:DescribeInstances", "arn:aws:ec2:*:*:instance/*")}, []string{on("s3:ListAllMyBuckets", "*"), on("s3:ListAllMyBuckets", "arn:aws:s3:::*"), on("s3:*", "arn:aws:s3:::b")}},
	{"IRS021", lint.Auto, []string{doc(readOne, strings.Replace(readOne, "{", `{"Sid": "x", `, 1)), doc(readOne, strings.Replace(readOne, "s3:Get", "S3:get", 1))}, []string{doc(readOne), doc(readOne, strings.Replace(readOne, "bkt", "other", 1))}},
	{"IRS022", lint.Auto,
		[]string{doc(`{"Effect": "Deny", "Action": "s3:Get*", "Resource": "arn:aws:s3:::bkt/*"}`, readOne), doc(readOne, `{"Effect": "Deny", "Action": "*", "Resource": "*"}`)},
		[]string{doc(`{"Effect": "Deny", "Action": "s3:Get*", "Resource": "arn:aws:s3:::bkt/b/*"}`, readOne), doc(`{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}`, readOne)}},
	{"IRS023", lint.Auto, []string{doc(`{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::bkt/*"}`, readOne), doc(readOne, `{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}`)},
		[]string{doc(readOne, readOne), doc(`{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}`, readOne)}},
	{"IRS024", lint.Auto, []string{bucket(`"NotPrincipal": {"AWS": "111122223333"}`, "")}, []string{bucket(`"Principal": {"AWS": "111122223333"}`, ""), strings.Replace(bucket(`"NotPrincipal": {"AWS": "111122223333"}`, ""), "Allow", "Deny", 1)}},
	{"IRS025", lint.Auto, []string{doc(`{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}`)}, []string{doc(`{"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}`)}},
	{"IRS026", lint.Auto, []string{doc(`{"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::b/*"}`)}, []string{doc(`{"Effect": "Deny", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::b/*"}`)}},
	{"IRS027", lint.Auto, []string{on("s3:PutObject", "*"), on("s3:*", "*")}, []string{on("s3:GetObject", "*"), on("s3:PutObject", "arn:aws:s3:::b/*"), on("*", "*")}},
	{"IRS028", lint.Auto, []string{on("*", "*")}, []string{on("s3:*", "*"), on("*", "arn:aws:s3:::b")}},
	{"IRS029", lint.Bucket, []string{strings.Replace(bucket(`"Principal": "*"`, `, "Condition": {"StringLike": {"aws:PrincipalArn": "${aws:username}"}}`), "2012-10-17", "2008-10-17", 1)},
		[]string{bucket(`"Principal": "*"`, `, "Condition": {"StringLike": {"aws:PrincipalArn": "${aws:username}"}}`), strings.Replace(bucket(`"Principal": "*"`, ""), "2012-10-17", "2008-10-17", 1)}},
	{"IRS030", lint.Identity,
		[]string{on("s3:${aws:username}", "*"), on("s3:GetObject", "arn:aws:s3:${aws:RequestedRegion}::b/*"), on("s3:GetObject", "arn:aws:s3:::b/${aws:username"), when(`{"IpAddress": {"aws:SourceIp": "${aws:username}"}}`), when(`{"StringEquals": {"aws:username": "${aws:userid"}}`)},
		[]string{on("s3:GetObject", "arn:aws:s3:::b/${aws:username}/*"), when(`{"StringEquals": {"aws:PrincipalTag/a": "${aws:username}"}}`)}},
	{"IRS030", lint.Trust, []string{trust(`{"AWS": "arn:aws:iam::${aws:PrincipalAccount}:root"}`, "sts:AssumeRole")}, []string{goodTrust}},
	{"IRS031", lint.Auto, []string{on("s3:GetObject", "arn:aws:s3:eu-west-1::b/*"), on("s3:GetObject", "arn:aws:s3::111122223333:b/*")}, []string{on("s3:GetObject", "arn:aws:s3:::b/*"), on("s3:GetObject", "arn:aws:s3:eu-west-1:111122223333:accesspoint/x/object/*")}},
	{"IRS032", lint.Auto, []string{doc(`{"Sid": "a", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}`, `{"Sid": "a", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}`)},
		[]string{doc(`{"Sid": "a", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}`, `{"Sid": "A", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}`)}},
	{"IRS033", lint.Auto, []string{when(`{"StringEquals": {"aws:SourceIp": "10.0.0.1"}}`), when(`{"NumericEquals": {"aws:username": "1"}}`), when(`{"IpAddress": {"aws:username": "10.0.0.1"}}`)},
		[]string{when(`{"IpAddress": {"aws:SourceIp": "10.0.0.1"}}`), when(`{"StringLike": {"aws:PrincipalArn": "*"}}`), when(`{"NumericLessThan": {"aws:PrincipalTag/level": "3"}}`), when(`{"DateGreaterThan": {"aws:CurrentTime": "2026-01-01"}}`)}},
	{"IRS034", lint.Trust, []string{web(`{"StringEquals": {` + aud + `, "` + issuer + `:sub": "` + strings.Repeat("x", 2048) + `"}}`)}, []string{goodTrust + strings.Repeat(" ", 2048)}},
	{"IRS035", lint.Auto, []string{bucket(`"Principal": "*"`, ""), bucket(`"Principal": {"AWS": ["*"]}`, "")}, []string{bucket(`"Principal": {"AWS": "111122223333"}`, ""), bucket(`"Principal": "*"`, `, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a"}}`)}},
	{"IRS036", lint.Auto, []string{doc(`{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}`)}, []string{doc(`{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a"}}}`)}},
	{"IRS037", lint.Auto, []string{when(`{"Bool": {"aws:SecureTransport": "yes"}}`), when(`{"IpAddress": {"aws:SourceIp": "300.1.1.1"}}`), when(`{"Null": {"aws:username": ""}}`), when(`{"NumericEquals": {"aws:MultiFactorAuthAge": "long"}}`), when(`{"ArnLike": {"aws:PrincipalArn": "role/x"}}`)},
		[]string{when(`{"Bool": {"aws:SecureTransport": true}}`), when(`{"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "::1"]}}`), when(`{"NumericEquals": {"aws:MultiFactorAuthAge": 1}}`)}},
}

func TestRules(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{}
	for _, test := range ruleTests {
		tested[test.id] = true
		t.Run(test.id, func(t *testing.T) {
			t.Parallel()
			for _, text := range test.bad {
				if all := ids(text, test.kind); !slices.Contains(all, test.id) {
					t.Errorf("found only %v in\n%s", all, text)
				}
			}
			for _, text := range test.good {
				if all := ids(text, test.kind); slices.Contains(all, test.id) {
					t.Errorf("found in\n%s", text)
				}
			}
		})
	}
	for _, r := range lint.Rules() {
		if !tested[r.ID] {
			t.Errorf("%s has no test", r.ID)
		}
	}
}

func ids(text string, kind lint.Kind) []string {
	var all []string
	for _, f := range lint.Run("p.json", []byte(text), kind) {
		all = append(all, f.ID)
	}
	return all
}

// TestGood shows that what AWS's guides recommend has no findings at all.
func TestGood(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		kind       lint.Kind
	}{
		{"eksctl's trust policy", goodTrust, lint.Auto},
		{"EC2's trust policy", doc(`{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}`), lint.Auto},
		{"pod identity's trust policy", doc(`{"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}`), lint.Auto},
		{"GitHub's trust policy", strings.ReplaceAll(strings.ReplaceAll(like("repo:me/it:*"), issuer, "token.actions.githubusercontent.com"), "EKS", ""), lint.Auto},
		{"a folder of a bucket", doc(`{"Sid": "List", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b", "Condition": {"StringLike": {"s3:prefix": ["home/${aws:username}/*"]}}}`,
			`{"Sid": "Use", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::b/home/${aws:username}/*"}`), lint.Auto},
		{"TLS only", doc(`{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::bkt", "arn:aws:s3:::bkt/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}`), lint.Auto},
		{"a region's service control policy", doc(`{"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1"]}}}`), lint.ServiceControl},
		{"an organization's resource control policy", doc(`{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}`), lint.ResourceControl},
		{"a boundary", on("s3:* dynamodb:*", "*"), lint.Boundary},
		{"a session policy", on("s3:GetObject", "arn:aws:s3:::b/*"), lint.Session},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, f := range lint.Run("p.json", []byte(test.text), test.kind) {
				t.Errorf("%+v", f)
			}
		})
	}
}

// TestSeverities shows that a rule that fails where it is sure only warns where
// it is not.
func TestSeverities(t *testing.T) {
	t.Parallel()
	large := func(n int) string {
		return doc(`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/` + strings.Repeat("x", n) + `"}`)
	}
	for _, test := range []struct {
		id, sure, unsure string
	}{
		{"IRS012", on("s3:GetObjct", "*"), on("zzzzzzzz:Qqqqqq", "*")},
		{"IRS014", when(`{"StringEquals": {"aws:SourceIpp": "o"}}`), when(`{"StringEquals": {"aws:Zzzzzzzzzzzz": "o"}}`)},
		{"IRS020", on("s3:ListAllMyBuckets", "arn:aws:s3:::b"), on("eks:ListClusters", "arn:aws:eks:*:*:cluster/*")},
		{"IRS034", large(10300), large(6200)},
	} {
		for severity, text := range map[lint.Severity]string{lint.Error: test.sure, lint.Warning: test.unsure} {
			found := lint.Run("p.json", []byte(text), lint.Identity)
			if len(found) != 1 || found[0].ID != test.id || found[0].Severity != severity {
				t.Errorf("%s: want one finding of severity %s, got %+v", test.id, severity, found)
			}
		}
	}
}

// TestFixes pins what some of the rules propose.
func TestFixes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ id, text, message, fix string }{
		{"IRS001", when(`{"StringEqual": {"aws:username": "o"}}`), "MalformedPolicyDocument: Syntax errors in policy. (unknown condition operator StringEqual)", ""},
		{"IRS006", when(`{"StringNotEquals": {"aws:username": "o*"}}`), `StringNotEquals takes the star in "o*" for a star`, "use StringNotLike, or write ${*} where a star is meant"},
		{"IRS007", web(`{"StringEquals": {"https://` + issuer + `:sub": "x", ` + aud + `}}`), "the condition key https://" + issuer + ":sub has a scheme, which no key has", "write it as " + issuer + ":sub"},
		{"IRS008", web(`{"StringEquals": {"x.example:sub": "x", ` + aud + `}}`), "the condition key is of the issuer x.example, the Federated principal of " + issuer, "write it as " + issuer + ":sub"},
		{"IRS012", on("s3:GetObjct", "*"), "AWS has no action s3:GetObjct", "did you mean s3:GetObject?"},
		{"IRS014", when(`{"StringEquals": {"aws:SourceIpp": "o"}}`), "AWS has no condition key aws:SourceIpp", "did you mean aws:SourceIp?"},
		{"IRS019", on("s3:GetObject", "arn:aws:s3:::b"), "s3:GetObject acts on arn:aws:s3:::${BucketName}/${ObjectName}, and the statement has only arn:aws:s3:::b", "add a resource such as arn:aws:s3:::${BucketName}/${ObjectName}"},
		{"IRS031", on("s3:GetObject", "arn:aws:s3:eu-west-1::b/*"), "arn:aws:s3:eu-west-1::b/* has a region or an account, and the ARNs of buckets and objects have none", "write arn:aws:s3:::b/*"},
	} {
		found := lint.Run("p.json", []byte(test.text), lint.Auto)
		i := slices.IndexFunc(found, func(f lint.Finding) bool { return f.ID == test.id })
		if i < 0 || found[i].Message != test.message || found[i].Fix != test.fix {
			t.Errorf("%s: got %+v", test.id, found)
		}
	}
}
