package policy_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

// fix makes the edits that are suggested, one after the other, and wants the
// request allowed after the last and not before.
func (x *example) fix(t *testing.T) {
	t.Helper()
	if x.Fixed == nil {
		return
	}
	for _, code := range x.Fixed {
		d := x.policies.Explain(&x.Request)
		i := slices.IndexFunc(d.Explanation.Suggestions, func(s policy.Suggestion) bool { return s.Edit != nil })
		if d.Allowed() || i < 0 {
			t.Fatalf("nothing to fix, but for %s:\n%s", code, d.Explanation)
		}
		s := d.Explanation.Suggestions[i]
		if s.Code != code {
			t.Errorf("fix %s, want %s", s.Code, code)
		}
		p := x.named(d.By, s.Policy)
		if p == nil {
			t.Fatalf("no %s %q", d.By, s.Policy)
		}
		text, err := edited(p.Document.Source(), s.Edit)
		if err != nil {
			t.Fatalf("edit %+v: %v", *s.Edit, err)
		}
		if p.Document, err = policy.Parse(p.Document.Kind(), text); err != nil {
			t.Fatalf("edit %+v: %v in\n%s", *s.Edit, err, text)
		}
	}
	if d := x.policies.Explain(&x.Request); !d.Allowed() {
		t.Errorf("not allowed after all fixes:\n%s", d.Explanation)
	}
}

// named finds a policy by its kind and name.
func (x *example) named(kind policy.Kind, name string) *policy.Policy {
	lists := [][]policy.Policy{x.policies.Identity}
	switch kind {
	case policy.Boundary:
		return x.policies.Boundary
	case policy.Resource:
		return x.policies.Resource
	case policy.Trust:
		return x.policies.Trust
	case policy.Session:
		lists = [][]policy.Policy{x.policies.Session}
	case policy.ServiceControl:
		lists = x.policies.ServiceControl
	}
	for _, list := range lists {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
	}
	return nil
}

// edited is a document after an edit.
func edited(source []byte, e *policy.Edit) ([]byte, error) {
	var root any
	if err := json.Unmarshal(source, &root); err != nil {
		return nil, err
	}
	path := steps(e.Path)
	if e.Op == policy.Move {
		// It concerns the operator beside the one that it names.
		path = path[:len(path)-1]
	}
	root, err := change(root, path, func(old any) (any, error) { return applied(old, e) })
	if err != nil {
		return nil, err
	}
	return json.Marshal(root)
}

// steps divides a path. What follows a condition operator is one key, whatever
// is in it.
func steps(path string) []string {
	path, key, _ := strings.Cut(path, ".Condition.")
	all := strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
	if key == "" {
		return all
	}
	operator, key, found := strings.Cut(key, ".")
	all = append(all, "Condition", operator)
	if found {
		all = append(all, key)
	}
	return all
}

// change replaces what stands at the end of a path.
func change(v any, path []string, with func(any) (any, error)) (any, error) {
	if len(path) == 0 {
		return with(v)
	}
	switch v := v.(type) {
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil || i >= len(v) {
			return nil, fmt.Errorf("no %q in a list of %d", path[0], len(v))
		}
		v[i], err = change(v[i], path[1:], with)
		return v, err
	case map[string]any:
		var err error
		v[path[0]], err = change(v[path[0]], path[1:], with)
		return v, err
	}
	return nil, fmt.Errorf("no %q in %T", path[0], v)
}

// applied is a value after the edit.
func applied(v any, e *policy.Edit) (any, error) {
	switch e.Op {
	case policy.AddValue:
		return append(listed(v), e.New), nil
	case policy.ReplaceValue:
		all := listed(v)
		i := slices.Index(all, any(e.Old))
		if i < 0 {
			return nil, fmt.Errorf("no value %q", e.Old)
		}
		all[i] = e.New
		return all, nil
	case policy.Set, policy.Append:
		var value any
		if err := json.Unmarshal([]byte(e.New), &value); err != nil || e.Op == policy.Set {
			return value, err
		}
		return append(listed(v), value), nil
	case policy.Move:
		from := steps(e.Path)
		return moved(v, from[len(from)-1], e)
	case policy.Rename:
		object, ok := v.(map[string]any)
		if !ok || object[e.Old] == nil {
			return nil, fmt.Errorf("no member %q", e.Old)
		}
		object[e.New] = object[e.Old]
		delete(object, e.Old)
		return object, nil
	}
	return nil, fmt.Errorf("unknown operation %q", e.Op)
}

// moved is a condition after a key was taken from one operator to another.
func moved(v any, operator string, e *policy.Edit) (any, error) {
	condition, _ := v.(map[string]any)
	from, _ := condition[operator].(map[string]any)
	if from[e.Old] == nil {
		return nil, fmt.Errorf("no key %q of %s", e.Old, operator)
	}
	to, ok := condition[e.New].(map[string]any)
	if !ok {
		to = map[string]any{}
		condition[e.New] = to
	}
	to[e.Old] = from[e.Old]
	delete(from, e.Old)
	return condition, nil
}

// listed is v as a list.
func listed(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}
