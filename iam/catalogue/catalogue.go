// Package catalogue is the actions, resource types and condition keys that AWS knows.
//
// It is AWS's Service Authorization Reference, and beside it the condition keys
// that are the same for all services. It costs nothing until it is asked: a
// service is unpacked when the first question about it comes.
// See https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html.
package catalogue

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/irsatz/irsatz/internal/nearest"
)

// packed has one member a service; see NOTICE for where it comes from and
// internal/gencatalogue for the format.
//
//go:embed services.zip
var packed []byte

// archive reads the archive's directory once, and unpacked keeps the services
// that were asked for: they are the same in every emulator and never change.
var (
	archive = sync.OnceValue(func() map[string]*zip.File {
		r := must(zip.NewReader(bytes.NewReader(packed), int64(len(packed))))
		members := make(map[string]*zip.File, len(r.File))
		for _, f := range r.File {
			members[f.Name] = f
		}
		return members
	})
	unpacked sync.Map // prefix → *service
)

// must is v: what is embedded can be read.
func must[T any](v T, err error) T {
	if err != nil {
		panic("catalogue: " + err.Error())
	}
	return v
}

// service is one service. Its strings are parts of one text.
type service struct {
	prefix  string
	keys    []KeyInfo
	types   []typeLine
	actions []actionLine // in the order of their names in lower case
	details bool         // its actions have their condition keys
}

// typeLine and actionLine hold their numbers as they are written: they are read
// when somebody asks.
type typeLine struct{ name, arn, keys string }

type actionLine struct{ name, access, types, keys string }

// load finds a service by its prefix.
func load(prefix string) (*service, bool) {
	prefix = strings.ToLower(prefix)
	if s, ok := unpacked.Load(prefix); ok {
		return s.(*service), true
	}
	member, ok := archive()[prefix]
	if !ok {
		return nil, false
	}
	f := must(member.Open())
	defer f.Close()
	s, _ := unpacked.LoadOrStore(prefix, parse(prefix, string(must(io.ReadAll(f)))))
	return s.(*service), true
}

// parse reads the lines of a service.
func parse(prefix, text string) *service {
	s := &service{prefix: prefix}
	s.keys = make([]KeyInfo, 0, strings.Count(text, "\nk\t")+1)
	s.types = make([]typeLine, 0, strings.Count(text, "\nr\t")+1)
	s.actions = make([]actionLine, 0, strings.Count(text, "\na\t")+1)
	for line := range strings.Lines(text) {
		var f [5]string
		rest := strings.TrimSuffix(line, "\n")
		for i := range f {
			f[i], rest, _ = strings.Cut(rest, "\t")
		}
		switch f[0] {
		case "k":
			s.keys = append(s.keys, keyOf(f[1], f[2]))
		case "r":
			s.types = append(s.types, typeLine{f[1], f[2], f[3]})
		case "a":
			s.actions = append(s.actions, actionLine{f[1], f[2], f[3], f[4]})
			s.details = s.details || f[4] != ""
		}
	}
	return s
}

// indexes yields the numbers of a line, and whether each has its mark.
func indexes(text string) iter.Seq2[int, bool] {
	return func(yield func(int, bool) bool) {
		for t := range strings.SplitSeq(text, ",") {
			digits, marked := strings.CutSuffix(t, "!")
			if n, err := strconv.Atoi(digits); err == nil && !yield(n, marked) {
				return
			}
		}
	}
}

// Services returns the prefixes of all services, in order.
func Services() []string {
	members := archive()
	all := make([]string, 0, len(members))
	for name := range members {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// ServiceInfo is one service.
type ServiceInfo struct {
	// Prefix is what stands before the colon of its actions.
	Prefix string
	// Actions is how many actions it has.
	Actions int
	// Detailed reports whether the condition keys of its actions are known one
	// by one.
	Detailed bool
}

// Service finds a service by its prefix.
func Service(prefix string) (ServiceInfo, bool) {
	s, ok := load(prefix)
	if !ok {
		return ServiceInfo{}, false
	}
	return ServiceInfo{s.prefix, len(s.actions), s.details}, true
}

// NearestService returns the prefix that was probably meant.
func NearestService(prefix string) (string, bool) {
	return nearest.Of(strings.ToLower(prefix), Services())
}

// ResourceType is a type of resource of a service.
type ResourceType struct {
	Name string
	// ARN is its form, with parts such as ${BucketName}.
	ARN string
	// Keys are the condition keys that it brings to the actions on it.
	Keys []string
}

// ResourceTypes returns the types of resource of a service, by name.
func ResourceTypes(prefix string) []ResourceType {
	s, ok := load(prefix)
	if !ok {
		return nil
	}
	all := make([]ResourceType, len(s.types))
	for i, t := range s.types {
		all[i] = ResourceType{t.name, t.arn, s.keyNames(t.keys)}
	}
	return all
}

// keyNames are the names of the numbered keys.
func (s *service) keyNames(numbers string) []string {
	var names []string
	for i := range indexes(numbers) {
		names = append(names, s.keys[i].Name)
	}
	return names
}
