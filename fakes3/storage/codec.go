package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// A record is a row of fields: a number that names the field and says what
// follows, then a number, or a length and that many bytes. A field that is zero
// is left out, so a new field does not disturb old records. JSON would not do:
// header values need not be text.
type encoder struct{ b []byte }

func (e *encoder) number(field uint64, n int64) {
	if n != 0 {
		e.b = binary.AppendVarint(binary.AppendUvarint(e.b, field<<1), n)
	}
}

func (e *encoder) flag(field uint64, on bool) {
	if on {
		e.number(field, 1)
	}
}

func (e *encoder) text(field uint64, s string) {
	if s != "" {
		e.always(field, s)
	}
}

func (e *encoder) always(field uint64, s string) {
	e.b = binary.AppendUvarint(binary.AppendUvarint(e.b, field<<1|1), uint64(len(s)))
	e.b = append(e.b, s...)
}

func (e *encoder) time(field uint64, t time.Time) {
	if !t.IsZero() {
		b, _ := t.UTC().MarshalBinary() // fails only for odd zones
		e.text(field, string(b))
	}
}

// record writes a record as a field, unless it is empty.
func (e *encoder) record(field uint64, fill func(*encoder)) {
	in := &encoder{}
	fill(in)
	e.text(field, string(in.b))
}

// element writes a record that is one of a list, which may be empty.
func (e *encoder) element(field uint64, fill func(*encoder)) {
	in := &encoder{}
	fill(in)
	e.always(field, string(in.b))
}

// field is one that was read.
type field struct {
	id     uint64
	number int64
	text   string
}

func (f field) flag() bool { return f.number != 0 }

func (f field) time() (t time.Time, err error) {
	err = t.UnmarshalBinary([]byte(f.text))
	return t, err
}

var errRecord = errors.New("a broken record")

// decode reads a record field by field. A field that set does not know is an
// error: it is from a newer irsatz, and writing the record would lose it.
func decode(b []byte, set func(field) error) error {
	for len(b) > 0 {
		id, n := binary.Uvarint(b)
		if n <= 0 {
			return errRecord
		}
		b = b[n:]
		f := field{id: id >> 1}
		if id&1 == 0 {
			f.number, n = binary.Varint(b)
			if n <= 0 {
				return errRecord
			}
			b = b[n:]
		} else {
			size, n := binary.Uvarint(b)
			if n <= 0 || size > uint64(len(b)-n) {
				return errRecord
			}
			f.text = string(b[n : n+int(size)])
			b = b[n+int(size):]
		}
		if err := set(f); err != nil {
			return err
		}
	}
	return nil
}

// into decodes a field that is a record.
func (f field) into(set func(field) error) error { return decode([]byte(f.text), set) }

func (f field) unknown() error { return fmt.Errorf("%w: field %d is unknown", errRecord, f.id) }
