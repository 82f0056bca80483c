package golden_test

import (
	"fmt"
	"testing"

	"github.com/irsatz/irsatz/internal/golden"
)

// recorder is a test that does not fail, but says that it would.
type recorder struct {
	testing.TB
	failed []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.failed = append(r.failed, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...); panic(r) }

func check(name, got string) (failed int) {
	r := &recorder{}
	defer func() {
		_ = recover()
		failed = len(r.failed)
	}()
	golden.Check(r, name, got)
	return 0
}

func TestCheck(t *testing.T) {
	t.Parallel()
	if check("same.txt", "as it is\n") != 0 {
		t.Error("the same text fails")
	}
	if check("same.txt", "as it is") == 0 {
		t.Error("another text passes")
	}
	if check("missing.txt", "") == 0 {
		t.Error("a missing file passes")
	}
}
