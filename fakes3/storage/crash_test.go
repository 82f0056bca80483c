package storage_test

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/irsatz/irsatz/fakes3/storage"
)

var crashDir = flag.String("crash-dir", "", "write to the storage in this folder until killed")

const crashers = 4

// TestCrash kills a process that writes, again and again, and looks each time
// whether what it was told to be stored is there, and nothing that is nobody's.
func TestCrash(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rounds := 25
	if testing.Short() {
		rounds = 8
	}
	r := rand.New(rand.NewPCG(3, 4))
	twins := make([]crashTwin, crashers)
	for i := range twins {
		twins[i] = crashTwin{}
	}
	for round := range rounds {
		lines := crash(t, dir, 1+r.IntN(120))
		s := disk(t, dir)
		for i, twin := range twins {
			verify(t, s, i, twin, lines)
		}
		verifyFiles(t, s, dir)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			t.Fatalf("after round %d", round)
		}
	}
}

// crash runs this test binary as the child, kills it once it has said so many
// lines, and returns all that it said.
func crash(t *testing.T, dir string, lines int) (said []string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(program, "-test.run=^TestCrashChild$", "-crash-dir="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(out)
	for in.Scan() {
		if said = append(said, in.Text()); len(said) == lines {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil || len(said) < lines {
		t.Fatalf("the child ended by itself: %v\n%s", err, strings.Join(said, "\n"))
	}
	return said
}

// crashTwin is what a writer has stored: by key, the seeds of the bodies of all
// versions, the newest first.
type crashTwin map[string][]string

// apply does what a line "begin WRITER VERB BUCKET/KEY SEED" says.
func (m crashTwin) apply(words []string) {
	verb, key, seed := words[2], words[3], words[4]
	_, versioned := strings.CutPrefix(key, "versioned/")
	switch {
	case verb == "put" || verb == "upload":
	case verb == "delete" && versioned:
		seed = "deleted"
	case verb == "delete":
		delete(m, key)
		return
	default: // abort
		return
	}
	if !versioned {
		m[key] = nil
	}
	m[key] = slices.Insert(slices.Clone(m[key]), 0, seed)
}

// verify compares what a writer was told with what is there. What it had begun
// and not been told of may be there or not.
func verify(t *testing.T, s *storage.Store, writer int, twin crashTwin, lines []string) {
	t.Helper()
	var open []string
	for _, line := range lines {
		words := strings.Fields(line)
		if words[1] != fmt.Sprint(writer) {
			continue
		}
		if words[0] == "begin" {
			open = words
			continue
		}
		twin.apply(open)
		open = nil
	}
	got := stored(t, s, writer)
	if maps.EqualFunc(twin, got, slices.Equal[[]string]) {
		return
	}
	if open != nil {
		before := maps.Clone(twin)
		twin.apply(open)
		if maps.EqualFunc(twin, got, slices.Equal[[]string]) {
			return
		}
		t.Errorf("writer %d: there is %v\nwant %v\nor %v", writer, got, before, map[string][]string(twin))
		return
	}
	t.Errorf("writer %d: there is %v\nwant %v", writer, got, map[string][]string(twin))
}

// stored reads what is there of a writer, and makes sure that every body is the
// one of its seed.
func stored(t *testing.T, s *storage.Store, writer int) crashTwin {
	t.Helper()
	got := crashTwin{}
	for _, name := range []string{"plain", "versioned"} {
		b, err := s.Bucket(name)
		if errors.Is(err, storage.ErrNoBucket) {
			continue
		}
		page, err := s.Versions(b, storage.Query{Prefix: fmt.Sprint(writer, "/"), Limit: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			seed := strings.Trim(e.Object.ETag, `"`)
			if e.Object.Marker {
				seed = "deleted"
			} else if read(t, s, e.Object.Content) != crashBody(seed) {
				t.Errorf("%s/%s: the body is not that of %s", name, e.Object.Key, seed)
			}
			key := name + "/" + e.Object.Key
			got[key] = append(got[key], seed)
		}
	}
	return got
}

// verifyFiles makes sure that there are the files of all bodies and no others.
func verifyFiles(t *testing.T, s *storage.Store, dir string) {
	t.Helper()
	want := map[string]bool{}
	add := func(c storage.Content) {
		for _, e := range c.Extents {
			if e.Blob != "" {
				want[e.Blob] = true
			}
		}
	}
	all, err := s.Buckets()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range all {
		page, err := s.Versions(b, storage.Query{Limit: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			add(e.Object.Content)
		}
		uploads, err := s.Uploads(b, storage.Query{Limit: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range uploads.Entries {
			parts, err := s.Parts(b, e.Upload, 0, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range parts {
				add(p.Content)
			}
		}
	}
	for _, path := range files(t, dir) {
		if !want[filepath.Base(path)] {
			t.Errorf("%s is nobody's", path)
		}
		delete(want, filepath.Base(path))
	}
	for id := range want {
		t.Errorf("there is no file %s", id)
	}
}

// crashBody is the body of a seed "SIZE-NUMBER".
func crashBody(seed string) string {
	var size, n int
	if _, err := fmt.Sscanf(seed, "%d-%d", &size, &n); err != nil {
		return ""
	}
	return strings.Repeat(fmt.Sprintf("%09d\n", n), size/10+1)[:size]
}

// TestCrashChild is what TestCrash runs in another process.
func TestCrashChild(t *testing.T) {
	if *crashDir == "" {
		t.Skip("runs in a process that TestCrash starts")
	}
	s, err := storage.OpenDisk(*crashDir, storage.Config{})
	if err != nil {
		t.Fatal(err)
	}
	buckets := map[string]*storage.Bucket{}
	for name, versioning := range map[string]string{"plain": "", "versioned": storage.Enabled} {
		b, err := s.CreateBucket(storage.Bucket{Name: name, Versioning: versioning})
		if err != nil && !errors.Is(err, storage.ErrBucketExists) {
			t.Fatal(err)
		}
		buckets[name] = b
	}
	c := &crasher{Store: s, buckets: buckets, out: os.Stdout}
	var wg sync.WaitGroup
	for i := range crashers {
		wg.Go(func() { // until it is killed, or fails
			for r := rand.New(rand.NewPCG(rand.Uint64(), uint64(i))); ; {
				if err := c.write(i, r); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// crasher writes, and says what it does before it does it and when it is done.
type crasher struct {
	*storage.Store
	buckets map[string]*storage.Bucket
	mu      sync.Mutex
	out     io.Writer
}

func (c *crasher) say(words ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = io.WriteString(c.out, fmt.Sprintln(words...))
}

func (c *crasher) write(writer int, r *rand.Rand) (err error) {
	name := []string{"plain", "versioned"}[r.IntN(2)]
	key := fmt.Sprint(writer, "/", r.IntN(3))
	size := []int{0, 10, 5000, 200_000}[r.IntN(4)]
	seed := fmt.Sprint(size, "-", r.IntN(1e9))
	verb := []string{"put", "put", "upload", "abort", "delete"}[r.IntN(5)]
	b, body := c.buckets[name], crashBody(seed)
	c.say("begin", writer, verb, name+"/"+key, seed)
	switch verb {
	case "put":
		err = c.put(b, &storage.Object{Key: key, ETag: seed}, body)
	case "delete":
		_, err = c.DeleteObject(b, key, "", storage.Conditions{})
	default:
		err = c.upload(b, &storage.Object{Key: key, ETag: seed}, body, verb == "abort")
	}
	c.say("done", writer)
	return err
}

func (c *crasher) put(b *storage.Bucket, o *storage.Object, body string) (err error) {
	if o.Content, err = c.Receive(strings.NewReader(body), int64(len(body))); err != nil {
		return err
	}
	defer c.Discard(o.Content)
	_, err = c.PutObject(b, o, storage.Conditions{})
	return err
}

func (c *crasher) upload(b *storage.Bucket, o *storage.Object, body string, abort bool) error {
	u, err := c.StartUpload(b, storage.Upload{Key: o.Key})
	if err != nil {
		return err
	}
	for i, piece := range []string{body[:len(body)/3], body[len(body)/3:]} {
		content, err := c.Receive(strings.NewReader(piece), int64(len(piece)))
		if err != nil {
			return err
		}
		defer c.Discard(content)
		if _, err := c.PutPart(b, u, storage.Part{Number: i + 1, Content: content}); err != nil {
			return err
		}
		o.Content = storage.Join(o.Content, content)
	}
	if abort {
		return c.AbortUpload(b, u)
	}
	_, err = c.CompleteUpload(b, u, o, storage.Conditions{})
	return err
}
