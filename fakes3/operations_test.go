package fakes3_test

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
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
	if len(rows) != 112 { // 111 of the API model, and PostObject
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
