package fakeiam

import (
	"encoding/base64"
	"slices"
	"strings"
)

// page is the input of an operation that lists.
type page struct {
	Marker   *string `rule:"min=1,max=320,pattern=marker"`
	MaxItems *int32  `rule:"min=1,max=1000"`
}

// listInput is the input of an operation that lists what something has, which N
// names.
type listInput[N any] struct {
	Of N
	page
}

// truncation is the output of an operation that lists.
type truncation struct {
	IsTruncated bool
	Marker      string
}

const defaultMaxItems = 100

// paginate returns the items of the page, in the order of their keys, which are
// unique. A marker names the last item before the page, so that what comes and
// goes between two requests makes no item appear twice.
func paginate[T any](p page, items []T, key func(T) string) ([]T, truncation, error) {
	slices.SortFunc(items, func(a, b T) int { return strings.Compare(key(a), key(b)) })
	if p.Marker != nil {
		last, err := base64.RawURLEncoding.DecodeString(*p.Marker)
		if err != nil {
			return nil, truncation{}, errMarker
		}
		items = slices.DeleteFunc(items, func(item T) bool { return key(item) <= string(last) })
	}
	size := defaultMaxItems
	if p.MaxItems != nil {
		size = int(*p.MaxItems)
	}
	if len(items) <= size {
		return items, truncation{}, nil
	}
	items = items[:size]
	return items, truncation{true, base64.RawURLEncoding.EncodeToString([]byte(key(items[size-1])))}, nil
}

// below are the items whose path has the prefix.
func below[T any](prefix string, items []T, path func(T) string) []T {
	return slices.DeleteFunc(items, func(item T) bool { return !strings.HasPrefix(path(item), prefix) })
}

// present is the list as an answer has it: an element even where it is empty.
func present[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// listed maps the items of a page to what is shown of them.
func listed[T, U any](items []T, show func(T) U) []U {
	list := make([]U, 0, len(items))
	for _, item := range items {
		list = append(list, show(item))
	}
	return list
}
