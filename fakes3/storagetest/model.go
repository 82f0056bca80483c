package storagetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/fakes3/storage"
)

// twin is the least that does what a storage does with objects: a list, the
// newest version first.
type twin struct {
	versioning string
	list       []twinObject
}

type twinObject struct {
	key, version, body string
	marker             bool
	tags               int
}

func (m *twin) put(o twinObject) {
	if o.version == storage.NullVersion {
		m.list = slices.DeleteFunc(m.list, func(v twinObject) bool { return v.key == o.key && v.version == o.version })
	}
	m.list = slices.Insert(m.list, 0, o)
}

func (m *twin) find(key, version string) *twinObject {
	for i := range m.list {
		if o := &m.list[i]; o.key == key && (version == "" || o.version == version) {
			return o
		}
	}
	return nil
}

func (m *twin) drop(key, version string) {
	m.list = slices.DeleteFunc(m.list, func(v twinObject) bool { return v.key == key && v.version == version })
}

// versions are the lines of a listing of versions.
func (m *twin) versions() (out []string) {
	sorted := slices.Clone(m.list)
	slices.SortStableFunc(sorted, func(a, b twinObject) int { return strings.Compare(a.key, b.key) })
	for i, o := range sorted {
		latest := i == 0 || sorted[i-1].key != o.key
		out = append(out, fmt.Sprint(o.key, " ", o.version, " ", latest, o.marker, o.tags, " ", len(o.body)))
	}
	return out
}

// names are the names of a listing of objects.
func (m *twin) names(q storage.Query) string {
	var keys, out []string
	for _, line := range m.list {
		if o := m.find(line.key, ""); !o.marker && !slices.Contains(keys, o.key) {
			keys = append(keys, o.key)
		}
	}
	slices.Sort(keys)
	for _, k := range keys {
		rest, ok := strings.CutPrefix(k, q.Prefix)
		name, passed := k, k > q.After
		if before, _, found := strings.Cut(rest, q.Delimiter); q.Delimiter != "" && found {
			k = q.Prefix + before + q.Delimiter
			name = k + "*"
		}
		switch {
		case !ok || !passed || k == q.After || slices.Contains(out, name):
		case len(out) == q.Limit:
			return strings.Join(append(out, "..."), " ")
		default:
			out = append(out, name)
		}
	}
	return strings.Join(out, " ")
}

// random does the same to a storage and to its twin, and compares.
func (f *fixture) random() {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 1))
		f.b = f.bucket(fmt.Sprint("random", seed))
		m := &twin{}
		for i := range 250 {
			if what := f.step(r, m); f.Failed() {
				f.Fatalf("seed %d, step %d: %s", seed, i, what)
			}
			f.compare(r, m)
			if f.Failed() {
				f.Fatalf("seed %d, after step %d", seed, i)
			}
		}
	}
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// step does one random thing to both, and says what.
func (f *fixture) step(r *rand.Rand, m *twin) string {
	key := pick(r, "a", "a/b", "a/b/c", "b", "b/", "c", "c/d", "é", "a/c")
	version := ""
	if len(m.list) > 0 && r.IntN(2) == 0 {
		o := pick(r, m.list...)
		key, version = o.key, o.version
	}
	there := m.find(key, version)
	switch n := r.IntN(12); {
	case n < 5:
		body := strings.Repeat("x", r.IntN(100))
		o := f.put(key, body)
		m.put(twinObject{key: key, version: o.VersionID, body: body})
		return "put " + key
	case n < 6: // as a copy of an object
		if there == nil || there.marker {
			return "nothing"
		}
		o, err := f.Object(f.b, key, version)
		f.must(err)
		to := pick(r, "a", "copy/1", key)
		stored, err := f.PutObject(f.b, &storage.Object{Key: to, Content: o.Content}, storage.Conditions{})
		f.must(err)
		m.put(twinObject{key: to, version: stored.VersionID, body: there.body})
		return "copy " + key + " to " + to
	case n < 7: // in parts
		u := f.start(key)
		one, two := f.part(u, 1, "xx"), f.part(u, 2, "xxx")
		o, err := f.CompleteUpload(f.b, u, &storage.Object{Key: key, Content: storage.Join(one.Content, two.Content)}, storage.Conditions{})
		f.must(err)
		m.put(twinObject{key: key, version: o.VersionID, body: "xxxxx"})
		return "upload " + key
	case n < 10:
		f.removeBoth(m, key, version)
		return "delete " + key + " " + version
	case n < 11:
		if there == nil || there.marker {
			return "nothing"
		}
		o, err := f.Object(f.b, key, version)
		f.must(err)
		f.must(f.AmendObject(f.b, o, func(o *storage.Object) error {
			o.Tags = append(slices.Clone(o.Tags), storage.Tag{Key: "t"})
			return nil
		}))
		there.tags++
		return "tag " + key
	}
	m.versioning = pick(r, storage.Enabled, storage.Suspended)
	f.versioning(m.versioning)
	return "versioning " + m.versioning
}

// removeBoth deletes from both.
func (f *fixture) removeBoth(m *twin, key, version string) {
	d := f.remove(key, version)
	there := m.find(key, version)
	marker := there != nil && there.marker
	switch {
	case version != "":
		m.drop(key, version)
		if d.VersionID != version || d.Marker != marker {
			f.Errorf("deleted %+v", d)
		}
	case m.versioning == "":
		m.drop(key, storage.NullVersion)
	default:
		m.put(twinObject{key: key, version: d.VersionID, marker: true})
	}
}

// compare compares everything, and some listings.
func (f *fixture) compare(r *rand.Rand, m *twin) {
	f.Helper()
	var got []string
	q := storage.Query{Limit: 1 + r.IntN(5)}
	for more := true; more; {
		page, err := f.Versions(f.b, q)
		f.must(err)
		for _, e := range page.Entries {
			o := e.Object
			got = append(got, fmt.Sprint(o.Key, " ", o.VersionID, " ", e.Latest, o.Marker, len(o.Tags), " ", o.Size()))
			q.After, q.AfterID = o.Key, o.VersionID
		}
		more = page.Truncated
	}
	if diff := cmp.Diff(m.versions(), got); diff != "" {
		f.Errorf("versions (-twin +storage):\n%s", diff)
	}
	q = storage.Query{
		Prefix: pick(r, "", "", "a", "a/", "b"), Delimiter: pick(r, "", "/", "b"), Limit: 1 + r.IntN(9),
		After: pick(r, "", "", "a", "a/", "a/b", "b/"),
	}
	page, err := f.Objects(f.b, q)
	f.must(err)
	if got, want := names(page), m.names(q); got != want {
		f.Errorf("%+v:\n got %s\nwant %s", q, got, want)
	}
	if len(m.list) == 0 {
		return
	}
	want := pick(r, m.list...)
	switch o, err := f.Object(f.b, want.key, want.version); {
	case err != nil:
		f.Errorf("%+v: %v", want, err)
	case o.Marker != want.marker || !o.Marker && f.read(o.Content) != want.body:
		f.Errorf("%+v: %+v", want, o)
	}
}
