package storage

import "strings"

// Objects lists the current versions by key.
func (s *Store) Objects(b *Bucket, q Query) (page Page, err error) {
	err = s.index.view(func(t *tables) error {
		page = Page{}
		walk(q, prefixedFrom(t.current, b), func(key, prefix string, o *Object) step {
			switch {
			case o.Marker || key == q.After:
				return skip
			case len(page.Entries) == q.Limit:
				page.Truncated = q.Limit > 0
				return stop
			case prefix != "":
				o = nil
			}
			page.Entries = append(page.Entries, Entry{Prefix: prefix, Object: o, Latest: true})
			return listed
		})
		return nil
	})
	return page, err
}

// Versions lists all versions by key, those of a key from the newest on.
func (s *Store) Versions(b *Bucket, q Query) (page Page, err error) {
	err = s.index.view(func(t *tables) error {
		page = Page{}
		add := func(e Entry) step {
			if len(page.Entries) == q.Limit {
				page.Truncated = q.Limit > 0
				return stop
			}
			page.Entries = append(page.Entries, e)
			return listed
		}
		walk(q, prefixedFrom(t.current, b), func(key, prefix string, o *Object) step {
			switch {
			case key == q.After && q.AfterID == "":
				return skip
			case prefix != "":
				return add(Entry{Prefix: prefix})
			}
			passed := key != q.After
			if passed && add(Entry{Object: o, Latest: true}) == stop {
				return stop
			}
			passed = passed || o.VersionID == q.AfterID
			for _, o := range prefixed(t.history, historyKeys(b, key), "") {
				if passed && add(Entry{Object: o}) == stop {
					return stop
				}
				passed = passed || o.VersionID == q.AfterID
			}
			return listed
		})
		return nil
	})
	return page, err
}

// Uploads lists the uploads in progress by key, then from the oldest on.
func (s *Store) Uploads(b *Bucket, q Query) (page UploadPage, err error) {
	err = s.index.view(func(t *tables) error {
		page = UploadPage{}
		passed := false
		walk(q, func(from string, yield func(string, *Upload) bool) {
			for _, u := range prefixed(t.uploads, within(b), strings.TrimPrefix(uploadKeys(b, from), within(b))) {
				if !yield(u.Key, u) {
					return
				}
			}
		}, func(key, prefix string, u *Upload) step {
			if prefix == "" && key == q.After && !passed {
				passed = u.ID == q.AfterID
				return skip
			}
			if len(page.Entries) == q.Limit {
				page.Truncated = q.Limit > 0
				return stop
			}
			if prefix != "" {
				u = nil
			}
			page.Entries = append(page.Entries, UploadEntry{Prefix: prefix, Upload: u})
			return listed
		})
		return nil
	})
	return page, err
}

// step is what a visitor of a walk wants next.
type step uint8

const (
	listed step = iota // go on, behind the common prefix if it was one
	skip               // go on with the next key
	stop
)

// seeker iterates over keys and what they stand for, from a key on.
type seeker[T any] func(from string, yield func(string, T) bool)

func prefixedFrom[T any](t table[T], b *Bucket) seeker[T] {
	return func(from string, yield func(string, T) bool) { prefixed(t, within(b), from)(yield) }
}

// walk visits the keys of a listing in order, and for each the common prefix it
// is rolled into, if any. It never looks at a key behind a prefix that was
// listed, however many there are.
func walk[T any](q Query, keys seeker[T], visit func(key, prefix string, v T) step) {
	from, more := max(q.Prefix, q.After), true
	for more {
		more = false
		keys(from, func(key string, v T) bool {
			rest, ok := strings.CutPrefix(key, q.Prefix)
			if !ok {
				return false
			}
			prefix := ""
			if i := strings.Index(rest, q.Delimiter); q.Delimiter != "" && i >= 0 {
				prefix = key[:len(q.Prefix)+i+len(q.Delimiter)]
			}
			did := listed // a prefix that the page before ended with
			if prefix == "" || prefix != q.After {
				did = visit(key, prefix, v)
			}
			if did == listed && prefix != "" {
				from = after(prefix)
				more = from != ""
				return false
			}
			return did != stop
		})
	}
}
