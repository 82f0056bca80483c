package fakes3

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/internal/sigv4"
)

const (
	maxObject = 5 << 30 // in one piece
	maxXML    = 1 << 20

	// A client that sends nothing for this long is given up.
	patience = time.Minute
	// How long a refused client may take to send the rest of its body.
	parting = 2 * time.Second
)

// errRefused ends a body that turned out to be wrong; the payload knows why.
var errRefused = errors.New("the body was refused")

// payload reads a request's body: decoded, bounded, and with everything
// verified that the client said of it. It returns io.EOF only if all of it was
// right, so whoever stores what was read must do so after io.EOF.
type payload struct {
	in   io.Reader
	size int64 // decoded

	chunks *sigv4.ChunkReader
	auth   *sigv4.Authorization
	claim  string    // hex SHA-256 of the body, "" if not given
	sha    hash.Hash // nil if there is no claim
	md5    hash.Hash
	md5b64 string
	sum    *checksum // nil if none was given or asked for
	also   *checksum // another one that is wanted, nil for none

	err *awsapi.Error
}

// Read implements io.Reader.
func (p *payload) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, errRefused
	}
	n, err := p.in.Read(b)
	p.md5.Write(b[:n])
	if p.sha != nil {
		p.sha.Write(b[:n])
	}
	if p.sum != nil {
		p.sum.sum.Write(b[:n])
	}
	if p.also != nil {
		p.also.sum.Write(b[:n])
	}
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, io.EOF):
		p.err = p.verify()
	default:
		p.err = p.bodyRefusal(err)
	}
	if p.err != nil {
		return n, errRefused
	}
	return n, io.EOF
}

// verify compares what was read with what was announced.
func (p *payload) verify() *awsapi.Error {
	if p.sha != nil {
		if got := hex.EncodeToString(p.sha.Sum(nil)); got != p.claim {
			return badRequest("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.",
				detail("ClientComputedContentSHA256", p.claim), detail("S3ComputedContentSHA256", got))
		}
	}
	if got := base64.StdEncoding.EncodeToString(p.md5.Sum(nil)); p.md5b64 != "" && got != p.md5b64 {
		return badRequest("BadDigest", "The Content-MD5 you specified did not match what we received.",
			detail("ExpectedDigest", p.md5b64), detail("CalculatedDigest", got))
	}
	if p.sum == nil {
		return nil
	}
	if p.chunks != nil && p.sum.want == "" {
		if value := p.chunks.Trailer().Get(p.sum.header); value != "" {
			if err := p.sum.expect(value); err != nil {
				return err
			}
		}
	}
	return p.sum.verify()
}

// bodyRefusal words why a body could not be read.
func (p *payload) bodyRefusal(err error) *awsapi.Error {
	chunk, ok := errors.AsType[*sigv4.ChunkError](err)
	if !ok {
		return incompleteBody()
	}
	switch chunk.Reason {
	case sigv4.ChunkSignature:
		return signatureRefusal(p.auth, &sigv4.MismatchError{StringToSign: chunk.StringToSign, Provided: chunk.Provided})
	case sigv4.ChunkTooSmall:
		return badRequest("InvalidChunkSizeError", "Only the last chunk is allowed to have a size less than 8192 bytes",
			detail("Chunk", itoa(chunk.Chunk)), detail("BadChunkSize", strconv.FormatInt(chunk.Size, 10)))
	case sigv4.ChunkTrailer:
		return malformedTrailer()
	case sigv4.ChunkMalformed:
		return invalidRequest("The request body is not in the aws-chunked encoding that its headers announce.")
	}
	return incompleteBody()
}

// openBody prepares the body for reading. It does not read: a client that waits
// for 100 Continue has sent nothing yet.
func (x *exchange) openBody(limit int64) (*payload, *awsapi.Error) {
	x.read = true
	p := &payload{md5: md5.New(), auth: x.auth, size: x.r.ContentLength}
	chunked := strings.HasPrefix(x.payload, "STREAMING-")
	if !chunked && strings.Contains(x.header.Get("Content-Encoding"), "aws-chunked") {
		return nil, invalidRequest("Content-Encoding aws-chunked needs a streaming x-amz-content-sha256.")
	}
	if chunked {
		n, ok := digits(x.header.Get("X-Amz-Decoded-Content-Length"))
		if !ok {
			return nil, missingContentLength()
		}
		p.size = n
	}
	switch {
	case p.size < 0, x.takesBody() && x.r.ContentLength == 0 && x.r.Header["Content-Length"] == nil:
		return nil, missingContentLength()
	case p.size > limit && limit == maxXML:
		return nil, badRequest("MaxMessageLengthExceeded", "Your request was too big.")
	case p.size > limit:
		return nil, entityTooLarge(p.size)
	}
	var trailers []string
	if names := x.header.Get("X-Amz-Trailer"); names != "" {
		if !chunked {
			return nil, malformedTrailer()
		}
		for name := range strings.SplitSeq(names, ",") {
			trailers = append(trailers, strings.TrimSpace(name))
		}
	}
	if err := x.expectDigests(p, trailers); err != nil {
		return nil, err
	}
	p.in = &patient{body: x.r.Body, control: http.NewResponseController(x.w)}
	if chunked {
		p.chunks = sigv4.NewChunkReader(p.in, sigv4.Chunked{Kind: x.payload, Auth: x.auth, Key: x.signing, Length: p.size, Trailers: trailers})
		p.in = p.chunks
	}
	return p, nil
}

// expectDigests notes what the client says of its body.
func (x *exchange) expectDigests(p *payload, trailers []string) (err *awsapi.Error) {
	if len(x.payload) == 2*sha256.Size {
		p.claim, p.sha = x.payload, sha256.New()
	}
	if values, ok := x.header["Content-Md5"]; ok {
		raw, derr := base64.StdEncoding.DecodeString(values[0])
		if derr != nil || len(raw) != md5.Size {
			return badRequest("InvalidDigest", "The Content-MD5 you specified was invalid.", detail("Content-MD5", values[0]))
		}
		p.md5b64 = values[0]
	}
	if x.op.name == "CompleteMultipartUpload" {
		return nil // its headers are about the object
	}
	p.sum, err = sentChecksum(x.header, trailers)
	return err
}

// patient reads a body from a client that may be slow but must not stop.
type patient struct {
	body    io.Reader
	control *http.ResponseController
	since   int64
	begun   bool
}

// Read implements io.Reader. Not every ResponseWriter has deadlines.
func (p *patient) Read(b []byte) (int, error) {
	if !p.begun || p.since > 1<<20 {
		_ = p.control.SetReadDeadline(clock.Now().Add(patience))
		p.begun, p.since = true, 0
	}
	n, err := p.body.Read(b)
	p.since += int64(n)
	if err != nil {
		_ = p.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// readSmall reads a small body whole, as it is.
func (x *exchange) readSmall() ([]byte, *awsapi.Error) {
	p, err := x.openBody(maxXML)
	if err != nil {
		return nil, err
	}
	body, rerr := io.ReadAll(p)
	if rerr != nil {
		return nil, p.refusal(rerr)
	}
	return body, nil
}

func (p *payload) refusal(err error) *awsapi.Error {
	if p.err != nil {
		return p.err
	}
	return internal(err)
}

// takesBody reports whether the request is of a kind that has a body.
func (x *exchange) takesBody() bool {
	return x.r.Method == http.MethodPut || x.r.Method == http.MethodPost
}

// settleBody reads and verifies the body of an operation that has none: what
// was signed of it must be true even so.
func (x *exchange) settleBody() *awsapi.Error {
	if x.takesBody() && x.op.variant != copying && x.op.sub != "uploads" {
		return nil
	}
	if x.r.ContentLength == 0 && (x.payload == "" || x.payload == sigv4.UnsignedPayload || x.payload == sigv4.EmptyPayload) {
		return nil
	}
	_, err := x.readSmall()
	return err
}
