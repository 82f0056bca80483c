package emulator_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/irsatz/irsatz/internal/awsclient"
	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/internal/sigv4"
)

// loadSetup is a bucket whose policy lets the role write, too.
const loadSetup = `---
apiVersion: irsatz/v1
account: "111122223333"
region: eu-west-1
buckets:
  - bucketName: load
    policy:
      Version: "2012-10-17"
      Statement:
        - {Effect: Allow, Principal: {AWS: "arn:aws:iam::111122223333:role/sandbox"}, Action: "s3:PutObject", Resource: "arn:aws:s3:::load/*"}
        - {Effect: Deny, Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::load/secret/*"}
        - {Effect: Deny, Principal: "*", Action: "s3:*", Resource: ["arn:aws:s3:::load", "arn:aws:s3:::load/*"], Condition: {NotIpAddress: {"aws:SourceIp": "127.0.0.0/8"}}}
`

// BenchmarkS3 compares signed requests of a session, which policies of the role
// and of the bucket must allow, with the same requests to gofakes3 alone, which
// checks nothing. The requests take turns, and medians are compared.
func BenchmarkS3(b *testing.B) {
	s := start(b, clusterSetup("sandbox", issuers["sandbox"])+loadSetup)
	bare := httptest.NewServer(gofakes3.New(s3mem.New(), gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	b.Cleanup(bare.Close)
	credentials, err := s.pod("sandbox").Assume(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	l := load{b, *credentials, [2]string{s.AWSURL(), bare.URL}}
	exchange(b, l.request(http.MethodPut, bare.URL+"/load", nil))
	small, large := bytes.Repeat([]byte("x"), 1<<10), bytes.Repeat([]byte("x"), 1<<20)
	for _, base := range l.bases {
		exchange(b, l.request(http.MethodPut, base+"/load/small", small))
		exchange(b, l.request(http.MethodPut, base+"/load/large", large))
		for n := range 100 {
			exchange(b, l.request(http.MethodPut, fmt.Sprintf("%s/load/list/%d", base, n), small))
		}
	}
	l.compare("put=1KiB", http.MethodPut, "/load/small", small)
	l.compare("put=1MiB", http.MethodPut, "/load/large", large)
	l.compare("get=1KiB", http.MethodGet, "/load/small", nil)
	l.compare("get=1MiB", http.MethodGet, "/load/large", nil)
	l.compare("list=100", http.MethodGet, "/load?list-type=2&prefix=list%2F", nil)
}

// load is what both servers are asked for.
type load struct {
	*testing.B
	credentials awsclient.Credentials
	bases       [2]string
}

// compare has both servers answer a request by turns.
func (l *load) compare(name, method, target string, body []byte) {
	l.Run(name, func(b *testing.B) {
		var requests [2]*http.Request
		for i, base := range l.bases {
			requests[i] = l.request(method, base+target, body)
		}
		var took [2][]time.Duration
		for b.Loop() {
			for i, r := range requests {
				began := clock.Now()
				exchange(b, r)
				took[i] = append(took[i], clock.Now().Sub(began))
			}
		}
		ours, theirs := median(took[0]), median(took[1])
		b.ReportMetric(ours, "ns/irsatz")
		b.ReportMetric(theirs, "ns/bare")
		b.ReportMetric(theirs/ours, "bare/irsatz")
	})
}

// request signs a request.
func (l *load) request(method, url string, body []byte) *http.Request {
	l.Helper()
	r, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		l.Fatal(err)
	}
	sum := sha256.Sum256(body)
	signer := sigv4.Signer{
		Style: sigv4.S3, AccessKeyID: l.credentials.AccessKeyID, SecretAccessKey: l.credentials.Secret,
		SessionToken: l.credentials.SessionToken, Region: region, Service: "s3",
	}
	signer.Sign(r, hex.EncodeToString(sum[:]), clock.Now())
	return r
}

// exchange sends a request, any number of times, and reads the answer.
func exchange(b *testing.B, r *http.Request) {
	b.Helper()
	if r.GetBody != nil {
		r.Body, _ = r.GetBody()
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		b.Fatalf("%s %s: %s", r.Method, r.URL, read(b, response).body)
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		b.Fatal(err)
	}
}
