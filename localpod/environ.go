package localpod

import (
	"slices"
	"strings"
)

// environ is an environment in the order in which it was set.
type environ struct {
	order     []string
	values    map[string]string
	container map[string]bool // set by the container: nothing of ours replaces it
}

// newEnviron begins with the machine's environment, without what belongs to
// AWS or gives an identity there, and the container's over it.
func newEnviron(host, container []string) *environ {
	e := &environ{values: map[string]string{}, container: map[string]bool{}}
	for _, v := range host {
		if name, value, ok := strings.Cut(v, "="); ok && name != "" && !private(name) {
			e.set(name, value)
		}
	}
	for _, v := range container {
		name, value, _ := strings.Cut(v, "=")
		e.set(name, value)
		e.container[name] = true
	}
	return e
}

// private reports whether a variable of the machine is kept from containers.
func private(name string) bool {
	return strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "IRSATZ_") || name == requestURL || name == requestToken
}

func (e *environ) get(name string) string { return e.values[name] }

func (e *environ) set(name, value string) {
	if _, ok := e.values[name]; !ok {
		e.order = append(e.order, name)
	}
	e.values[name] = value
}

// setDefault sets what the container has not set itself.
func (e *environ) setDefault(name, value string) {
	if !e.container[name] {
		e.set(name, value)
	}
}

// appendTo adds words to a variable that holds a list divided by blanks, in
// which a word with a blank is quoted.
func (e *environ) appendTo(name string, words ...string) {
	for i, w := range words {
		if strings.ContainsAny(w, " \t") {
			words[i] = `"` + w + `"`
		}
	}
	e.set(name, strings.TrimSpace(e.values[name]+" "+strings.Join(words, " ")))
}

// direct keeps hosts away from a proxy, if one is set.
func (e *environ) direct(hosts ...string) {
	proxied := false
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"} {
		proxied = proxied || e.values[name] != ""
	}
	if !proxied {
		return
	}
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		list := strings.FieldsFunc(e.values[name], func(r rune) bool { return r == ',' })
		for _, h := range hosts {
			if !slices.Contains(list, h) {
				list = append(list, h)
			}
		}
		e.set(name, strings.Join(list, ","))
	}
}

func (e *environ) list() []string {
	all := make([]string, len(e.order))
	for i, name := range e.order {
		all[i] = name + "=" + e.values[name]
	}
	return all
}
