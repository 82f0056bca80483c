package conformance_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/fakests"
	state "github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/irsatest"
	"github.com/irsatz/irsatz/oidc"
)

// symptom is what users paste, and what irsatz says about it.
type symptom struct {
	name   string
	spoil  []string // pairs: a line of the sound setup, and what is there instead
	config func(*testing.T) emulator.Config
	ask    func(*patient) error // the request that fails
	says   string               // code and text of today
	legacy string               // text of the tutorials, where that is another
	why    []string             // what irsatz why names
}

// patient is a client whose request is to fail.
type patient struct {
	*testing.T
	irsa *irsatest.Emulator
}

const (
	appRole = "arn:aws:iam::111122223333:role/app"
	issuer  = "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC"

	notValidated = "InvalidIdentityToken: The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements."
	noKey        = "InvalidIdentityToken: Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
	notTrusted   = "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"
	notJWT       = "InvalidIdentityToken: The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
	notKnown     = "InvalidClientTokenId: The security token included in the request is invalid."
)

// TestSymptoms reproduces what users paste, a row of causes after another, and
// wants irsatz why to name the cause of each.
func TestSymptoms(t *testing.T) {
	t.Parallel()
	for _, s := range slices.Concat(issuerSymptoms, tokenSymptoms, trustSymptoms, sessionSymptoms) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.check(t, fakests.Current, s.says)
			if s.legacy != "" {
				s.check(t, fakests.Legacy, s.legacy)
			}
		})
	}
}

func (s *symptom) check(t *testing.T, texts fakests.ErrorTexts, says string) {
	t.Helper()
	setup := sound
	for i := 0; i+1 < len(s.spoil); i += 2 {
		spoiled := strings.Replace(setup, s.spoil[i], s.spoil[i+1], 1)
		if spoiled == setup {
			t.Fatalf("nothing was spoiled by %q", s.spoil[i+1])
		}
		setup = spoiled
	}
	var c emulator.Config
	if s.config != nil {
		c = s.config(t)
	}
	c.ErrorTexts = texts
	p := &patient{t, irsatest.StartConfig(t, c, setup)}
	err := s.ask(p)
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		t.Fatalf("not an answer of AWS: %v", err)
	}
	if got := api.ErrorCode() + ": " + api.ErrorMessage(); !matchesText(says, got) {
		t.Errorf("got  %s\nwant %s", got, says)
	}
	response, _ := errors.AsType[*awshttp.ResponseError](err)
	record, ok := p.irsa.Trail().Get(response.ServiceRequestID())
	if !ok {
		t.Fatalf("request %q left no record", response.ServiceRequestID())
	}
	why := record.Explanation()
	if last := p.irsa.Why(); last != why {
		t.Errorf("irsatz why alone explains another request:\n%s", last)
	}
	for _, part := range s.why {
		if !strings.Contains(strings.Join(strings.Fields(why), " "), part) {
			t.Errorf("irsatz why does not name %s:\n%s", part, why)
		}
	}
}

// matchesText compares with a text in which an ellipsis stands for anything.
func matchesText(want, got string) bool {
	for i, part := range strings.Split(want, "…") {
		at := strings.Index(got, part)
		if at < 0 || i == 0 && at > 0 {
			return false
		}
		got = got[at+len(part):]
	}
	return got == "" || strings.HasSuffix(want, "…")
}

// sts is a client of STS; nil credentials sign nothing. With a host it thinks
// that it speaks to AWS.
func (p *patient) sts(c aws.CredentialsProvider, region, host string) *sts.Client {
	o := sts.Options{Region: region, Credentials: c, RetryMaxAttempts: 1, BaseEndpoint: aws.String(p.irsa.AWSURL())}
	if host != "" {
		o.BaseEndpoint, o.HTTPClient = aws.String("https://"+host), p.atHome()
	}
	return sts.New(o)
}

// atHome finds AWS's own names at the emulator.
func (p *patient) atHome() *http.Client {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(p.irsa.CAPEM())
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, p.irsa.AWSAddr())
		},
	}
	p.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// present presents a token for the role of the pod.
func (p *patient) present(token string, change ...func(*sts.AssumeRoleWithWebIdentityInput)) error {
	_, err := p.assume(token, change...)
	return err
}

func (p *patient) assume(token string, change ...func(*sts.AssumeRoleWithWebIdentityInput)) (aws.CredentialsProvider, error) {
	in := &sts.AssumeRoleWithWebIdentityInput{RoleArn: aws.String(appRole), RoleSessionName: aws.String("pod"), WebIdentityToken: &token}
	for _, c := range change {
		c(in)
	}
	out, err := p.sts(nil, "eu-west-1", "").AssumeRoleWithWebIdentity(p.Context(), in)
	if err != nil {
		return nil, err
	}
	c := out.Credentials
	return credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken), nil
}

// token is that of the pod, with a change.
func (p *patient) token(change ...func(*emulator.TokenRequest)) string {
	p.Helper()
	r := emulator.TokenRequest{Namespace: "dev", ServiceAccount: "app"}
	for _, c := range change {
		c(&r)
	}
	return p.irsa.Mint(r)
}

func broken(kind string) func(*emulator.TokenRequest) {
	return func(r *emulator.TokenRequest) { r.Broken = kind }
}

func meantFor(audiences ...string) func(*emulator.TokenRequest) {
	return func(r *emulator.TokenRequest) { r.Audiences = audiences }
}

// podAsks is a pod in which nothing is wrong.
func podAsks(p *patient) error { return p.present(p.token()) }

// session is the pod's session.
func (p *patient) session() aws.CredentialsProvider {
	p.Helper()
	c, err := p.assume(p.token())
	if err != nil {
		p.Fatal(err)
	}
	return c
}

// whoami and read use credentials.
func (p *patient) whoami(c aws.CredentialsProvider) error {
	_, err := p.sts(c, "eu-west-1", "").GetCallerIdentity(p.Context(), &sts.GetCallerIdentityInput{})
	return err
}

func (p *patient) read(c aws.CredentialsProvider) error {
	client := s3.New(s3.Options{Region: "eu-west-1", Credentials: c, BaseEndpoint: aws.String(p.irsa.AWSURL()), UsePathStyle: true, RetryMaxAttempts: 1})
	_, err := read(p.Context(), client, "data", "k", nil)
	return err
}

// chainTo assumes role b with the pod's session.
func (p *patient) chainTo(change func(*sts.AssumeRoleInput)) error {
	in := &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111122223333:role/b"), RoleSessionName: aws.String("onward")}
	change(in)
	_, err := p.sts(p.session(), "eu-west-1", "").AssumeRole(p.Context(), in)
	return err
}

// second is a role that trusts that of the pod.
const second = `
  - roleName: b
    maxSessionDuration: 43200
    assumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "sts:AssumeRole", Principal: {AWS: "arn:aws:iam::111122223333:role/app"}}]}
buckets:`

// Lines of the sound setup.
const (
	providerLine = `{url: "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC", clientIdList: [sts.amazonaws.com, other]}`
	subjectLine  = `:sub": system:serviceaccount:dev:app`
	clusterLine  = "oidcIssuer: " + issuer
)

// Rows 1, 3, 8 and 21: who the issuer is, and whether it can be asked.
var issuerSymptoms = []symptom{
	{
		name: "1 no provider", spoil: []string{"oidcProviders:\n  - " + providerLine, ""}, ask: podAsks,
		says: notValidated, legacy: "InvalidIdentityToken: No OpenIDConnect provider found in your account for " + issuer,
		why: []string{"account 111122223333, the role's, has no OIDC provider for the issuer " + issuer + "; it has none at all", "register an OIDC provider for exactly " + issuer},
	},
	{
		name: "1 provider of another region", spoil: []string{providerLine, strings.Replace(providerLine, "eu-west-1", "eu-west-2", 1)}, ask: podAsks,
		says: notValidated, legacy: "InvalidIdentityToken: No OpenIDConnect provider found in your account for " + issuer,
		why: []string{"it has https://oidc.eks.eu-west-2.amazonaws.com/id/ABC", "the nearest one registered is https://oidc.eks.eu-west-2.amazonaws.com/id/ABC"},
	},
	{
		name: "1 provider with a slash", spoil: []string{providerLine, strings.Replace(providerLine, "ABC", "ABC/", 1)}, ask: podAsks,
		says: notValidated, why: []string{"the nearest one registered is " + issuer + "/"},
	},
	{
		name: "1 provider of another account", spoil: []string{"oidcProviders:\n  - " + providerLine, "", "buckets:", "---\napiVersion: irsatz/v1\naccount: \"444455556666\"\noidcProviders: [" + providerLine + "]\nbuckets:"}, ask: podAsks,
		says: notValidated, why: []string{"account 444455556666 has one, which does not count for a role of 111122223333"},
	},
	{name: "3 unreachable", spoil: unhosted, config: unreachable, ask: foreignAsks, says: noKey,
		why: []string{"fetched https://example.com/id/ABC/.well-known/openid-configuration", "no route to host"}},
	{name: "3 not public", spoil: unhosted, config: serving(http.StatusUnauthorized, ""), ask: foreignAsks, says: noKey,
		why: []string{"fetched https://example.com/id/ABC/.well-known/openid-configuration (status 401)"}},
	{name: "3 incomplete document", spoil: unhosted, config: serving(200, `{"issuer":"https://example.com/id/ABC","jwks_uri":"https://example.com/keys"}`), ask: foreignAsks, says: noKey,
		why: []string{"discovery document has no response_types_supported"}},
	{name: "3 document of another path", spoil: unhosted, config: serving(200, `{"issuer":"https://example.com"}`), ask: foreignAsks, says: noKey,
		why: []string{`discovery document is that of issuer "https://example.com"`}},
	{name: "3 keys without kid", spoil: unhosted, config: serving(200, goodDocument, `{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}`), ask: foreignAsks, says: noKey,
		why: []string{"keys without kid are ignored: there are 1", "fetched https://example.com/keys"}},
	{name: "3 key rotated away", ask: func(p *patient) error { return p.present(p.token(broken("unknown-kid"))) }, says: noKey,
		why: []string{"its keys are", "no key has this kid"}},
	{name: "8 thumbprint", spoil: unhosted, config: untrusted, ask: foreignAsks, says: "InvalidIdentityToken: OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint",
		why: []string{"no public CA vouches for the server of https://example.com/id/ABC/.well-known/openid-configuration", "--thumbprint-list "}},
	{
		name: "21 issuer moved", spoil: []string{clusterLine, "oidcIssuer: https://token.actions.githubusercontent.com", providerLine, `{url: "https://vstoken.actions.githubusercontent.com", clientIdList: [sts.amazonaws.com]}`}, ask: podAsks,
		says: notValidated, legacy: "InvalidIdentityToken: No OpenIDConnect provider found in your account for https://token.actions.githubusercontent.com",
		why: []string{"no OIDC provider for the issuer https://token.actions.githubusercontent.com; it has https://vstoken.actions.githubusercontent.com"},
	},
}

// unhosted leaves the issuer to somebody else.
var unhosted = []string{clusterLine, "oidcIssuer: https://elsewhere.example.com", providerLine, `{url: "https://example.com/id/ABC", clientIdList: [sts.amazonaws.com]}`}

const goodDocument = `{"issuer":"https://example.com/id/ABC","jwks_uri":"https://example.com/keys","response_types_supported":["id_token"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["RS256"]}`

func unreachable(*testing.T) emulator.Config {
	return emulator.Config{IssuerDial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no route to host") }}
}

// serving is the server of somebody else's issuer. It answers with the status, a
// discovery document and keys.
func serving(status int, documents ...string) func(*testing.T) emulator.Config {
	return func(t *testing.T) emulator.Config {
		server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			document := 0
			if r.URL.Path == "/keys" {
				document = 1
			}
			if document < len(documents) {
				_, _ = io.WriteString(w, documents[document])
			}
		}))
		t.Cleanup(server.Close)
		roots := x509.NewCertPool()
		roots.AddCert(server.Certificate()) // which is for example.com
		return emulator.Config{IssuerRoots: roots, IssuerDial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
		}}
	}
}

// untrusted is serving by a server whose CA nobody knows.
func untrusted(t *testing.T) emulator.Config {
	c := serving(http.StatusOK, goodDocument, `{"keys":[]}`)(t)
	c.IssuerRoots = x509.NewCertPool()
	return c
}

// foreignAsks presents a token of somebody else's issuer.
func foreignAsks(p *patient) error {
	foreign, err := oidc.NewIssuer(oidc.Config{URL: "https://example.com/id/ABC", KeyKind: oidc.P256})
	if err != nil {
		p.Fatal(err)
	}
	token, err := foreign.Mint(p.Context(), oidc.TokenRequest{Namespace: "dev", ServiceAccount: "app", Audiences: []string{"sts.amazonaws.com"}})
	if err != nil {
		p.Fatal(err)
	}
	return p.present(token)
}

// Rows 2, 5–7, 9, 18 and 20: what the token is.
var tokenSymptoms = []symptom{
	{
		name: "2 audience with a typing error", ask: func(p *patient) error { return p.present(p.token(meantFor("sts.amazon.com"))) },
		says: notValidated, legacy: "InvalidIdentityToken: Incorrect token audience",
		why: []string{`aud "sts.amazon.com" is not among the client IDs of the OIDC provider: "sts.amazonaws.com", "other"`, `request the token with audience "sts.amazonaws.com", or add "sts.amazon.com" to the provider's client IDs`, "did you mean sts.amazonaws.com?"},
	},
	{
		name: "2 authorized party", ask: func(p *patient) error { return p.present(p.token(broken("wrong-azp"))) },
		says: notValidated, legacy: "InvalidIdentityToken: Incorrect token audience",
		why: []string{`azp "unregistered-client"`, "where a token has azp, its aud does not count"},
	},
	{
		name: "5 the file's path", ask: func(p *patient) error {
			return p.present("/var/run/secrets/eks.amazonaws.com/serviceaccount/token")
		},
		says: notJWT, why: []string{"it looks like a file's path", "send the contents of the token file, not its path"},
	},
	{
		name: "5 JSON around the token", ask: func(p *patient) error { return p.present(`{"token":"` + p.token() + `"}`) },
		says: notJWT, why: []string{"it is a JSON object"},
	},
	{
		name: "5 text before the token", ask: func(p *patient) error { return p.present("token: " + p.token()) },
		says: notJWT, why: []string{"it has white space inside, so there is more than a token"},
	},
	{
		name: "5 an access token", ask: func(p *patient) error { return p.present(p.token(broken("not-a-jwt"))) },
		says: notJWT, why: []string{"it has 1 parts divided by dots, not 3"},
	},
	{
		name: "6 no sub", ask: func(p *patient) error { return p.present(p.token(broken("no-sub"))) },
		says: "InvalidIdentityToken: Missing a required claim: sub", why: []string{"a token needs the claims iss, sub, aud, iat and exp"},
	},
	{
		name: "6 no aud", ask: func(p *patient) error { return p.present(p.token(broken("no-aud"))) },
		says: "InvalidIdentityToken: Missing a required claim: aud", why: []string{"a token needs the claims iss, sub, aud, iat and exp"},
	},
	{
		name: "7 token not refreshed", ask: func(p *patient) error {
			token := p.token()
			p.irsa.Advance(2 * time.Hour)
			return p.present(token)
		},
		says: "ExpiredTokenException: Token expired: current date/time … must be before the expiration date/time …",
		why:  []string{"the token expired at ", " now, 1h", "the kubelet replaces it at 80 % of its life; or mend the clock"},
	},
	{
		name: "9 token file read once", ask: func(p *patient) error {
			token := p.token(func(r *emulator.TokenRequest) { r.Duration = 24 * time.Hour })
			if err := p.present(token); err != nil {
				p.Fatal(err)
			}
			p.irsa.Advance(25 * time.Hour)
			return p.present(token)
		},
		says: "ExpiredTokenException: Token expired: current date/time … must be before the expiration date/time …",
		why:  []string{"the very same token (jti ", "the client keeps it and does not read its file again"},
	},
	{
		name: "18 two audiences", ask: func(p *patient) error { return p.present(p.token(meantFor("sts.amazonaws.com", "other"))) },
		says: "InvalidIdentityToken: Token audience contains more than one audience while authorized party is not present",
		why:  []string{`several audiences, "sts.amazonaws.com", "other", and no azp`, "one projected volume for each audience"},
	},
	{
		name: "20 the pod's default token", ask: func(p *patient) error { return p.present(p.token(meantFor("https://kubernetes.default.svc"))) },
		says: notValidated, legacy: "InvalidIdentityToken: Incorrect token audience",
		why: []string{"it is the audience of the API server", "AWS_WEB_IDENTITY_TOKEN_FILE names, not in /var/run/secrets/kubernetes.io/serviceaccount/token"},
	},
}

// Rows 4, 15, 22 and 23: what the role is, and whom it trusts.
var trustSymptoms = []symptom{
	{name: "4 provider of another account", spoil: []string{`Federated: "arn:aws:iam::111122223333:`, `Federated: "arn:aws:iam::444455556666:`}, ask: podAsks, says: notTrusted,
		why: []string{"another account: 444455556666, not 111122223333"}},
	{name: "4 another namespace", spoil: []string{subjectLine, strings.Replace(subjectLine, "dev", "prod", 1)}, ask: podAsks, says: notTrusted,
		why: []string{`"system:serviceaccount:prod:app"`, `"system:serviceaccount:dev:app"`, "namespace"}},
	{name: "4 wildcard in StringEquals", spoil: []string{subjectLine, strings.Replace(subjectLine, "app", "*", 1)}, ask: podAsks, says: notTrusted,
		why: []string{"StringLike"}},
	{name: "4 scheme in the key", spoil: []string{`"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub"`, `"https://oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub"`}, ask: podAsks, says: notTrusted,
		why: []string{"write the key https://oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub without its scheme"}},
	{name: "4 another audience", spoil: []string{`:aud": sts.amazonaws.com`, `:aud": other`}, ask: podAsks, says: notTrusted,
		why: []string{`the token is for the audience "sts.amazonaws.com"`, `"other"`}},
	{name: "4 no such role", spoil: []string{"roleName: app", "roleName: apq"}, ask: podAsks, says: notTrusted,
		why: []string{"there is no role " + appRole, "did you mean arn:aws:iam::111122223333:role/apq?"}},
	{name: "4 tags without TagSession", ask: func(p *patient) error {
		return p.present(p.token(func(r *emulator.TokenRequest) {
			r.Claims = map[string]any{"https://aws.amazon.com/tags": map[string]any{"principal_tags": map[string]any{"team": []string{"red"}}}}
		}))
	}, says: notTrusted, why: []string{"sts:TagSession on " + appRole + ": implicit-deny", "add sts:TagSession beside sts:AssumeRoleWithWebIdentity"}},
	{name: "15 a policy in place of a role", ask: func(p *patient) error {
		return p.present(p.token(), func(in *sts.AssumeRoleWithWebIdentityInput) {
			in.RoleArn = aws.String("arn:aws:iam::111122223333:policy/app")
		})
	}, says: "ValidationError: Request ARN is invalid", why: []string{"arn:aws:iam::111122223333:policy/app is the ARN of a policy, not of a role", "did you mean " + appRole + "?"}},
	{name: "22 role just created", config: func(*testing.T) emulator.Config { return emulator.Config{IAMPropagation: 10 * time.Second} }, ask: podAsks, says: notTrusted,
		why: []string{"propagation: the role " + appRole + " is", "try again in a moment"}},
	{name: "23 no provider's ARN", ask: func(p *patient) error {
		key, secret, _ := p.irsa.RootCredentials()
		client := iam.New(iam.Options{Region: "us-east-1", RetryMaxAttempts: 1, BaseEndpoint: aws.String(p.irsa.AWSURL()), Credentials: credentials.NewStaticCredentialsProvider(key, secret, "")})
		_, err := client.CreateRole(p.Context(), &iam.CreateRoleInput{RoleName: aws.String("late"), AssumeRolePolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"https://oidc.eks.eu-west-1.amazonaws.com/id/ABC"},"Action":"sts:AssumeRoleWithWebIdentity"}]}`)})
		return err
	}, says: "MalformedPolicyDocument: Federated principals must be valid domain names or SAML metadata ARNs", why: []string{"Federated"}},
}

// Rows 10–14, 16, 17 and 24: credentials, and what is asked with them.
var sessionSymptoms = []symptom{
	{name: "10 key left in the environment", ask: func(p *patient) error {
		return p.whoami(credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "secret", ""))
	}, says: notKnown, why: []string{"no such access key id", "AWS_ACCESS_KEY_ID in the environment: it wins over the web identity"}},
	{name: "10 session token left out", ask: func(p *patient) error {
		c, err := p.session().Retrieve(p.Context())
		if err != nil {
			p.Fatal(err)
		}
		return p.whoami(credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, ""))
	}, says: notKnown, why: []string{"temporary access key without a session token"}},
	{name: "10 role made again", ask: func(p *patient) error {
		c := p.session()
		p.remake("app")
		return p.whoami(c)
	}, says: notKnown, why: []string{"the session's role was deleted", "a role created again under the same name is another role"}},
	{name: "11 credentials kept too long", ask: func(p *patient) error {
		c := p.session()
		p.irsa.Advance(2 * time.Hour)
		return p.whoami(c)
	}, says: "ExpiredToken: The security token included in the request is expired", why: []string{"the session has expired", "let the SDK refresh its credentials"}},
	{name: "11 credentials kept too long, at S3", ask: func(p *patient) error {
		c := p.session()
		p.irsa.Advance(2 * time.Hour)
		return p.read(c)
	}, says: "ExpiredToken: The provided token has expired.", why: []string{"the session has expired"}},
	{name: "12 signed for another region", ask: func(p *patient) error {
		_, err := p.sts(p.session(), "eu-central-1", "sts.eu-west-1.amazonaws.com").GetCallerIdentity(p.Context(), &sts.GetCallerIdentityInput{})
		return err
	}, says: "SignatureDoesNotMatch: Credential should be scoped to a valid region. ", why: []string{"eu-central-1", "that endpoint is in eu-west-1", "set AWS_REGION=eu-west-1"}},
	{name: "13 longer than the role allows", ask: func(p *patient) error {
		return p.present(p.token(), func(in *sts.AssumeRoleWithWebIdentityInput) { in.DurationSeconds = aws.Int32(43200) })
	}, says: "ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
		why: []string{"12h0m0s was asked for, and the MaxSessionDuration of " + appRole + " is 1h0m0s", "ask for at most 3600 seconds"}},
	{name: "14 chained for longer than an hour", spoil: chainable, ask: func(p *patient) error {
		return p.chainTo(func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(7200) })
	}, says: "ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
		why: []string{"2h0m0s was asked for by arn:aws:sts::111122223333:assumed-role/app/pod, a session of a role itself", "at most 3600 seconds"}},
	{name: "16 region not activated", config: func(*testing.T) emulator.Config {
		return emulator.Config{STSDisabledRegions: []string{"me-south-1"}}
	}, ask: func(p *patient) error {
		token := p.token()
		_, err := p.sts(nil, "me-south-1", "sts.me-south-1.amazonaws.com").AssumeRoleWithWebIdentity(p.Context(), &sts.AssumeRoleWithWebIdentityInput{
			RoleArn: aws.String(appRole), RoleSessionName: aws.String("pod"), WebIdentityToken: &token,
		})
		return err
	}, says: "RegionDisabledException: STS is not activated in this region for account:111122223333. Your account administrator can activate STS in this region using the IAM Console.",
		why: []string{"STS is not activated in me-south-1, for the whole account 111122223333", "activate STS for me-south-1"}},
	{name: "17 tags without TagSession", spoil: chainable, ask: func(p *patient) error {
		return p.chainTo(func(in *sts.AssumeRoleInput) {
			in.Tags = []types.Tag{{Key: aws.String("team"), Value: aws.String("red")}}
		})
	}, says: "AccessDenied: User: arn:aws:sts::111122223333:assumed-role/app/pod is not authorized to perform: sts:TagSession on resource: arn:aws:iam::111122223333:role/b",
		why: []string{"sts:TagSession"}},
	{name: "24 us-east-1 by default", ask: func(p *patient) error {
		_, err := p.sts(p.session(), "us-east-1", "sts.eu-west-1.amazonaws.com").GetCallerIdentity(p.Context(), &sts.GetCallerIdentityInput{})
		return err
	}, says: "SignatureDoesNotMatch: Credential should be scoped to a valid region. ", why: []string{"signed for ", "us-east-1", "without it an SDK signs for the region of its profile, or for us-east-1"}},
	{name: "24 the global endpoint", ask: func(p *patient) error {
		_, err := p.sts(p.session(), "eu-west-1", "sts.amazonaws.com").GetCallerIdentity(p.Context(), &sts.GetCallerIdentityInput{})
		return err
	}, says: "SignatureDoesNotMatch: Credential should be scoped to a valid region. ", why: []string{"that endpoint is in us-east-1", "or call the endpoint of eu-west-1"}},
}

var chainable = []string{"\nbuckets:", second}

// remake deletes a role and makes it again as it was.
func (p *patient) remake(name string) {
	p.Helper()
	err := p.irsa.IAM().Update(func(d *state.Draft) error {
		before, ok := p.irsa.IAM().Snapshot().Role("111122223333", name)
		if !ok {
			return errors.New("no role " + name)
		}
		if err := d.DeleteRole("111122223333", name); err != nil {
			return err
		}
		again := *before
		again.ID = ""
		_, err := d.CreateRole(again)
		return err
	})
	if err != nil {
		p.Fatal(err)
	}
}

// 3: AWS fails a token beside which a session token is sent; irsatz takes it, and
// says so.
func TestSymptom3StrayToken(t *testing.T) {
	t.Parallel()
	p := &patient{t, irsatest.Start(t, sound)}
	form := url.Values{
		"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleArn": {appRole}, "RoleSessionName": {"pod"}, "WebIdentityToken": {p.token()},
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.irsa.AWSURL(), strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Amz-Security-Token", "stale")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	record, ok := p.irsa.Trail().Get(response.Header.Get("X-Amzn-Requestid"))
	if !ok || response.StatusCode != http.StatusOK || !strings.Contains(record.Explanation(), "warning: the request carries X-Amz-Security-Token: AWS has answered such requests with") {
		t.Errorf("%d, %+v", response.StatusCode, record)
	}
}

// 19: a pod whose ServiceAccount has no role asks STS nothing, and its SDK goes
// on to the node's role. Here there is none, and the pod is told.
func TestSymptom19NodeRole(t *testing.T) {
	irsa := irsatest.Start(t, strings.Replace(sound, "annotations: {eks.amazonaws.com/role-arn", "annotations: {eks.amazonaws.com/rolearn", 1))
	pod := irsa.Pod("dev", "app")
	pod.Setenv(t)
	settings, err := config.LoadDefaultConfig(t.Context(), config.WithRetryMaxAttempts(1), config.WithRegion("eu-west-1"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := read(t.Context(), s3.NewFromConfig(settings), "data", "k", nil); err == nil || !strings.Contains(err.Error(), "no EC2 IMDS role found") && !strings.Contains(err.Error(), "get identity") {
		t.Errorf("got %v", err)
	}
	if told := strings.Join(pod.Warnings, "\n"); !strings.Contains(told, "dev/app has no role") || !strings.Contains(told, "annotate it with eks.amazonaws.com/role-arn") {
		t.Errorf("the pod is told: %s", told)
	}
	for _, record := range irsa.Trail().Records(0) {
		t.Errorf("something was asked: %s", record.Explanation())
	}
}

// 22: once the time is over, the role is there.
func TestSymptom22Passes(t *testing.T) {
	t.Parallel()
	p := &patient{t, irsatest.StartConfig(t, emulator.Config{IAMPropagation: 10 * time.Second}, sound)}
	if err := podAsks(p); err == nil {
		t.Error("allowed at once")
	}
	p.irsa.Advance(10 * time.Second)
	if err := podAsks(p); err != nil {
		t.Error(err)
	}
}

// Every row of the table has its symptom here.
func TestSymptomsAreComplete(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{"19": true}
	for _, s := range slices.Concat(issuerSymptoms, tokenSymptoms, trustSymptoms, sessionSymptoms) {
		row, _, _ := strings.Cut(s.name, " ")
		seen[row] = true
	}
	for row := 1; row <= 24; row++ {
		if !seen[strconv.Itoa(row)] {
			t.Errorf("row %d has no symptom", row)
		}
	}
}
