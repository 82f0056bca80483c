package fakes3

import (
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/internal/awsapi"
)

func itoa(n int) string { return strconv.Itoa(n) }

// digits reads a number that is written in digits alone: a sign in front of it is
// nothing that S3 takes.
func digits(s string) (int64, bool) {
	n, err := strconv.ParseUint(s, 10, 63)
	return int64(n), err == nil
}

// headerUse says what is done with an x-amz- header.
type headerUse uint8

const (
	// understood: acted upon, or of no consequence here.
	understood headerUse = iota + 1
	// missing: it asks for a function that irsatz has not. It is refused once
	// the caller is known to be allowed what it asks for.
	missing
)

const metaPrefix = "X-Amz-Meta-"

// amzHeaders is every x-amz- request header of S3's API model.
var amzHeaders = map[string]headerUse{
	"X-Amz-Date": understood, "X-Amz-Content-Sha256": understood, "X-Amz-Security-Token": understood,
	"X-Amz-Decoded-Content-Length": understood, "X-Amz-Trailer": understood, "X-Amz-User-Agent": understood,
	"X-Amz-Acl": understood, "X-Amz-Grant-Full-Control": understood, "X-Amz-Grant-Read": understood,
	"X-Amz-Grant-Read-Acp": understood, "X-Amz-Grant-Write": understood, "X-Amz-Grant-Write-Acp": understood,
	"X-Amz-Tagging": understood, "X-Amz-Storage-Class": understood, "X-Amz-Website-Redirect-Location": understood,
	"X-Amz-Server-Side-Encryption": understood,
	"X-Amz-Copy-Source":            understood, "X-Amz-Metadata-Directive": understood, "X-Amz-Tagging-Directive": understood,
	"X-Amz-Copy-Source-If-Match": understood, "X-Amz-Copy-Source-If-None-Match": understood,
	"X-Amz-Copy-Source-If-Modified-Since": understood, "X-Amz-Copy-Source-If-Unmodified-Since": understood,
	"X-Amz-Copy-Source-Range": understood, "X-Amz-Expected-Bucket-Owner": understood, "X-Amz-Source-Expected-Bucket-Owner": understood,
	"X-Amz-Skip-Destination-Validation": understood, // nothing is delivered
	"X-Amz-Request-Payer":               understood, // without effect unless the bucket is Requester Pays
	"X-Amz-Checksum-Mode":               understood, "X-Amz-Checksum-Algorithm": understood, "X-Amz-Sdk-Checksum-Algorithm": understood,
	"X-Amz-Checksum-Crc32": understood, "X-Amz-Checksum-Crc32c": understood, "X-Amz-Checksum-Crc64nvme": understood,
	"X-Amz-Checksum-Sha1": understood, "X-Amz-Checksum-Sha256": understood, "X-Amz-Checksum-Sha512": understood, "X-Amz-Checksum-Md5": understood, "X-Amz-Checksum-Type": understood,
	"X-Amz-Object-Lock-Mode": understood, "X-Amz-Object-Lock-Retain-Until-Date": understood, "X-Amz-Object-Lock-Legal-Hold": understood,
	"X-Amz-Bypass-Governance-Retention": understood, "X-Amz-Bucket-Object-Lock-Enabled": understood,
	"X-Amz-Object-Ownership": understood, attributesHeader: understood, "X-Amz-Max-Parts": understood, "X-Amz-Part-Number-Marker": understood,
	"X-Amz-Optional-Object-Attributes": understood,
	"X-Amz-Te":                         understood, // of the AWS SDK for Java: an MD5 after the body, which is left out if the answer does not announce it

	"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": understood, "X-Amz-Server-Side-Encryption-Context": understood,
	"X-Amz-Server-Side-Encryption-Bucket-Key-Enabled": understood, "X-Amz-Server-Side-Encryption-Customer-Algorithm": missing,
	"X-Amz-Server-Side-Encryption-Customer-Key": missing, "X-Amz-Server-Side-Encryption-Customer-Key-Md5": missing,
	"X-Amz-Copy-Source-Server-Side-Encryption-Customer-Algorithm": missing, "X-Amz-Copy-Source-Server-Side-Encryption-Customer-Key": missing,
	"X-Amz-Copy-Source-Server-Side-Encryption-Customer-Key-Md5": missing,
	"X-Amz-Mfa": missing, "X-Amz-Bucket-Namespace": missing, "X-Amz-Write-Offset-Bytes": missing, "X-Amz-Mp-Object-Size": understood,
	"X-Amz-If-Match-Last-Modified-Time": missing, "X-Amz-If-Match-Size": missing, "X-Amz-Transition-Default-Minimum-Object-Size": understood,
	"X-Amz-Confirm-Remove-Self-Bucket-Access": missing, "X-Amz-Bucket-Object-Lock-Token": missing, "X-Amz-Create-Session-Mode": missing,
	"X-Amz-Rename-Source": missing, "X-Amz-Rename-Source-If-Match": missing, "X-Amz-Rename-Source-If-None-Match": missing,
	"X-Amz-Rename-Source-If-Modified-Since": missing, "X-Amz-Rename-Source-If-Unmodified-Since": missing, "X-Amz-Client-Token": missing,
	"X-Amz-Object-Annotation-Directive": missing, "X-Amz-Object-If-Match": missing, "X-Amz-If-Match-Initiated-Time": missing,
	"X-Amz-Object-Lock-Event-Hold": missing, "X-Amz-Object-Lock-Event-Hold-Duration-Days": missing, "X-Amz-Object-Lock-Event-Hold-Duration-Years": missing,
	"X-Amz-Checksum-Xxhash3": missing, "X-Amz-Checksum-Xxhash64": missing, "X-Amz-Checksum-Xxhash128": missing,
}

// known refuses x-amz- headers that are not S3's.
func known(name string) *awsapi.Error {
	if !strings.HasPrefix(name, "X-Amz-") || amzHeaders[name] != 0 || strings.HasPrefix(name, metaPrefix) && len(name) > len(metaPrefix) {
		return nil
	}
	return headerNotImplemented(strings.ToLower(name), "")
}

// repeatable reports whether a header may occur more than once: the others
// would be read as one value by one reader and as another by the next.
func repeatable(name string) bool {
	switch name {
	case "Authorization", "X-Amz-Security-Token", // judged by authenticate
		attributesHeader, "X-Amz-Optional-Object-Attributes": // lists
		return true
	case "Range", "Content-Md5", "Content-Type", "Content-Encoding", "Content-Disposition", "Content-Language", "Content-Length",
		"Cache-Control", "Expires", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "Date", "Expect", "Transfer-Encoding":
		return false
	}
	return !strings.HasPrefix(name, "X-Amz-")
}

// unsupported refuses headers whose function is missing, such as a condition to
// delete only what is not there: it would tell whether it is. It is asked after
// authorization, so that a denial is a denial.
func (x *exchange) unsupported() *awsapi.Error {
	if err := x.checkCustomerKey(); err != nil {
		return err
	}
	for name := range x.header {
		if amzHeaders[name] == missing {
			return headerNotImplemented(strings.ToLower(name), "")
		}
	}
	if x.op.name == "DeleteObject" {
		if v := x.header.Get("If-None-Match"); v != "" {
			return headerNotImplemented("If-None-Match", v)
		}
		if v := x.header.Get("If-Match"); v != "" && x.version != "" { // it would be of the newest version
			return headerNotImplemented("If-Match", v)
		}
	}
	if x.op.has(writes) {
		return x.checkWrite()
	}
	return x.misplaced()
}

// misplaced refuses headers of an object to be stored where S3 was seen to refuse
// them: on parts, which have what their upload was begun with, and on reads.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
func (x *exchange) misplaced() *awsapi.Error {
	part := x.op.name == "UploadPart" || x.op.name == "UploadPartCopy"
	if v, ok := x.header[sseHeader]; ok && (part || x.op.name == "GetObject" || x.op.name == "HeadObject") {
		return invalidArgument("x-amz-server-side-encryption header is not supported for this operation.", "x-amz-server-side-encryption", v[0])
	}
	for _, name := range [...]string{"X-Amz-Acl", "X-Amz-Tagging"} {
		if v, ok := x.header[name]; ok && part {
			return invalidArgument("The specified header is not valid in this context", strings.ToLower(name), v[0])
		}
	}
	return nil
}

// storageClasses are the classes an object may be given.
const storageClasses = " STANDARD REDUCED_REDUNDANCY STANDARD_IA ONEZONE_IA INTELLIGENT_TIERING GLACIER GLACIER_IR DEEP_ARCHIVE "

// checkWrite refuses what the bucket's settings do not let be written.
func (x *exchange) checkWrite() *awsapi.Error {
	if err := x.checkACL(); err != nil {
		return err
	}
	if class := x.header.Get("X-Amz-Storage-Class"); class != "" && !strings.Contains(storageClasses, " "+class+" ") {
		return badRequest("InvalidStorageClass", "The storage class you specified is not valid", detail("StorageClassRequested", class))
	}
	return nil
}
