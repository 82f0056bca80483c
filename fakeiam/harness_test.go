package fakeiam_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"github.com/irsatz/irsatz/fakeiam"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/trail"
)

const (
	account  = "111122223333"
	stranger = "444455556666"
	readS3   = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
	trusted  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}]}`
	reads    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`
)

// begin is when the tests' clocks stand.
var begin = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func seeded(n byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{n}) }

func now() time.Time { return begin }

// key is an access key pair, with the token of a session if it has one.
type key struct{ id, secret, token string }

var root = key{id: "test", secret: "test"}

// world is an IAM service over a store.
type world struct {
	testing.TB
	store *iam.Store
	trail *trail.Log
	url   string
}

func newWorld(t testing.TB, changes ...func(*fakeiam.Config)) *world {
	t.Helper()
	w := &world{TB: t, trail: trail.NewLog(0)}
	var err error
	w.store, err = iam.NewStore(iam.Config{Now: now, Rand: seeded(1), Root: []iam.RootCredentials{{AccountID: account, AccessKeyID: root.id, Secret: root.secret}}})
	if err != nil {
		t.Fatal(err)
	}
	config := fakeiam.Config{Config: awsapi.Config{Store: w.store, Trail: w.trail, Now: now, ClientNow: clock.Now, Rand: seeded(2)}}
	for _, change := range changes {
		change(&config)
	}
	server, err := fakeiam.New(config)
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	w.url = listener.URL
	return w
}

func (w *world) update(change func(*iam.Draft) error) {
	w.Helper()
	if err := w.store.Update(change); err != nil {
		w.Fatal(err)
	}
}

// sdk is a client with the credentials.
func (w *world) sdk(k key) *awsiam.Client {
	return awsiam.New(awsiam.Options{
		Region: "us-east-1", BaseEndpoint: &w.url, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(k.id, k.secret, k.token),
	})
}

// user makes a user with the inline policy "p" and returns its key.
func (w *world) user(name, document string) key {
	w.Helper()
	k := key{id: "AKIA" + strings.ToUpper(name), secret: "secret"}
	w.update(func(d *iam.Draft) error {
		u := iam.User{AccountID: account, Name: name, AccessKeys: []iam.AccessKey{{ID: k.id, Secret: k.secret}}}
		if document != "" {
			u.Inline = inline("p", document)
		}
		_, err := d.CreateUser(u)
		return err
	})
	return k
}

// session assumes a role with the policy.
func (w *world) session(document string) iam.Credentials {
	w.Helper()
	w.update(func(d *iam.Draft) error {
		name := "role" + strconv.Itoa(len(d.Snapshot().Roles(account)))
		_, err := d.CreateRole(iam.Role{
			AccountID: account, Name: name, Trust: policy.Policy{Document: policy.MustParse(policy.Trust, trusted)}, Inline: inline("p", document),
		})
		return err
	})
	role, _ := w.store.Snapshot().Role(account, "role"+strconv.Itoa(len(w.store.Snapshot().Roles(account))-1))
	credentials, _, err := w.store.Issue(role, iam.Session{Name: "s"}, time.Hour)
	if err != nil {
		w.Fatal(err)
	}
	return credentials
}

// answer is an answer as it came.
type answer struct {
	status int
	header http.Header
	body   string
}

// call sends a signed form: name, value, name, value …
func (w *world) call(k key, action string, params ...string) answer {
	w.Helper()
	form := url.Values{"Action": {action}, "Version": {"2010-05-08"}}
	for i := 0; i < len(params); i += 2 {
		form.Set(params[i], params[i+1])
	}
	return w.send(k, form.Encode(), nil)
}

// callAs is call with the credentials of a session.
func (w *world) callAs(c iam.Credentials, action string, params ...string) answer {
	w.Helper()
	return w.call(key{c.AccessKeyID, c.Secret, c.SessionToken}, action, params...)
}

func (w *world) send(k key, body string, header http.Header) answer {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), http.MethodPost, w.url+"/", strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	signer := v4.NewSigner()
	err = signer.SignHTTP(w.Context(), aws.Credentials{AccessKeyID: k.id, SecretAccessKey: k.secret, SessionToken: k.token}, r, sha256Hex(body), "iam", "us-east-1", clock.Now())
	if err != nil {
		w.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}

// refused asserts an SDK's error.
func refused(t testing.TB, err error, code, message string) {
	t.Helper()
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok || api.ErrorCode() != code || api.ErrorMessage() != message {
		t.Errorf("got %v, want %s: %s", err, code, message)
	}
}

// must takes the value of a call that must succeed.
func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// allowing is a policy that allows the actions on everything.
func allowing(actions ...string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["` + strings.Join(actions, `","`) + `"],"Resource":"*"}]}`
}

// on is a policy that allows the action on the resource, under the condition.
func on(action, resource, condition string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `","Condition":{` + condition + `}}]}`
}

// gateCase is a request by a user with the policy, "" for none. denied is what the
// denial calls the resource; "" means that the request succeeds.
type gateCase struct {
	name, policy, action string
	params               []string
	denied               string
}

// gate runs the cases one after another.
func (w *world) gate(cases []gateCase) {
	w.Helper()
	for i, c := range cases {
		before := w.store.Snapshot()
		a := w.call(w.user("gate"+strconv.Itoa(i), c.policy), c.action, c.params...)
		if c.denied == "" {
			if a.status != http.StatusOK {
				w.Errorf("%s: %d %s", c.name, a.status, a.body)
			}
			continue
		}
		if a.status != http.StatusForbidden || !strings.Contains(a.body, "<Code>AccessDenied</Code>") || !strings.Contains(a.body, " on resource: "+c.denied+" because no ") {
			w.Errorf("%s: not denied for %s: %d %s", c.name, c.denied, a.status, a.body)
		}
		if why := w.lastRecord(c.action).Explanation(); !strings.Contains(why, "iam:") || !strings.Contains(why, "gate"+strconv.Itoa(i)) {
			w.Errorf("%s: why says %s", c.name, why)
		}
		if len(before.Users(account))+1 != len(w.store.Snapshot().Users(account)) {
			w.Errorf("%s: a denied request changed the state", c.name)
		}
	}
}

// lastRecord is the record of the last request for the operation.
func (w *world) lastRecord(operation string) *trail.Record {
	w.Helper()
	for _, r := range slices.Backward(w.trail.Records(0)) {
		if r.Operation == operation {
			return r
		}
	}
	w.Fatalf("no record of %s", operation)
	return nil
}

func inline(name, document string) []policy.Policy {
	return []policy.Policy{{Name: name, Document: policy.MustParse(policy.Identity, document)}}
}

func sha256Hex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
