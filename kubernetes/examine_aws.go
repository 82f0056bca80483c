package kubernetes

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/webhook"
)

// reached is a place where STS answers.
type reached struct {
	client *http.Client
	url    string
}

// reach asks the endpoint that pods are given for its health: from here, or
// through the API server where it is a Service.
func (x *examiner) reach(ctx context.Context) Check {
	endpoint := x.wanted.Endpoint
	if endpoint == "" && x.pod != nil {
		endpoint = cmp.Or(variableOf(x.pod, "AWS_ENDPOINT_URL_STS"), variableOf(x.pod, "AWS_ENDPOINT_URL"))
	}
	if endpoint == "" && x.pod == nil {
		return skipped("no pod says which it is; name it with --endpoint")
	}
	if endpoint == "" {
		return skipped("pods are given none: their SDKs ask AWS itself, unless its names lead to irsatz (`irsatz kind up --rewrite-dns`)")
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" {
		return failed(endpoint+" is no URL", "give the webhook one with --inject-endpoint")
	}
	at, how := x.placeOf(u)
	began := clock.Now()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.url+"/_irsatz/health", nil)
	if err != nil {
		return failed(err, "give the webhook a URL with --inject-endpoint")
	}
	status, header, body, err := do(at.client, request)
	if err != nil {
		if x.wanted.Endpoint == "" && how == "" {
			return skipped("%s cannot be reached from here, which need not mean that pods cannot: %v", endpoint, err)
		}
		return failed(err, "start irsatz there, or name another with --endpoint")
	}
	if status != http.StatusOK || !strings.Contains(string(body), "irsatz") {
		return failed(fmt.Sprintf("%s answers%s %d %s", endpoint, how, status, said(body)), "start irsatz there: `kubectl -n irsatz get pods`")
	}
	x.endpoint = at
	x.notice("irsatz", began, header)
	return passed("%s answers%s", endpoint, how)
}

// said is what an answer says: the message of one of the API server's own.
func said(body []byte) string {
	var status struct{ Kind, Message string }
	if json.Unmarshal(body, &status) == nil && status.Kind == "Status" {
		return status.Message
	}
	return string(body[:min(len(body), 200)])
}

// placeOf is where an endpoint is asked: a Service is asked through the API
// server, for its name means nothing here.
func (x *examiner) placeOf(u *url.URL) (at *reached, how string) {
	labels := strings.Split(u.Hostname(), ".")
	if len(labels) >= 3 && labels[2] == "svc" {
		port := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
		return &reached{x.cluster.core.Client, fmt.Sprintf("%s/api/v1/namespaces/%s/services/%s:%s:%s/proxy", x.cluster.server, labels[1], u.Scheme, labels[0], port)}, " through the API server"
	}
	return &reached{&http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: x.podRoots()}}}, strings.TrimSuffix(u.String(), "/")}, ""
}

// podRoots are what a pod is given to trust; nil means the system's.
func (x *examiner) podRoots() *x509.CertPool {
	if x.pod == nil || x.pod.Annotations[webhook.CAAnnotation] == "" {
		return nil
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(x.pod.Annotations[webhook.CAAnnotation]))
	return roots
}

// trust holds irsatz's certificate to the CA that pods are given.
func (x *examiner) trust(ctx context.Context) Check {
	const do = "give the webhook irsatz's CA with --inject-ca: `irsatz ca` prints it"
	if x.pod == nil {
		return skipped("no pod says what it trusts")
	}
	ca := x.pod.Annotations[webhook.CAAnnotation]
	endpoint := cmp.Or(x.wanted.Endpoint, variableOf(x.pod, "AWS_ENDPOINT_URL_STS"), variableOf(x.pod, "AWS_ENDPOINT_URL"))
	switch secure := strings.HasPrefix(endpoint, "https:"); {
	case ca == "" && secure:
		return failed("pods are given none, and an https endpoint", do)
	case ca == "":
		return skipped("pods are given none, and need none for what they are told to ask")
	}
	roots, until, err := certificates([]byte(ca))
	if err != nil {
		return failed(err, do)
	}
	if clock.Now().After(until) {
		return failed("it ended at "+until.UTC().Format(time.DateOnly), do)
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return failed(err, do)
	}
	if at, _ := x.placeOf(u); at.client == x.cluster.core.Client {
		return passed("good until %s; irsatz's certificate cannot be seen from here", until.UTC().Format(time.DateOnly))
	}
	switch reached, err := handshake(ctx, endpoint, roots); {
	case err != nil && reached:
		return failed("irsatz's certificate does not match: "+err.Error(), do)
	case err != nil:
		return skipped("%v", err)
	}
	return passed("good until %s, and irsatz's certificate matches", until.UTC().Format(time.DateOnly))
}

// assume trades the fresh token for credentials, as the pod's SDK would. It is
// the one thing here that leaves a record, in irsatz's trail.
func (x *examiner) assume(ctx context.Context) Check {
	switch {
	case x.endpoint == nil:
		return skipped("irsatz was not reached")
	case x.account.role == "" || x.token.text == "":
		return skipped("no token of a service account with a role")
	}
	form := url.Values{
		"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleSessionName": {"irsatz-doctor"},
		"RoleArn": {x.account.role}, "WebIdentityToken": {x.token.text},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, x.endpoint.url+"/", strings.NewReader(form.Encode()))
	if err != nil {
		return failed(err, "name irsatz's URL with --endpoint")
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, _, body, err := do(x.endpoint.client, request)
	if err != nil {
		return failed(err, "start irsatz there, or name another with --endpoint")
	}
	if status == http.StatusOK {
		return passed("%s may assume %s", x.account.namespace+"/"+x.account.name, x.account.role)
	}
	var refused struct {
		Error struct{ Code, Message string }
	}
	if err := xml.Unmarshal(body, &refused); err != nil || refused.Error.Code == "" {
		return failed(fmt.Sprintf("the answer is no STS's: %d %s", status, body), "name irsatz's URL with --endpoint")
	}
	return failed(refused.Error.Code+": "+refused.Error.Message, "%s", x.remedy(refused.Error.Code, refused.Error.Message))
}

// remedy is what to do about a refusal of STS. Since July 2026 AWS has one text
// for all that is wrong with a token but its end.
func (x *examiner) remedy(code, message string) string {
	register := "register the issuer in the role's account: aws iam create-open-id-connect-provider --url " + x.token.Issuer + " --client-id-list " + stsAudience
	const attach = "give irsatz the keys of this cluster, which are others after it was made anew: `irsatz serve --attach KUBECONFIG`"
	switch {
	case code == "ExpiredTokenException":
		return "compare the clocks, irsatz's among them: `irsatz clock now`"
	case code != "InvalidIdentityToken":
		return "`irsatz why` says which statement of the trust policy does not match"
	case strings.Contains(message, "No OpenIDConnect provider found"):
		return register
	case strings.Contains(message, "retrieve verification key"):
		return attach
	}
	return register + "; or " + attach + "; `irsatz why` says which it is"
}
