package fakes3_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/fakes3"
)

func placed(constraint string) string {
	return "<CreateBucketConfiguration><LocationConstraint>" + constraint + "</LocationConstraint></CreateBucketConfiguration>"
}

// TestBucketNames: names that no bucket may have.
func TestBucketNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"xn--a", "sthree-a", "amzn-s3-demo-bucket", "a-s3alias", "a--ol-s3", "a.mrap", "a--x-s3", "a--table-s3", "ab", "a..b", "-ab", "192.168.5.4", "a_b", strings.Repeat("a", 64)} {
		if got := w.do(w.root(), w.request(http.MethodPut, "/"+name, placed(region))); got.status != 400 || got.err.Code != "InvalidBucketName" || got.err.get("BucketName") != name {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	for _, name := range []string{"abc", "a.b-c", "a--b", strings.Repeat("a", 63), "1.2.3", "xn-a"} {
		if got := w.do(w.root(), w.request(http.MethodPut, "/"+name, placed(region))); got.status != 200 || got.header.Get("X-Amz-Bucket-Arn") != "arn:aws:s3:::"+name {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if got := w.call(w.root(), http.MethodHead, "/abc"); got.header.Get("X-Amz-Bucket-Arn") != "arn:aws:s3:::abc" || got.header.Get("X-Amz-Access-Point-Alias") != "false" || got.header.Get("Content-Type") != "application/xml" {
		t.Errorf("HeadBucket: %v", got.header)
	}
}

// TestLocationConstraints: where a bucket may be is said by region, and the eldest
// region differs.
func TestLocationConstraints(t *testing.T) {
	t.Parallel()
	const incompatible = "IllegalLocationConstraintException: The %s location constraint is incompatible for the region specific endpoint this request was sent to."
	for at, cases := range map[string]map[string]string{
		"eu-west-1": {"eu-west-1": "", "EU": "", "bar": fmt.Sprintf(incompatible, "bar"), "us-east-1": fmt.Sprintf(incompatible, "us-east-1"), "": fmt.Sprintf(incompatible, "unspecified")},
		"us-east-1": {
			"": "", "us-east-1": "InvalidLocationConstraint: The specified location-constraint is not valid", "foo": "InvalidLocationConstraint: The specified location-constraint is not valid",
			"us-west-2": fmt.Sprintf(incompatible, "us-west-2"),
		},
	} {
		w := newWorld(t, func(c *fakes3.Config) { c.Region = at })
		call := func(name, constraint string) result {
			body := ""
			if constraint == "tags" {
				body = "<CreateBucketConfiguration><Tags><Tag><Key>k</Key><Value>v</Value></Tag></Tags></CreateBucketConfiguration>"
			} else if constraint != "" {
				body = placed(constraint)
			}
			r := w.request(http.MethodPut, "/"+name, body)
			s := w.signer(w.root())
			s.Region = at
			s.Sign(received(r), hash(body), w.clock.Now())
			return w.send(r)
		}
		i := 0
		for constraint, want := range cases {
			i++
			got := call(fmt.Sprintf("bucket-%d", i), constraint)
			if got.err.Code != "" {
				got.err.Code += ": " + got.err.Message
			}
			if got.err.Code != want {
				t.Errorf("%q at %s: %d %s", constraint, at, got.status, got.body)
			}
		}
		again := call("data", map[string]string{"eu-west-1": "eu-west-1"}[at])
		if status := map[string]int{"us-east-1": 200, "eu-west-1": 409}[at]; again.status != status {
			t.Errorf("again at %s: %d %s", at, again.status, again.body)
		}
		if got := call("data", "tags"); at == "us-east-1" && got.err.Code != "BucketAlreadyOwnedByYou" {
			t.Errorf("again with tags: %d %s", got.status, got.body)
		}
	}
}
