package fakes3

import (
	"crypto/tls"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/fakes3/storage"
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
	if kind != "REST-HEADER" {
		// It is of what was signed in advance alone.
		// https://docs.aws.amazon.com/prescriptive-guidance/latest/presigned-url-best-practices/additional-guardrails.html
		ctx.Set("s3:signatureAge", strconv.FormatInt(max(0, x.call.Time.Sub(x.auth.Time).Milliseconds()), 10))
	}
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

// context returns the condition keys of one of the request's actions. An action
// has the keys that the service authorization reference lists for it, and no
// others: a key that AWS does not fill must not let anybody in here.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
func (x *exchange) context(action string) *policy.Context {
	ctx := x.baseContext(x.bucket)
	if x.version != "" && strings.Contains(action, "Version") {
		ctx.Set("s3:versionid", x.version)
	}
	switch action {
	case "ListBucket", "ListBucketVersions":
		for _, name := range [...]string{"prefix", "delimiter", "max-keys"} {
			if v, ok := param(x.params, name); ok {
				ctx.Set("s3:"+name, v)
			}
		}
	case "PutObject":
		x.fillPut(ctx)
		fillObjectTags(ctx, x.tags)
	case "CreateBucket", "PutBucketAcl":
		fillHeaders(ctx, x.header, aclHeaders)
	case "PutObjectAcl", "PutObjectVersionAcl":
		fillHeaders(ctx, x.header, aclHeaders)
		fillHeaders(ctx, x.header, classHeaders)
	case "PutObjectTagging", "PutObjectVersionTagging":
		fillObjectTags(ctx, x.tags)
	case "PutObjectRetention":
		x.fillRetention(ctx, x.header)
	case "PutObjectLegalHold":
		x.fillHold(ctx, x.header)
	case "DeleteObject":
		if x.op.name == action { // not DeleteObjects, which has one for each object
			fillHeaders(ctx, x.header, matchHeaders)
		}
	case "UpdateObjectEncryption":
		fillHeaders(ctx, x.header, encryptionHeaders)
	case "PutInventoryConfiguration":
		if e, ok := x.early.(*shape.Element); ok && e.Find("OptionalFields", "Field") != nil {
			ctx.SetValues("s3:InventoryAccessibleOptionalFields", e.Find("OptionalFields").Texts("Field")...)
		}
	}
	if in, ok := x.early.(*createBucketRequest); ok {
		in.fill(ctx, action, x.header)
	}
	if knowsTags(action) && (!x.op.has(writes) || action == "GetObject") {
		fillExisting(ctx, x.object)
	}
	return ctx
}

// knowsTags reports whether the tags of the object are keys of the action. They
// are not of writing or deleting it, nor of its attributes or locks.
func knowsTags(action string) bool {
	switch action {
	case "GetObject", "GetObjectVersion", "GetObjectAcl", "GetObjectVersionAcl", "GetObjectTagging", "GetObjectVersionTagging",
		"PutObjectAcl", "PutObjectVersionAcl", "PutObjectTagging", "PutObjectVersionTagging", "DeleteObjectTagging", "DeleteObjectVersionTagging",
		"UpdateObjectEncryption":
		return true
	}
	return false
}

func fillExisting(ctx *policy.Context, o *storage.Object) {
	if o == nil {
		return
	}
	for _, t := range o.Tags {
		ctx.Set("s3:ExistingObjectTag/"+t.Key, t.Value)
	}
}

// headerKey is a header that a condition key is set to.
type headerKey struct{ header, key string }

// headerKeys are the keys of these headers.
func headerKeys(names ...string) []headerKey {
	var keys []headerKey
	for _, name := range names {
		keys = append(keys, headerKey{textproto.CanonicalMIMEHeaderKey(name), "s3:" + name})
	}
	return keys
}

var (
	aclHeaders = headerKeys("x-amz-acl", "x-amz-grant-full-control", "x-amz-grant-read", "x-amz-grant-read-acp", "x-amz-grant-write", "x-amz-grant-write-acp")
	putHeaders = headerKeys(
		"x-amz-object-annotation-directive", "x-amz-server-side-encryption",
		"x-amz-server-side-encryption-aws-kms-key-id", "x-amz-server-side-encryption-customer-algorithm",
		"x-amz-storage-class", "x-amz-website-redirect-location",
	)
	sourceHeaders     = headerKeys("x-amz-copy-source")
	directiveHeaders  = headerKeys("x-amz-metadata-directive")
	classHeaders      = headerKeys("x-amz-storage-class")
	encryptionHeaders = headerKeys("x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id")
	matchHeaders      = headerKeys("if-match")
	conditionHeaders  = headerKeys("if-match", "if-none-match")
)

// fillHeaders sets keys to the headers, as they were sent.
func fillHeaders(ctx *policy.Context, h http.Header, keys []headerKey) {
	for _, k := range keys {
		if values := h[k.header]; len(values) > 0 && values[0] != "" {
			ctx.Set(k.key, values[0])
		}
	}
}

// fillPut sets the keys of the action s3:PutObject. Defaults that AWS would
// apply are not in the request, so they are not in its context.
func (x *exchange) fillPut(ctx *policy.Context) {
	if x.op.variant == copying { // elsewhere the header is without effect
		fillHeaders(ctx, x.header, sourceHeaders)
	}
	if x.op.name == "CopyObject" {
		fillHeaders(ctx, x.header, directiveHeaders)
	}
	h := x.asking()
	fillHeaders(ctx, h, aclHeaders)
	fillHeaders(ctx, h, putHeaders)
	x.fillRetention(ctx, h)
	x.fillHold(ctx, h)
	switch x.op.name {
	case "PostObject": // was seen not to have the key
	case "PutObject", "CompleteMultipartUpload", "CopyObject":
		ctx.Set("s3:ObjectCreationOperation", "true")
		fillHeaders(ctx, x.header, conditionHeaders)
	default:
		ctx.Set("s3:ObjectCreationOperation", "false")
	}
}

// parseTags reads the tags that the request would put on the object, once. A copy
// has those of its source unless they are to be replaced.
func (x *exchange) parseTags() *awsapi.Error {
	if !x.op.has(writes) {
		return nil
	}
	tags, err := parseTagging(x.header.Get("X-Amz-Tagging"))
	if x.source == nil || x.replacesTags() {
		x.tags = tags
	}
	return err
}
