package sigv4

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// A ChunkReason tells what is wrong with an aws-chunked body.
type ChunkReason uint8

const (
	// ChunkMalformed means broken framing.
	ChunkMalformed ChunkReason = iota + 1
	// ChunkSignature means that a chunk or trailer signature does not match.
	ChunkSignature
	// ChunkTruncated means that the body ended early.
	ChunkTruncated
	// ChunkTooSmall means a signed chunk below 8 KiB that is not the last one.
	ChunkTooSmall
	// ChunkTrailer means a malformed, missing or unannounced trailer.
	ChunkTrailer
	// ChunkLength means that the decoded length is not the one announced.
	ChunkLength
)

// A ChunkError refuses an aws-chunked body.
type ChunkError struct {
	Reason ChunkReason
	Chunk  int   // its number, from 1
	Size   int64 // its size, for ChunkTooSmall
	Detail string

	// For ChunkSignature: what was signed, and the signature sent.
	StringToSign, Provided string
}

// Error implements error.
func (e *ChunkError) Error() string {
	return fmt.Sprintf("read aws-chunked body: chunk %d: %s", e.Chunk, e.Detail)
}

const (
	minChunk        = 8 << 10
	maxChunkLine    = 256
	maxTrailerLine  = 2 << 10
	maxTrailerLines = 16
	maxChunkSize    = 5 << 30
	signatureExt    = "chunk-signature="
	trailerSig      = "x-amz-trailer-signature"
)

// Chunked says how an aws-chunked body is framed.
type Chunked struct {
	// Kind is one of the Streaming constants.
	Kind string
	// Auth is the verified authorization of the request, whose signature seeds
	// the chain. It is not used for StreamingUnsignedTrailer.
	Auth *Authorization
	// Key is the signing key of Auth's scope.
	Key [sha256.Size]byte
	// Length is x-amz-decoded-content-length, negative if it was not sent.
	Length int64
	// Trailers are the names announced by x-amz-trailer. A trailer that was not
	// announced, or is missing, is refused.
	Trailers []string
}

// A ChunkReader decodes an aws-chunked body and verifies its chunk and trailer
// signatures. It hands bytes out before the signature over them is checked, so
// that its memory is bounded: nothing read from it may take effect before it
// has returned io.EOF.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
type ChunkReader struct {
	in      *bufio.Reader
	cfg     Chunked
	signed  bool
	trailed bool

	left     int64 // bytes left in the current chunk
	open     bool  // a chunk's data is being read
	count    int
	size     int64 // of the current chunk
	total    int64
	sum      hash.Hash
	sent     string // signature sent for the current chunk
	previous string
	trailer  http.Header
	err      error
}

// NewChunkReader returns a reader of the decoded body.
func NewChunkReader(body io.Reader, cfg Chunked) *ChunkReader {
	c := &ChunkReader{in: bufio.NewReaderSize(body, 16<<10), cfg: cfg, sum: sha256.New()}
	c.signed = cfg.Kind != StreamingUnsignedTrailer
	c.trailed = cfg.Kind != StreamingSigned
	if c.signed {
		c.previous = cfg.Auth.Signature
	}
	return c
}

// Trailer returns the trailers, without the trailer signature. It is empty
// before Read has returned io.EOF.
func (c *ChunkReader) Trailer() http.Header {
	if !errors.Is(c.err, io.EOF) {
		return nil
	}
	return c.trailer
}

// Read implements io.Reader. Its error is io.EOF, a *ChunkError or that of the
// body.
func (c *ChunkReader) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	for !c.open || c.left == 0 {
		if c.err = c.advance(); c.err != nil {
			return 0, c.err
		}
	}
	n, err := c.in.Read(p[:min(int64(len(p)), c.left)])
	if c.signed {
		c.sum.Write(p[:n])
	}
	c.left -= int64(n)
	if err != nil {
		c.err = c.truncated(err)
		return n, c.err
	}
	return n, nil
}

// advance closes the chunk that was read and opens the next one. At the end of
// the body it returns io.EOF.
func (c *ChunkReader) advance() error {
	if c.open {
		if err := c.close(); err != nil {
			return err
		}
	}
	line, err := c.line(maxChunkLine, ChunkMalformed)
	if err != nil {
		return err
	}
	last := c.size
	size, signature, err := c.header(line)
	if err != nil {
		return err
	}
	if c.signed && c.count > 0 && size > 0 && last < minChunk {
		return &ChunkError{Reason: ChunkTooSmall, Chunk: c.count, Size: last, Detail: "only the last chunk may be below 8192 bytes"}
	}
	c.count++
	c.size, c.left, c.sent = size, size, signature
	c.total += size
	if c.cfg.Length >= 0 && c.total > c.cfg.Length {
		return c.fail(ChunkLength, "more data than announced")
	}
	if size == 0 {
		return c.finish()
	}
	c.sum.Reset()
	c.open = true
	return nil
}

// header parses "hex-size[;chunk-signature=hex]".
func (c *ChunkReader) header(line string) (size int64, signature string, err error) {
	digits, extension, hasExtension := strings.Cut(line, ";")
	if len(digits) == 0 || len(digits) > 16 || strings.TrimLeft(digits, "0123456789abcdefABCDEF") != "" {
		return 0, "", c.fail(ChunkMalformed, "malformed chunk size")
	}
	size, perr := strconv.ParseInt(digits, 16, 64)
	if perr != nil || size > maxChunkSize {
		return 0, "", c.fail(ChunkMalformed, "chunk size out of range")
	}
	signature, found := strings.CutPrefix(extension, signatureExt)
	if c.signed != (hasExtension && found) || !c.signed && hasExtension {
		return 0, "", c.fail(ChunkMalformed, "chunk signature missing or unexpected")
	}
	return size, signature, nil
}

// close reads the line break after a chunk's data and verifies the chunk.
func (c *ChunkReader) close() error {
	c.open = false
	var end [2]byte
	if _, err := io.ReadFull(c.in, end[:]); err != nil {
		return c.truncated(err)
	}
	if end != [2]byte{'\r', '\n'} {
		return c.fail(ChunkMalformed, "no line break after chunk data")
	}
	return c.verify()
}

func (c *ChunkReader) verify() error {
	if !c.signed {
		return nil
	}
	var sum [sha256.Size]byte
	c.sum.Sum(sum[:0])
	return c.chain("AWS4-HMAC-SHA256-PAYLOAD", EmptyPayload+"\n"+hex.EncodeToString(sum[:]))
}

// chain verifies one link: it signs the previous signature and the digest.
func (c *ChunkReader) chain(algorithm, digest string) error {
	toSign := algorithm + "\n" + c.cfg.Auth.timestamp + "\n" + c.cfg.Auth.Scope.String() + "\n" + c.previous + "\n" + digest
	mac := hmacSHA256(c.cfg.Key[:], []byte(toSign))
	want := hex.EncodeToString(mac[:])
	if subtle.ConstantTimeCompare([]byte(want), []byte(c.sent)) != 1 {
		return &ChunkError{Reason: ChunkSignature, Chunk: c.count, Detail: "signature mismatch", StringToSign: toSign, Provided: c.sent}
	}
	c.previous = want
	return nil
}

// finish handles what follows the empty last chunk.
func (c *ChunkReader) finish() error {
	if c.cfg.Length >= 0 && c.total != c.cfg.Length {
		return c.fail(ChunkLength, "less data than announced")
	}
	c.sum.Reset()
	if err := c.verify(); err != nil {
		return err
	}
	if c.trailed {
		if err := c.readTrailer(); err != nil {
			return err
		}
	} else if line, err := c.line(maxChunkLine, ChunkMalformed); err != nil || line != "" {
		return c.fail(ChunkMalformed, "no empty line after the last chunk")
	}
	if _, err := c.in.ReadByte(); !errors.Is(err, io.EOF) {
		if err != nil {
			return err
		}
		return c.fail(ChunkMalformed, "data after the end")
	}
	return io.EOF
}

// readTrailer reads the trailer lines. AWS documents "name:value\n\r\n" before
// the signature line and SDKs send "name:value\r\n", so an empty line ends the
// trailer only where no signature is still to come.
func (c *ChunkReader) readTrailer() error {
	var signed bytes.Buffer
	c.trailer = make(http.Header)
	c.sent = ""
	for range maxTrailerLines {
		line, err := c.line(maxTrailerLine, ChunkTrailer)
		if err != nil {
			var ce *ChunkError
			if errors.As(err, &ce) && ce.Reason == ChunkTruncated && !c.signed {
				return c.checkTrailer(&signed) // SDKs may omit the final empty line
			}
			return err
		}
		if line == "" {
			if c.signed && c.sent == "" {
				continue
			}
			return c.checkTrailer(&signed)
		}
		name, value, ok := strings.Cut(line, ":")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		switch {
		case !ok || name == "" || c.sent != "":
			return c.fail(ChunkTrailer, "malformed trailer line")
		case name == trailerSig && c.signed:
			c.sent = value
		case len(c.trailer.Values(name)) > 0 || !c.announced(name):
			return c.fail(ChunkTrailer, "repeated or unannounced trailer")
		default:
			c.trailer.Set(name, value)
			signed.WriteString(name + ":" + value + "\n")
		}
	}
	return c.fail(ChunkTrailer, "too many trailer lines")
}

func (c *ChunkReader) announced(name string) bool {
	for _, n := range c.cfg.Trailers {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

func (c *ChunkReader) checkTrailer(signed *bytes.Buffer) error {
	for _, n := range c.cfg.Trailers {
		if len(c.trailer.Values(n)) == 0 {
			return c.fail(ChunkTrailer, "announced trailer is missing")
		}
	}
	if !c.signed {
		return nil
	}
	sum := sha256.Sum256(signed.Bytes())
	return c.chain("AWS4-HMAC-SHA256-TRAILER", hex.EncodeToString(sum[:]))
}

// line reads a line of bounded length without its line break.
func (c *ChunkReader) line(limit int, reason ChunkReason) (string, error) {
	var out []byte
	for {
		part, err := c.in.ReadSlice('\n')
		out = append(out, part...)
		switch {
		case len(out) > limit:
			return "", c.fail(reason, "line too long")
		case err == nil:
			return strings.TrimRight(string(out), "\r\n"), nil
		case errors.Is(err, io.EOF) && len(out) > 0 && reason == ChunkTrailer && !c.signed:
			return strings.TrimRight(string(out), "\r\n"), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return "", c.truncated(err)
		}
	}
}

func (c *ChunkReader) truncated(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return c.fail(ChunkTruncated, "unexpected end of body")
	}
	return err
}

func (c *ChunkReader) fail(reason ChunkReason, detail string) error {
	return &ChunkError{Reason: reason, Chunk: c.count, Detail: detail}
}
