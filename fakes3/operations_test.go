package fakes3_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/fakes3"
)

// TestUnservedOperations asks for what irsatz has not: it is denied first and
// answered with NotImplemented second, and names the operation in the trail.
func TestUnservedOperations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	none := w.role("none")
	source, err := os.ReadFile("operations.go")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`\{"(\w+)", http\.Method(\w+), to(\w+), "([\w-]*)", ([\w"]+), "([\w:-]+)", "\w*", "[^"]*", ([\w| ]+), (nil|\(\*exchange\)\.\w+)\}`).FindAllStringSubmatch(string(source), -1)
	if len(rows) != 117 { // 111 of the API model, 5 newer ones, and PostObject
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows {
		name, method, to, sub, variant, action, run := row[1], strings.ToUpper(row[2]), row[3], row[4], row[5], row[6], row[8]
		if run != "nil" || strings.Contains(row[7], "unrouted") || strings.Contains(row[7], "form") {
			continue
		}
		target := map[string]string{"Service": "/", "Bucket": "/data", "Object": "/data/public/a.txt"}[to] + "?" + sub
		switch variant {
		case "withID":
			target += "&id=1"
		case "named":
			target += "&annotationName=a"
		case "selectType":
			target += "&select-type=2"
		}
		if !strings.Contains(action, ":") {
			action = "s3:" + action
		}
		got := w.call(none, method, target)
		if got.status != http.StatusForbidden || !strings.Contains(got.err.Message, "perform: "+action+" on") {
			t.Errorf("%s denied: %d %s", name, got.status, got.body)
		}
		if record := w.trail.Records(1)[0]; record.Operation != name {
			t.Errorf("%s is recorded as %q", name, record.Operation)
		}
		if got := w.call(w.root(), method, target); got.status != http.StatusNotImplemented || got.err.Code != "NotImplemented" || got.err.Message != name+" is not implemented by irsatz." {
			t.Errorf("%s allowed: %d %s", name, got.status, got.body)
		}
	}
}

func TestOperationList(t *testing.T) {
	t.Parallel()
	list, served := fakes3.Operations(), 0
	for i, o := range list {
		if o.Served {
			served++
		}
		if i > 0 && list[i-1].Name >= o.Name || !strings.Contains(o.Action, ":") {
			t.Errorf("row %d: %+v", i, o)
		}
	}
	if len(list) != 111 || served < 30 {
		t.Errorf("%d operations, %d served", len(list), served)
	}
}

func BenchmarkGetObject(b *testing.B) {
	w := newWorld(b)
	c := w.role("app", allow("s3:GetObject"))
	r := w.request(http.MethodGet, "/data/public/a.txt", "")
	w.sign(c, r)
	r = received(r)
	r.RemoteAddr = "127.0.0.1:1"
	b.ReportAllocs()
	for b.Loop() {
		out := httptest.NewRecorder()
		w.s3.ServeHTTP(out, r)
		if out.Code != http.StatusOK {
			b.Fatal(out.Body)
		}
	}
}
