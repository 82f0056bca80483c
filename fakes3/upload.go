package fakes3

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/internal/awsapi"
)

// startUpload opens a multipart upload and gives it its id.
func (s *store) startUpload(b *bucket, u *upload) *awsapi.Error {
	u.id, u.parts = s.id(64), make(map[int]*part)
	return s.change(b, func() *awsapi.Error {
		u.initiated = s.now().UTC()
		b.uploads[u.id] = u
		return nil
	})
}

// upload returns the upload of the key; mu is held.
func (b *bucket) upload(key, id string) (*upload, *awsapi.Error) {
	u, ok := b.uploads[id]
	if !ok || u.key != key {
		return nil, noSuchUpload(id)
	}
	return u, nil
}

// encryption returns the server-side encryption that the upload was started
// with, "" if none was asked for or there is no such upload.
func (s *store) encryption(b *bucket, key, id string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if u, err := b.upload(key, id); err == nil {
		return u.sse
	}
	return ""
}

func (s *store) putPart(b *bucket, key, id string, p *part) *awsapi.Error {
	return s.change(b, func() *awsapi.Error {
		u, err := b.upload(key, id)
		if err != nil {
			return err
		}
		p.modified = s.now().UTC()
		u.parts[p.number] = p
		return nil
	})
}

func (s *store) abort(b *bucket, key, id string) *awsapi.Error {
	return s.change(b, func() *awsapi.Error {
		if _, err := b.upload(key, id); err != nil {
			return err
		}
		delete(b.uploads, id)
		return nil
	})
}

// parts returns the parts of an upload by number.
func (s *store) parts(b *bucket, key, id string) ([]*part, *awsapi.Error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	u, err := b.upload(key, id)
	if err != nil {
		return nil, err
	}
	return slices.SortedFunc(maps.Values(u.parts), func(a, b *part) int { return a.number - b.number }), nil
}

// chosen is a part named by CompleteMultipartUpload.
type chosen struct {
	number int
	etag   string
}

const minPart = 5 << 20

// complete joins the chosen parts into an object.
func (s *store) complete(b *bucket, key, id string, list []chosen, c conditions) (*object, *awsapi.Error) {
	var o object
	err := s.change(b, func() *awsapi.Error {
		u, err := b.upload(key, id)
		if err != nil {
			return err
		}
		if err := c.check(key, b.current(key)); err != nil {
			return err
		}
		for i := 1; i < len(list); i++ {
			if list[i].number <= list[i-1].number {
				return invalidPartOrder()
			}
		}
		var body bytes.Buffer
		sum := md5.New()
		for i, want := range list {
			p := u.parts[want.number]
			switch {
			case p == nil || strings.Trim(want.etag, `"`) != strings.Trim(p.etag, `"`):
				return invalidPart()
			case i < len(list)-1 && len(p.body) < minPart:
				return entityTooSmall(p)
			}
			body.Write(p.body)
			raw, _ := hex.DecodeString(strings.Trim(p.etag, `"`))
			sum.Write(raw)
		}
		o = u.draft
		o.body = body.Bytes()
		o.etag = `"` + hex.EncodeToString(sum.Sum(nil)) + "-" + strconv.Itoa(len(list)) + `"`
		o.modified, o.versionID = s.now().UTC(), s.nextVersion(b)
		b.put(&o)
		delete(b.uploads, id)
		return nil
	})
	return &o, err
}
