package storage

import "cmp"

// Object returns a version of an object, the newest if id is empty; it may be a
// delete marker. ErrNoVersion says that the key has versions, but not this one.
func (s *Store) Object(b *Bucket, key, id string) (found *Object, err error) {
	err = s.index.view(func(t *tables) error {
		current, ok := t.current.get(currentKey(b, key))
		switch {
		case !ok:
			return ErrNoObject
		case id == "":
			found = current
			return nil
		}
		found, err = t.version(b, current, id)
		return err
	})
	return found, err
}

// version finds a version of the key whose newest version is current.
func (t *tables) version(b *Bucket, current *Object, id string) (*Object, error) {
	if current.VersionID == id {
		return current, nil
	}
	if id == NullVersion {
		for _, o := range prefixed(t.history, historyKeys(b, current.Key), "") {
			if o.VersionID == NullVersion {
				return o, nil
			}
		}
		return nil, ErrNoVersion
	}
	n, ok := number(id)
	if !ok {
		return nil, ErrNoVersion
	}
	o, ok := t.history.get(historyKeys(b, current.Key) + encode64(n))
	if !ok || o.VersionID != id {
		return nil, ErrNoVersion
	}
	return o, nil
}

// PutObject stores o, but for its version and date, which it sets, as the
// newest version of its key.
func (s *Store) PutObject(b *Bucket, o *Object, c Conditions) (*Object, error) {
	if err := checkKey(o.Key); err != nil {
		return nil, err
	}
	stored := *o
	err := s.update(o.Content, func(x *tx) error {
		now, err := x.bucket(b)
		if err != nil {
			return err
		}
		current, _ := x.current.get(currentKey(b, o.Key))
		if err := c.check(current); err != nil {
			return err
		}
		s.put(x, now, &stored)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &stored, nil
}

// put makes o the newest version. While versioning is not enabled it takes the
// place of the null version.
func (s *Store) put(x *tx, b *Bucket, o *Object) {
	o.Modified, o.age = s.config.Now().UTC(), x.next()
	o.VersionID = NullVersion
	if b.Versioning == Enabled {
		// The id leads to the version, and those of younger ones sort first.
		o.VersionID = s.stamp(^o.age, 12)
	}
	x.retain(o.Content)
	key := currentKey(b, o.Key)
	current, ok := x.current.get(key)
	if ok && o.VersionID == NullVersion {
		old, err := x.version(b, current, NullVersion)
		switch {
		case err != nil:
		case old == current: // whose place is o's
			x.release(old.Content)
			ok = false
		default:
			x.take(b, current, old)
		}
	}
	if ok {
		x.history.put(historyKey(b, current), current)
	}
	x.current.put(key, o)
}

// take removes a version of the key whose newest version is current.
func (x *tx) take(b *Bucket, current, o *Object) {
	x.release(o.Content)
	if o != current {
		x.history.remove(historyKey(b, o))
		return
	}
	var next *Object
	for _, next = range prefixed(x.history, historyKeys(b, o.Key), "") {
		break
	}
	if next == nil {
		x.current.remove(currentKey(b, o.Key))
		return
	}
	x.history.remove(historyKey(b, next))
	x.current.put(currentKey(b, o.Key), next)
}

// DeleteObject deletes a version for good if id is given; otherwise the key,
// which in a bucket with versions gets a delete marker. Deleting what is not
// there is no error.
func (s *Store) DeleteObject(b *Bucket, key, id string, c Conditions) (d Deletion, err error) {
	if err := checkKey(key); err != nil {
		return d, err
	}
	err = s.update(Content{}, func(x *tx) error {
		now, err := x.bucket(b)
		if err != nil {
			return err
		}
		current, ok := x.current.get(currentKey(b, key))
		if err := c.check(current); err != nil {
			return err
		}
		d = Deletion{VersionID: id}
		if id == "" && now.Versioning != "" {
			marker := &Object{Key: key, Marker: true}
			s.put(x, now, marker)
			d = Deletion{VersionID: marker.VersionID, Marker: true}
			return nil
		}
		if !ok {
			return nil
		}
		if o, err := x.version(b, current, cmp.Or(id, NullVersion)); err == nil {
			if c.Lock != nil && !o.Lock.Equal(*c.Lock) {
				return ErrRelocked
			}
			d.Marker = o.Marker
			x.take(b, current, o)
		}
		return nil
	})
	return d, err
}

// AmendObject changes what is known of a stored version: its tags, its lock,
// its headers. Amend gets the version as it is now, and is called once or more.
// If it fails nothing is changed.
func (s *Store) AmendObject(b *Bucket, o *Object, amend func(*Object) error) error {
	return s.update(Content{}, func(x *tx) error {
		if _, err := x.bucket(b); err != nil {
			return err
		}
		current, ok := x.current.get(currentKey(b, o.Key))
		if !ok {
			return ErrNoObject
		}
		now, err := x.version(b, current, o.VersionID)
		if err != nil || now.age != o.age {
			return ErrNoObject
		}
		changed := *now
		if err := amend(&changed); err != nil {
			return err
		}
		if now == current {
			x.current.put(currentKey(b, o.Key), &changed)
			return nil
		}
		x.history.put(historyKey(b, now), &changed)
		return nil
	})
}
