package emulator

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/irsatz/irsatz/fakes3"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/manifest"
)

// seed is what a manifest adds to S3.
type seed struct {
	buckets []placed[fakes3.Bucket]
	objects []placed[fakes3.Object]
}

// maxSeed bounds the objects of one manifest, which live in memory.
const maxSeed = 1 << 30

// seed reads the objects, those in files too.
func (l *loader) seed(state *manifest.State) *seed {
	s := &seed{}
	var size int64
	for _, b := range state.Buckets {
		bucket := fakes3.Bucket{Name: b.Name, AccountID: first(b.AccountID, l.account), Versioned: b.Versioning, Public: b.Public, Tags: tags(b.Tags)}
		if b.Policy != nil {
			bucket.Policy = b.Policy.JSON
		}
		s.buckets = append(s.buckets, placed[fakes3.Bucket]{b.Pos, bucket})
		for _, o := range b.Objects {
			if size += o.Size; size > maxSeed {
				l.failed(o.Pos, fmt.Errorf("the objects are larger than %d bytes together", maxSeed))
				return s
			}
			body, err := read(o)
			if err != nil {
				l.failed(o.Pos, err)
				continue
			}
			s.objects = append(s.objects, placed[fakes3.Object]{o.Pos, fakes3.Object{
				Bucket: b.Name, Key: o.Key, Body: body, ContentType: o.ContentType, Metadata: o.Metadata, Tags: tags(o.Tags),
			}})
		}
	}
	return s
}

func read(o manifest.Object) ([]byte, error) {
	r, err := o.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// check tries the seed, but for the bodies, on a server that is thrown away, so
// that nothing is half loaded.
func (s *seed) check(config fakes3.Config, there []fakes3.Bucket) error {
	scratch, err := fakes3.New(config)
	if err != nil {
		return err
	}
	for _, b := range there {
		if err := scratch.CreateBucket(b); err != nil {
			return err
		}
	}
	tried := &seed{buckets: s.buckets, objects: slices.Clone(s.objects)}
	for i := range tried.objects {
		tried.objects[i].entity.Body = nil
	}
	return tried.apply(scratch)
}

func (s *seed) apply(server *fakes3.Server) error {
	for _, b := range s.buckets {
		if err := server.CreateBucket(b.entity); err != nil {
			return fmt.Errorf("%s: %w", b.at, err)
		}
	}
	return s.put(server)
}

const (
	manyObjects = 64 // from here on, objects are put at the same time
	seeders     = 16
)

// put stores the objects, none of which are of one key; where there are many, at
// the same time: a server on disk waits for the disk with each.
func (s *seed) put(server *fakes3.Server) error {
	hands := 1
	if len(s.objects) >= manyObjects {
		hands = seeders
	}
	errs := make([]error, len(s.objects))
	var next atomic.Int64
	var putting sync.WaitGroup
	for range hands {
		putting.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(errs)); i = next.Add(1) - 1 {
				errs[i] = server.PutObject(s.objects[i].entity)
			}
		})
	}
	putting.Wait()
	for i, err := range errs {
		if err != nil {
			return fmt.Errorf("%s: %w", s.objects[i].at, err)
		}
	}
	return nil
}

// settle makes the buckets and objects be what they say, whether they are there
// already or not. The bucket of an object that is to be put is made as all says,
// if somebody deleted it.
func (s *seed) settle(server *fakes3.Server, all *seed) error {
	for _, b := range s.buckets {
		if err := server.SetBucket(b.entity); err != nil {
			return fmt.Errorf("%s: %w", b.at, err)
		}
	}
	there, err := server.Buckets()
	if err != nil {
		return err
	}
	for _, b := range all.buckets {
		missing := !slices.ContainsFunc(there, func(t fakes3.Bucket) bool { return t.Name == b.entity.Name })
		wanted := slices.ContainsFunc(s.objects, func(o placed[fakes3.Object]) bool { return o.entity.Bucket == b.entity.Name })
		if !missing || !wanted {
			continue
		}
		if err := server.CreateBucket(b.entity); err != nil {
			return fmt.Errorf("%s: %w", b.at, err)
		}
	}
	return s.put(server)
}

// tags are a manifest's tags as IAM has them.
func tags(list []manifest.Tag) []iam.Tag {
	var all []iam.Tag
	for _, t := range list {
		all = append(all, iam.Tag{Key: t.Key, Value: t.Value})
	}
	return all
}
