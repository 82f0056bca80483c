package storage

// StartUpload opens a multipart upload, and gives it its id and date.
func (s *Store) StartUpload(b *Bucket, u Upload) (*Upload, error) {
	if err := checkKey(u.Key); err != nil {
		return nil, err
	}
	u.Initiated = s.config.Now().UTC()
	err := s.update(Content{}, func(x *tx) error {
		if _, err := x.bucket(b); err != nil {
			return err
		}
		u.over = x.newest(b, u.Key)
		n := x.next()
		u.ID = s.stamp(n, 32)
		x.uploads.put(uploadKey(b, u.Key, n), &u)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &u, nil
}

// newest returns the age of the newest version of the key, 0 if there is none. It
// tells it from any other that there was or will be.
func (t *tables) newest(b *Bucket, key string) uint64 {
	if o, ok := t.current.get(currentKey(b, key)); ok {
		return o.age
	}
	return 0
}

// Upload returns the upload in progress of this key and id.
func (s *Store) Upload(b *Bucket, key, id string) (found *Upload, err error) {
	err = s.index.view(func(t *tables) error {
		found, _, err = t.upload(b, key, id)
		return err
	})
	return found, err
}

func (t *tables) upload(b *Bucket, key, id string) (*Upload, uint64, error) {
	n, ok := number(id)
	if !ok {
		return nil, 0, ErrNoUpload
	}
	u, ok := t.uploads.get(uploadKey(b, key, n))
	if !ok || u.ID != id {
		return nil, 0, ErrNoUpload
	}
	return u, n, nil
}

// PutPart stores a part, and sets its date and size. It takes the place of
// another part of its number.
func (s *Store) PutPart(b *Bucket, u *Upload, p Part) (*Part, error) {
	p.Size = p.Content.Size()
	err := s.update(p.Content, func(x *tx) error {
		_, n, err := x.upload(b, u.Key, u.ID)
		if err != nil {
			return err
		}
		p.Modified = s.config.Now().UTC()
		x.retain(p.Content)
		if old, ok := x.parts.get(partKey(n, p.Number)); ok {
			x.release(old.Content)
		}
		x.parts.put(partKey(n, p.Number), &p)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &p, nil
}

// Parts returns the parts of an upload that come after this number, as many as
// limit.
func (s *Store) Parts(b *Bucket, u *Upload, after, limit int) (list []*Part, err error) {
	err = s.index.view(func(t *tables) error {
		list = nil
		_, n, err := t.upload(b, u.Key, u.ID)
		if err != nil {
			return err
		}
		for _, p := range prefixed(t.parts, encode64(n), partKey(0, after+1)[8:]) {
			if len(list) == limit {
				break
			}
			list = append(list, p)
		}
		return nil
	})
	return list, err
}

// CompleteUpload ends an upload with the object that was made of its parts,
// which is stored as by PutObject. Conditions must hold of the version that was
// the newest when the upload began.
func (s *Store) CompleteUpload(b *Bucket, u *Upload, o *Object, c Conditions) (*Object, error) {
	if err := checkKey(o.Key); err != nil {
		return nil, err
	}
	stored := *o
	err := s.update(o.Content, func(x *tx) error {
		now, err := x.bucket(b)
		if err != nil {
			return err
		}
		begun, _, err := x.upload(b, u.Key, u.ID)
		if err != nil {
			return err
		}
		current, _ := x.current.get(currentKey(b, o.Key))
		if err := c.check(current); err != nil {
			return err
		}
		if c.ask() && x.newest(b, o.Key) != begun.over {
			return ErrOvertaken
		}
		s.put(x, now, &stored)
		x.forget(b, u)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &stored, nil
}

// AbortUpload gives an upload up, and its parts.
func (s *Store) AbortUpload(b *Bucket, u *Upload) error {
	return s.update(Content{}, func(x *tx) error {
		if _, _, err := x.upload(b, u.Key, u.ID); err != nil {
			return err
		}
		x.forget(b, u)
		return nil
	})
}

// forget removes an upload and its parts.
func (x *tx) forget(b *Bucket, u *Upload) {
	n, _ := number(u.ID)
	var parts []*Part
	for _, p := range prefixed(x.parts, encode64(n), "") {
		parts = append(parts, p)
	}
	for _, p := range parts {
		x.release(p.Content)
		x.parts.remove(partKey(n, p.Number))
	}
	x.uploads.remove(uploadKey(b, u.Key, n))
}
