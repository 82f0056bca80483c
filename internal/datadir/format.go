package datadir

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"go.etcd.io/bbolt"
)

// The layout of the database. Format counts the changes of it, and of what the
// packages above write into records, that older versions would misread.
const (
	format = 1

	about       = "irsatz"  // bucket with what follows
	aboutFormat = "format"  // format, in decimal
	aboutWorld  = "world"   // name of the current world
	lasting     = "lasting" // bucket of the records that outlast worlds
	worlds      = "world/"  // and a number: a bucket of a world's records
)

// check reads everything.
func check(tx *bbolt.Tx) error {
	info, err := os.Stat(tx.DB().Path())
	if err != nil {
		return err
	}
	if info.Size() < tx.Size() {
		return fmt.Errorf("%w: %s is cut off: %d bytes of %d", ErrDamaged, database, info.Size(), tx.Size())
	}
	if tx.Bucket([]byte(about)) == nil {
		if first, _ := tx.Cursor().First(); first != nil {
			return fmt.Errorf("%w: %s is something else's", ErrForeign, database)
		}
		return nil
	}
	if err := checkFormat(tx.Bucket([]byte(about)).Get([]byte(aboutFormat))); err != nil {
		return err
	}
	now := current(tx)
	if tx.Bucket([]byte(lasting)) == nil || now != "" && tx.Bucket([]byte(now)) == nil {
		return fmt.Errorf("%w: %s lacks a part", ErrDamaged, database)
	}
	return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
		if string(name) == about {
			return nil
		}
		return b.ForEach(func(key, sealed []byte) error {
			_, err := unseal(key, sealed)
			return err
		})
	})
}

func checkFormat(written []byte) error {
	n, err := strconv.Atoi(string(written))
	switch {
	case err != nil || n < 1:
		return fmt.Errorf("%w: its format is %q", ErrDamaged, written)
	case n > format:
		return fmt.Errorf("%w: its format is %d, and this irsatz knows %d", ErrNewer, n, format)
	}
	return nil
}

// begin makes a new database one of ours, and removes the worlds that were not
// finished from another.
func (d *Dir) begin() error {
	var change func(*bbolt.Tx) error
	err := d.db.View(func(tx *bbolt.Tx) error {
		switch {
		case tx.Bucket([]byte(about)) == nil:
			change = initialize
		case len(others(tx, current(tx))) > 0:
			change = func(tx *bbolt.Tx) error { return dropOthers(tx, current(tx)) }
		}
		return nil
	})
	if err != nil || change == nil {
		return err
	}
	return d.db.Update(change)
}

func initialize(tx *bbolt.Tx) error {
	if _, err := tx.CreateBucket([]byte(lasting)); err != nil {
		return err
	}
	b, err := tx.CreateBucket([]byte(about))
	if err != nil {
		return err
	}
	return b.Put([]byte(aboutFormat), []byte(strconv.Itoa(format)))
}

// current returns the name of the current world, "" if there is none.
func current(tx *bbolt.Tx) string { return string(tx.Bucket([]byte(about)).Get([]byte(aboutWorld))) }

// others returns the names of all worlds but one.
func others(tx *bbolt.Tx, except string) (names []string) {
	cursor := tx.Cursor()
	for name, _ := cursor.Seek([]byte(worlds)); strings.HasPrefix(string(name), worlds); name, _ = cursor.Next() {
		if string(name) != except {
			names = append(names, string(name))
		}
	}
	return names
}

func dropOthers(tx *bbolt.Tx, except string) (err error) {
	for _, name := range others(tx, except) {
		err = errors.Join(err, tx.DeleteBucket([]byte(name)))
	}
	return err
}
