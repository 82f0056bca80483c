package emulator

import (
	"net/http"
	"net/url"
	"strings"
)

// address says whom a request is for.
type address struct {
	// service is sts, s3, iam, eks, oidc (an EKS issuer's host), the name of
	// one that is not served, or "" if the request does not say.
	service string
	named   bool // the host says it; else it is the credential scope
	bucket  bool // the host names a bucket too
	scope   string
}

// hostBases are the domains of S3's host names, here and there.
var hostBases = []string{"amazonaws.com", "amazonaws.com.cn", "api.aws", "localhost", "localhost.localstack.cloud"}

// awsLabels returns the host's labels before its AWS base, nil if it has none,
// and the base.
func awsLabels(host string) (labels []string, base string) {
	for _, base := range hostBases {
		name, ok := strings.CutSuffix(host, base)
		if name, dotted := strings.CutSuffix(name, "."); ok && dotted && name != "" {
			return strings.Split(name, "."), base
		}
	}
	return nil, ""
}

// addressee reads the host name and, where that says nothing, the credential
// scope that the request is signed for.
func addressee(r *http.Request) address {
	a := address{scope: scopeService(r)}
	u := url.URL{Host: strings.ToLower(r.Host)}
	labels, base := awsLabels(strings.TrimSuffix(u.Hostname(), "."))
	if labels == nil {
		a.service = a.scope
		return a
	}
	a.named = true
	label := labels[0]
	switch {
	case len(labels) > 1 && hasS3(labels[1:]):
		a.service, a.bucket = "s3", true
	case s3Label(label):
		a.service = "s3"
	case label == "sts" || strings.HasPrefix(label, "sts-"):
		a.service = "sts"
	case label == "oidc" && len(labels) > 1 && labels[1] == "eks":
		a.service = "oidc"
	case label == "iam" || label == "eks":
		a.service = label
	case base == "localhost":
		// bucket.localhost, as S3 has it here. No resolver asks for more.
		a.service, a.bucket = "s3", true
	default:
		a.service = label // dynamodb.eu-west-1.amazonaws.com
	}
	return a
}

// s3Label reports whether a label is S3's: s3, or s3-eu-west-1 and the like.
func s3Label(label string) bool { return label == "s3" || strings.HasPrefix(label, "s3-") }

func hasS3(labels []string) bool {
	for _, l := range labels {
		if s3Label(l) {
			return true
		}
	}
	return false
}

// scopeService is the service in the credential scope, unverified: it only
// chooses who verifies.
func scopeService(r *http.Request) string {
	credential := ""
	if _, after, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		credential, _, _ = strings.Cut(after, ",")
	} else if strings.Contains(r.URL.RawQuery, "X-Amz-Credential=") {
		credential = r.URL.Query().Get("X-Amz-Credential")
	}
	credential = strings.TrimSpace(credential)
	// KEYID/DATE/REGION/SERVICE/aws4_request
	if strings.Count(credential, "/") < 4 {
		return ""
	}
	rest := credential[:strings.LastIndexByte(credential, '/')]
	return rest[strings.LastIndexByte(rest, '/')+1:]
}

// atHome reports whether a request is for the discovery document or the keys
// of an issuer that lives here, at the issuer's own host name. Signed requests
// are for AWS's services.
func (s *clusterSet) atHome(r *http.Request, to address) bool {
	if to.scope != "" || !namesDocument(r.URL.Path) {
		return false
	}
	_, ok := s.byDocument[authority(r.Host)+r.URL.Path]
	return ok
}

// namesDocument reports whether a path is that of a document of some issuer.
func namesDocument(path string) bool {
	for _, d := range issuerDocuments {
		if strings.HasSuffix(path, d) {
			return true
		}
	}
	return false
}

// serveID serves discovery and keys below /id/, at any name of ours.
func (s *clusterSet) serveID(w http.ResponseWriter, r *http.Request) {
	id, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/id/"), "/")
	if k, ok := s.byID[id]; ok {
		k.handler.ServeHTTP(w, r)
		return
	}
	notFoundHandler(w, r)
}
