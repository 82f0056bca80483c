package fakes3_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// rawForm is the fields of a form as they are sent, without an end.
func rawForm(fields [][2]string) string {
	var b strings.Builder
	for _, f := range fields {
		fmt.Fprintf(&b, "--x\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", f[0], f[1])
	}
	return b.String()
}

const rawFile = "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\ncontent\r\n--x--\r\n"

// TestRawForms sends what is not quite a form.
func TestRawForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := &formUpload{fields: [][2]string{{"key", "k"}}}
	w.signForm(w.root(), u, time.Hour, anyKey)
	fields := rawForm(u.fields)
	for name, tt := range map[string]struct{ body, code string }{
		"long preamble":          {strings.Repeat("p\r\n", 1<<19) + fields + rawFile, "MaxPostPreDataLengthExceededError"},
		"long header of a field": {"--x\r\nContent-Disposition: form-data; name=\"a\"\r\nX: " + strings.Repeat("h", 1<<20) + "\r\n\r\nv\r\n" + fields + rawFile, "MaxPostPreDataLengthExceededError"},
		"field without a name":   {"--x\r\nContent-Disposition: form-data\r\n\r\nv\r\n" + fields + rawFile, "MalformedPOSTRequest"},
		"no header of a field":   {"--x\r\nnonsense\r\n\r\nv\r\n" + fields + rawFile, "MalformedPOSTRequest"},
		"field that is cut":      {fields + "--x\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\nhalf", "MalformedPOSTRequest"},
		"no boundary":            {"nonsense", "InvalidArgument"},
		"no file":                {fields + "--x--\r\n", "InvalidArgument"},
		"good":                   {fields + rawFile, ""},
	} {
		r := w.request(http.MethodPost, "/data", tt.body)
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		got := w.send(r)
		if got.err.Code != tt.code || (w.get("data", "k") == "content") != (tt.code == "") {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		w.call(w.root(), http.MethodDelete, "/data/k")
	}
	r := w.request(http.MethodPost, "/data", "")
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(fields+rawFile)), -1
	if got := w.send(r); got.status != 411 || w.get("data", "k") != "!NoSuchKey" {
		t.Errorf("without a length: %d %s", got.status, got.body)
	}
}

// TestLargeForm: the file may be longer than the fields, and only the file.
func TestLargeForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := &formUpload{fields: [][2]string{{"key", "up/${filename}"}}, file: strings.Repeat("large ", 200<<10)}
	w.signForm(w.root(), u, time.Hour, anyKey)
	if got := w.post("data", u); got.status != 204 || w.get("data", "up/$%7Bfilename%7D") != u.file {
		t.Errorf("%d %s", got.status, got.body)
	}
	u = &formUpload{fields: [][2]string{{"key", "k"}}, file: strings.Repeat("large ", 200<<10)}
	w.signForm(w.root(), u, time.Hour, anyKey, `["content-length-range",0,1000]`)
	if got := w.post("data", u); got.err.Code != "EntityTooLarge" || w.get("data", "k") != "!NoSuchKey" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// TestPolicyWithoutSignature: a form with a policy that nobody signed is not
// anybody's.
func TestPolicyWithoutSignature(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policy("data", everybody("Allow", "data", "s3:PutObject"))
	for name, u := range map[string]*formUpload{
		"bare": {fields: [][2]string{{"key", "k"}}, file: "x"}, "policy": {fields: [][2]string{{"key", "k"}, {"policy", "e30="}}, file: "x"},
	} {
		got := w.post("data", u)
		if want := map[string]int{"bare": 204, "policy": 403}[name]; got.status != want {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}
