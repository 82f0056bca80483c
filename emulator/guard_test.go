package emulator_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/emulator"
)

func withToken(c *emulator.Config) { c.ControlToken = "s3cret" }

// TestGuard: nothing of the control port is reached from another site, whatever
// the path and method.
func TestGuard(t *testing.T) {
	t.Parallel()
	open, closed := start(t, standardSetup()), start(t, standardSetup(), withToken)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(open.ControlURL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	const bearer = "Authorization: Bearer s3cret"
	for _, c := range []struct {
		name    string
		server  *server
		headers []string
		want    int // for what is there
	}{
		{"plain", open, nil, 200},
		{"localhost", open, []string{"Host: localhost:" + port}, 200},
		{"LOCALHOST", open, []string{"Host: LOCALHOST"}, 200},
		{"IPv6", open, []string{"Host: [::1]:" + port}, 200},
		{"another loopback address", open, []string{"Host: 127.1.2.3"}, 200},
		{"own origin", open, []string{"Origin: " + open.ControlURL()}, 200},
		{"navigation", open, []string{"Sec-Fetch-Site: none"}, 200},
		{"same origin", open, []string{"Sec-Fetch-Site: same-origin"}, 200},

		{"rebound name", open, []string{"Host: evil.example:" + port}, 403},
		{"rebound name like an address", open, []string{"Host: 127.0.0.1.evil.example"}, 403},
		{"name that ends in localhost", open, []string{"Host: evil.localhost"}, 403},
		{"foreign address", open, []string{"Host: 10.0.0.1"}, 403},
		{"all addresses", open, []string{"Host: 0.0.0.0:" + port}, 403},
		{"user in the host", open, []string{"Host: localhost:1@evil.example"}, 403},
		{"foreign origin", open, []string{"Origin: http://evil.example"}, 403},
		{"origin at another port", open, []string{"Origin: http://127.0.0.1:1"}, 403},
		{"null origin", open, []string{"Origin: null"}, 403},
		{"broken origin", open, []string{"Origin: ://"}, 403},
		{"cross-site", open, []string{"Sec-Fetch-Site: cross-site"}, 403},
		{"same-site", open, []string{"Sec-Fetch-Site: same-site"}, 403},

		{"no token", closed, nil, 401},
		{"wrong token", closed, []string{"Authorization: Bearer s3cre"}, 401},
		{"token of another scheme", closed, []string{"Authorization: Basic s3cret"}, 401},
		{"empty token", closed, []string{"Authorization: Bearer "}, 401},
		{"token", closed, []string{bearer}, 200},
		{"token at any name", closed, []string{bearer, "Host: irsatz.example"}, 200},
		{"token from another origin", closed, []string{bearer, "Origin: http://evil.example"}, 403},
		{"token from another site", closed, []string{bearer, "Sec-Fetch-Site: cross-site"}, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, r := range []struct {
				method, path string
				good         int
			}{
				{"GET", "/v1/info", 200}, {"GET", "/v1/ca", 200}, {"GET", "/v1/trail", 200}, {"GET", "/v1/clock", 200},
				{"POST", "/v1/tokens", 400}, {"POST", "/v1/state", 204}, {"GET", "/v1/why/none", 404}, {"GET", "/v1/serviceaccounts", 404},
				{"GET", "/v1/unknown", 404}, {"GET", "/", 404}, {"GET", "//v1/info", 404}, {"GET", "/v1/../v1/info", 404},
				{"DELETE", "/v1/info", 405}, {"OPTIONS", "/v1/tokens", 405},
			} {
				want := c.want
				if want == 200 {
					want = r.good
				}
				if got := c.server.send(r.method, r.path, "", c.headers...); got.status != want {
					t.Errorf("%s %s: %d, want %d: %s", r.method, r.path, got.status, want, got.body)
				} else if want >= 400 && members(t, got.body)["error"] == "" {
					t.Errorf("%s %s: no error: %s", r.method, r.path, got.body)
				}
			}
			// Health needs no token, but the rest.
			want := c.want
			if want == 401 {
				want = 200
			}
			if got := c.server.send("GET", "/_irsatz/health", "", c.headers...); got.status != want {
				t.Errorf("health: %d, want %d", got.status, want)
			}
		})
	}
}

// TestControlBodies: what is not understood is refused, and what is too long
// is not read.
func TestControlBodies(t *testing.T) {
	t.Parallel()
	s := start(t, standardSetup())
	for name, c := range map[string]struct {
		path, body string
		want       int
		says       string
	}{
		"unknown field":        {"/v1/tokens", `{"namespace":"prod","serviceAccount":"app","audience":"x"}`, 400, `unknown field \"audience\"`},
		"wrong type":           {"/v1/tokens", `{"namespace":1}`, 400, "cannot unmarshal"},
		"two values":           {"/v1/tokens", `{"namespace":"prod","serviceAccount":"app"}{}`, 400, "more than one value"},
		"rest":                 {"/v1/tokens", `{"namespace":"prod","serviceAccount":"app"}]`, 400, "request body"},
		"cut":                  {"/v1/tokens", `{"namespace":`, 400, "unexpected EOF"},
		"unknown account":      {"/v1/tokens", `{"namespace":"prod","serviceAccount":"ap"}`, 404, `serviceaccounts \"prod/ap\" not found`},
		"unknown cluster":      {"/v1/tokens", `{"cluster":"sandbx","namespace":"prod","serviceAccount":"app"}`, 404, `did you mean sandbox?`},
		"unknown fault":        {"/v1/tokens", `{"namespace":"prod","serviceAccount":"app","broken":"nothing"}`, 422, "unknown kind"},
		"short duration":       {"/v1/tokens", `{"namespace":"prod","serviceAccount":"app","duration":1}`, 422, "10 minutes"},
		"claim of time":        {"/v1/tokens", `{"namespace":"prod","serviceAccount":"app","claims":{"exp":1}}`, 422, "exp"},
		"unknown clock field":  {"/v1/clock", `{"advance":0,"by":1}`, 400, `unknown field \"by\"`},
		"clock far ahead":      {"/v1/clock", `{"advance":9223372036854775807}`, 400, "100 years"},
		"clock far back":       {"/v1/clock", `{"advance":-9223372036854775808}`, 400, "100 years"},
		"clock in year 9999":   {"/v1/clock", `{"set":"9999-01-01T00:00:00Z"}`, 400, "100 years"},
		"clock in year 1":      {"/v1/clock", `{"set":"0001-01-02T00:00:00Z","advance":1}`, 400, "100 years"},
		"unknown document":     {"/v1/state", "apiVersion: irsatz/v2", 422, "request:1"},
		"unknown state field":  {"/v1/state", "apiVersion: irsatz/v1\nbucket: []", 422, "request:2"},
		"reference to a file":  {"/v1/state", "apiVersion: irsatz/v1\npolicies: [{managedPolicyName: p, policyDocument: file:///etc/passwd}]", 422, "file"},
		"folder of objects":    {"/v1/state", "apiVersion: irsatz/v1\nbuckets: [{bucketName: etc, objects: [{prefix: x/, from: /etc}]}]", 422, "from"},
		"trail without number": {"/v1/trail?limit=x", "", 400, "limit"},
		"trail below zero":     {"/v1/trail?limit=-1", "", 400, "limit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method := "POST"
			if strings.HasPrefix(c.path, "/v1/trail") {
				method = "GET"
			}
			if got := s.send(method, c.path, c.body); got.status != c.want || !strings.Contains(got.body, c.says) {
				t.Errorf("got %d %s, want %d %s", got.status, got.body, c.want, c.says)
			}
		})
	}
	t.Run("too long", func(t *testing.T) {
		t.Parallel()
		const announced, chunked = "Content-Length: 34000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"
		for request, rest := range map[string]string{
			"/v1/state HTTP/1.1\r\nHost: 127.0.0.1\r\n" + announced:  "",
			"/v1/tokens HTTP/1.1\r\nHost: 127.0.0.1\r\n" + announced: "",
			"/v1/state HTTP/1.1\r\nHost: 127.0.0.1\r\n" + chunked:    fmt.Sprintf("%x\r\n%s", 32<<20+1, strings.Repeat(" ", 32<<20+1)),
			"/v1/tokens HTTP/1.1\r\nHost: 127.0.0.1\r\n" + chunked:   fmt.Sprintf("%x\r\n%s", 1<<20+1, strings.Repeat(" ", 1<<20+1)),
		} {
			got := raw(t, strings.TrimPrefix(s.ControlURL(), "http://"), "POST "+request+rest)
			if got.status != http.StatusRequestEntityTooLarge {
				t.Errorf("%s: %d %s", request, got.status, got.body)
			}
		}
	})
}
