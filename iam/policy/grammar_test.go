package policy_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

// malformed wants a document refused with this code and message.
func malformed(t *testing.T, kind policy.Kind, src, code, message string) {
	t.Helper()
	d, err := policy.Parse(kind, []byte(src))
	bad, ok := errors.AsType[*policy.MalformedError](err)
	if !ok || d != nil {
		t.Fatalf("%s\nParse = %v, %v; want a MalformedError", src, d, err)
	}
	if bad.Code != code || bad.Message != message {
		t.Errorf("%s\n got %s: %s (%s)\nwant %s: %s", src, bad.Code, bad.Message, bad.Detail, code, message)
	}
	if bad.Line < 1 || bad.Column < 1 || !strings.HasPrefix(bad.Error(), bad.Message) {
		t.Errorf("bad place in %q", bad.Error())
	}
}

const (
	syntaxText  = "Syntax errors in policy."
	versionText = "Policy document must be version 2012-10-17 or greater."
	legacyText  = "The policy failed legacy parsing"
	actionsText = "Policy statement must contain actions."
	vendorText  = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
	iamPathText = `IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.`
)

// good is a statement without fault; extra elements go at its end.
func good(extra string) string {
	return "{'Effect':'Allow','Action':'s3:ListBucket','Resource':'arn:aws:s3:::b'" + extra + "}"
}

func action(element string) string {
	return doc("{'Effect':'Allow'," + element + ",'Resource':'arn:aws:s3:::b'}")
}

func resource(element string) string {
	return doc("{'Effect':'Allow','Action':'s3:ListBucket'," + element + "}")
}

func when(condition string) string { return doc(good(",'Condition':" + condition)) }

func TestIdentityRefused(t *testing.T) {
	t.Parallel()
	statement := good("")
	tests := []struct{ name, src, message string }{
		{"not JSON", "This is not a json document", "This policy contains invalid Json"},
		{"empty", "", "This policy contains invalid Json"},
		{"text after it", doc(statement) + "x", "This policy contains invalid Json"},
		{"not UTF-8", "{\"Version\":\"\xff\"}", "This policy contains invalid Json"},
		{"list", "[]", syntaxText},
		{"G3 version", quotes("{'Version':'2013-01-01','Statement':" + statement + "}"), syntaxText},
		{"version no string", quotes("{'Version':2012,'Statement':" + statement + "}"), syntaxText},
		{"G4 no version", quotes("{'Statement':" + statement + "}"), versionText},
		{"G4 old version", quotes("{'Version':'2008-10-17','Statement':" + statement + "}"), versionText},
		{"G31 version before actions", quotes("{'Statement':{'Effect':'Allow'}}"), versionText},
		{"G31 version before effect", quotes("{'Statement':{'Effect':'denY','Action':'s3:a','Resource':'*'}}"), versionText},
		{"G31 syntax before version", quotes("{'Statement':{'Effect':'maybe'}}"), syntaxText},
		{"no statement", quotes("{'Version':'2012-10-17'}"), syntaxText},
		{"G7 no statements", doc(), syntaxText},
		{"statement no object", doc("'afd'"), syntaxText},
		{"statement a string", quotes("{'Version':'2012-10-17','Statement':'x'}"), syntaxText},
		{"unknown element", quotes("{'Version':'2012-10-17','Extra field':1,'Statement':" + statement + "}"), syntaxText},
		{"G8 unknown element of a statement", doc(good(",'Extra field':'value'")), syntaxText},
		{"G9 lower case element", doc("{'effect':'Allow','Action':'s3:a','Resource':'*'}"), syntaxText},
		{"G9 lower case effect", doc("{'Effect':'allow','Action':'s3:a','Resource':'*'}"), legacyText},
		{"effect no string", doc("{'Effect':true,'Action':'s3:a','Resource':'*'}"), syntaxText},
		{"no effect", doc("{'Action':'s3:a','Resource':'*'}"), syntaxText},
		{"Id a list", quotes("{'Version':'2012-10-17','Id':['x'],'Statement':" + statement + "}"), syntaxText},
		{"Sid an object", doc(good(",'Sid':{}")), syntaxText},
		{"G10 both actions", doc(good(",'NotAction':[]")), syntaxText},
		{"G11 both resources", doc(good(",'NotResource':'*'")), syntaxText},
		{"both principals", doc(good(",'Principal':'*','NotPrincipal':'*'")), syntaxText},
		{"G12 no resource", doc("{'Effect':'Allow','Action':'s3:ListBucket'}"), "Policy statement must contain resources."},
		{"G13 no resources", resource("'Resource':[]"), "Policy statement must contain resources."},
		{"G14 no action", doc("{'Effect':'Allow','Resource':'*'}"), actionsText},
		{"no actions", action("'Action':[]"), actionsText},
		{"null alone", action("'Action':[null]"), actionsText},
		{"G15 no vendor", action("'Action':'invalid'"), vendorText},
		{"empty action", action("'NotAction':''"), vendorText},
		{"vendor before resources", doc("{'Effect':'Allow','Action':'invalid'}"), vendorText},
		{"G16 two colons", action("'Action':'s3:List:Bucket'"), "Actions/Condition can contain only one colon."},
		{"G17 vendor", action("'Action':'a a:ListBucket'"), "Vendor a a is not valid"},
		{"wildcard vendor", action("'Action':'s*:ListBucket'"), "Vendor s* is not valid"},
		{"action an object", action("'Action':{}"), syntaxText},
		{"action a list in a list", action("'Action':[[]]"), syntaxText},
		{"action null", action("'Action':null"), syntaxText},
		{"G18 no ARN", resource("'Resource':'foo'"), `Resource foo must be in ARN format or "*".`},
		{"empty resource", resource("'Resource':''"), `Resource  must be in ARN format or "*".`},
		{"resource before action", doc("{'Effect':'Allow','Action':'s:3:ListBucket','Resource':'sdf'}"), `Resource sdf must be in ARN format or "*".`},
		{"resource an object", resource("'Resource':['adfdf',{}]"), syntaxText},
		{"G19 partition", resource("'Resource':'arn:error:s3:::b'"), `Partition "error" is not valid for resource "arn:error:s3:::b".`},
		{"partition of two", resource("'Resource':['arn:error:s3:::b','arn:error:s3::b']"), `Partition "error" is not valid for resource "arn:error:s3:::b".`},
		{"partition, one field", resource("'Resource':'a:bsd'"), `Partition "bsd" is not valid for resource "arn:bsd:*:*:*:*".`},
		{"partition, two fields", resource("'Resource':'a:b:c'"), `Partition "b" is not valid for resource "arn:b:c:*:*:*".`},
		{"partition, many fields", resource("'Resource':'a:b:c:d:e:f:g:h'"), `Partition "b" is not valid for resource "arn:b:c:d:e:f:g:h".`},
		{"partition, no arn", resource("'Resource':'aws:s3:::b'"), `Partition "s3" is not valid for resource "arn:s3:::b:*".`},
		{"partition, nothing after", resource("'Resource':'a:b:'"), `Partition "b" is not valid for resource "arn:b:*:*:*:*".`},
		{"not arn", resource("'Resource':'urn:aws:s3:::b'"), `Resource urn:aws:s3:::b must be in ARN format or "*".`},
		{"no service", resource("'Resource':'arn:aws'"), "Resource vendor must be fully qualified and cannot contain regexes."},
		{"wildcard service", resource("'Resource':'arn:aws:s*:::b'"), "Resource vendor must be fully qualified and cannot contain regexes."},
		{"G20 region of S3", resource("'Resource':'arn:aws:s3:us-east-1::b'"), "Resource arn:aws:s3:us-east-1::b can not contain region information."},
		{"region of IAM", resource("'Resource':'arn:aws:iam:us-east-1::role/b'"), "IAM resource arn:aws:iam:us-east-1::role/b cannot contain region information."},
		{"path of IAM", resource("'Resource':'arn:aws:iam:::b'"), iamPathText},
		{"few colons", resource("'Resource':'arn:aws:s3::b'"), legacyText},
		{"few colons, no action", doc("{'Effect':'Allow','Resource':'arn:aws:s3::b'}"), legacyText},
		{"few colons, NotResource", resource("'NotResource':'arn:aws:s3::b'"), legacyText},
		{"empty service", resource("'Resource':'arn:aws::::b'"), legacyText},
		{"empty service, few colons", resource("'Resource':'arn:aws::fdsasf'"), legacyText},
		{"G21 same Sid", doc(good(",'Sid':'sdf'"), "{'Sid':'sdf','Effect':'Allow'}"), "Statement IDs (SID) in a single policy must be unique."},
		{"Sid with blanks", doc(good(",'Sid':'a b'")), "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"},
		{"legacy before Sid", doc("{'Sid':'s','Effect':'aLLow'}", "{'Sid':'s','Effect':'Allow'}"), legacyText},
		{"G22 unknown operator", when("{'x':{'a':'1'}}"), syntaxText},
		{"G23 condition a list", when("[]"), syntaxText},
		{"condition a string", when("'a'"), syntaxText},
		{"operator a string", when("{'DateGreaterThan':'b'}"), syntaxText},
		{"operator a list", when("{'DateGreaterThan':[]}"), syntaxText},
		{"value an object", when("{'DateGreaterThan':{'a':{}}}"), syntaxText},
		{"value null", when("{'StringEquals':{'a':null}}"), syntaxText},
		{"G24 two colons", when("{'ForAnyValue::StringEquals':{'a':'b'}}"), syntaxText},
		{"null if exists", when("{'NullIfExists':{'a':'true'}}"), syntaxText},
		{"operator without case", when("{'stringequals':{'a':'b'}}"), syntaxText},
		{"duplicate operator", when("{'Bool':{'a':'true'},'Bool':{'a':'false'}}"), syntaxText},
		{"duplicate element", doc(good(",'Effect':'Deny'")), syntaxText},
		{"duplicate element, escaped", doc(good(`,'\u0045ffect':'Deny'`)), syntaxText},
		{"G25 date", when("{'DateGreaterThan':{'a':'sdfdsf'}}"), legacyText},
		{"date before partition", doc("{'Effect':'Allow','Action':'s3:a','Resource':'arn:error:s3:::b','Condition':{'DateEquals':{'a':'x'}}}"), legacyText},
		{"month", when("{'DateLessThanEquals':{'a':'234-13'}}"), legacyText},
		{"zone of one digit", when("{'DateLessThanEquals':{'a':'2016-12-13t2:00:00.593194+1'}}"), legacyText},
		{"minutes of a zone", when("{'DateLessThanEquals':{'a':'2016-12-13t2:00:00+10:5'}}"), legacyText},
		{"fraction of ten digits", when("{'DateLessThanEquals':{'a':'2016-12-13t2:00:00.1999999999+10:59'}}"), legacyText},
		{"hour", when("{'DateLessThan':{'a':'2016-12-13T24:00:00Z'}}"), legacyText},
		{"zone", when("{'DateLessThan':{'a':'2016-12-13T20:00:00Q'}}"), legacyText},
		{"epoch", when("{'DateLessThan':{'a':'9223372036854775808'}}"), legacyText},
		{"year", when("{'DateLessThan':{'a':'-292275055'}}"), legacyText},
		{"G30 principal", doc(good(",'Principal':'*'")), "Policy document should not specify a principal."},
		{"NotPrincipal", doc(good(",'NotPrincipal':{'AWS':'111122223333'}")), "Policy document should not specify a principal."},
		{"principal a list", doc(good(",'Principal':['*']")), syntaxText},
		{"principal of an unknown type", doc(good(",'Principal':{'Human':'me'}")), syntaxText},
		{"principal an object", doc(good(",'Principal':{'AWS':{}}")), syntaxText},
		{"character", doc(good(",'Sid':'中'")), syntaxText},
		{"too deep", strings.Repeat("[", 1000), "This policy contains invalid Json"},
		{"too deep, closed", `{"Version":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}", "This policy contains invalid Json"},
		{"too long", strings.Repeat(" ", 1<<20) + "{}", syntaxText},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			malformed(t, policy.Identity, tt.src, "MalformedPolicyDocument", tt.message)
		})
	}
}

func TestIdentityAccepted(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, src string }{
		{"G6 one statement", quotes("{'Version':'2012-10-17','Statement':" + good("") + "}")},
		{"Id", quotes("{'Version':'2012-10-17','Id':'x','Statement':" + good("") + "}")},
		{"Conditions at the top", quotes("{'Version':'2012-10-17','Conditions':{},'Statement':" + good("") + "}")},
		{"order", quotes("{'Statement':" + good("") + ",'Version':'2012-10-17'}")},
		{"G21 empty Sids", doc(good(",'Sid':''"), good(",'Sid':''"))},
		{"G22 unknown operator without keys", when("{'x':{},'y':{}}")},
		{"G23 no condition", when("{}")},
		{"G24 if exists", when("{'StringEqualsIfExists':{'a':'b'}}")},
		{"G24 any, if exists", when("{'ForAnyValue:StringEqualsIfExists':{'a':'b'}}")},
		{"no values", when("{'DateGreaterThan':{'a':[]}}")},
		{"null among values", when("{'StringEquals':{'a':['b',null]}}")},
		{"hours of a day", when("{'DateGreaterThan':{'a':'01T'}}")},
		{"first year", when("{'DateLessThan':{'a':'-292275054'}}")},
		{"zone without minutes", when("{'DateLessThanEquals':{'a':'2016-12-13t2:00:00.593194+23'}}")},
		{"invalid number", when("{'NumericEquals':{'a':'abc'}}")},
		{"invalid address", when("{'IpAddress':{'a':'300.1.1.1'}}")},
		{"blank in an action", action("'Action':'iam: asdf safdsf af '")},
		{"every action", action("'Action':'*'")},
		{"unknown vendor", action("'Action':['fsx:ListBucket','s3-s:x','s3.s:x']")},
		{"null among actions", action("'Action':['s3:a',null]")},
		{"star among resources", resource("'Resource':['arn:aws:s3:::b','*']")},
		{"not everything", doc("{'Effect':'Allow','NotAction':'s3:ListBucket','NotResource':'*'}")},
		{"short ARN", resource("'Resource':['arn:aws:fdsasf','arn:aws:s3']")},
		{"any partition", resource("'Resource':'arn:*:s3:::b'")},
		{"region", resource("'Resource':'arn:aws:ec2:us-east-1::x'")},
		{"access point", resource("'Resource':'arn:aws:s3:us-east-1:111122223333:accesspoint/x'")},
		{"everything of IAM", resource("'Resource':['arn:aws:iam::1:*','arn:aws:iam::1:root','arn:aws:iam:::user/x']")},
		{"variable", resource("'Resource':'arn:aws:iam::*:user/${aws:username}'")},
		{"G38 key of another action", doc("{'Effect':'Allow','Action':'s3:GetObject','Resource':'arn:aws:s3:::b/*','Condition':{'StringEquals':{'s3:prefix':'x'}}}")},
		{"escapes", doc(good(`,'Sid':'\u0041'`))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, kind := range []policy.Kind{policy.Identity, policy.Boundary, policy.Session, policy.ServiceControl} {
				d, err := policy.Parse(kind, []byte(tt.src))
				if err != nil {
					t.Fatalf("%s: %v\n%s", kind, err, tt.src)
				}
				if string(d.Source()) != tt.src || d.Kind() != kind {
					t.Errorf("%s: the document forgot its source or kind", kind)
				}
			}
		})
	}
}

func TestMalformedErrorPlace(t *testing.T) {
	t.Parallel()
	_, err := policy.Parse(policy.Identity, []byte("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {\"é\": 1}\n}"))
	bad, ok := errors.AsType[*policy.MalformedError](err)
	if !ok || bad.Line != 3 || bad.Column != 17 {
		t.Errorf("got %v", err)
	}
	_, err = policy.Parse(99, []byte(doc(good(""))))
	if err == nil {
		t.Error("an unknown kind is parsed")
	}
	defer func() {
		if recover() == nil {
			t.Error("MustParse does not panic")
		}
	}()
	policy.MustParse(policy.Identity, "{}")
}

func TestDocument(t *testing.T) {
	t.Parallel()
	d := policy.MustParse(policy.Resource, quotes("{\n 'Id':'x y','Statement':{'Effect':'Allow','Principal':{'AWS':['111122223333'],'Service':'a.b'},\n'Action':'s3:*','Resource':'arn:aws:s3:::b'}}"))
	if d.ID() != "x y" || d.Size() != len(quotes("{'Id':'xy','Statement':{'Effect':'Allow','Principal':{'AWS':['111122223333'],'Service':'a.b'},'Action':'s3:*','Resource':'arn:aws:s3:::b'}}")) {
		t.Errorf("ID %q, size %d", d.ID(), d.Size())
	}
	source := d.Source()
	source[0] = 'x'
	if d.Source()[0] != '{' {
		t.Error("the source can be changed from outside")
	}
	refs := d.Principals()
	if len(refs) != 2 || refs[0] != (policy.PrincipalRef{Type: "AWS", Value: account}) || refs[1].Type != "Service" {
		t.Errorf("principals %v", refs)
	}
	all := policy.MustParse(policy.Resource, quotes("{'Statement':{'Effect':'Allow','Principal':'*','Action':'s3:*','Resource':'arn:aws:s3:::b'}}"))
	if refs := all.Principals(); len(refs) != 1 || refs[0].Value != "*" {
		t.Errorf("principals %v", refs)
	}
	if refs := policy.MustParse(policy.Identity, doc(good(""))).Principals(); refs != nil {
		t.Errorf("principals %v", refs)
	}
}
