package manifest

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// maxObjects bounds the files that one from may bring in.
const maxObjects = 100_000

// Object is an S3 object: text given inline, or a file that is read only when
// it is opened.
type Object struct {
	Pos
	Key         string
	Body        []byte // inline content; unused when File is set
	Root        string // folder that File must not leave, even by symbolic link
	File        string // path below Root, with forward slashes; empty: Body counts
	Size        int64  // of Body, or of the file when it was listed
	ContentType string // empty: not given
	Tags        []Tag
	Metadata    map[string]string
}

// Open returns the object's content.
func (o Object) Open() (io.ReadCloser, error) {
	if o.File == "" {
		return io.NopCloser(bytes.NewReader(o.Body)), nil
	}
	f, err := os.OpenInRoot(o.Root, filepath.FromSlash(o.File))
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (l *loader) bucket(c cursor) Bucket {
	r := c.record("bucketName", "versioning", "blockPublicAccess", "policy", "tags", "objects")
	b := Bucket{
		Pos:        c.pos(),
		AccountID:  l.account,
		Region:     l.region,
		Name:       r.need("bucketName").checked(checkBucket),
		Versioning: r.get("versioning").boolean(),
		Tags:       r.get("tags").tags(50),
	}
	if block := r.get("blockPublicAccess"); block.present() {
		b.Public = !block.boolean()
	}
	if p := r.get("policy"); p.present() {
		d := p.document()
		b.Policy = &d
	}
	for _, e := range r.get("objects").list() {
		b.Objects = append(b.Objects, l.objects(e)...)
	}
	return b
}

// objects reads one element of objects: {key, body}, {key, from: file} or
// {prefix, from: folder}.
func (l *loader) objects(c cursor) []Object {
	r := c.record("key", "body", "prefix", "from", "contentType", "tags", "metadata")
	o := Object{
		Pos:         c.pos(),
		ContentType: r.get("contentType").text(),
		Tags:        r.get("tags").tags(10),
		Metadata:    r.get("metadata").textMap(cursor.text),
	}
	from := r.get("from")
	if !from.present() {
		if p := r.get("prefix"); p.present() {
			p.fail("prefix goes with from, not with key and body")
		}
		o.Key = r.need("key").checked(checkObjectKey)
		o.Body = []byte(r.get("body").strictText())
		o.Size = int64(len(o.Body))
		return []Object{o}
	}
	if b := r.get("body"); b.present() {
		b.fail("body and from exclude each other")
		return nil
	}
	if !l.mayReadFiles {
		from.fail("a document that does not come from a file must not refer to one")
		return nil
	}
	where := l.relative(from.text())
	if key := r.get("key"); key.present() {
		if p := r.get("prefix"); p.present() {
			p.fail("key and prefix exclude each other: key names one object, prefix those of a folder")
		}
		o.Key = key.checked(checkObjectKey)
		return from.oneFile(o, where)
	}
	return from.folder(o, where, r.get("prefix").text())
}

func (c cursor) oneFile(o Object, where string) []Object {
	info, err := os.Stat(where)
	if err != nil {
		c.fail("%s: %w", where, pathless(err))
		return nil
	}
	if !info.Mode().IsRegular() {
		c.fail("%s: expected a file, for key names one object; use prefix for a folder", where)
		return nil
	}
	o.Root, o.File, o.Size = filepath.Dir(where), filepath.Base(where), info.Size()
	return []Object{o}
}

// folder lists the files below a folder, at any depth, hidden ones too.
func (c cursor) folder(o Object, where, prefix string) []Object {
	root, err := os.OpenRoot(where)
	if err != nil {
		c.fail("%s: expected a folder: %w", where, pathless(err))
		return nil
	}
	defer root.Close()
	var all []Object
	err = fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		// Stat follows symbolic links, and fails where they leave the folder.
		info, err := root.Stat(filepath.FromSlash(name))
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return errors.New(path.Join(filepath.ToSlash(where), name) + ": neither a file nor a folder; links to folders are not followed")
		}
		if len(all) == maxObjects {
			return errors.New(where + ": too many files in it")
		}
		one := o
		one.Key, one.Root, one.File, one.Size = prefix+name, where, name, info.Size()
		if err := checkObjectKey(one.Key); err != nil {
			return err
		}
		all = append(all, one)
		return nil
	})
	if err != nil {
		c.fail("%s", err)
		return nil
	}
	return all
}

// fold makes names comparable that AWS compares without regard to case.
func fold(s string) string { return strings.ToLower(s) }
