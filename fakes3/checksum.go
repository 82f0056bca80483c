package fakes3

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"net/http"
	"strings"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
)

const checksumPrefix = "X-Amz-Checksum-"

// crc64NVMEPoly is the polynomial of the NVMe specification, reflected as
// hash/crc64 wants it.
const crc64NVMEPoly = 0x9a6c9329ac4bc9b5

var crc64NVME = crc64.MakeTable(crc64NVMEPoly)

// defaultChecksum is what S3 computes where the client sends none.
const defaultChecksum = "CRC64NVME"

// The checksum of an object that is uploaded in parts is that of the checksums
// of its parts, or of the whole, which for a CRC follows from them.
const (
	composite  = "COMPOSITE"
	fullObject = "FULL_OBJECT"
)

// algorithms are the checksums that a client may send of a body.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
var algorithms = [...]struct {
	name   string // as in the header, x-amz-checksum-<name>
	header string
	make   func() hash.Hash
}{
	{"CRC32", "X-Amz-Checksum-Crc32", func() hash.Hash { return crc32.NewIEEE() }},
	{"CRC32C", "X-Amz-Checksum-Crc32c", func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }},
	{"CRC64NVME", "X-Amz-Checksum-Crc64nvme", func() hash.Hash { return crc64.New(crc64NVME) }},
	{"MD5", "X-Amz-Checksum-Md5", md5.New},
	{"SHA1", "X-Amz-Checksum-Sha1", sha1.New},
	{"SHA256", "X-Amz-Checksum-Sha256", sha256.New},
	{"SHA512", "X-Amz-Checksum-Sha512", sha512.New},
}

// checksum is one that is being computed of a body.
type checksum struct {
	name, header string
	sum          hash.Hash
	want         string // base64; "" if it was not sent (yet)
}

func newChecksum(header string) *checksum {
	for _, a := range algorithms {
		if strings.EqualFold(a.header, header) {
			return &checksum{name: a.name, header: a.header, sum: a.make()}
		}
	}
	return nil
}

// value returns the checksum in base64.
func (c *checksum) value() string { return base64.StdEncoding.EncodeToString(c.sum.Sum(nil)) }

// stored returns the checksum as it is kept with the object.
func (c *checksum) stored() storage.Checksum {
	return storage.Checksum{Algorithm: c.name, Value: c.value()}
}

// checksumHeader returns the header of a checksum of this algorithm.
func checksumHeader(algorithm string) string {
	for _, a := range algorithms {
		if a.name == algorithm {
			return a.header
		}
	}
	return checksumPrefix + algorithm
}

func kindOf(c storage.Checksum) string {
	if c.Composite {
		return composite
	}
	return fullObject
}

// setChecksum sets the headers of an object's checksum.
func setChecksum(h http.Header, c storage.Checksum) {
	if c.Algorithm == "" {
		return
	}
	h[checksumHeader(c.Algorithm)] = []string{c.Value}
	h[checksumKind] = []string{kindOf(c)}
}

// expect sets what the client says the checksum is.
func (c *checksum) expect(value string) *awsapi.Error {
	raw, err := base64.StdEncoding.DecodeString(value)
	if err != nil || len(raw) != c.sum.Size() {
		return invalidRequest("Value for " + strings.ToLower(c.header) + " header is invalid.")
	}
	c.want = value
	return nil
}

func (c *checksum) verify() *awsapi.Error {
	if c.want == "" || c.want == c.value() {
		return nil
	}
	return badRequest("BadDigest", "The "+c.name+" you specified did not match the calculated checksum.")
}

// sentChecksum returns the checksum that the request's headers give or its
// trailer announces; nil if there is none.
func sentChecksum(h http.Header, trailers []string) (*checksum, *awsapi.Error) {
	var found *checksum
	one := func(header string) *awsapi.Error {
		if found != nil {
			return invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
		}
		found = newChecksum(header)
		return nil
	}
	for _, a := range algorithms {
		if value := h.Get(a.header); value != "" {
			if err := one(a.header); err != nil {
				return nil, err
			}
			if err := found.expect(value); err != nil {
				return nil, err
			}
		}
	}
	for _, name := range trailers {
		if newChecksum(name) == nil {
			return nil, malformedTrailer()
		}
		if err := one(name); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func malformedTrailer() *awsapi.Error {
	return badRequest("MalformedTrailerError", "The request contained trailing data that was not well-formed or did not conform to our published schema.")
}
