package storage_test

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/irsatz/irsatz/fakes3/storage"
)

// each runs a benchmark on both storages, with objects folder/NUMBER in the
// bucket.
func each(b *testing.B, objects int, run func(*testing.B, *storage.Store, *storage.Bucket)) {
	for _, kind := range []string{"memory", "disk"} {
		b.Run(kind, func(b *testing.B) {
			s := storage.NewMemory(storage.Config{})
			if kind == "disk" {
				s = disk(b, b.TempDir())
			}
			bucket, err := s.CreateBucket(storage.Bucket{Name: "data"})
			if err != nil {
				b.Fatal(err)
			}
			var next atomic.Int64
			b.SetParallelism(32) // waiting for the disk, many fit in one write
			b.RunParallel(func(pb *testing.PB) {
				for n := next.Add(1); n <= int64(objects); n = next.Add(1) {
					put(b, s, bucket, fmt.Sprintf("%02d/%06d", n%50, n), "")
				}
				for pb.Next() {
				}
			})
			b.ResetTimer()
			run(b, s, bucket)
		})
	}
}

func put(b *testing.B, s *storage.Store, bucket *storage.Bucket, key, body string) {
	c, err := s.Receive(strings.NewReader(body), int64(len(body)))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Discard(c)
	o := &storage.Object{Key: key, ETag: `"5d41402abc4b2a76b9719d911017c592"`, Content: c, Headers: []storage.Pair{{Name: "Content-Type", Value: "text/plain"}}}
	if _, err := s.PutObject(bucket, o, storage.Conditions{}); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkPut is a small object, with and without a file of its own, written by
// one after the other and by many at a time.
func BenchmarkPut(b *testing.B) {
	for _, size := range []int{1 << 10, 100 << 10} {
		body := strings.Repeat("x", size)
		for _, writers := range []int{1, 32} {
			b.Run(fmt.Sprintf("bytes=%d/writers=%d", size, writers), func(b *testing.B) {
				each(b, 0, func(b *testing.B, s *storage.Store, bucket *storage.Bucket) { putMany(b, s, bucket, writers, body) })
			})
		}
	}
}

func putMany(b *testing.B, s *storage.Store, bucket *storage.Bucket, writers int, body string) {
	if writers == 1 {
		for i := 0; b.Loop(); i++ {
			put(b, s, bucket, fmt.Sprint(i), body)
		}
		return
	}
	var next atomic.Int64
	b.SetParallelism(writers / 2)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			put(b, s, bucket, fmt.Sprint(next.Add(1)), body)
		}
	})
}

// BenchmarkRead finds a small object among many and reads it.
func BenchmarkRead(b *testing.B) {
	each(b, 10_000, func(b *testing.B, s *storage.Store, bucket *storage.Bucket) {
		put(b, s, bucket, "key", "hello")
		b.ReportAllocs()
		for b.Loop() {
			o, err := s.Object(bucket, "key", "")
			if err != nil {
				b.Fatal(err)
			}
			r, err := s.Open(o.Content)
			if err != nil {
				b.Fatal(err)
			}
			if n, err := io.Copy(io.Discard, r); n != 5 || err != nil {
				b.Fatal(n, err)
			}
			if err := r.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkList lists a thousand of many objects, and the fifty folders that all
// of them are in.
func BenchmarkList(b *testing.B) {
	each(b, 20_000, func(b *testing.B, s *storage.Store, bucket *storage.Bucket) {
		for name, q := range map[string]storage.Query{"thousand": {Limit: 1000, After: "25/"}, "folders": {Limit: 1000, Delimiter: "/"}} {
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					if page, err := s.Objects(bucket, q); err != nil || len(page.Entries) < 50 {
						b.Fatal(len(page.Entries), err)
					}
				}
			})
		}
	})
}
