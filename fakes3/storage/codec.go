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
//
// What a record consists of is described once, by a function that shows each field
// to the record: when it is written the value is appended, and when it is read the
// one that has the number of the field at hand is set.
type record struct {
	b []byte // what was written

	reading bool
	rest    []byte // to be read
	field   uint64 // at hand, with one of these
	number  int64
	text    []byte
	known   bool // the field at hand was shown
	err     error
}

// describer is a value that can be written and read.
type describer[T any] interface {
	*T
	describe(*record)
}

var errRecord = errors.New("a broken record")

// write returns the record of v.
func write[T any, P describer[T]](v P) []byte {
	var r record
	v.describe(&r)
	return r.b
}

// read fills v from a record. A field that v does not have is an error: it is from
// a newer irsatz, and writing the record would lose it.
func read[T any, P describer[T]](b []byte, v P) error {
	return fill(new(record), b, v)
}

// fill reads a record field by field.
func fill[T any, P describer[T]](r *record, b []byte, v P) error {
	for *r = (record{reading: true, rest: b}); len(r.rest) > 0; {
		if err := r.next(); err != nil {
			return err
		}
		v.describe(r)
		switch {
		case r.err != nil:
			return r.err
		case !r.known:
			return fmt.Errorf("%w: field %d is unknown", errRecord, r.field)
		}
	}
	return nil
}

// next takes the field that the rest begins with.
func (r *record) next() error {
	head, n := binary.Uvarint(r.rest)
	if n <= 0 {
		return errRecord
	}
	b := r.rest[n:]
	r.field, r.known, r.number, r.text = head>>1, false, 0, nil
	if head&1 == 0 {
		r.number, n = binary.Varint(b)
		if n <= 0 {
			return errRecord
		}
		r.rest = b[n:]
		return nil
	}
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return errRecord
	}
	end := n + int(size)
	r.text, r.rest = b[n:end], b[end:]
	return nil
}

// takes reports whether the field at hand is this one.
func (r *record) takes(field uint64) bool {
	if !r.reading || r.field != field {
		return false
	}
	r.known = true
	return true
}

// always writes a field even if it is empty.
func (r *record) always(field uint64, s string) {
	r.b = binary.AppendUvarint(binary.AppendUvarint(r.b, field<<1|1), uint64(len(s)))
	r.b = append(r.b, s...)
}

func integer[T int | int64 | uint64](r *record, field uint64, n *T) {
	switch {
	case r.takes(field):
		*n = T(r.number)
	case !r.reading && *n != 0:
		r.b = binary.AppendVarint(binary.AppendUvarint(r.b, field<<1), int64(*n))
	}
}

func text[T string | []byte](r *record, field uint64, s *T) {
	switch {
	case r.takes(field):
		*s = T(string(r.text)) // a copy, in any case
	case !r.reading && len(*s) > 0:
		r.always(field, string(*s))
	}
}

func (r *record) flag(field uint64, on *bool) {
	n := 0
	if *on {
		n = 1
	}
	integer(r, field, &n)
	*on = n != 0
}

func (r *record) time(field uint64, t *time.Time) {
	switch {
	case r.takes(field):
		r.err = t.UnmarshalBinary(r.text)
	case !r.reading && !t.IsZero():
		b, _ := t.UTC().MarshalBinary() // fails only for odd zones
		r.always(field, string(b))
	}
}

// nest reads the field at hand, which is a record.
func nest[T any, P describer[T]](r *record, v P) {
	outer := *r
	err := fill(r, outer.text, v)
	*r = outer
	r.err = err
}

// nested is a field that is a record, unless that is empty.
func nested[T any, P describer[T]](r *record, field uint64, v P) {
	switch {
	case r.takes(field):
		nest(r, v)
	case !r.reading:
		b := write(v)
		text(r, field, &b)
	}
}

// list is a field for each of several records, which may be empty.
func list[T any, P describer[T]](r *record, field uint64, all *[]T) {
	for r.takes(field) {
		*all = append(*all, *new(T))
		nest(r, P(&(*all)[len(*all)-1]))
		if head, _ := binary.Uvarint(r.rest); r.err != nil || head != field<<1|1 {
			return
		}
		if r.err = r.next(); r.err != nil { // one more of them
			return
		}
	}
	for i := range *all {
		if !r.reading {
			r.always(field, string(write(P(&(*all)[i]))))
		}
	}
}
