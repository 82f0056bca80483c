package storage

// WriteBesidePanic opens an index in the folder and writes two updates at once,
// the second of which panics. It returns what the first one answered, and then
// what a third one did, which is written alone.
func WriteBesidePanic(dir string) (first, third, err error) {
	d, err := openDiskIndex(dir)
	if err != nil {
		return nil, nil, err
	}
	done := func(*tables) error { return nil }
	good, bad := &pending{f: done, err: errNotRun}, &pending{f: func(*tables) error { panic("damaged") }, err: errNotRun}
	func() {
		defer func() { _ = recover() }()
		d.settle([]*pending{good, bad})
	}()
	third = d.update(done)
	return good.err, third, d.db.Close()
}
