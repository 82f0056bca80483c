package storage

// The numbers of fields are for ever.

func (b *Bucket) encode(e *encoder) {
	e.text(1, b.Name)
	e.text(2, b.Owner)
	e.time(3, b.Created)
	e.text(4, b.Versioning)
	e.flag(5, b.ObjectLock)
	for name, document := range b.Documents {
		e.element(6, Pair{name, string(document)}.encode)
	}
	e.number(7, int64(b.ID))
	e.number(8, int64(b.Revision))
}

func (b *Bucket) decode(f field) (err error) {
	switch f.id {
	case 1:
		b.Name = f.text
	case 2:
		b.Owner = f.text
	case 3:
		b.Created, err = f.time()
	case 4:
		b.Versioning = f.text
	case 5:
		b.ObjectLock = f.flag()
	case 6:
		var p Pair
		err = f.into(p.decode)
		if b.Documents == nil {
			b.Documents = map[string][]byte{}
		}
		b.Documents[p.Name] = []byte(p.Value)
	case 7:
		b.ID = uint64(f.number)
	case 8:
		b.Revision = uint64(f.number)
	default:
		return f.unknown()
	}
	return err
}

func (p Pair) encode(e *encoder) {
	e.text(1, p.Name)
	e.text(2, p.Value)
}

func (p *Pair) decode(f field) error {
	switch f.id {
	case 1:
		p.Name = f.text
	case 2:
		p.Value = f.text
	default:
		return f.unknown()
	}
	return nil
}

func (o *Object) encode(e *encoder) {
	e.text(1, o.Key)
	e.text(2, o.VersionID)
	e.flag(3, o.Marker)
	e.time(4, o.Modified)
	o.Content.encode(e, 5)
	e.text(6, o.ETag)
	for _, h := range o.Headers {
		e.element(7, h.encode)
	}
	e.text(8, o.Class)
	for _, t := range o.Tags {
		e.element(9, Pair{t.Key, t.Value}.encode)
	}
	e.record(10, o.Checksum.encode)
	e.record(11, o.Encryption.encode)
	e.record(12, o.Lock.encode)
	for i := range o.Parts {
		e.element(13, o.Parts[i].encode)
	}
	e.number(14, int64(o.age))
}

func (o *Object) decode(f field) (err error) {
	switch f.id {
	case 1:
		o.Key = f.text
	case 2:
		o.VersionID = f.text
	case 3:
		o.Marker = f.flag()
	case 4:
		o.Modified, err = f.time()
	case 5:
		err = o.Content.decode(f)
	case 6:
		o.ETag = f.text
	case 7:
		var p Pair
		err = f.into(p.decode)
		o.Headers = append(o.Headers, p)
	case 8:
		o.Class = f.text
	case 9:
		var p Pair
		err = f.into(p.decode)
		o.Tags = append(o.Tags, Tag{p.Name, p.Value})
	case 10:
		err = f.into(o.Checksum.decode)
	case 11:
		err = f.into(o.Encryption.decode)
	case 12:
		err = f.into(o.Lock.decode)
	case 13:
		var p Part
		err = f.into(p.decode)
		o.Parts = append(o.Parts, p)
	case 14:
		o.age = uint64(f.number)
	default:
		return f.unknown()
	}
	return err
}

// encode writes the extents as one field each.
func (c Content) encode(e *encoder, id uint64) {
	for _, x := range c.Extents {
		e.element(id, func(e *encoder) {
			e.text(1, x.Blob)
			e.number(2, x.Offset)
			e.number(3, x.Length)
			e.text(4, string(x.Data))
		})
	}
}

func (c *Content) decode(f field) error {
	var x Extent
	err := f.into(func(f field) error {
		switch f.id {
		case 1:
			x.Blob = f.text
		case 2:
			x.Offset = f.number
		case 3:
			x.Length = f.number
		case 4:
			x.Data = []byte(f.text)
		default:
			return f.unknown()
		}
		return nil
	})
	c.Extents = append(c.Extents, x)
	return err
}

func (c Checksum) encode(e *encoder) {
	e.text(1, c.Algorithm)
	e.text(2, c.Value)
	e.flag(3, c.Composite)
}

func (c *Checksum) decode(f field) error {
	switch f.id {
	case 1:
		c.Algorithm = f.text
	case 2:
		c.Value = f.text
	case 3:
		c.Composite = f.flag()
	default:
		return f.unknown()
	}
	return nil
}

func (n Encryption) encode(e *encoder) {
	e.text(1, n.Algorithm)
	e.text(2, n.KeyID)
	e.text(3, n.Context)
	e.flag(4, n.BucketKey)
	e.text(5, n.CustomerKeyMD5)
}

func (n *Encryption) decode(f field) error {
	switch f.id {
	case 1:
		n.Algorithm = f.text
	case 2:
		n.KeyID = f.text
	case 3:
		n.Context = f.text
	case 4:
		n.BucketKey = f.flag()
	case 5:
		n.CustomerKeyMD5 = f.text
	default:
		return f.unknown()
	}
	return nil
}

func (l Lock) encode(e *encoder) {
	e.text(1, l.Mode)
	e.time(2, l.Until)
	e.text(3, l.Hold)
}

func (l *Lock) decode(f field) (err error) {
	switch f.id {
	case 1:
		l.Mode = f.text
	case 2:
		l.Until, err = f.time()
	case 3:
		l.Hold = f.text
	default:
		return f.unknown()
	}
	return err
}

func (u *Upload) encode(e *encoder) {
	e.text(1, u.ID)
	e.text(2, u.Key)
	e.time(3, u.Initiated)
	e.text(4, u.Initiator)
	e.text(5, u.Owner)
	e.record(6, u.Draft.encode)
	e.text(7, u.Algorithm)
	e.flag(8, u.Composite)
	for _, h := range u.Asked {
		e.element(9, h.encode)
	}
	e.number(10, int64(u.over))
}

func (u *Upload) decode(f field) (err error) {
	switch f.id {
	case 1:
		u.ID = f.text
	case 2:
		u.Key = f.text
	case 3:
		u.Initiated, err = f.time()
	case 4:
		u.Initiator = f.text
	case 5:
		u.Owner = f.text
	case 6:
		err = f.into(u.Draft.decode)
	case 7:
		u.Algorithm = f.text
	case 8:
		u.Composite = f.flag()
	case 9:
		var p Pair
		err = f.into(p.decode)
		u.Asked = append(u.Asked, p)
	case 10:
		u.over = uint64(f.number)
	default:
		return f.unknown()
	}
	return err
}

func (p *Part) encode(e *encoder) {
	e.number(1, int64(p.Number))
	e.number(2, p.Size)
	e.text(3, p.ETag)
	e.time(4, p.Modified)
	e.record(5, p.Checksum.encode)
	p.Content.encode(e, 6)
}

func (p *Part) decode(f field) (err error) {
	switch f.id {
	case 1:
		p.Number = int(f.number)
	case 2:
		p.Size = f.number
	case 3:
		p.ETag = f.text
	case 4:
		p.Modified, err = f.time()
	case 5:
		err = f.into(p.Checksum.decode)
	case 6:
		err = p.Content.decode(f)
	default:
		return f.unknown()
	}
	return err
}
