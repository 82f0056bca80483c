package fakes3

import (
	"net/http"
	"strings"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/shape"
)

// find looks up what the request is about. Nothing of it is told to the caller
// before authorize, but that a bucket does not exist: AWS tells everybody.
func (x *exchange) find() *awsapi.Error {
	if x.op.target != toService && !x.op.has(created) {
		b, err := x.store.bucket(x.name)
		if err != nil {
			return err
		}
		if err := expectOwner(b, x.header.Get("X-Amz-Expected-Bucket-Owner")); err != nil {
			return err
		}
		x.bucket, x.settings = b, b.settings
	}
	if x.op.target == toObject {
		var err *awsapi.Error
		if x.object, err = x.store.find(x.bucket, x.key, x.version); err != nil {
			return err
		}
		x.marker = nil
		if x.object != nil && x.object.Marker {
			x.object, x.marker = nil, x.object
		}
	}
	if x.op.sub == "uploadId" {
		if err := x.findUpload(); err != nil {
			return err
		}
	}
	if x.op.variant == copying {
		if err := x.findSource(); err != nil {
			return err
		}
	}
	if x.op.has(early) && !x.read {
		return x.decodeEarly()
	}
	return nil
}

// expectOwner compares the bucket's owner with the one the caller expects.
func expectOwner(b *bucket, expected string) *awsapi.Error {
	switch {
	case expected == "" || expected == b.Owner:
		return nil
	case len(expected) != 12 || strings.Trim(expected, "0123456789") != "":
		return badRequest("InvalidBucketOwnerAWSAccountID", "The value of the expected bucket owner parameter must be an AWS Account ID... ["+expected+"]")
	}
	return accessDenied("Access Denied")
}

// authorize asks for every action that the request needs, the main one first.
// DeleteObjects asks key by key when it runs.
func (x *exchange) authorize() *awsapi.Error {
	if err := x.parseTags(); err != nil {
		return err
	}
	if x.op.name == "DeleteObjects" {
		return x.checkPayer(x.bucket)
	}
	action := x.op.action
	if x.version != "" {
		action = x.op.version
	}
	resource := x.resource()
	for _, action := range append([]string{action}, x.extraActions()...) {
		if err := x.ask(x.bucket, action, resource, x.context(action)); err != nil {
			return err
		}
	}
	if err := x.authorizeSource(); err != nil {
		return err
	}
	if err := x.checkPayer(x.bucket); err != nil {
		return err
	}
	for _, also := range [...]func() *awsapi.Error{x.passRole, x.authorizeKeys} {
		if err := also(); err != nil {
			return err
		}
	}
	if strings.HasSuffix(x.op.name, "BucketPolicy") && x.call.Caller.AccountID != x.bucket.Owner {
		return methodNotAllowed(x.r.Method, "BUCKETPOLICY")
	}
	if x.op.run != nil && x.op.target == toObject && x.reads() {
		return x.present(x.bucket, x.key, x.version, x.object, x.marker)
	}
	return nil
}

// comparesETag reports whether the request writes or deletes an object only if it
// has a certain ETag, which then must be one that the caller may know.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
func (x *exchange) comparesETag() bool {
	switch x.op.name {
	case "PutObject", "CopyObject", "CompleteMultipartUpload", "DeleteObject":
		want := x.header.Get("If-Match")
		return want != "" && want != "*"
	}
	return false
}

// checkPayer refuses callers from outside who do not offer to pay, where the
// owner of the bucket has made them. It is nil where the request is in none.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html
func (x *exchange) checkPayer(b *bucket) *awsapi.Error {
	if b == nil || !b.settings.requesterPays || x.call.Caller.AccountID == b.Owner {
		return nil
	}
	if x.header.Get("X-Amz-Request-Payer") != "requester" || x.auth == nil {
		x.call.Explain("the bucket is Requester Pays", "send the header x-amz-request-payer: requester")
		return accessDenied("Access Denied")
	}
	x.w.Header()["X-Amz-Request-Charged"] = []string{"requester"}
	return nil
}

// passRole asks whether the caller may give S3 the role that is to replicate.
func (x *exchange) passRole() *awsapi.Error {
	e, ok := x.early.(*shape.Element)
	if !ok || x.op.sub != "replication" {
		return nil
	}
	ctx := x.baseContext(nil)
	ctx.Set("iam:PassedToService", "s3.amazonaws.com")
	role, _ := arn.Parse(e.Get("Role")) // of another account it cannot be passed
	return x.decide(&iam.Question{Action: "iam:PassRole", Resource: e.Get("Role"), ResourceAccount: role.AccountID, Context: ctx})
}

// resource returns the ARN that the operation's actions are asked on.
func (x *exchange) resource() string {
	switch {
	case x.key != "":
		return arn.Object(x.name, x.key).String()
	case x.op.target == toBucket:
		return arn.Bucket(x.name).String()
	}
	return arn.Bucket("*").String()
}

// reads reports whether the operation needs an object that exists.
func (x *exchange) reads() bool {
	switch x.op.sub {
	case "tagging", "acl", "attributes", "retention", "legal-hold", "restore":
		return true
	}
	return x.op.sub == "" && (x.r.Method == http.MethodGet || x.r.Method == http.MethodHead)
}

// extraActions returns the further actions that the request's headers ask for,
// in the order in which AWS documents them.
func (x *exchange) extraActions() []string {
	var actions []string
	h := x.header
	acl := h.Get("X-Amz-Acl") != "" || len(grants(h)) > 0
	switch {
	case x.op.has(created):
		if in, ok := x.early.(*createBucketRequest); ok {
			actions = in.actions(h)
		}
	case x.op.name == "GetObjectAttributes":
		actions = append(actions, "GetObjectAttributes")
		if x.version != "" {
			actions[0] = "GetObjectVersionAttributes"
		}
	case x.op.has(writes):
		if acl {
			actions = append(actions, "PutObjectAcl")
		}
		if x.setsTags() {
			actions = append(actions, "PutObjectTagging")
		}
		if h.Get("X-Amz-Object-Lock-Mode") != "" || h.Get("X-Amz-Object-Lock-Retain-Until-Date") != "" {
			actions = append(actions, "PutObjectRetention")
		}
		if h.Get("X-Amz-Object-Lock-Legal-Hold") != "" {
			actions = append(actions, "PutObjectLegalHold")
		}
	}
	if x.comparesETag() {
		actions = append(actions, "GetObject")
	}
	return actions
}

// setsTags reports whether the object will have tags: those of the header, or
// in a copy those of the source unless they are to be replaced.
func (x *exchange) setsTags() bool {
	if x.source == nil || x.replacesTags() {
		return x.header.Get("X-Amz-Tagging") != ""
	}
	return x.source.object != nil && len(x.source.object.Tags) > 0
}

func (x *exchange) replacesTags() bool {
	return x.header.Get("X-Amz-Tagging-Directive") == "REPLACE"
}

// authorizeSource asks for reading the source of a copy, under the policy of
// the source's bucket.
func (x *exchange) authorizeSource() *awsapi.Error {
	src := x.source
	if src == nil {
		return nil
	}
	ctx := x.baseContext(src.bucket)
	fillExisting(ctx, src.object)
	read, readTags := "GetObject", "GetObjectTagging"
	if src.version != "" {
		read, readTags = "GetObjectVersion", "GetObjectVersionTagging"
		ctx.Set("s3:versionid", src.version)
	}
	resource := arn.Object(src.name, src.key).String()
	if err := x.ask(src.bucket, read, resource, ctx); err != nil {
		return err
	}
	if err := x.checkPayer(src.bucket); err != nil {
		return err
	}
	if err := x.present(src.bucket, src.key, src.version, src.object, src.marker); err != nil {
		if err.Status == http.StatusMethodNotAllowed {
			return invalidRequest("The source of a copy request may not specifically refer to a delete marker by version id.")
		}
		return err
	}
	if x.op.name == "CopyObject" && !x.replacesTags() && len(src.object.Tags) > 0 {
		return x.ask(src.bucket, readTags, resource, ctx)
	}
	return nil
}

// present refuses when there is no object. Only who may list the bucket is
// told that there is none; for the question s3:prefix is the key.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_Permissions
func (x *exchange) present(b *bucket, key, version string, o, marker *storage.Object) *awsapi.Error {
	if o != nil {
		return nil
	}
	ctx := x.baseContext(b)
	ctx.Set("s3:prefix", key)
	if err := x.ask(b, "ListBucket", arn.Bucket(b.Name).String(), ctx); err != nil {
		x.call.Explain("the object does not exist, and only who may s3:ListBucket is told so", "grant s3:ListBucket on the bucket to see 404 instead of 403")
		return err
	}
	switch {
	case marker != nil && (version != "" || x.r.Method == http.MethodPut && x.op.variant != copying):
		e := methodNotAllowed(x.r.Method, "DeleteMarker")
		e.Headers = []awsapi.Detail{detail("Allow", "DELETE"), detail("Last-Modified", marker.Modified.Format(http.TimeFormat)),
			detail("X-Amz-Delete-Marker", "true"), detail("X-Amz-Version-Id", marker.VersionID)}
		return e
	case version != "" && !versionNamed(version):
		return invalidVersion(version)
	case version != "":
		return noSuchVersion(key, version)
	}
	e := noSuchKey(key)
	if marker != nil {
		e.Headers = []awsapi.Detail{detail("X-Amz-Delete-Marker", "true"), detail("X-Amz-Version-Id", marker.VersionID)}
	}
	return e
}

// ask asks one question. b is nil where the resource is not in a bucket that
// exists: it is then the caller's own.
func (x *exchange) ask(b *bucket, action, resource string, ctx *policy.Context) *awsapi.Error {
	q := &iam.Question{Action: full(action), Resource: resource, ResourceAccount: x.call.Caller.AccountID, Context: ctx}
	if b != nil {
		p, err := b.policyFor(x.call.Caller.AccountID, x.config.Store.Snapshot())
		if err != nil {
			return internal(err)
		}
		q.ResourceAccount, q.ResourcePolicy = b.Owner, p
		if x.call.Caller.Kind == policy.Root && x.call.Caller.AccountID == b.Owner && strings.HasSuffix(action, "BucketPolicy") {
			q.ResourcePolicy = nil // the owner's root cannot be locked out of the policy
		}
	}
	return x.decide(q)
}

// decide asks a question as it is, and words a denial.
func (x *exchange) decide(q *iam.Question) *awsapi.Error {
	decision, ok := x.call.Authorize(q)
	if ok {
		return nil
	}
	return accessDenied(decision.Sentence(&policy.Request{
		Principal: x.call.Caller.Principal(), Action: q.Action, Resource: q.Resource,
		ResourceAccount: q.ResourceAccount, Context: q.Context,
	}))
}
