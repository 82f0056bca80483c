package fakes3

import (
	"strings"

	"github.com/irsatz/irsatz/internal/awsapi"
)

// Values of x-amz-server-side-encryption.
const (
	sseS3      = "AES256"
	sseKMS     = "aws:kms"
	sseKMSDual = "aws:kms:dsse"
)

// encryption says how an object is encrypted. It is metadata: what is stored
// here is stored as it is.
type encryption struct {
	algorithm string
	key       string // ARN of a KMS key
	context   string
	bucketKey bool
}

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
