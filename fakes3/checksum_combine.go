package fakes3

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"

	"github.com/irsatz/irsatz/fakes3/storage"
)

// The generator polynomials, reflected, of the checksums that can be put together
// from those of parts.
var polynomials = map[string]struct {
	poly uint64
	bits int
}{
	"CRC32": {crc32.IEEE, 32}, "CRC32C": {crc32.Castagnoli, 32}, "CRC64NVME": {crc64NVMEPoly, 64},
}

// linear reports whether the checksum of a whole follows from those of its parts.
func linear(algorithm string) bool {
	_, ok := polynomials[algorithm]
	return ok
}

// combine returns the checksum of parts that follow each other.
func combine(algorithm string, parts []*storage.Part) string {
	p, sum := polynomials[algorithm], uint64(0)
	for _, part := range parts {
		sum = combineCRC(p.poly, p.bits, [2]uint64{sum, crcOf(part.Checksum.Value)}, part.Size)
	}
	var raw [8]byte
	binary.BigEndian.PutUint64(raw[:], sum)
	return base64.StdEncoding.EncodeToString(raw[8-p.bits/8:])
}

func crcOf(value string) (sum uint64) {
	raw, _ := base64.StdEncoding.DecodeString(value) // our own
	for _, b := range raw {
		sum = sum<<8 | uint64(b)
	}
	return sum
}

// matrix is a linear map of bit vectors: the image of every bit.
type matrix [64]uint64

func (m *matrix) times(v uint64) (sum uint64) {
	for i := 0; v != 0; i, v = i+1, v>>1 {
		if v&1 != 0 {
			sum ^= m[i]
		}
	}
	return sum
}

func (m *matrix) squared(bits int) *matrix {
	var s matrix
	for i := range bits {
		s[i] = m.times(m[i])
	}
	return &s
}

// combineCRC returns the CRC of two byte strings one after the other, the second
// of which has n bytes. Reading a zero bit is a linear map of the CRC's register,
// so reading n zero bytes is a power of it.
func combineCRC(poly uint64, bits int, crc [2]uint64, n int64) uint64 {
	step := &matrix{0: poly}
	for i := 1; i < bits; i++ {
		step[i] = 1 << (i - 1)
	}
	for range 3 { // from a bit to a byte
		step = step.squared(bits)
	}
	sum := crc[0]
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			sum = step.times(sum)
		}
		if n > 1 {
			step = step.squared(bits)
		}
	}
	return sum ^ crc[1]
}
