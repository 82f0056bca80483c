package fakes3

import (
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/sigv4"
)

// exchange is one request and its answer on the way through the Server.
type exchange struct {
	*Server
	w    http.ResponseWriter
	r    *http.Request
	call *awsapi.Call

	// Set by parse: what the request says, decided once.
	op      *operation
	name    string // bucket
	key     string
	params  []pair      // query parameters other than those of the signature
	header  http.Header // the request's, with x-amz- parameters of the query
	hosted  bool        // the bucket stood in the host name
	version string      // versionId

	// Set by authenticate.
	auth    *sigv4.Authorization // nil if anonymous
	signing [32]byte             // signing key
	payload string               // x-amz-content-sha256, also from a presigned query
	form    *uploadForm          // of a browser upload

	// Set by find: what it is about.
	bucket   *bucket
	settings *settings          // of the bucket, as they were then
	object   *storage.Object    // nil if there is none, or nothing newer than a delete marker
	marker   *storage.Object    // the delete marker that stands in its place
	source   *source            // of a copy
	begun    *storage.Upload    // the upload in progress that it names; nil if there is none
	tags     []iam.Tag          // of the object to be stored
	asked    storage.Encryption // of the object to be stored, as far as the headers say
	early    any                // the decoded body of an operation that is authorized by it

	read     bool // the request's body was opened, and can be only once
	hostID   string
	answered bool
}

const (
	maxKey     = storage.MaxKey
	maxHeaders = 16 << 10
)

// parse decides method, bucket, key and operation. Whatever it does not
// understand it refuses: AWS would ignore some of it, but ignoring is how a
// request comes to be authorized as one thing and served as another.
func (x *exchange) parse() *awsapi.Error {
	if err := x.parsePath(); err != nil {
		return err
	}
	params, err := sigv4.ParseQuery(x.r.URL.RawQuery)
	if err != nil {
		return invalidURI()
	}
	if err := x.parseHeader(); err != nil {
		return err
	}
	if err := x.parseParams(params); err != nil {
		return err
	}
	return x.route()
}

// parsePath finds bucket and key in the host name and the path as they were
// received, each decoded once.
func (x *exchange) parsePath() *awsapi.Error {
	path := x.r.URL.EscapedPath()
	if !strings.HasPrefix(path, "/") || x.r.URL.Host != "" && x.r.URL.Host != x.r.Host {
		return invalidURI()
	}
	rest := path[1:]
	name, ok := x.bucketOfHost(x.r.Host)
	if !ok {
		return invalidRequest("irsatz does not know this S3 host name; use s3.<region>.amazonaws.com, or any other name with the bucket in the path.")
	}
	x.hosted = name != ""
	if !x.hosted {
		name, rest, _ = strings.Cut(rest, "/")
	}
	name, ok = decode(name)
	key, ok2 := decode(rest)
	if !ok || !ok2 {
		return invalidURI()
	}
	if name == "" && key != "" {
		return invalidURI() // "//key"
	}
	if name != "" && !bucketNamed(name) {
		return invalidBucketName(name)
	}
	if len(key) > maxKey {
		return keyTooLong(key)
	}
	x.name, x.key = name, key
	return nil
}

// decode undoes percent-encoding, once. Keys are UTF-8.
func decode(s string) (string, bool) {
	s, err := url.PathUnescape(s)
	return s, err == nil && utf8.ValidString(s)
}

// bucketNamed reports whether s is a bucket name: 3 to 63 lower-case letters,
// digits, dots and hyphens, labels beginning and ending with a letter or digit.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
func bucketNamed(s string) bool {
	if len(s) < 3 || len(s) > 63 {
		return false
	}
	digitsOnly := true
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		for i := range len(label) {
			c := label[i]
			if c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
				return false
			}
			digitsOnly = digitsOnly && '0' <= c && c <= '9'
		}
	}
	return !(digitsOnly && strings.Count(s, ".") == 3)
}

// bucketOfHost returns the bucket named by the host, "" if the host names
// none, and false for a host below a base that is not one of S3's.
func (s *Server) bucketOfHost(host string) (string, bool) {
	host = strings.ToLower(host)
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	host = strings.TrimSuffix(host, ".")
	for _, base := range s.config.HostBases {
		below, ok := strings.CutSuffix(host, "."+base)
		if !ok {
			continue
		}
		labels := strings.Split(below, ".")
		for i := len(labels) - 1; i >= 0; i-- {
			if endpoint(labels[i:]) {
				return strings.Join(labels[:i], "."), true
			}
		}
		if base == "localhost" {
			return below, true
		}
		return "", false
	}
	return "", true
}

// endpoint reports whether the labels before the base are S3's own: s3, s3 and
// a region, the same with dualstack, or the old s3-region.
func endpoint(labels []string) bool {
	rest := labels[1:]
	if labels[0] != "s3" {
		return strings.HasPrefix(labels[0], "s3-") && len(rest) == 0
	}
	if len(rest) == 2 && rest[0] == "dualstack" {
		rest = rest[1:]
	}
	return len(rest) <= 1
}

// parseHeader copies the headers, and refuses what is repeated or unknown.
func (x *exchange) parseHeader() *awsapi.Error {
	x.header = make(http.Header, len(x.r.Header))
	size := 0
	for name, values := range x.r.Header {
		for _, v := range values {
			size += len(name) + len(v)
		}
		if len(values) > 1 && !repeatable(name) {
			return badRequest("InvalidArgument", "The header occurs more than once.", detail("ArgumentName", name))
		}
		if err := known(name); err != nil {
			return err
		}
		x.header[name] = values
	}
	if size > maxHeaders {
		return badRequest("RequestHeaderSectionTooLarge", "Your request header section exceeds the maximum allowed size.")
	}
	return nil
}

// parseParams sorts the query into parameters, and x-amz- parameters that
// stand for headers: presigning SDKs move headers there, and S3 honours them.
func (x *exchange) parseParams(params []sigv4.Param) *awsapi.Error {
	for _, p := range params {
		lower := strings.ToLower(p.Name)
		switch {
		case signature(p.Name):
			continue
		case checksumTwin(lower):
			continue
		case strings.HasPrefix(lower, "x-amz-"):
			name := textproto.CanonicalMIMEHeaderKey(lower)
			if len(x.header[name]) > 0 {
				return invalidRequest("The parameter " + p.Name + " is given as a header and in the query, or twice.")
			}
			if err := known(name); err != nil {
				return err
			}
			x.header[name] = []string{p.Value}
			continue
		}
		if _, twice := param(x.params, p.Name); twice {
			return invalidArgument("The query parameter occurs more than once.", p.Name, p.Value)
		}
		x.params = append(x.params, pair{p.Name, p.Value})
	}
	return nil
}

// checksumTwin reports whether a parameter stands for a checksum of the body. The
// SDK for JavaScript presigns that of an empty one, and S3 ignores it: what is
// sent later is another body.
func checksumTwin(lower string) bool {
	return lower == "x-amz-sdk-checksum-algorithm" || newChecksum(lower) != nil
}

// signature reports whether the parameter belongs to query authentication.
func signature(name string) bool {
	switch name {
	case "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders",
		"X-Amz-Signature", "X-Amz-Security-Token", "X-Amz-Content-Sha256", "AWSAccessKeyId", "Signature", "Expires":
		return true
	}
	return false
}

// route finds the operation.
func (x *exchange) route() *awsapi.Error {
	to := toService
	switch {
	case x.key != "":
		to = toObject
	case x.name != "":
		to = toBucket
	}
	sub := ""
	for _, p := range x.params {
		if !x.routes.subs[p.name] {
			continue
		}
		if sub != "" {
			return invalidArgument("Conflicting query parameters: "+sub+" and "+p.name+".", "ResourceType", p.name)
		}
		sub = p.name
	}
	variant := variantOf(x.r.Method, to, sub, x.params, x.header)
	x.op = x.routes.byRoute[route{x.r.Method, sub, variant, to}]
	switch {
	case x.op == nil:
		return x.noRoute(to, sub)
	}
	for _, p := range x.params {
		if !x.op.understands(p.name) && !x.idle(p.name) {
			return x.unknownParam(p)
		}
	}
	x.version, _ = param(x.params, "versionId")
	if _, given := param(x.params, "versionId"); given && x.version == "" {
		return invalidArgument("Version id cannot be the empty string", "versionId", "")
	}
	return nil
}

// noRoute answers a method that there is not for what the request addresses.
func (x *exchange) noRoute(to target, sub string) *awsapi.Error {
	resource := targetNames[to]
	if sub != "" {
		resource = strings.ToUpper(sub)
	}
	e := methodNotAllowed(x.r.Method, resource)
	if methods := x.routes.methods(to, sub); methods != "" {
		e.Headers = []awsapi.Detail{detail("Allow", methods)}
	}
	return e
}

// idle reports whether a parameter that nobody knows can do no harm: when an
// object is read, as where a page adds one to get past a cache.
func (x *exchange) idle(name string) bool {
	if x.op.name != "GetObject" && x.op.name != "HeadObject" {
		return false
	}
	lower := strings.ToLower(name)
	return x.routes.names[lower] == "" && !strings.HasPrefix(lower, "response-")
}

// unknownParam refuses a parameter that the operation does not take.
//
// DIVERGES: AWS ignores query parameters and x-amz- headers that it does not
// know. Here "?ACL" must not pass for a plain request, nor a header for nothing.
// Only reading an object takes parameters that are like none of S3's.
func (x *exchange) unknownParam(p pair) *awsapi.Error {
	x.call.Record.Operation = x.op.name
	if proper, ok := x.routes.names[strings.ToLower(p.name)]; ok && proper != p.name {
		x.call.Explain("query parameters are case-sensitive", "write "+proper+" instead of "+p.name)
	} else {
		x.call.Explain("irsatz refuses query parameters that "+x.op.name+" does not take", "leave "+p.name+" out")
	}
	return invalidArgument("The query parameter is not one of "+x.op.name+".", p.name, p.value)
}
