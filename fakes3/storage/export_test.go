package storage

import "errors"

// WriteBesidePanic opens an index in the folder and writes two updates at once,
// of which the second panics. It returns what they answered, and whether what the
// first one wrote is there.
func WriteBesidePanic(dir string) (first, second error, written bool, err error) {
	d, err := openDiskIndex(dir)
	if err != nil {
		return nil, nil, false, err
	}
	good := &pending{f: func(t *tables) error { t.refs.put("good", 1); return nil }, err: errNotRun}
	bad := &pending{f: func(*tables) error { panic("damaged") }, err: errNotRun}
	d.settle([]*pending{good, bad})
	err = d.view(func(t *tables) error {
		_, written = t.refs.get("good")
		return nil
	})
	return good.err, bad.err, written, errors.Join(err, d.close())
}
