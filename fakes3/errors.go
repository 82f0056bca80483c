package fakes3

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// The texts are AWS's, from
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and
// recorded answers.

func fail(status int, code, message string, details ...awsapi.Detail) *awsapi.Error {
	return &awsapi.Error{Code: code, Message: message, Status: status, Details: details}
}

func detail(name, value string) awsapi.Detail { return awsapi.Detail{Name: name, Value: value} }

func badRequest(code, message string, details ...awsapi.Detail) *awsapi.Error {
	return fail(http.StatusBadRequest, code, message, details...)
}

func invalidArgument(message, name, value string) *awsapi.Error {
	return badRequest("InvalidArgument", message, detail("ArgumentName", name), detail("ArgumentValue", value))
}

func invalidRequest(message string) *awsapi.Error { return badRequest("InvalidRequest", message) }

func accessDenied(message string, details ...awsapi.Detail) *awsapi.Error {
	return fail(http.StatusForbidden, "AccessDenied", message, details...)
}

func internal(cause error) *awsapi.Error {
	e := fail(http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again.")
	e.Cause = cause
	return e
}

// notImplemented answers an operation that AWS has and irsatz has not.
func notImplemented(what string) *awsapi.Error {
	return fail(http.StatusNotImplemented, "NotImplemented", what+" is not implemented by irsatz.")
}

// headerNotImplemented answers a header whose function, or value, is missing.
func headerNotImplemented(name, more string) *awsapi.Error {
	e := fail(http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented", detail("Header", name))
	if more != "" {
		e.Details = append(e.Details, detail("additionalMessage", more))
	}
	return e
}

func invalidVersion(id string) *awsapi.Error {
	return invalidArgument("Invalid version id specified", "versionId", id)
}

func noSuchBucket(name string) *awsapi.Error {
	return fail(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist", detail("BucketName", name))
}

func noSuchKey(key string) *awsapi.Error {
	return fail(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.", detail("Key", key))
}

func noSuchVersion(key, id string) *awsapi.Error {
	return fail(http.StatusNotFound, "NoSuchVersion", "The specified version does not exist.", detail("Key", key), detail("VersionId", id))
}

func noSuchUpload(id string) *awsapi.Error {
	return fail(http.StatusNotFound, "NoSuchUpload",
		"The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.", detail("UploadId", id))
}

func noSuchBucketPolicy(name string) *awsapi.Error {
	return fail(http.StatusNotFound, "NoSuchBucketPolicy", "The bucket policy does not exist", detail("BucketName", name))
}

func noSuchTagSet(name string) *awsapi.Error {
	return fail(http.StatusNotFound, "NoSuchTagSet", "The TagSet does not exist", detail("BucketName", name))
}

// failed words an error of the storage, about the bucket or the key that was
// asked for. Conditions of a request are called by their headers.
func failed(err error, bucket, key string) *awsapi.Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*awsapi.Error](err); ok {
		return e
	}
	for _, w := range [...]struct {
		is    error
		words *awsapi.Error
	}{
		{storage.ErrNoBucket, noSuchBucket(bucket)},
		{storage.ErrNotEmpty, bucketNotEmpty(bucket)},
		{storage.ErrNoObject, noSuchKey(key)},
		{storage.ErrKeyTooLong, keyTooLong(key)},
		{storage.ErrExists, preconditionFailed("If-None-Match")},
		{storage.ErrChanged, preconditionFailed("If-Match")},
		{storage.ErrFull, unavailable(err)},
		{storage.ErrGone, unavailable(err)},
	} {
		if errors.Is(err, w.is) {
			return w.words
		}
	}
	return internal(err)
}

// unavailable answers what may succeed when it is tried again, as SDKs do. AWS
// never is full; this is how it answers when it is short of something.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
func unavailable(cause error) *awsapi.Error {
	e := fail(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
	e.Cause = cause
	return e
}

func alreadyExists(b *storage.Bucket, owner string) *awsapi.Error {
	if b.Owner == owner {
		return fail(http.StatusConflict, "BucketAlreadyOwnedByYou",
			"Your previous request to create the named bucket succeeded and you already own it.", detail("BucketName", b.Name))
	}
	return fail(http.StatusConflict, "BucketAlreadyExists",
		"The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
		detail("BucketName", b.Name))
}

func bucketNotEmpty(name string) *awsapi.Error {
	return fail(http.StatusConflict, "BucketNotEmpty", bucketNotEmptyText, detail("BucketName", name))
}

const bucketNotEmptyText = "The bucket you tried to delete is not empty"

func invalidBucketName(name string) *awsapi.Error {
	return badRequest("InvalidBucketName", "The specified bucket is not valid.", detail("BucketName", name))
}

func keyTooLong(key string) *awsapi.Error {
	return badRequest("KeyTooLongError", "Your key is too long", detail("Size", itoa(len(key))), detail("MaxSizeAllowed", itoa(maxKey)))
}

func preconditionFailed(condition string) *awsapi.Error {
	return fail(http.StatusPreconditionFailed, "PreconditionFailed",
		"At least one of the pre-conditions you specified did not hold", detail("Condition", condition))
}

func malformedXML() *awsapi.Error {
	return badRequest("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
}

func methodNotAllowed(method, resource string) *awsapi.Error {
	return fail(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.",
		detail("Method", method), detail("ResourceType", resource))
}

func invalidPart(upload string, p chosen) *awsapi.Error {
	return badRequest("InvalidPart", "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
		detail("UploadId", upload), detail("PartNumber", itoa(p.number)), detail("ETag", strings.Trim(p.etag, `"`)))
}

func invalidPartOrder(upload string) *awsapi.Error {
	return badRequest("InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.", detail("UploadId", upload))
}

func entityTooSmall(p *storage.Part) *awsapi.Error {
	return badRequest("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size",
		detail("ProposedSize", strconv.FormatInt(p.Size, 10)), detail("MinSizeAllowed", strconv.Itoa(minPart)),
		detail("PartNumber", strconv.Itoa(p.Number)), detail("ETag", strings.Trim(p.ETag, `"`)))
}

func entityTooLarge(size int64) *awsapi.Error {
	return badRequest("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size",
		detail("ProposedSize", strconv.FormatInt(size, 10)), detail("MaxSizeAllowed", strconv.FormatInt(maxObject, 10)))
}

// sourceTooLarge refuses to copy in one piece what cannot be put in one piece.
func sourceTooLarge() *awsapi.Error {
	return invalidRequest("The specified copy source is larger than the maximum allowable size for a copy source: " + strconv.FormatInt(maxObject, 10))
}

func missingContentLength() *awsapi.Error {
	return fail(http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header.")
}

func incompleteBody() *awsapi.Error {
	return badRequest("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
}

func invalidURI() *awsapi.Error {
	return badRequest("InvalidURI", "Couldn't parse the specified URI.")
}
