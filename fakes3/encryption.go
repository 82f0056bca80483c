package fakes3

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// Values of x-amz-server-side-encryption, and the headers beside it.
const (
	sseS3      = "AES256"
	sseKMS     = "aws:kms"
	sseKMSDual = "aws:kms:dsse"

	sseHeader  = "X-Amz-Server-Side-Encryption"
	sseKey     = "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"
	sseContext = "X-Amz-Server-Side-Encryption-Context"
	sseBucket  = "X-Amz-Server-Side-Encryption-Bucket-Key-Enabled"
)

// checkCustomerKey refuses keys that the client brings along, which a bucket
// takes only if it was told to.
func (x *exchange) checkCustomerKey() *awsapi.Error {
	for name, values := range x.header {
		switch {
		case !strings.Contains(name, "-Server-Side-Encryption-Customer-"):
		case !x.op.has(writes) || strings.HasPrefix(name, "X-Amz-Copy-Source-"):
			return invalidRequest("The encryption parameters are not applicable to this object.")
		case !x.settings.allowsSSEC:
			x.call.Explain("the bucket does not take keys of customers (SSE-C), as no bucket does since April 2026 unless it is told to", "use SSE-S3 or SSE-KMS")
			return accessDenied("Access Denied")
		default:
			return headerNotImplemented(strings.ToLower(name), values[0])
		}
	}
	return nil
}

// parseEncryption reads how the headers want the object to be encrypted, once.
// What is stored is not encrypted: it is what is known of the object.
func (x *exchange) parseEncryption() *awsapi.Error {
	if !x.op.has(writes) {
		return nil
	}
	h := x.header
	e := storage.Encryption{Algorithm: h.Get(sseHeader), KeyID: h.Get(sseKey), Context: h.Get(sseContext), BucketKey: strings.EqualFold(h.Get(sseBucket), "true")}
	switch e.Algorithm {
	case sseKMS, sseKMSDual:
	case "", sseS3:
		if e.KeyID+e.Context != "" {
			return invalidArgument("Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms", "x-amz-server-side-encryption", e.Algorithm)
		}
	default:
		return invalidArgument("The encryption method specified is not supported", "x-amz-server-side-encryption", e.Algorithm)
	}
	x.asked = e
	return nil
}

// encrypted completes what was asked for with what the bucket does by default.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
func (x *exchange) encrypted(e storage.Encryption) storage.Encryption {
	by, bucketKey := x.settings.encryption, e.BucketKey
	if _, given := x.header[sseBucket]; !given {
		bucketKey = by.BucketKey
	}
	if e.Algorithm == "" {
		e = by
	}
	if e.Algorithm != sseKMS && e.Algorithm != sseKMSDual {
		return storage.Encryption{Algorithm: sseS3}
	}
	if e.KeyID == "" && by.Algorithm == e.Algorithm {
		e.KeyID = by.KeyID
	}
	e.BucketKey = bucketKey && e.Algorithm == sseKMS // the other has none
	e.KeyID = x.keyARN(e.KeyID)
	return e
}

// keyARN returns the ARN of a key, of the one that AWS manages if none is named.
func (x *exchange) keyARN(id string) string {
	switch {
	case id == "", id == "alias/aws/s3":
		return x.managedKey(x.bucket)
	case strings.HasPrefix(id, "arn:"):
		return id
	case !strings.HasPrefix(id, "alias/"):
		id = "key/" + id
	}
	return "arn:aws:kms:" + x.config.Region + ":" + x.call.Caller.AccountID + ":" + id
}

// managedKey is the key aws/s3 of the bucket's account.
func (x *exchange) managedKey(b *bucket) string {
	sum := sha256.Sum256([]byte("irsatz aws/s3 " + x.config.Region + " " + b.Owner))
	return fmt.Sprintf("arn:aws:kms:%s:%s:key/%x-%x-%x-%x-%x", x.config.Region, b.Owner, sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// setEncryption sets the headers that say how an object is encrypted.
func setEncryption(h http.Header, e storage.Encryption) {
	algorithm := e.Algorithm
	if algorithm == "" {
		algorithm = sseS3
	}
	h[sseHeader] = []string{algorithm}
	if e.KeyID != "" {
		h[sseKey] = []string{e.KeyID}
	}
	if e.Context != "" {
		h[sseContext] = []string{e.Context}
	}
	if e.BucketKey {
		h[sseBucket] = []string{"true"}
	}
}
