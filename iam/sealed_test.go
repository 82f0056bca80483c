package iam_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/irsatz/irsatz/iam"
)

// fullSession has something in every field that a token carries, of which this
// test needs to know no names.
func fullSession(t testing.TB) *iam.Session {
	t.Helper()
	s := new(iam.Session)
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		if !v.Type().Field(i).IsExported() || name == "MinTokenSize" {
			continue
		}
		switch value := f.Addr().Interface().(type) {
		case *string:
			*value = name + strings.Repeat("é", i)
		case *[]string:
			*value = []string{name, "", strings.Repeat("x", 300)}
		case *[]iam.Tag:
			*value = []iam.Tag{{Key: "a", Value: "1"}, {Key: "b"}}
		case *bool:
			*value = true
		case *time.Time:
			*value = time.Unix(1795420800+int64(i), 0).UTC()
		case *iam.SessionKind:
			*value = iam.FederatedSession
		default:
			t.Fatalf("this test does not know the type of %s", name)
		}
	}
	return s
}

var fields = cmpopts.IgnoreUnexported(iam.Session{})

// Nothing of a session is lost in its token.
func TestSealedSession(t *testing.T) {
	t.Parallel()
	for _, want := range []*iam.Session{fullSession(t), {Issued: time.Unix(0, 0).UTC(), Expires: time.Unix(-1, 0).UTC()}} {
		sealed := iam.SealedSession(want)
		for _, padding := range []int{0, 1, 384} {
			got, err := iam.ReadSession(append(bytes.Clone(sealed), make([]byte, padding)...))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, fields); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
		for n := range sealed {
			if got, err := iam.ReadSession(sealed[:n]); err == nil {
				t.Errorf("the first %d of %d bytes are a session: %+v", n, len(sealed), got)
			}
		}
		for _, more := range []string{"\x01", "\x00\x01", "x"} {
			if _, err := iam.ReadSession(append(bytes.Clone(sealed), more...)); err == nil {
				t.Errorf("a session with %q behind it is one", more)
			}
		}
		other := bytes.Clone(sealed)
		other[0]++
		if _, err := iam.ReadSession(other); err == nil {
			t.Error("a session of another form was read")
		}
	}
}

// Whatever the bytes, reading them ends, and what is read is what they say.
func FuzzReadSession(f *testing.F) {
	f.Add(iam.SealedSession(fullSession(f)))
	f.Add(iam.SealedSession(&iam.Session{}))
	f.Add([]byte{1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, sealed []byte) {
		s, err := iam.ReadSession(sealed)
		if err != nil {
			return
		}
		again, err := iam.ReadSession(iam.SealedSession(s))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s, again, fields); diff != "" {
			t.Errorf("(-read +read again):\n%s", diff)
		}
	})
}
