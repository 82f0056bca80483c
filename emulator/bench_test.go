package emulator_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/clock"
)

// BenchmarkStart is how long it takes until both ports answer.
func BenchmarkStart(b *testing.B) {
	state := parse(b, standardSetup())
	for b.Loop() {
		e, err := emulator.Start(emulator.Config{Listen: "127.0.0.1:0", Control: "127.0.0.1:0", State: state})
		if err != nil {
			b.Fatal(err)
		}
		for _, base := range []string{e.AWSURL(), e.ControlURL()} {
			response, err := http.Get(base + "/_irsatz/health")
			if err != nil {
				b.Fatal(err)
			}
			_ = response.Body.Close()
		}
		b.StopTimer()
		// The issuer's key is made meanwhile, which the next one must not pay for.
		if response, err := http.Get(e.AWSURL() + "/id/" + eksID + "/keys"); err == nil {
			_ = response.Body.Close()
		}
		if err := e.Close(context.Background()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkAssume compares AssumeRoleWithWebIdentity with the least that any
// server of tokens does: net/http, a form, and RS256. It compares medians, since
// what else runs on the machine takes its time from single requests.
func BenchmarkAssume(b *testing.B) {
	s := start(b, standardSetup())
	token := s.mint(emulator.TokenRequest{Cluster: "sandbox"})
	form := url.Values{
		"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleArn": {roleARN},
		"RoleSessionName": {"bench"}, "WebIdentityToken": {token},
	}.Encode()
	answer := post(b, s.AWSURL(), form)
	bare := httptest.NewServer(bareServer(publicKey(b, s), answer))
	b.Cleanup(bare.Close)
	post(b, bare.URL, form)

	var ours, theirs []time.Duration
	for b.Loop() {
		began := clock.Now()
		post(b, s.AWSURL(), form)
		middle := clock.Now()
		post(b, bare.URL, form)
		ours, theirs = append(ours, middle.Sub(began)), append(theirs, clock.Now().Sub(middle))
	}
	b.ReportMetric(median(ours), "ns/irsatz")
	b.ReportMetric(median(theirs), "ns/bare")
	b.ReportMetric(median(theirs)/median(ours), "bare/irsatz")
}

func median(all []time.Duration) float64 {
	slices.Sort(all)
	return float64(all[len(all)/2])
}

func post(b *testing.B, base, form string) string {
	b.Helper()
	response, err := http.Post(base+"/", "application/x-www-form-urlencoded", strings.NewReader(form))
	if err != nil {
		b.Fatal(err)
	}
	a := read(b, response)
	if a.status != http.StatusOK {
		b.Fatalf("%d %s", a.status, a.body)
	}
	return a.body
}

// publicKey reads the issuer's key.
func publicKey(b *testing.B, s *server) *rsa.PublicKey {
	b.Helper()
	response, err := http.Get(s.AWSURL() + "/id/" + eksID + "/keys")
	if err != nil {
		b.Fatal(err)
	}
	var set struct{ Keys []struct{ N string } }
	if err := json.Unmarshal([]byte(read(b, response).body), &set); err != nil {
		b.Fatal(err)
	}
	n, err := base64.RawURLEncoding.DecodeString(set.Keys[0].N)
	if err != nil {
		b.Fatal(err)
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}
}

// bareServer verifies a token's signature and answers always the same.
func bareServer(key *rsa.PublicKey, answer string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := r.PostFormValue("WebIdentityToken")
		end := strings.LastIndexByte(token, '.')
		if end < 0 {
			http.Error(w, "no token", http.StatusBadRequest)
			return
		}
		signature, err := base64.RawURLEncoding.DecodeString(token[end+1:])
		sum := sha256.Sum256([]byte(token[:end]))
		if err != nil || rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) != nil {
			http.Error(w, "bad signature", http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, answer)
	})
}

// BenchmarkGetObject is a signed GET of a small object with a session's
// credentials.
func BenchmarkGetObject(b *testing.B) {
	s := start(b, standardSetup())
	credentials, err := s.pod("sandbox").Assume(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	r := s.signed(http.MethodGet, s.AWSURL()+"/data/a.txt", *credentials)
	for b.Loop() {
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			b.Fatal(err)
		}
		if a := read(b, response); a.status != http.StatusOK {
			b.Fatalf("%d %s", a.status, a.body)
		}
	}
}

// BenchmarkStartKept is a start with a data directory of 1,000 roles, each with
// a trust policy, an inline policy and a managed one.
func BenchmarkStartKept(b *testing.B) {
	dir := b.TempDir()
	s := start(b, "", in(dir), accountOf)
	s.update(thousandRoles)
	s.close()
	for b.Loop() {
		e, err := emulator.Start(emulator.Config{Listen: "127.0.0.1:0", Control: "127.0.0.1:0", DataDir: dir})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if n := len(e.IAM().Snapshot().Roles(account)); n != 1000 {
			b.Fatalf("%d roles", n)
		}
		if err := e.Close(context.Background()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkWrite is a change of a role among 1,000, in memory and kept, by one
// writer and by 32 at once.
func BenchmarkWrite(b *testing.B) {
	for _, where := range []string{"memory", "kept"} {
		s := start(b, "", accountOf, func(c *emulator.Config) {
			if where == "kept" {
				c.DataDir = b.TempDir()
			}
		})
		s.update(thousandRoles)
		write := func(n int64) {
			err := s.IAM().Update(func(d *iam.Draft) error {
				_, err := d.UpdateRole(account, fmt.Sprintf("role-%d", n%1000), func(r *iam.Role) error { r.Description = fmt.Sprint(n); return nil })
				return err
			})
			if err != nil {
				b.Error(err)
			}
		}
		b.Run(where+"/one", func(b *testing.B) {
			for n := int64(0); b.Loop(); n++ {
				write(n)
			}
		})
		b.Run(where+"/many", func(b *testing.B) {
			var n atomic.Int64
			b.SetParallelism(32 / runtime.GOMAXPROCS(0))
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					write(n.Add(1))
				}
			})
		})
	}
}

func thousandRoles(d *iam.Draft) error {
	for n := range 1000 {
		trust := fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::%s:oidc-provider/oidc.example.com/%d"},`+
			`"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"oidc.example.com/%d:sub":"system:serviceaccount:prod:app"}}}}`, account, n, n)
		own := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::data/%d/*"}]}`, n)
		_, err := d.CreateRole(iam.Role{
			AccountID: account, Name: fmt.Sprintf("role-%d", n), Trust: policy.Policy{Document: policy.MustParse(policy.Trust, trust)},
			Inline:       []policy.Policy{{Name: "own", Document: policy.MustParse(policy.Identity, own)}},
			AttachedARNs: []string{"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"},
		})
		if err != nil {
			return err
		}
	}
	return nil
}
