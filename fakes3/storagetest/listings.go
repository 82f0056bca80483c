package storagetest

import (
	"fmt"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/fakes3/storage"
)

// names writes a page as one string.
func names(page storage.Page) string {
	var out []string
	for _, e := range page.Entries {
		if e.Prefix != "" {
			out = append(out, e.Prefix+"*")
			continue
		}
		out = append(out, e.Object.Key)
	}
	if page.Truncated {
		out = append(out, "...")
	}
	return strings.Join(out, " ")
}

func (f *fixture) listing() {
	other := f.b
	f.b = f.bucket("next")
	f.put("b/not-here", "")
	f.b = other
	for _, k := range []string{"a", "b/1", "b/2", "b/c/3", "b0", "d", "e/", "f/x", "/g", "ü", "\U0010ffff"} {
		f.put(k, k)
	}
	for _, tt := range []struct {
		q    storage.Query
		want string
	}{
		{storage.Query{Limit: 100}, "/g a b/1 b/2 b/c/3 b0 d e/ f/x ü \U0010ffff"},
		{storage.Query{Limit: 100, Delimiter: "/"}, "/* a b/* b0 d e/* f/* ü \U0010ffff"},
		{storage.Query{Limit: 100, Delimiter: "/", Prefix: "b/"}, "b/1 b/2 b/c/*"},
		{storage.Query{Limit: 100, Delimiter: "0"}, "/g a b/1 b/2 b/c/3 b0* d e/ f/x ü \U0010ffff"},
		{storage.Query{Limit: 100, Prefix: "b"}, "b/1 b/2 b/c/3 b0"},
		{storage.Query{Limit: 100, Prefix: "zzz"}, ""},
		{storage.Query{Limit: 2}, "/g a ..."},
		{storage.Query{Limit: 0}, ""},
		{storage.Query{Limit: 3, Delimiter: "/"}, "/* a b/* ..."},
		{storage.Query{Limit: 11}, "/g a b/1 b/2 b/c/3 b0 d e/ f/x ü \U0010ffff"},
		{storage.Query{Limit: 100, After: "b/2"}, "b/c/3 b0 d e/ f/x ü \U0010ffff"},
		{storage.Query{Limit: 100, After: "b/1", Delimiter: "/"}, "b/* b0 d e/* f/* ü \U0010ffff"},
		{storage.Query{Limit: 100, After: "b/", Delimiter: "/"}, "b0 d e/* f/* ü \U0010ffff"},
		{storage.Query{Limit: 100, After: "b/", Delimiter: "/", Prefix: "b/"}, "b/1 b/2 b/c/*"},
		{storage.Query{Limit: 100, After: "b/c/", Delimiter: "/", Prefix: "b/"}, ""},
		{storage.Query{Limit: 100, After: "a", Prefix: "b/"}, "b/1 b/2 b/c/3"},
		{storage.Query{Limit: 100, After: "\U0010ffff"}, ""},
		{storage.Query{Limit: 100, After: "\xff"}, ""},
	} {
		page, err := f.Objects(f.b, tt.q)
		f.must(err)
		if got := names(page); got != tt.want {
			f.Errorf("%+v:\n got %s\nwant %s", tt.q, got, tt.want)
		}
		versions, err := f.Versions(f.b, tt.q) // one of each
		f.must(err)
		if got := names(versions); got != tt.want {
			f.Errorf("versions %+v:\n got %s\nwant %s", tt.q, got, tt.want)
		}
	}
}

// listingDeleted: what is deleted is in no listing but that of versions.
func (f *fixture) listingDeleted() {
	f.versioning(storage.Enabled)
	var ids []string
	for i := range 3 {
		ids = append(ids, f.put("a/k", fmt.Sprint(i)).VersionID)
	}
	for _, k := range []string{"a/gone", "b/gone", "b/gone2"} {
		f.put(k, k)
		f.remove(k, "")
	}
	f.put("b/last", "")
	list := func(q storage.Query) string {
		f.Helper()
		page, err := f.Objects(f.b, q)
		f.must(err)
		return names(page)
	}
	if got := list(storage.Query{Limit: 10}) + "|" + list(storage.Query{Limit: 10, Delimiter: "/"}) + "|" + list(storage.Query{Limit: 1, Delimiter: "/"}); got != "a/k b/last|a/* b/*|a/* ..." {
		f.Error(got)
	}
	f.remove("b/last", "")
	if got := list(storage.Query{Limit: 10, Delimiter: "/"}) + "|" + list(storage.Query{Limit: 1, Delimiter: "/"}); got != "a/*|a/*" {
		f.Error(got)
	}
	// Page by page, the versions come out the same.
	var want, got []string
	line := func(e storage.Entry) string {
		return fmt.Sprint(e.Object.Key, e.Object.VersionID, e.Latest, e.Object.Marker)
	}
	page, err := f.Versions(f.b, storage.Query{Limit: 100})
	f.must(err)
	for _, e := range page.Entries {
		want = append(want, line(e))
	}
	q := storage.Query{Limit: 1}
	for page.Truncated = true; page.Truncated; {
		page, err = f.Versions(f.b, q)
		f.must(err)
		for _, e := range page.Entries {
			got = append(got, line(e))
			q.After, q.AfterID = e.Object.Key, e.Object.VersionID
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) != 11 {
		f.Errorf("%d versions (-whole +paged):\n%s", len(want), diff)
	}
	page, err = f.Versions(f.b, storage.Query{Limit: 2, Prefix: "a/k", After: "a/k", AfterID: ids[2]})
	f.must(err)
	if len(page.Entries) != 2 || page.Entries[0].Object.VersionID != ids[1] || page.Entries[1].Latest || page.Truncated {
		f.Errorf("%+v", page)
	}
	page, err = f.Versions(f.b, storage.Query{Limit: 9, After: "a/k"})
	f.must(err)
	if got := names(page); got != "b/gone b/gone b/gone2 b/gone2 b/last b/last" {
		f.Error(got)
	}
}

func (f *fixture) listingUploads() {
	start := func(key string) string {
		f.Helper()
		u, err := f.StartUpload(f.b, storage.Upload{Key: key})
		f.must(err)
		return u.ID
	}
	list := func(q storage.Query) string {
		f.Helper()
		page, err := f.Uploads(f.b, q)
		f.must(err)
		var out []string
		for _, e := range page.Entries {
			if e.Prefix != "" {
				out = append(out, e.Prefix+"*")
				continue
			}
			out = append(out, e.Upload.Key+":"+e.Upload.ID)
		}
		if page.Truncated {
			out = append(out, "...")
		}
		return strings.Join(out, " ")
	}
	b1, a, b2, c := start("b/x"), start("a"), start("b/x"), start("c/1")
	for _, tt := range []struct {
		q    storage.Query
		want string
	}{
		{storage.Query{Limit: 9}, "a:" + a + " b/x:" + b1 + " b/x:" + b2 + " c/1:" + c},
		{storage.Query{Limit: 9, Prefix: "b"}, "b/x:" + b1 + " b/x:" + b2},
		{storage.Query{Limit: 9, Delimiter: "/"}, "a:" + a + " b/* c/*"},
		{storage.Query{Limit: 2, Delimiter: "/"}, "a:" + a + " b/* ..."},
		{storage.Query{Limit: 9, Delimiter: "/", After: "b/"}, "c/*"},
		{storage.Query{Limit: 1, After: "b/x", AfterID: b1}, "b/x:" + b2 + " ..."},
		{storage.Query{Limit: 9, After: "b/x", AfterID: b2}, "c/1:" + c},
		{storage.Query{Limit: 9, After: "b/x"}, "c/1:" + c},
		{storage.Query{Limit: 9, After: "c/1"}, ""},
	} {
		if got := list(tt.q); got != tt.want {
			f.Errorf("%+v:\n got %s\nwant %s", tt.q, got, tt.want)
		}
	}
}

// oddKeys: one key is never taken for another.
func (f *fixture) oddKeys() {
	f.versioning(storage.Enabled)
	keys := []string{
		"a", "a\x00", "a\x00\x00", "a\x00\x01", "a\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01", "a\x00b", "a\x01", "a\xff", "a/../b", "../a", "/", "//", ".", "..",
		"\x00", "CON", "a\\b", "a:b", strings.Repeat("k", 1024), strings.Repeat("k", 1023),
	}
	ids := map[string]string{}
	for _, k := range keys {
		f.put(k, "first")
		f.put(k, "body of "+k)
		u, err := f.StartUpload(f.b, storage.Upload{Key: k})
		f.must(err)
		ids[k] = u.ID
	}
	for _, k := range keys {
		if got := f.body(k, ""); got != "body of "+k {
			f.Errorf("key %q: %q", k, got)
		}
		for _, l := range keys {
			if u, err := f.Upload(f.b, l, ids[k]); (err == nil) != (k == l) {
				f.Errorf("upload of %q as one of %q: %v %v", k, l, u, err)
			}
		}
	}
	page, err := f.Versions(f.b, storage.Query{Limit: 100})
	f.must(err)
	uploads, err := f.Uploads(f.b, storage.Query{Limit: 100})
	f.must(err)
	if len(page.Entries) != 2*len(keys) || len(uploads.Entries) != len(keys) {
		f.Errorf("%d versions, %d uploads", len(page.Entries), len(uploads.Entries))
	}
	for i := 2; i < len(page.Entries); i += 2 {
		if page.Entries[i-2].Object.Key >= page.Entries[i].Object.Key || uploads.Entries[i/2-1].Upload.Key >= uploads.Entries[i/2].Upload.Key {
			f.Errorf("%q before %q", page.Entries[i-2].Object.Key, page.Entries[i].Object.Key)
		}
	}
}
