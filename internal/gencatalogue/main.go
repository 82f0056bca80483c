// Command gencatalogue packs AWS's Service Authorization Reference for embedding.
//
//	go run ./internal/gencatalogue dump.json.gz iam/catalogue/services.zip
//
// The dump is a gzipped JSON object: service prefix to {actions, resourceTypes,
// conditionKeys}. The archive has one member a service, so that one service can
// be read without unpacking the others, in lines whose fields tabs divide and
// which name each other by number:
//
//	k	condition key	type
//	r	resource type	ARN	numbers of its keys
//	a	action	access level	numbers of its resource types	numbers of its keys
//
// A resource type that an action cannot do without has a "!" behind its number.
package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/internal/pack"
)

// service is one service in the dump. Those without details have plain lists
// and strings where the others have objects.
type service struct {
	Actions       map[string]action          `json:"actions"`
	ResourceTypes map[string]json.RawMessage `json:"resourceTypes"`
	ConditionKeys map[string]string          `json:"conditionKeys"`
}

type action struct {
	Access        string          `json:"access"`
	Resources     json.RawMessage `json:"resources"`
	ConditionKeys []string        `json:"conditionKeys"`
}

type resourceType struct {
	ARN           string   `json:"arn"`
	ConditionKeys []string `json:"conditionKeys"`
}

type use struct {
	Required      bool     `json:"required"`
	ConditionKeys []string `json:"conditionKeys"`
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: gencatalogue DUMP.json.gz OUT.zip")
		os.Exit(2)
	}
	if err := pack.File(os.Args[1], os.Args[2], member); err != nil {
		fmt.Fprintln(os.Stderr, "gencatalogue:", err)
		os.Exit(1)
	}
}

func member(prefix string, s service) (pack.Member, error) {
	text, err := s.lines()
	return pack.Member{Name: prefix, Text: []byte(text)}, err
}

// lines is the text of one member.
func (s service) lines() (string, error) {
	var b strings.Builder
	keys := slices.Sorted(maps.Keys(s.ConditionKeys))
	for _, k := range keys {
		fmt.Fprintf(&b, "k\t%s\t%s\n", k, s.ConditionKeys[k])
	}
	types := slices.Sorted(maps.Keys(s.ResourceTypes))
	for _, name := range types {
		var r resourceType
		if json.Unmarshal(s.ResourceTypes[name], &r.ARN) != nil {
			if err := json.Unmarshal(s.ResourceTypes[name], &r); err != nil {
				return "", err
			}
		}
		indexes, err := numbers(keys, r.ConditionKeys)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "r\t%s\t%s\t%s\n", name, r.ARN, indexes)
	}
	byName := func(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) }
	for _, name := range slices.SortedFunc(maps.Keys(s.Actions), byName) {
		a := s.Actions[name]
		used, further, err := a.uses(types)
		if err != nil {
			return "", err
		}
		indexes, err := numbers(keys, append(a.ConditionKeys, further...))
		if err != nil {
			return "", err
		}
		access, _, _ := strings.Cut(a.Access, ",")
		fmt.Fprintf(&b, "a\t%s\t%s\t%s\t%s\n", name, access, used, indexes)
	}
	return b.String(), nil
}

// uses are the numbers of the action's resource types, and the condition keys
// that it has for them alone.
func (a action) uses(types []string) (indexes string, keys []string, err error) {
	uses := map[string]use{}
	var names []string
	if json.Unmarshal(a.Resources, &names) == nil {
		for _, n := range names {
			uses[n] = use{}
		}
	} else if len(a.Resources) > 0 {
		if err := json.Unmarshal(a.Resources, &uses); err != nil {
			return "", nil, err
		}
	}
	var all []string
	for _, n := range slices.Sorted(maps.Keys(uses)) {
		i, found := slices.BinarySearch(types, n)
		if !found {
			continue
		}
		text := strconv.Itoa(i)
		if uses[n].Required {
			text += "!"
		}
		all = append(all, text)
		keys = append(keys, uses[n].ConditionKeys...)
	}
	return strings.Join(all, ","), keys, nil
}

// numbers are the places of some keys among all.
func numbers(all, some []string) (string, error) {
	var indexes []int
	for _, s := range some {
		i, found := slices.BinarySearch(all, s)
		if !found {
			return "", errors.New("condition key " + s + " is not among those of the service")
		}
		indexes = append(indexes, i)
	}
	slices.Sort(indexes)
	var texts []string
	for _, i := range slices.Compact(indexes) {
		texts = append(texts, strconv.Itoa(i))
	}
	return strings.Join(texts, ","), nil
}
