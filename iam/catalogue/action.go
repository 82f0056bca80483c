package catalogue

import (
	"iter"
	"slices"
	"strings"

	"github.com/irsatz/irsatz/internal/nearest"
)

// ActionInfo is one action.
type ActionInfo struct {
	// Name is the whole name as AWS writes it, such as "s3:GetObject".
	Name string
	// Access is AWS's access level: List, Read, Write, Tagging or Permissions
	// management.
	Access string
	// Resources are the types of resource that it acts on. Without any, policies
	// must name "*".
	Resources []Resource
	// Keys are its own condition keys, beside those of its resources.
	Keys []string
}

// Resource is a type of resource as an action uses it.
type Resource struct {
	Type string
	// Required: the action cannot be without one.
	Required bool
}

// Service is the prefix of the action's service.
func (a ActionInfo) Service() string {
	prefix, _, _ := strings.Cut(a.Name, ":")
	return prefix
}

// On reports whether the action acts on a type of resource.
func (a ActionInfo) On(resourceType string) bool {
	return slices.ContainsFunc(a.Resources, func(r Resource) bool { return r.Type == resourceType })
}

// Action finds an action by its whole name, without case.
func Action(name string) (ActionInfo, bool) {
	s, line, ok := find(name)
	if !ok {
		return ActionInfo{}, false
	}
	return s.action(line), true
}

// Known reports whether an action exists, without its details.
func Known(name string) bool {
	_, _, ok := find(name)
	return ok
}

func find(action string) (*service, *actionLine, bool) {
	prefix, name, _ := strings.Cut(action, ":")
	s, ok := load(prefix)
	if !ok {
		return nil, nil, false
	}
	i, found := slices.BinarySearchFunc(s.actions, name, func(a actionLine, name string) int {
		return compareFold(a.name, name)
	})
	if !found {
		return nil, nil, false
	}
	return s, &s.actions[i], true
}

// compareFold compares ASCII without case.
func compareFold(a, b string) int {
	for i := range min(len(a), len(b)) {
		if d := int(lower(a[i])) - int(lower(b[i])); d != 0 {
			return d
		}
	}
	return len(a) - len(b)
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

func (s *service) action(line *actionLine) ActionInfo {
	a := ActionInfo{Name: s.prefix + ":" + line.name, Access: line.access, Keys: s.keyNames(line.keys)}
	for i, required := range indexes(line.types) {
		a.Resources = append(a.Resources, Resource{s.types[i].name, required})
	}
	return a
}

// NearestAction returns the action that was probably meant by a name that is
// none: first of the service that the name has, then of the one that it
// probably means.
func NearestAction(name string) (string, bool) {
	prefix, wanted, _ := strings.Cut(name, ":")
	s, ok := load(prefix)
	if !ok {
		if prefix, ok = NearestService(prefix); !ok {
			return "", false
		}
		s, _ = load(prefix)
	}
	names := make([]string, len(s.actions))
	for i := range s.actions {
		names[i] = strings.ToLower(s.actions[i].name)
	}
	near, ok := nearest.Of(strings.ToLower(wanted), names)
	if !ok {
		return "", false
	}
	return s.prefix + ":" + s.actions[slices.Index(names, near)].name, true
}

// Resembles reports whether one name may be meant by the other: without case,
// few of their letters differ.
func Resembles(a, b string) bool {
	_, ok := nearest.Of(strings.ToLower(a), []string{strings.ToLower(b)})
	return ok
}

// ActionsMatching yields the actions that fit a pattern, such as "s3:Get*" or
// "*", in order. A service's prefix has no wildcards.
func ActionsMatching(pattern string) iter.Seq[ActionInfo] {
	return func(yield func(ActionInfo) bool) {
		prefix, name, found := strings.Cut(pattern, ":")
		prefixes := []string{prefix}
		if !found {
			if pattern != "*" {
				return
			}
			prefixes, name = Services(), "*"
		}
		name = strings.ToLower(name)
		for _, p := range prefixes {
			s, ok := load(p)
			if !ok {
				continue
			}
			for i := range s.actions {
				if fits(name, strings.ToLower(s.actions[i].name)) && !yield(s.action(&s.actions[i])) {
					return
				}
			}
		}
	}
}

// fits matches "*" and "?" without backing up over a star that was passed.
func fits(pattern, s string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
