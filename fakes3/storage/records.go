package storage

// The numbers of fields are for ever.

func (b *Bucket) describe(r *record) {
	text(r, 1, &b.Name)
	text(r, 2, &b.Owner)
	r.time(3, &b.Created)
	text(r, 4, &b.Versioning)
	r.flag(5, &b.ObjectLock)
	b.describeDocuments(r, 6)
	integer(r, 7, &b.ID)
	integer(r, 8, &b.Revision)
}

func (b *Bucket) describeDocuments(r *record, field uint64) {
	if !r.reading {
		for name, document := range b.Documents {
			list(r, field, &[]Pair{{name, string(document)}})
		}
		return
	}
	var one []Pair
	list(r, field, &one)
	for _, p := range one {
		if b.Documents == nil {
			b.Documents = map[string][]byte{}
		}
		b.Documents[p.Name] = []byte(p.Value)
	}
}

func (p *Pair) describe(r *record) {
	text(r, 1, &p.Name)
	text(r, 2, &p.Value)
}

func (t *Tag) describe(r *record) {
	text(r, 1, &t.Key)
	text(r, 2, &t.Value)
}

func (o *Object) describe(r *record) {
	text(r, 1, &o.Key)
	text(r, 2, &o.VersionID)
	r.flag(3, &o.Marker)
	r.time(4, &o.Modified)
	list(r, 5, &o.Content.Extents)
	text(r, 6, &o.ETag)
	list(r, 7, &o.Headers)
	text(r, 8, &o.Class)
	list(r, 9, &o.Tags)
	nested(r, 10, &o.Checksum)
	nested(r, 11, &o.Encryption)
	nested(r, 12, &o.Lock)
	list(r, 13, &o.Parts)
	integer(r, 14, &o.age)
}

func (e *Extent) describe(r *record) {
	text(r, 1, &e.Blob)
	integer(r, 2, &e.Offset)
	integer(r, 3, &e.Length)
	text(r, 4, &e.Data)
}

func (c *Checksum) describe(r *record) {
	text(r, 1, &c.Algorithm)
	text(r, 2, &c.Value)
	r.flag(3, &c.Composite)
}

func (n *Encryption) describe(r *record) {
	text(r, 1, &n.Algorithm)
	text(r, 2, &n.KeyID)
	text(r, 3, &n.Context)
	r.flag(4, &n.BucketKey)
	text(r, 5, &n.CustomerKeyMD5)
}

func (l *Lock) describe(r *record) {
	text(r, 1, &l.Mode)
	r.time(2, &l.Until)
	text(r, 3, &l.Hold)
}

func (u *Upload) describe(r *record) {
	text(r, 1, &u.ID)
	text(r, 2, &u.Key)
	r.time(3, &u.Initiated)
	text(r, 4, &u.Initiator)
	text(r, 5, &u.Owner)
	nested(r, 6, &u.Draft)
	text(r, 7, &u.Algorithm)
	r.flag(8, &u.Composite)
	list(r, 9, &u.Asked)
	integer(r, 10, &u.over)
}

func (p *Part) describe(r *record) {
	integer(r, 1, &p.Number)
	integer(r, 2, &p.Size)
	text(r, 3, &p.ETag)
	r.time(4, &p.Modified)
	nested(r, 5, &p.Checksum)
	list(r, 6, &p.Content.Extents)
}
