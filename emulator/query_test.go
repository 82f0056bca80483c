package emulator_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/internal/sigv4"
)

// A10: a parameter that an operation does not have is passed over, also where
// another operation has it.
func TestA10_UnknownParameters(t *testing.T) {
	t.Parallel()
	s := start(t, standardSetup())
	for service, query := range map[string]url.Values{
		"iam": {"Action": {"GetUser"}, "Version": {"2010-05-08"}, "Path": {"no path at all"}, "MaxItems": {"many"}},
		"sts": {"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}, "DurationSeconds": {"many"}, "Tags.member.1.Key": {"x"}},
	} {
		r, err := http.NewRequest(http.MethodGet, s.AWSURL()+"/?"+query.Encode(), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		signer := sigv4.Signer{AccessKeyID: "test", SecretAccessKey: "test", Region: "us-east-1", Service: service}
		if service == "sts" {
			signer.Region = region
		}
		signer.Sign(r, sigv4.EmptyPayload, clock.Now())
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		if a := read(t, response); a.status != 200 || !strings.Contains(a.body, "<Arn>arn:aws:iam::"+account+":root</Arn>") {
			t.Errorf("%s: %d %s", service, a.status, a.body)
		}
	}
}

// A13: the longest form is served, through everything that stands before STS.
func TestA13_LongestForm(t *testing.T) {
	t.Parallel()
	s := start(t, standardSetup())
	form := url.Values{
		"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleArn": {roleARN}, "RoleSessionName": {"long"},
		"WebIdentityToken": {s.mint(emulator.TokenRequest{Cluster: "sandbox"})},
	}.Encode() + "&Padding="
	for size, want := range map[int]int{10_000_000: 200, 10_000_001: 413} {
		response, err := http.Post(s.AWSURL()+"/", "application/x-www-form-urlencoded", strings.NewReader(form+strings.Repeat("x", size-len(form))))
		if err != nil {
			t.Fatal(err)
		}
		if a := read(t, response); a.status != want || want == 413 && a.body != "" {
			t.Errorf("%d bytes: %d %.300s", size, a.status, a.body)
		}
	}
}
