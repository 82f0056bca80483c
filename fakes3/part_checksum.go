package fakes3

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// The checksum of an object that is uploaded in parts is that of the checksums
// of its parts, or of the whole, which for a CRC follows from them.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
const (
	composite  = "COMPOSITE"
	fullObject = "FULL_OBJECT"

	// unasked is the algorithm where the client asked for none.
	unasked = "CRC64NVME"
)

const unsupportedChecksum = "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"

// askedChecksum returns the checksum that CreateMultipartUpload asks for.
func askedChecksum(h http.Header) (algorithm, kind string, _ *awsapi.Error) {
	algorithm, kind = h.Get("X-Amz-Checksum-Algorithm"), h.Get("X-Amz-Checksum-Type")
	c := newChecksum(checksumPrefix + algorithm)
	switch {
	case algorithm == "" && kind == "":
		return "", fullObject, nil
	case algorithm == "":
		return "", "", invalidRequest("The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
	case c == nil:
		return "", "", invalidRequest(unsupportedChecksum)
	case kind != "" && kind != composite && kind != fullObject:
		return "", "", invalidRequest("Value for x-amz-checksum-type header is invalid.")
	case kind == "" && c.name == unasked:
		kind = fullObject
	case kind == "":
		kind = composite
	}
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html#multipart-upload-checksum
	if kind == fullObject && polynomial(c.name) == 0 || kind == composite && c.name == unasked {
		return "", "", invalidRequest("The " + kind + " checksum type cannot be used with the " + strings.ToLower(c.name) + " checksum algorithm.")
	}
	return c.name, kind, nil
}

func kindOf(u *storage.Upload) string {
	if u.Composite {
		return composite
	}
	return fullObject
}

// checkPart refuses a part whose checksum is not of the upload's algorithm. Only
// for a composite checksum must the client send one.
func checkPart(u *storage.Upload, sent *checksum) *awsapi.Error {
	name := "null"
	if sent != nil {
		name = sent.name
	}
	if u.Algorithm == "" || name == u.Algorithm || sent == nil && !u.Composite {
		return nil
	}
	return invalidRequest("Checksum Type mismatch occurred, expected checksum Type: " + strings.ToLower(u.Algorithm) + ", actual checksum Type: " + strings.ToLower(name))
}

// partChecksum returns the checksum that is kept of a part.
func partChecksum(u *storage.Upload) *checksum {
	if u.Algorithm == "" {
		return newChecksum(checksumPrefix + unasked)
	}
	return newChecksum(checksumPrefix + u.Algorithm)
}

// watch has c see what is read from in, unless sent does already.
func watch(in io.Reader, c, sent *checksum) (io.Reader, *checksum) {
	if sent != nil && sent.name == c.name {
		return in, sent
	}
	return io.TeeReader(in, c.sum), c
}

// checksumOf returns the checksum of an object made of parts.
func checksumOf(u *storage.Upload, parts []*storage.Part) (storage.Checksum, *awsapi.Error) {
	c := partChecksum(u)
	var crc uint64
	for _, p := range parts {
		raw, err := base64.StdEncoding.DecodeString(p.Checksum.Value)
		if err != nil || p.Checksum.Algorithm != c.name || len(raw) != c.sum.Size() {
			return storage.Checksum{}, internal(err)
		}
		if u.Composite {
			c.sum.Write(raw)
			continue
		}
		crc = combine(c.name, crc, number64(raw), p.Size)
	}
	if u.Composite {
		return storage.Checksum{Algorithm: c.name, Value: c.value() + "-" + strconv.Itoa(len(parts)), Composite: true}, nil
	}
	raw := binary.BigEndian.AppendUint64(nil, crc)
	return storage.Checksum{Algorithm: c.name, Value: base64.StdEncoding.EncodeToString(raw[8-c.sum.Size():])}, nil
}

// number64 reads a big-endian number of up to 8 bytes.
func number64(raw []byte) (n uint64) {
	for _, b := range raw {
		n = n<<8 | uint64(b)
	}
	return n
}

// polynomial returns that of a CRC, reflected; 0 for what is none.
func polynomial(algorithm string) uint64 {
	switch algorithm {
	case "CRC32":
		return 0xedb88320
	case "CRC32C":
		return 0x82f63b78
	case "CRC64NVME":
		return 0x9a6c9329ac4bc9b5
	}
	return 0
}

// combine returns the CRC of two pieces one after the other, of which the second
// is n bytes long. What n zero bytes do to a CRC is linear: it is a matrix over
// GF(2), which is squared to double their number.
func combine(algorithm string, first, second uint64, n int64) uint64 {
	var zeros [64]uint64 // of one bit
	zeros[0] = polynomial(algorithm)
	for i := 1; i < len(zeros); i++ {
		zeros[i] = 1 << (i - 1)
	}
	for range 3 { // of a byte
		zeros = square(zeros)
	}
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			first = times(&zeros, first)
		}
		zeros = square(zeros)
	}
	return first ^ second
}

func square(m [64]uint64) (out [64]uint64) {
	for i := range out {
		out[i] = times(&m, m[i])
	}
	return out
}

func times(m *[64]uint64, v uint64) (out uint64) {
	for i := 0; v != 0; i, v = i+1, v>>1 {
		if v&1 == 1 {
			out ^= m[i]
		}
	}
	return out
}

// checksumElement is a checksum in an answer: the element is called by its
// algorithm.
type checksumElement storage.Checksum

// MarshalXML implements xml.Marshaler.
func (c checksumElement) MarshalXML(e *xml.Encoder, _ xml.StartElement) error {
	if c.Algorithm == "" {
		return nil
	}
	return e.EncodeElement(c.Value, xml.StartElement{Name: xml.Name{Local: "Checksum" + c.Algorithm}})
}
