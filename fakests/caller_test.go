package fakests_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/sigv4"
)

const identityBody = "Action=GetCallerIdentity&Version=2011-06-15"

func identityDocument(statements string) *policy.Document {
	return policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":[`+statements+`]}`)
}

// credentials assumes the role.
func (w *world) credentials() sigv4.Signer {
	w.Helper()
	s := w.wantSession(w.assume(w.mint(nil)))
	return sigv4.Signer{AccessKeyID: s.AccessKeyID, SecretAccessKey: s.Secret, SessionToken: s.SessionToken, Region: "eu-west-1", Service: "sts"}
}

// signed is a signed request with this form.
func (w *world) signed(by sigv4.Signer, body string) *http.Request {
	r := posted(body)
	hash := sha256.Sum256([]byte(body))
	by.Sign(r, hex.EncodeToString(hash[:]), w.now())
	return r
}

type identity struct {
	ARN     string `xml:"GetCallerIdentityResult>Arn"`
	UserID  string `xml:"GetCallerIdentityResult>UserId"`
	Account string `xml:"GetCallerIdentityResult>Account"`
}

func (w *world) wantIdentity(a answer, want identity) {
	w.Helper()
	var got identity
	if a.Code != http.StatusOK {
		w.Fatalf("status %d: %s", a.Code, a.Body)
	}
	if err := xml.Unmarshal(a.Body.Bytes(), &got); err != nil {
		w.Fatal(err)
	}
	if got != want {
		w.Errorf("got %+v, want %+v", got, want)
	}
}

// A1, A2: the parts of an answer in their order, with a body as with a query.
func TestA1_A2_Shape(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	by := w.credentials()
	role, _ := w.store.Snapshot().RoleByARN(roleARN)
	query := httptest.NewRequest(http.MethodGet, "https://sts.eu-west-1.amazonaws.com/?"+identityBody, nil)
	hash := sha256.Sum256(nil)
	by.Sign(query, hex.EncodeToString(hash[:]), w.now())
	for _, r := range []*http.Request{w.signed(by, identityBody), query} {
		a := w.do(r)
		want := `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetCallerIdentityResult>
    <Arn>arn:aws:sts::` + account + `:assumed-role/app/session</Arn>
    <UserId>` + role.ID + `:session</UserId>
    <Account>` + account + `</Account>
  </GetCallerIdentityResult>
  <ResponseMetadata>
    <RequestId>` + a.Header().Get("X-Amzn-Requestid") + `</RequestId>
  </ResponseMetadata>
</GetCallerIdentityResponse>
`
		if kind := a.Header().Get("Content-Type"); a.Code != 200 || kind != "text/xml" || a.Body.String() != want {
			t.Errorf("%s: %d %s\n%s", r.Method, a.Code, kind, a.Body)
		}
	}
}

// A32, A85: users, root and sessions, even those that may do nothing (E92).
func TestA32_A85_GetCallerIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.update(func(d *iam.Draft) error {
		_, err := d.CreateUser(iam.User{
			AccountID: account, Name: "ci", Path: "/bots/", AccessKeys: []iam.AccessKey{{ID: "AKIAEXAMPLE", Secret: "secret"}},
			Inline: []policy.Policy{{Name: "none", Document: identityDocument(`{"Effect":"Deny","Action":"*","Resource":"*"}`)}},
		})
		return err
	})
	user, _ := w.store.Snapshot().User(account, "ci")
	role, _ := w.store.Snapshot().RoleByARN(roleARN)
	w.wantIdentity(w.do(w.signed(w.credentials(), identityBody)), identity{"arn:aws:sts::" + account + ":assumed-role/app/session", role.ID + ":session", account})
	w.wantIdentity(w.do(w.signed(sigv4.Signer{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "secret", Region: "eu-west-1", Service: "sts"}, identityBody)),
		identity{"arn:aws:iam::" + account + ":user/bots/ci", user.ID, account})
	w.wantIdentity(w.do(w.signed(sigv4.Signer{AccessKeyID: "test", SecretAccessKey: "test", Region: "eu-west-1", Service: "sts"}, identityBody)),
		identity{"arn:aws:iam::" + account + ":root", account, account})
}

// A86–A90, A96, A97 and §6.5: refused credentials, in AWS's order.
func TestA86_A97_Refusals(t *testing.T) {
	t.Parallel()
	const (
		invalid   = "The security token included in the request is invalid."
		mismatch  = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
		region    = "Credential should be scoped to a valid region. "
		service   = "Credential should be scoped to correct service: 'sts'. "
		signature = "SignatureDoesNotMatch"
	)
	for name, test := range map[string]struct {
		spoil         func(w *world, by *sigv4.Signer)
		status        int
		code, message string
	}{
		"A86 region":             {func(_ *world, by *sigv4.Signer) { by.Region = "us-east-1" }, 403, signature, region},
		"A86 service":            {func(_ *world, by *sigv4.Signer) { by.Service = "s3" }, 403, signature, service},
		"A86 both":               {func(_ *world, by *sigv4.Signer) { by.Region, by.Service = "x", "s3" }, 403, signature, region + service},
		"scope before identity":  {func(_ *world, by *sigv4.Signer) { by.Service, by.AccessKeyID = "s3", "AKIAUNKNOWN" }, 403, signature, service},
		"unknown key":            {func(_ *world, by *sigv4.Signer) { by.AccessKeyID, by.SessionToken = "AKIAUNKNOWN", "" }, 403, "InvalidClientTokenId", invalid},
		"A87 without token":      {func(_ *world, by *sigv4.Signer) { by.SessionToken = "" }, 403, "InvalidClientTokenId", invalid},
		"A87 malformed token":    {func(_ *world, by *sigv4.Signer) { by.SessionToken = "IQoJb3JpZ2luX2Vj" }, 403, "InvalidClientTokenId", invalid},
		"A87 another's token":    {func(w *world, by *sigv4.Signer) { by.SessionToken = w.credentials().SessionToken }, 403, "InvalidClientTokenId", invalid},
		"A87 and a wrong secret": {func(_ *world, by *sigv4.Signer) { by.SessionToken, by.SecretAccessKey = "", "x" }, 403, "InvalidClientTokenId", invalid},
		"A87 another's, bad secret": {func(w *world, by *sigv4.Signer) {
			by.SessionToken, by.SecretAccessKey = w.credentials().SessionToken, "x"
		}, 403, "InvalidClientTokenId", invalid},
		"long-term key with token": {func(_ *world, by *sigv4.Signer) { by.AccessKeyID, by.SecretAccessKey = "test", "test" }, 403, "InvalidClientTokenId", invalid},
		"A88 wrong secret":         {func(_ *world, by *sigv4.Signer) { by.SecretAccessKey += "x" }, 403, signature, mismatch},
		"X213 expired":             {func(w *world, _ *sigv4.Signer) { w.advance(time.Hour) }, 403, "ExpiredToken", "The security token included in the request is expired"},
		"A89 expired, bad secret":  {func(w *world, by *sigv4.Signer) { w.advance(time.Hour); by.SecretAccessKey = "x" }, 403, "ExpiredToken", "The security token included in the request is expired"},
		"A90 role gone":            {func(w *world, _ *sigv4.Signer) { w.recreate(false) }, 403, "InvalidClientTokenId", invalid},
		"A90 role created again":   {func(w *world, _ *sigv4.Signer) { w.recreate(true) }, 403, "InvalidClientTokenId", invalid},
		"expired beats role gone":  {func(w *world, _ *sigv4.Signer) { w.recreate(true); w.advance(time.Hour) }, 403, "ExpiredToken", "The security token included in the request is expired"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			by := w.credentials()
			test.spoil(w, &by)
			w.wantRefusal(w.do(w.signed(by, identityBody)), test.status, test.code, test.message)
		})
	}
	t.Run("A96 unsigned", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.wantRefusal(w.do(posted(identityBody)), 403, "MissingAuthenticationToken", "Request is missing Authentication Token")
	})
	t.Run("A97 signed too early", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		r := w.signed(w.credentials(), identityBody)
		w.advance(15*time.Minute + time.Second)
		w.wantRefusal(w.do(r), 403, signature, "Signature expired: 20261123T080000Z is now earlier than 20261123T080001Z (20261123T081501Z - 15 min.)")
	})
	t.Run("A97 signed too late", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		by := w.credentials()
		w.advance(15*time.Minute + time.Second)
		r := w.signed(by, identityBody)
		w.advance(-15*time.Minute - time.Second)
		w.wantRefusal(w.do(r), 403, signature, "Signature not yet current: 20261123T081501Z is still later than 20261123T081500Z (20261123T080000Z + 15 min.)")
	})
	t.Run("the global endpoint wants us-east-1", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		by := w.credentials()
		r := posted(identityBody)
		r.Host = "sts.amazonaws.com"
		hash := sha256.Sum256([]byte(identityBody))
		by.Sign(r, hex.EncodeToString(hash[:]), w.now())
		w.wantRefusal(w.do(r), 403, signature, region)
		by.Region = "us-east-1"
		by.Sign(r, hex.EncodeToString(hash[:]), w.now())
		r.Body = posted(identityBody).Body
		if a := w.do(r); a.Code != 200 {
			t.Errorf("us-east-1: %s", a.Body)
		}
	})
	t.Run("the body is signed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		r := w.signed(w.credentials(), identityBody)
		r.Body = posted(identityBody + "&x=y").Body
		w.wantRefusal(w.do(r), 403, signature, mismatch)
	})
	t.Run("the session token must be signed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		by := w.credentials()
		token := by.SessionToken
		by.SessionToken = ""
		r := w.signed(by, identityBody)
		r.Header.Set("X-Amz-Security-Token", token)
		w.wantRefusal(w.do(r), 403, signature, mismatch)
	})
}

// recreate deletes the role, and may create it again.
func (w *world) recreate(again bool) {
	w.Helper()
	w.update(func(d *iam.Draft) error {
		if err := d.DeleteRole(account, "app"); err != nil || !again {
			return err
		}
		_, err := d.CreateRole(iam.Role{AccountID: account, Name: "app", Path: "/team/", Trust: trusting("")})
		return err
	})
}

// A98: a presigned GetCallerIdentity, which is what EKS takes for a token. STS
// honours it for 15 minutes, whatever X-Amz-Expires says.
func TestA98_Presigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	by := w.credentials()
	r := httptest.NewRequest(http.MethodGet, "https://sts.eu-west-1.amazonaws.com/?"+identityBody, nil)
	r.Header.Set("X-K8s-Aws-Id", "cluster")
	by.Presign(r, time.Minute, w.now())
	again := func() *http.Request {
		twin := httptest.NewRequest(http.MethodGet, "https://sts.eu-west-1.amazonaws.com/?"+r.URL.RawQuery, nil)
		return twin
	}
	if !strings.Contains(r.URL.RawQuery, "X-Amz-Security-Token=") {
		t.Fatal("no session token in the query")
	}
	for range 2 {
		if a := w.do(again()); a.Code != 200 {
			t.Fatalf("at %s: %s", w.now(), a.Body)
		}
		w.advance(15 * time.Minute)
	}
	w.wantRefusal(w.do(again()), 403, "SignatureDoesNotMatch", "Signature expired: 20261123T080000Z is now earlier than 20261123T081500Z (20261123T083000Z - 15 min.)")
	tampered := httptest.NewRequest(http.MethodGet, "https://sts.eu-west-1.amazonaws.com/?"+r.URL.RawQuery+"&x=y", nil)
	w.advance(-30 * time.Minute)
	if a := w.do(tampered); a.Code != 403 || a.record.Code != "SignatureDoesNotMatch" {
		t.Errorf("a changed query: %d %s", a.Code, a.Body)
	}
}
