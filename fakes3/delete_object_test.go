package fakes3_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestDeleteObjectsTellNothing: whether a bucket has object lock is for who may
// delete something there.
func TestDeleteObjectsTellNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const body = "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>"
	for name, tt := range map[string]struct {
		c    creds
		want string
	}{
		"nobody": {creds{}, "<Code>AccessDenied</Code>"}, "none": {w.role("none"), "<Code>AccessDenied</Code>"},
		"one": {w.role("one", on("Allow", []string{"arn:aws:s3:::data/b"}, "s3:DeleteObject")), "is only applicable to Object Lock enabled buckets."},
	} {
		r := w.md5(w.request(http.MethodPost, "/data?delete", body))
		r.Header.Set(bypass, "true")
		if got := w.do(tt.c, r); !strings.Contains(got.body, tt.want) || (got.status == 200) != (name != "one") {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

// TestDeleteObjectsLongKey: a key that is too long is refused by itself, and
// reaches no other.
func TestDeleteObjectsLongKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.object("data", "team-a", "precious")
	w.object("data", "gone", "x")
	c := w.role("c", on("Allow", []string{"arn:aws:s3:::data/team-a/*", "arn:aws:s3:::data/gone"}, "s3:DeleteObject"))
	for _, n := range []int{1025, 40 << 10, 1<<16 + len("team-a")} {
		long := "team-a/" + strings.Repeat("x", n-len("team-a/"))
		got := w.do(c, w.md5(w.request(http.MethodPost, "/data?delete", "<Delete><Object><Key>"+long+"</Key></Object><Object><Key>gone</Key></Object></Delete>")))
		want := "<Deleted><Key>gone</Key></Deleted><Error><Key>" + long + "</Key><Code>KeyTooLongError</Code><Message>Your key is too long</Message></Error>"
		if got.status != 200 || !strings.Contains(got.body, want) {
			t.Errorf("%d bytes: %d %.300s", n, got.status, strings.ReplaceAll(got.body, long, "LONG"))
		}
	}
	if got := w.get("data", "team-a"); got != "precious" {
		t.Errorf("team-a is %q", got)
	}
}
