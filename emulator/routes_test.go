package emulator_test

import (
	"net/http"
	"strings"
	"testing"
)

const (
	formType  = "Content-Type: application/x-www-form-urlencoded"
	whoami    = "Action=GetCallerIdentity&Version=2011-06-15"
	listRoles = "Action=ListRoles&Version=2010-05-08"
)

func scope(service string) string {
	return "Authorization: AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20261123/eu-west-1/" + service + "/aws4_request, SignedHeaders=host, Signature=00"
}

// answerer tells from an answer which part of the emulator gave it.
func answerer(a answer) string {
	switch {
	case a.header.Get("X-Amz-Id-2") != "":
		return "s3"
	case strings.Contains(a.body, "https://sts.amazonaws.com/doc/2011-06-15/"), strings.Contains(a.body, "UnknownOperationException"):
		return "sts"
	case strings.Contains(a.body, "https://iam.amazonaws.com/doc/2010-05-08/"):
		return "iam"
	case a.status == http.StatusNotImplemented && strings.Contains(a.body, "<Code>NotImplemented</Code>"):
		return "unserved xml"
	case a.status == http.StatusNotImplemented && a.header.Get("X-Amzn-Errortype") == "NotImplemented":
		return "unserved json"
	case strings.Contains(a.body, `"edition":"irsatz"`):
		return "health"
	case strings.Contains(a.header.Get("Cache-Control"), "max-age"):
		return "issuer"
	case a.status == http.StatusNotFound:
		return "not found"
	}
	return a.body
}

// TestHosts has clusters of all kinds, which take long to make keys for.
func TestHosts(t *testing.T) {
	t.Parallel()
	setup := bucketSetup
	for name, issuer := range issuers {
		setup += clusterSetup(name, issuer)
	}
	s := start(t, setup)
	t.Run("routes", func(t *testing.T) { testRoutes(t, s) })
	t.Run("issuers", func(t *testing.T) { testIssuers(t, s) })
}

func testRoutes(t *testing.T, s *server) {
	const local = "127.0.0.1:4566"
	discovery := "/.well-known/openid-configuration"
	for _, c := range []struct {
		name, host, method, target, body string
		headers                          []string
		want                             string
	}{
		{"sts by region", "sts.eu-west-1.amazonaws.com", "POST", "/", whoami, []string{formType}, "sts"},
		{"sts with port", "sts.amazonaws.com:443", "POST", "/", whoami, []string{formType}, "sts"},
		{"sts in upper case", "STS.AMAZONAWS.COM", "POST", "/", whoami, []string{formType}, "sts"},
		{"sts with final dot", "sts.amazonaws.com.", "POST", "/", whoami, []string{formType}, "sts"},
		{"sts with final dot and port", "sts.amazonaws.com.:4566", "POST", "/", whoami, []string{formType}, "sts"},
		{"sts for fips", "sts-fips.us-east-1.amazonaws.com", "POST", "/", whoami, []string{formType}, "sts"},
		{"sts in China", "sts.cn-north-1.amazonaws.com.cn", "POST", "/", whoami, []string{formType}, "sts"},
		{"sts on localhost", "sts.localhost:4566", "POST", "/", whoami, []string{formType}, "sts"},
		{"sts as LocalStack has it", "sts.localhost.localstack.cloud:4566", "POST", "/", whoami, []string{formType}, "sts"},
		{"host before scope", "sts.eu-west-1.amazonaws.com", "GET", "/x", "", []string{scope("s3")}, "sts"},
		{"sts at a bucket's path", "sts.eu-west-1.amazonaws.com", "GET", "/data/a.txt", "", nil, "sts"},
		{"sts by scope", local, "POST", "/", whoami, []string{formType, scope("sts")}, "sts"},
		{"sts by presigned scope", local, "GET", "/?" + whoami + "&X-Amz-Credential=AKIAEXAMPLE%2F20261123%2Feu-west-1%2Fsts%2Faws4_request", "", nil, "sts"},
		{"unsigned form", local, "POST", "/", whoami, []string{formType}, "sts"},
		{"unsigned form with charset", local, "POST", "/", whoami, []string{formType + "; charset=utf-8"}, "sts"},
		{"unsigned query", local, "GET", "/?" + whoami, "", nil, "sts"},
		{"unsigned query, action last", local, "GET", "/?Version=2011-06-15&Action=GetCallerIdentity", "", nil, "sts"},

		{"iam by scope", local, "POST", "/", listRoles, []string{formType, scope("iam")}, "iam"},
		{"iam by version", local, "POST", "/", listRoles, []string{formType}, "iam"},
		{"iam by a version far behind", local, "POST", "/", "X=" + strings.Repeat("x", 5000) + "&" + listRoles, []string{formType}, "iam"},
		{"iam by version in a query", local, "GET", "/?" + listRoles, "", nil, "iam"},
		{"iam by host", "iam.amazonaws.com", "POST", "/", listRoles, []string{formType}, "iam"},
		{"eks by host", "eks.eu-west-1.amazonaws.com", "GET", "/clusters", "", nil, "unserved json"},
		{"dynamodb", "dynamodb.eu-west-1.amazonaws.com", "POST", "/", "{}", []string{"Content-Type: application/x-amz-json-1.0"}, "unserved json"},
		{"dynamodb by scope", local, "POST", "/", "{}", []string{scope("dynamodb")}, "unserved json"},
		{"dynamodb for an object", "dynamodb.eu-west-1.amazonaws.com", "GET", "/data/a.txt", "", nil, "unserved json"},
		{"sqs by scope", local, "POST", "/", "Action=ListQueues&Version=2012-11-05", []string{formType, scope("sqs")}, "unserved xml"},

		{"path style", local, "GET", "/data/a.txt", "", nil, "s3"},
		{"path style by name", "localhost:4566", "GET", "/data/a.txt", "", nil, "s3"},
		{"path style at another name", "irsatz.test:4566", "GET", "/data/a.txt", "", nil, "s3"},
		{"s3 on localhost", "s3.localhost:4566", "GET", "/data/a.txt", "", nil, "s3"},
		{"s3 by region", "s3.eu-west-1.amazonaws.com", "GET", "/data/a.txt", "", nil, "s3"},
		{"s3's root", "s3.amazonaws.com", "GET", "/", "", nil, "s3"},
		{"bucket and region", "data.s3.eu-west-1.amazonaws.com", "GET", "/a.txt", "", nil, "s3"},
		{"bucket with dots", "my.bucket.s3.amazonaws.com", "GET", "/a.txt", "", nil, "s3"},
		{"bucket called sts", "sts.s3.amazonaws.com", "POST", "/", whoami, []string{formType}, "s3"},
		{"bucket on localhost", "data.localhost:4566", "GET", "/id/x", "", nil, "s3"},
		{"object called as an issuer", "data.s3.eu-west-1.amazonaws.com", "GET", "/id/x", "", nil, "s3"},
		{"object called as an issuer's document", "data.s3.eu-west-1.amazonaws.com", "GET", "/id/" + eksID + discovery, "", nil, "s3"},
		{"object called as health", "data.s3.eu-west-1.amazonaws.com", "GET", "/_irsatz/health", "", nil, "s3"},
		{"root", local, "GET", "/", "", nil, "s3"},
		{"s3 by scope", local, "POST", "/", whoami, []string{formType, scope("s3")}, "s3"},
		{"form to a bucket", local, "POST", "/data", whoami, []string{formType}, "s3"},
		{"asterisk", local, "PRI", "*", "", nil, "s3"},
		{"two slashes", local, "GET", "/data//a", "", nil, "s3"},
		{"two slashes first", local, "GET", "//_irsatz/health", "", nil, "s3"},
		{"dots", local, "GET", "/data/../_irsatz/health", "", nil, "s3"},
		{"escaped slash", local, "GET", "/data%2Fa", "", nil, "s3"},

		{"health", local, "GET", "/_irsatz/health", "", nil, "health"},
		{"health as LocalStack has it", "localhost.localstack.cloud:4566", "GET", "/_localstack/health", "", nil, "health"},
		{"health at an AWS name", "sts.amazonaws.com", "GET", "/_irsatz/health", "", nil, "health"},
		{"unknown path of ours", local, "GET", "/_irsatz/tokens", "", nil, "not found"},
		{"no control on the AWS port", local, "POST", "/_irsatz/v1/tokens", "{}", nil, "not found"},

		{"issuer by id", local, "GET", "/id/" + eksID + discovery, "", nil, "issuer"},
		{"issuer by name", local, "GET", "/id/github/keys", "", nil, "issuer"},
		{"issuer with another slash", local, "GET", "/id/" + eksID + "//keys", "", nil, "not found"},
		{"unknown id", local, "GET", "/id/UNKNOWN" + discovery, "", nil, "not found"},
		{"eks issuer at home", eksHost, "GET", "/id/" + eksID + discovery, "", nil, "issuer"},
		{"eks issuer in upper case with port and dot", strings.ToUpper(eksHost) + ".:443", "GET", "/id/" + eksID + "/keys", "", nil, "issuer"},
		{"eks issuer of another region", "oidc.eks.us-east-1.amazonaws.com", "GET", "/id/" + eksID + discovery, "", nil, "not found"},
		{"other path at the eks issuer's", eksHost, "GET", "/data/a.txt", "", nil, "not found"},
		{"github at home", "token.actions.githubusercontent.com", "GET", discovery, "", nil, "issuer"},
		{"other path at github", "token.actions.githubusercontent.com", "GET", "/data/a.txt", "", nil, "not found"},
		{"final slash", "idp.example.com", "GET", discovery, "", nil, "issuer"},
		{"tenant", "idp.example.net", "GET", "/a" + discovery, "", nil, "issuer"},
		{"the tenant's parent", "idp.example.net", "GET", discovery, "", nil, "issuer"},
		{"issuer in a bucket", "oidc-bucket.s3.eu-west-1.amazonaws.com", "GET", discovery, "", nil, "issuer"},
		{"object beside an issuer", "oidc-bucket.s3.eu-west-1.amazonaws.com", "GET", "/a.txt", "", nil, "s3"},
		{"signed request at an issuer's bucket", "oidc-bucket.s3.eu-west-1.amazonaws.com", "GET", discovery, "", []string{scope("s3")}, "s3"},
		{"issuer at a port", "keycloak.example.org:8443", "GET", "/realms/Main" + discovery, "", nil, "issuer"},
		{"s3 beside an issuer at a port", "keycloak.example.org:8443", "GET", "/data/a.txt", "", nil, "s3"},
		{"issuer's path in other case", "keycloak.example.org:8443", "GET", "/realms/main" + discovery, "", nil, "s3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := raw(t, s.AWSAddr(), request(c.method, c.target, c.host, c.body, c.headers...))
			if a := answerer(got); a != c.want {
				t.Errorf("answered by %s, want %s: %d %s", a, c.want, got.status, got.body)
			}
		})
	}
}

// TestUncleanKeys stores and reads keys that any cleaning would change.
func TestUncleanKeys(t *testing.T) {
	t.Parallel()
	s := start(t, bucketSetup, accountOf)
	keys := []string{
		"a//b", "//a", "a/../b", "./a", "a/./b/", "../../data/a.txt", "a%2Fb", "a/b", "a+b c", "ü/Ⅸ", "a?b", "id/" + eksID + "/keys", "_irsatz/health",
	}
	for _, key := range keys {
		if err := s.root().Put(t.Context(), "data", key, []byte(key)); err != nil {
			t.Errorf("put %q: %v", key, err)
		}
	}
	for _, key := range keys {
		if body, err := s.root().Get(t.Context(), "data", key); err != nil || string(body) != key {
			t.Errorf("get %q: %q, %v", key, body, err)
		}
	}
	if body, err := s.root().Get(t.Context(), "data", "a.txt"); err != nil || string(body) != "hello" {
		t.Errorf("a.txt: %q, %v", body, err)
	}
	if all, err := s.root().Objects(t.Context(), "data", ""); err != nil || len(all) != len(keys)+2 {
		t.Errorf("%d keys, %v: %q", len(all), err, all)
	}
}

// TestUnservedLeavesRecord: also what is refused by the router can be explained.
func TestUnservedLeavesRecord(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	long := strings.Repeat("x", 5000)
	for _, c := range []struct{ service, text, message string }{
		{"eks", request("GET", "/clusters", "eks.eu-west-1.amazonaws.com", ""), "eks is not implemented by irsatz."},
		{"dynamodb", request("POST", "/", "dynamodb.eu-west-1.amazonaws.com", "{}"), "dynamodb is not implemented by irsatz."},
		{long[:40], request("POST", "/", "127.0.0.1", "{}", scope(long)), long[:40] + " is not implemented by irsatz."},
		{`"<&>`, request("POST", "/", "127.0.0.1", listRoles, formType, scope(`"<&>`)), "is not implemented by irsatz."},
	} {
		got := raw(t, s.AWSAddr(), c.text)
		record, ok := s.Trail().Get(got.header.Get("X-Amzn-Requestid"))
		if !ok || record.Service != c.service || record.Status != http.StatusNotImplemented || !strings.Contains(got.body, c.message) {
			t.Errorf("%s: %d %s, record %+v", c.service, got.status, got.body, record)
		}
	}
}
