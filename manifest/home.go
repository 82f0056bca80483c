package manifest

import (
	"maps"
	"path/filepath"
	"slices"
)

// homes says which cluster objects of Kubernetes belong to, which do not say it
// themselves: that which their file names, or their folder, as repositories are
// laid out that hold several clusters, or the only one there is.
type homes struct {
	files   map[string][]string // clusters by the file that names them
	folders map[string][]string
	only    string
}

func (h *homes) add(file, cluster string) {
	if h.files == nil {
		h.files, h.folders = map[string][]string{}, map[string][]string{}
	}
	for _, places := range []struct {
		names map[string][]string
		key   string
	}{{h.files, file}, {h.folders, filepath.Dir(file)}} {
		if !slices.Contains(places.names[places.key], cluster) {
			places.names[places.key] = append(places.names[places.key], cluster)
		}
	}
}

// of returns the cluster of what stands in the file, "" if that is not certain.
func (h *homes) of(file string) string {
	for _, named := range [][]string{h.files[file], h.folders[filepath.Dir(file)]} {
		if len(named) == 1 {
			return named[0]
		}
	}
	return h.only
}

// settle puts the objects of Kubernetes into their clusters, and drops those
// that are given again.
func (l *loader) settle() {
	if s := l.state; len(s.Clusters) == 1 {
		l.homes.only = s.Clusters[0].Name
	}
	l.settleServiceAccounts()
	l.settleNamespaces()
	l.settleWorkloads()
}

type objectKey struct{ cluster, namespace, name string }

func (l *loader) settleServiceAccounts() {
	s := l.state
	first := map[objectKey]ServiceAccount{}
	told := map[string]bool{}
	kept := s.ServiceAccounts[:0]
	for _, sa := range s.ServiceAccounts {
		if sa.Cluster == "" {
			sa.Cluster = l.homes.of(sa.File)
			if sa.Cluster == "" && len(s.Clusters) > 1 && !told[sa.File] {
				told[sa.File] = true
				l.note(sa.Pos, "no cluster is named beside this ServiceAccount: it is taken for one of the default cluster")
			}
		}
		k := objectKey{sa.Cluster, sa.Namespace, sa.Name}
		was, again := first[k]
		if !again {
			first[k] = sa
			kept = append(kept, sa)
			continue
		}
		if !maps.Equal(was.Annotations, sa.Annotations) {
			l.problems.add(sa.Pos, "service account %s/%s has other annotations at %s", sa.Namespace, sa.Name, was.Pos)
		}
	}
	s.ServiceAccounts = kept
}

func (l *loader) settleNamespaces() {
	seen := map[objectKey]bool{}
	kept := l.state.Namespaces[:0]
	for _, n := range l.state.Namespaces {
		n.Cluster = l.homes.of(n.File)
		if k := (objectKey{cluster: n.Cluster, name: n.Name}); !seen[k] {
			seen[k] = true
			kept = append(kept, n)
		}
	}
	l.state.Namespaces = kept
}

// settleWorkloads tells of pods whose ServiceAccount is not loaded. Every
// namespace has one called default by itself.
func (l *loader) settleWorkloads() {
	known := map[objectKey]bool{}
	for _, sa := range l.state.IAMServiceAccounts {
		known[objectKey{sa.Cluster, sa.Namespace, sa.Name}] = !sa.RoleOnly
	}
	for _, sa := range l.state.ServiceAccounts {
		known[objectKey{sa.Cluster, sa.Namespace, sa.Name}] = true
	}
	for i := range l.state.Workloads {
		w := &l.state.Workloads[i]
		w.Cluster = l.homes.of(w.File)
		if w.ServiceAccount != "default" && !known[objectKey{w.Cluster, w.Namespace, w.ServiceAccount}] {
			l.note(w.Pos, "%s %s/%s runs as ServiceAccount %s, which is not loaded: its pods get no role", w.Kind, w.Namespace, w.Name, w.ServiceAccount)
		}
	}
}
