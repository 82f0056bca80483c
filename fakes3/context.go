package fakes3

import (
	"crypto/tls"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/shape"
	"github.com/irsatz/irsatz/internal/sigv4"
)

// baseContext returns the condition keys that every S3 action has. The bucket is
// nil where the resource is not in one: it is then the caller's own.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
func (x *exchange) baseContext(b *bucket) *policy.Context {
	ctx, owner := x.call.Context(), x.call.Caller.AccountID
	if b != nil {
		owner = b.Owner
		fillBucketTags(ctx, b.settings)
	}
	if owner != "" {
		ctx.Set("aws:ResourceAccount", owner)
		ctx.Set("s3:ResourceAccount", owner)
	}
	if x.r.TLS != nil {
		if v := tlsVersion(x.r.TLS.Version); v != "" {
			ctx.Set("s3:TlsVersion", v)
		}
	}
	if v := x.payload; v != "" && x.op.sub != "object-lock" {
		ctx.Set("s3:x-amz-content-sha256", v)
	}
	if x.auth == nil {
		return ctx
	}
	kind := "REST-HEADER"
	switch {
	case x.form != nil:
		kind = "POST"
	case x.auth.Presigned:
		kind = "REST-QUERY-STRING"
	}
	ctx.Set("s3:authType", kind)
	ctx.Set("s3:signatureversion", sigv4.Algorithm)
	ctx.Set("s3:signatureAge", strconv.FormatInt(max(0, x.call.Time.Sub(x.auth.Time).Milliseconds()), 10))
	return ctx
}

// fillBucketTags sets the tags of a bucket, which are keys of policies only where
// attribute-based access control was turned on for it.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
func fillBucketTags(ctx *policy.Context, s *settings) {
	if !s.abac {
		return
	}
	for _, t := range s.tags {
		ctx.Set("aws:ResourceTag/"+t.Key, t.Value)
		ctx.Set("s3:BucketTag/"+t.Key, t.Value)
	}
}

func tlsVersion(v uint16) string {
	switch v {
	case tls.VersionTLS10:
		return "1.0"
	case tls.VersionTLS11:
		return "1.1"
	case tls.VersionTLS12:
		return "1.2"
	case tls.VersionTLS13:
		return "1.3"
	}
	return ""
}

// context returns the condition keys of the operation's actions.
func (x *exchange) context() (*policy.Context, *awsapi.Error) {
	ctx := x.baseContext(x.bucket)
	x.fillVersion(ctx)
	if x.op.action == "ListBucket" || x.op.action == "ListBucketVersions" {
		for _, name := range [...]string{"prefix", "delimiter", "max-keys"} {
			if v, ok := param(x.params, name); ok {
				ctx.Set("s3:"+name, v)
			}
		}
	}
	if x.r.Method == http.MethodPut || x.r.Method == http.MethodPost {
		x.fillHeaders(ctx, aclHeaders)
	}
	if x.op.action == "PutObject" {
		x.fillPut(ctx)
	}
	tags, err := x.requestTags()
	if err != nil {
		return nil, err
	}
	fillObjectTags(ctx, tags)
	switch in := x.early.(type) {
	case *createBucketRequest:
		in.fill(ctx, x.header)
	case *shape.Element:
		if fields := in.Find("OptionalFields").Texts("Field"); len(fields) > 0 {
			ctx.SetValues("s3:InventoryAccessibleOptionalFields", fields...)
		}
	}
	return ctx, nil
}

// fillVersion sets what follows from the object addressed. Its tags are keys of
// reading and tagging it, not of writing or deleting it.
func (x *exchange) fillVersion(ctx *policy.Context) {
	if x.version != "" {
		ctx.Set("s3:versionid", x.version)
	}
	switch x.op.action {
	case "PutObject":
	case "DeleteObject":
		if v := x.header.Get("If-Match"); v != "" {
			ctx.Set("s3:if-match", v)
		}
	default:
		fillExisting(ctx, x.object)
	}
}

func fillExisting(ctx *policy.Context, o *storage.Object) {
	if o == nil {
		return
	}
	for _, t := range o.Tags {
		ctx.Set("s3:ExistingObjectTag/"+t.Key, t.Value)
	}
}

var (
	aclHeaders = []string{"x-amz-acl", "x-amz-grant-full-control", "x-amz-grant-read", "x-amz-grant-read-acp", "x-amz-grant-write", "x-amz-grant-write-acp"}
	putHeaders = []string{
		"x-amz-copy-source", "x-amz-object-annotation-directive", "x-amz-server-side-encryption",
		"x-amz-server-side-encryption-aws-kms-key-id", "x-amz-server-side-encryption-customer-algorithm",
		"x-amz-storage-class", "x-amz-website-redirect-location",
	}
	lockKeys = []string{"object-lock-mode", "object-lock-retain-until-date", "object-lock-legal-hold"}
)

// fillHeaders sets keys to the headers of the same name, as they were sent.
func (x *exchange) fillHeaders(ctx *policy.Context, names []string) {
	for _, name := range names {
		if v := x.header.Get(name); v != "" {
			ctx.Set("s3:"+name, v)
		}
	}
}

// fillPut sets the keys of the action s3:PutObject. Defaults that AWS would
// apply are not in the request, so they are not in its context.
func (x *exchange) fillPut(ctx *policy.Context) {
	x.fillHeaders(ctx, putHeaders)
	if x.op.name == "CopyObject" {
		x.fillHeaders(ctx, []string{"x-amz-metadata-directive"})
	}
	for _, key := range lockKeys {
		if v := x.header.Get("X-Amz-" + key); v != "" {
			ctx.Set("s3:"+key, v)
		}
	}
	if until, err := time.Parse(time.RFC3339, x.header.Get("X-Amz-Object-Lock-Retain-Until-Date")); err == nil {
		days := math.Ceil(until.Sub(x.call.Time).Hours() / 24)
		ctx.Set("s3:object-lock-remaining-retention-days", strconv.Itoa(int(days)))
	}
	switch x.op.name {
	case "PutObject", "CompleteMultipartUpload", "CopyObject", "PostObject":
		ctx.Set("s3:ObjectCreationOperation", "true")
		x.fillHeaders(ctx, []string{"if-match", "if-none-match"})
	default:
		ctx.Set("s3:ObjectCreationOperation", "false")
	}
	if x.op.sub == "uploadId" {
		id, _ := param(x.params, "uploadId")
		if u, err := x.store.Upload(x.bucket.Bucket, x.key, id); err == nil && u.Draft.Encryption.Algorithm != "" {
			ctx.Set("s3:x-amz-server-side-encryption", u.Draft.Encryption.Algorithm)
		}
	}
}

// requestTags returns the tags that the request would put on the object.
func (x *exchange) requestTags() ([]iam.Tag, *awsapi.Error) {
	if tags, ok := x.early.([]iam.Tag); ok {
		return tags, nil
	}
	if !x.op.has(writes) {
		return nil, nil
	}
	return parseTagging(x.header.Get("X-Amz-Tagging"))
}

const (
	maxTags     = 10
	maxTagKey   = 128
	maxTagValue = 256
)

// parseTagging reads the header form of tags, a URL-encoded query string.
func parseTagging(raw string) ([]iam.Tag, *awsapi.Error) {
	if raw == "" {
		return nil, nil
	}
	bad := invalidArgument("The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.", "x-amz-tagging", raw)
	var tags []iam.Tag
	for piece := range strings.SplitSeq(raw, "&") {
		k, v, _ := strings.Cut(piece, "=")
		key, err := url.QueryUnescape(k)
		value, err2 := url.QueryUnescape(v)
		if err != nil || err2 != nil || key == "" {
			return nil, bad
		}
		for _, t := range tags {
			if t.Key == key {
				return nil, bad
			}
		}
		tags = append(tags, iam.Tag{Key: key, Value: value})
	}
	return tags, checkTags(tags, maxTags)
}

// checkTags refuses what a tag set cannot be.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
func checkTags(tags []iam.Tag, most int) *awsapi.Error {
	if len(tags) > most {
		return badRequest("BadRequest", "Object tags cannot be greater than "+itoa(most))
	}
	for i, t := range tags {
		switch {
		case t.Key == "" || len([]rune(t.Key)) > maxTagKey:
			return badRequest("InvalidTag", "The TagKey you have provided is invalid", detail("TagKey", t.Key))
		case len([]rune(t.Value)) > maxTagValue:
			return badRequest("InvalidTag", "The TagValue you have provided is invalid", detail("TagKey", t.Key))
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return badRequest("InvalidTag", "System tags cannot be added/updated by requester", detail("TagKey", t.Key))
		}
		for _, earlier := range tags[:i] {
			if earlier.Key == t.Key {
				return badRequest("InvalidTag", "Cannot provide multiple Tags with the same key", detail("TagKey", t.Key))
			}
		}
	}
	return nil
}

func fillObjectTags(ctx *policy.Context, tags []iam.Tag) {
	if len(tags) == 0 {
		return
	}
	keys := make([]string, len(tags))
	for i, t := range tags {
		keys[i] = t.Key
		ctx.Set("s3:RequestObjectTag/"+t.Key, t.Value)
	}
	ctx.SetValues("s3:RequestObjectTagKeys", keys...)
}
