package main

import (
	"errors"
	"math"
	"runtime/debug"
	"strconv"
	"strings"
)

// size is a number of bytes, as a flag: 1048576, 1MiB, 1GiB.
type size int64

// defaultMaxMemory lets the tests of most go well, and a small machine live.
const defaultMaxMemory = 1 << 30

var units = [...]struct {
	suffix string
	bytes  size
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}}

// String implements pflag.Value.
func (s *size) String() string {
	for _, u := range units {
		if *s >= u.bytes && *s%u.bytes == 0 {
			return strconv.FormatInt(int64(*s/u.bytes), 10) + u.suffix
		}
	}
	return "0"
}

// Set implements pflag.Value.
func (s *size) Set(text string) error {
	for _, u := range units {
		digits, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n < 0 || n > math.MaxInt64/int64(u.bytes) {
			break
		}
		*s = size(n) * u.bytes
		return nil
	}
	return errors.New("want a size such as 512MiB")
}

// Type implements pflag.Value.
func (s *size) Type() string { return "size" }

// boundMemory has what was deleted collected before the process is much larger
// than objects may make it: without, as much garbage as there are objects would
// be let lie. Whoever has set GOMEMLIMIT knows better.
func (f *serverFlags) boundMemory() {
	const rest = 128 << 20 // for all that is no object
	most := int64(f.maxMemory)
	if most == 0 || most > math.MaxInt64/2 || f.dataDir != "" || debug.SetMemoryLimit(-1) != math.MaxInt64 {
		return
	}
	debug.SetMemoryLimit(most + most/4 + rest)
}
