package fakes3

import (
	"net/http"
	"slices"
	"strings"

	"github.com/irsatz/irsatz/internal/awsapi"
)

// target is what a path names.
type target uint8

const (
	toService target = iota
	toBucket
	toObject
)

var targetNames = [...]string{toService: "SERVICE", toBucket: "BUCKET", toObject: "OBJECT"}

// flags of an operation.
type flags uint8

const (
	// open: the operation may be called without credentials, if a bucket
	// policy lets anybody.
	open flags = 1 << iota
	// unrouted: a deprecated twin, or an operation of another endpoint, that
	// shares its route with an operation that is routed.
	unrouted
	// early: the body must be read before the operation can be authorized.
	early
	// created: the bucket does not exist yet.
	created
	// writes: the operation takes the headers of an object to be stored.
	writes
	// form: the operation authenticates by fields of a form, which also say what
	// it is about.
	form
	// newer: the operation is not one of the API model that is listed.
	newer
)

// operation is one row of the table of everything S3 can do.
type operation struct {
	name    string
	method  string
	target  target
	sub     string // the sub-resource in the query, "" for none
	variant string // what tells operations of the same route apart; see variantOf
	action  string // without "s3:"
	version string // the action instead, if versionId is given; "" if it cannot be
	params  string // other query parameters it understands, in blanks
	flags   flags
	run     func(*exchange) *awsapi.Error // nil: known, but not implemented
}

func (o *operation) has(f flags) bool { return o.flags&f != 0 }

// full returns the action with its service prefix.
func full(action string) string {
	if strings.Contains(action, ":") {
		return action
	}
	return "s3:" + action
}

// understands reports whether the operation takes the query parameter.
func (o *operation) understands(name string) bool {
	switch name {
	case "x-id": // the SDKs' name of the operation, for logs
		return true
	case o.sub:
		return o.sub != ""
	case "versionId":
		return o.version != ""
	}
	for p := range strings.FieldsSeq(o.params) {
		if p == name {
			return true
		}
	}
	return false
}

// Operation is a row of the table, for the list of what is supported.
type Operation struct {
	Name   string
	Action string // as policies name it
	Served bool   // false: answered with NotImplemented once it is authorized
}

// Operations returns every operation of S3's API model by name.
func Operations() []Operation {
	var out []Operation
	for _, o := range operations {
		if !o.has(form) && !o.has(newer) {
			out = append(out, Operation{Name: o.name, Action: full(o.action), Served: o.run != nil})
		}
	}
	return out
}

type route struct {
	method, sub, variant string
	target               target
}

// routes finds operations. Each route has exactly one.
type routes struct {
	byRoute map[route]*operation
	subs    map[string]bool   // every sub-resource
	names   map[string]string // every query parameter, by its lower-case form
}

func newRoutes() routes {
	rs := routes{byRoute: make(map[route]*operation), subs: make(map[string]bool), names: make(map[string]string)}
	for i := range operations {
		o := &operations[i]
		if o.sub != "" {
			rs.subs[o.sub] = true
			rs.names[strings.ToLower(o.sub)] = o.sub
		}
		for p := range strings.FieldsSeq(o.params) {
			rs.names[strings.ToLower(p)] = p
		}
		if o.has(unrouted) {
			continue
		}
		key := route{o.method, o.sub, o.variant, o.target}
		if rs.byRoute[key] != nil {
			panic("fakes3: two operations on the route of " + o.name)
		}
		rs.byRoute[key] = o
	}
	rs.names["versionid"] = "versionId"
	return rs
}

// methods returns the methods that there are for what is addressed.
func (rs *routes) methods(to target, sub string) string {
	var out []string
	for r := range rs.byRoute {
		if r.target == to && r.sub == sub && !slices.Contains(out, r.method) {
			out = append(out, r.method)
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// The variants of a route.
const (
	withID     = "id"       // one configuration of several, by its id
	named      = "name"     // one annotation of several, by its name
	copying    = "copy"     // x-amz-copy-source
	listV2     = "2"        // list-type=2
	selectType = "select-2" // select-type=2
)

// variantOf tells apart the operations that share method, path and
// sub-resource.
func variantOf(method string, to target, sub string, params []pair, h http.Header) string {
	switch {
	case sub == "analytics" || sub == "intelligent-tiering" || sub == "inventory" || sub == "metrics":
		if _, ok := param(params, "id"); ok {
			return withID
		}
	case sub == "annotation":
		if _, ok := param(params, "annotationName"); ok && method == http.MethodGet {
			return named
		}
	case method == http.MethodPut && to == toObject && (sub == "" || sub == "uploadId") && len(h["X-Amz-Copy-Source"]) > 0:
		return copying
	case method == http.MethodGet && to == toBucket && sub == "":
		if v, ok := param(params, "list-type"); ok {
			return v
		}
	case sub == "select":
		v, _ := param(params, "select-type")
		return "select-" + v
	}
	return ""
}

// param returns the value of a query parameter, which occurs at most once.
func param(params []pair, name string) (string, bool) {
	for _, p := range params {
		if p.name == name {
			return p.value, true
		}
	}
	return "", false
}
