package sigv4

import (
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Signer signs requests as a client does.
type Signer struct {
	Style           Style
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string // empty for long-term keys
	Region, Service string
}

// Sign adds X-Amz-Date, for temporary credentials X-Amz-Security-Token, for S3
// X-Amz-Content-Sha256, and the Authorization header over host, content-type,
// content-md5 and every x-amz-* header. It returns what it claims, which
// signing the chunks of a body starts from.
func (s Signer) Sign(r *http.Request, payloadHash string, at time.Time) *Authorization {
	if r.Host == "" {
		r.Host = r.URL.Host
	}
	r.Header.Del("Authorization")
	a := s.claim(at)
	r.Header.Set("X-Amz-Date", a.timestamp)
	if s.SessionToken != "" {
		r.Header.Set("X-Amz-Security-Token", s.SessionToken)
	}
	if s.Style == S3 {
		r.Header.Set("X-Amz-Content-Sha256", payloadHash)
	}
	a.SignedHeaders = signable(r.Header)
	s.finish(a, r, payloadHash)
	r.Header.Set("Authorization", Algorithm+" Credential="+s.AccessKeyID+"/"+a.Scope.String()+
		", SignedHeaders="+strings.Join(a.SignedHeaders, ";")+", Signature="+a.Signature)
	return a
}

// Presign puts the signature into the query, good for the given time.
func (s Signer) Presign(r *http.Request, expires time.Duration, at time.Time) {
	if r.Host == "" {
		r.Host = r.URL.Host
	}
	a := s.claim(at)
	a.SignedHeaders = signable(r.Header)
	q := r.URL.RawQuery
	if q != "" {
		q += "&"
	}
	q += paramAlgorithm + "=" + Algorithm + "&" + paramCred + "=" + escape(s.AccessKeyID+"/"+a.Scope.String()) +
		"&" + paramDate + "=" + a.timestamp + "&" + paramExpires + "=" + strconv.Itoa(int(expires/time.Second)) +
		"&" + paramSigned + "=" + escape(strings.Join(a.SignedHeaders, ";"))
	if s.SessionToken != "" {
		q += "&" + paramToken + "=" + escape(s.SessionToken)
	}
	r.URL.RawQuery = q
	payloadHash := UnsignedPayload
	if s.Style == Standard {
		payloadHash = EmptyPayload
	}
	s.finish(a, r, payloadHash)
	r.URL.RawQuery = q + "&" + paramSignature + "=" + a.Signature
}

func (s Signer) claim(at time.Time) *Authorization {
	stamp := at.UTC().Format(TimeFormat)
	return &Authorization{
		AccessKeyID: s.AccessKeyID, SessionToken: s.SessionToken, Time: at.UTC().Truncate(time.Second),
		SentTime: stamp, timestamp: stamp,
		Scope: Scope{Date: stamp[:8], Region: s.Region, Service: s.Service, Terminator: Terminator},
	}
}

func (s Signer) finish(a *Authorization, r *http.Request, payloadHash string) {
	key := signingKey(s.SecretAccessKey, a.Scope)
	canonical, _ := a.appendCanonical(nil, r, s.Style, payloadHash)
	sum := hmacSHA256(key[:], a.appendStringToSign(nil, canonical))
	a.Signature = hex.EncodeToString(sum[:])
}

func signable(h http.Header) []string {
	names := []string{"host"}
	for key := range h {
		name := strings.ToLower(key)
		if strings.HasPrefix(name, "x-amz-") || name == "content-type" || name == "content-md5" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
