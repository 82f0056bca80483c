package awsapi_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/golden"
)

// A1–A12: what is dispatched, and what is answered instead.
func TestA1_A12_Dispatch(t *testing.T) {
	t.Parallel()
	const (
		fault   = `<ErrorResponse xmlns="http://webservices.amazon.com/AWSFault/2005-15-09">`
		unknown = "<UnknownOperationException/>\n"
	)
	h := newHarness(t)
	type test struct {
		method, target, kind, body string
		status                     int
		want                       string // location, error message or body
	}
	form := "application/x-www-form-urlencoded"
	for name, test := range map[string]test{
		"A1 form":                          {"POST", "/", form, goodEcho, 200, ""},
		"A2 query":                         {"GET", "/?" + goodEcho, "", "", 200, ""},
		"A3 charset":                       {"POST", "/", form + "; charset=utf-8", goodEcho, 200, ""},
		"A4 no content type":               {"POST", "/", "", goodEcho, 302, "https://aws.amazon.com/iam"},
		"A4 JSON":                          {"POST", "/", "application/json", "{}", 302, "https://aws.amazon.com/iam"},
		"A5 POST without Action":           {"POST", "/", form, "Version=2011-06-15", 302, "https://aws.amazon.com/iam"},
		"A5 Action in the query of a form": {"POST", "/?Action=Echo", form, "Version=2011-06-15", 302, "https://aws.amazon.com/iam"},
		"A5 GET without Action":            {"GET", "/?Version=2011-06-15&x=%20y", "", "", 302, "https://aws.amazon.com/iam?Version=2011-06-15&x=%20y"},
		"A5 GET of nothing":                {"GET", "/", "", "", 302, "https://aws.amazon.com/iam"},
		"A6 empty Action":                  {"POST", "/", form, "Action=&Version=2011-06-15", 400, "Could not find operation  for version 2011-06-15"},
		"A7 unknown Action":                {"POST", "/", form, "Action=NoSuchAction&Version=2011-06-15", 400, "Could not find operation NoSuchAction for version 2011-06-15"},
		"A7 Action in another case":        {"POST", "/", form, "Action=echo&Version=2011-06-15", 400, "Could not find operation echo for version 2011-06-15"},
		"A8 no Version":                    {"POST", "/", form, "Action=Echo", 400, "Could not find operation Echo for version NO_VERSION_SPECIFIED"},
		"A8 empty Version":                 {"POST", "/", form, "Action=Echo&Version=", 400, "Could not find operation Echo for version "},
		"A8 wrong Version":                 {"POST", "/", form, "Action=Echo&Version=2000-01-01", 400, "Could not find operation Echo for version 2000-01-01"},
		"A9 the first Action wins":         {"POST", "/", form, goodEcho + "&Action=NoSuchAction&Version=x&RoleArn=x&RoleSessionName=!", 200, ""},
		"A9 the first Action is unknown":   {"POST", "/", form, "Action=NoSuchAction&" + goodEcho, 400, "Could not find operation NoSuchAction for version 2011-06-15"},
		"A10 unknown parameters":           {"POST", "/", form, goodEcho + "&Path=x&PolicyArns.nonsense=1", 200, ""},
		"planned":                          {"POST", "/", form, "Action=Later&Version=2011-06-15", 501, "sts:Later is not implemented by irsatz."},
		"planned of another version":       {"POST", "/", form, "Action=Later&Version=x", 400, "Could not find operation Later for version x"},
		"a form at another path":           {"POST", "/some/path", form, goodEcho, 200, ""},
		"broken escape":                    {"POST", "/", form, "Action=%GG", 404, "The query string contains a syntax error."},
		"A11 GET elsewhere":                {"GET", "/x?" + goodEcho, "", "", 404, unknown},
		"A11 POST elsewhere":               {"POST", "/x", "application/json", "", 404, unknown},
		"A11 PUT elsewhere":                {"PUT", "/x", form, goodEcho, 404, unknown},
		"A11 DELETE elsewhere":             {"DELETE", "/x", "", "", 404, unknown},
		"A11 PATCH elsewhere":              {"PATCH", "/x", "", "", 404, unknown},
		"A11 OPTIONS elsewhere":            {"OPTIONS", "/x", "", "", 404, unknown},
		"exotic method":                    {"PROPFIND", "/", "", "", 400, ""},
		"exotic method elsewhere":          {"PROPFIND", "/x", form, goodEcho, 400, ""},
		"a query of 15.8 kB":               {"GET", "/?" + goodEcho + "&x=" + strings.Repeat("x", 15_700), "", "", 200, ""},
		"a query of 16 kB":                 {"GET", "/?" + goodEcho + "&x=" + strings.Repeat("x", 16_000), "", "", 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(test.method, test.target, strings.NewReader(test.body))
			if test.kind != "" {
				r.Header.Set("Content-Type", test.kind)
			}
			a := h.do(r)
			if a.Code != test.status {
				t.Fatalf("status %d, want %d: %s", a.Code, test.status, a.Body)
			}
			got := a.message()
			switch {
			case test.status == 302:
				got = a.Header().Get("Location")
			case test.want == unknown || got == "" && test.status == 400:
				got = a.Body.String()
			case test.status == 400 && !strings.HasPrefix(a.Body.String(), fault): // A15
				t.Errorf("namespace: %s", a.Body)
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if test.status == 302 && a.Body.Len() > 0 {
				t.Errorf("body %q", a.Body)
			}
			if a.Header().Get("X-Amz-Sts-Extended-Request-Id") == "" {
				t.Error("no extended request id")
			}
			if test.status != 200 && a.record.Cause == "" {
				t.Error("the record has no cause")
			}
		})
	}
}

// A11, A13 over a real connection: HEAD, and bodies at the limit.
func TestA11_A13_Connection(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(newHarness(t))
	defer server.Close()
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	head, err := client.Head(server.URL + "/x")
	if err != nil {
		t.Fatal(err)
	}
	_ = head.Body.Close()
	if head.StatusCode != 404 || head.ContentLength != 29 {
		t.Errorf("HEAD: %d, length %d", head.StatusCode, head.ContentLength)
	}
	for size, want := range map[int]int{10_000_000: 200, 10_000_001: 413} {
		body := goodEcho + "&x="
		body += strings.Repeat("x", size-len(body))
		r, err := client.Post(server.URL, "application/x-www-form-urlencoded", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if r.StatusCode != want || want == 413 && len(text) > 0 {
			t.Errorf("%d bytes: %d %q", size, r.StatusCode, text)
		}
	}
}

// A12: a browser's preflight, at any path.
func TestA12_Preflight(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodOptions, "/x", nil)
	r.Header.Set("Origin", "https://example.com")
	r.Header.Set("Access-Control-Request-Method", "POST")
	a := newHarness(t).do(r)
	want := map[string]string{
		"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "POST", "Access-Control-Max-Age": "172800", "Content-Length": "0",
		"Access-Control-Expose-Headers": "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date,smithy-protocol",
	}
	for name, value := range want {
		if got := a.Header().Get(name); got != value || a.Code != 200 {
			t.Errorf("%d %s: %q", a.Code, name, got)
		}
	}
}

// slowBody stalls as a client does that never sends the rest of its form.
type slowBody struct{}

func (slowBody) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

// deadlineWriter notes the deadline that it is set.
type deadlineWriter struct {
	*httptest.ResponseRecorder
	deadline time.Time
}

func (w *deadlineWriter) SetReadDeadline(t time.Time) error { w.deadline = t; return nil }

func TestSlowBodyIsCutOff(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := posted("")
	r.Body = io.NopCloser(slowBody{})
	w := &deadlineWriter{ResponseRecorder: httptest.NewRecorder()}
	h.ServeHTTP(w, r)
	if in := time.Until(w.deadline); in <= 0 || in > 31*time.Second {
		t.Errorf("the deadline is in %s", in)
	}
	if w.Code != 400 || w.Body.Len() > 0 || w.Header().Get("Connection") != "close" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
}

// An operation that is guarded by a trust policy and asked none has no answer.
func TestUnasked(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	a := h.post("Action=Unasked&Version=2011-06-15")
	if a.Code != 500 || strings.Contains(a.Body.String(), "hunter2") || !strings.Contains(a.record.Cause, "asked no policy") {
		t.Errorf("%d %s, cause %q", a.Code, a.Body, a.record.Cause)
	}
}

// Details of what failed inside are for the log and the trail only.
func TestInternalFailure(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"Panic", "Fail"} {
		var log bytes.Buffer
		h := newHarness(t, func(c *awsapi.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		a := h.post("Action=" + action + "&Version=2011-06-15")
		if a.Code != 500 || strings.Contains(a.Body.String(), "hunter2") || !strings.Contains(a.Body.String(), "<Type>Receiver</Type>") {
			t.Errorf("%s: %d %s", action, a.Code, a.Body)
		}
		if !strings.Contains(log.String(), "hunter2") || !strings.Contains(a.record.Cause, "hunter2") || !strings.Contains(log.String(), "level=ERROR") {
			t.Errorf("%s: log %q, cause %q", action, log.String(), a.record.Cause)
		}
	}
}

// Whole answers with every kind of member.
func TestGolden(t *testing.T) {
	t.Parallel()
	full := "Action=Echo&Version=2011-06-15&RoleSessionName=session&RoleArn=" + goodARN + "%26%3Cx%3E%22'%0D&DurationSeconds=900&PolicyArns.member.1.arn=one&PolicyArns.member.2.arn=t%01o"
	for name, test := range map[string]struct{ body, accept string }{
		"echo.xml":       {full, ""},
		"echo.json":      {full, "text/html, Application/JSON;q=0.9"},
		"bare.xml":       {goodEcho, "*/*"},
		"error.xml":      {"Action=Echo&Version=2011-06-15&RoleArn=%3Cb%3E%26%01&RoleSessionName=%FF", ""},
		"error.json":     {"Action=Echo&Version=2011-06-15&RoleArn=%3Cb%3E%26%01&RoleSessionName=%FF", "application/json"},
		"malformed.xml":  {goodEcho + "&DurationSeconds=x", ""},
		"malformed.json": {goodEcho + "&DurationSeconds=x", "application/json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := posted(test.body)
			if test.accept != "" {
				r.Header.Set("Accept", test.accept)
			}
			a := newHarness(t).do(r)
			golden.Check(t, name, a.Header().Get("Content-Type")+"\n"+a.Body.String())
		})
	}
}

func TestNewQueryServer(t *testing.T) {
	t.Parallel()
	if _, err := awsapi.NewQueryServer(service(), awsapi.Config{}); err == nil {
		t.Error("no store, and no error")
	}
	silent := service()
	silent.Operations[0].Grant = 0
	if _, err := awsapi.NewQueryServer(silent, awsapi.Config{Store: storeOf(t)}); err == nil {
		t.Error("an operation without a grant, and no error")
	}
}
