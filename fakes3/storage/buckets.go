package storage

import "maps"

// CreateBucket makes a bucket. If there is one of its name it returns that and
// ErrBucketExists.
func (s *Store) CreateBucket(b Bucket) (*Bucket, error) {
	made := &b
	made.Created = s.config.Now().UTC()
	made.Documents = maps.Clone(b.Documents)
	err := s.update(Content{}, func(x *tx) error {
		made = &b // also when this is run once more
		if there, ok := x.buckets.get(b.Name); ok {
			made = there
			return ErrBucketExists
		}
		made.ID = x.next()
		made.Revision = made.ID
		x.buckets.put(b.Name, made)
		return nil
	})
	return made, err
}

// Bucket returns the bucket of this name.
func (s *Store) Bucket(name string) (found *Bucket, err error) {
	err = s.index.view(func(t *tables) error {
		var ok bool
		if found, ok = t.buckets.get(name); !ok {
			return ErrNoBucket
		}
		return nil
	})
	return found, err
}

// Buckets returns all buckets by name.
func (s *Store) Buckets() (all []*Bucket, err error) {
	err = s.index.view(func(t *tables) error {
		for _, b := range t.buckets.from("") {
			all = append(all, b)
		}
		return nil
	})
	return all, err
}

// DeleteBucket deletes a bucket in which there is no version of any object.
// Uploads in progress are given up.
func (s *Store) DeleteBucket(b *Bucket) error {
	return s.update(Content{}, func(x *tx) error {
		if _, err := x.bucket(b); err != nil {
			return err
		}
		for range prefixed(x.current, within(b), "") {
			return ErrNotEmpty
		}
		var uploads []*Upload
		for _, u := range prefixed(x.uploads, within(b), "") {
			uploads = append(uploads, u)
		}
		for _, u := range uploads {
			x.forget(b, u)
		}
		x.buckets.remove(b.Name)
		return nil
	})
}

// ConfigureBucket changes the settings of a bucket: set gets them as they are
// now, may change all but name, owner, date and id, and is called once or more. If
// it fails nothing is changed.
func (s *Store) ConfigureBucket(b *Bucket, set func(*Bucket) error) error {
	return s.update(Content{}, func(x *tx) error {
		now, err := x.bucket(b)
		if err != nil {
			return err
		}
		changed := *now
		changed.Documents = maps.Clone(now.Documents)
		if err := set(&changed); err != nil {
			return err
		}
		changed.Revision = x.next()
		x.buckets.put(b.Name, &changed)
		return nil
	})
}
