package manifest

import (
	"maps"
	"strings"
)

// fillDefaults gives contents without account, region or cluster those that
// the other documents leave no doubt about.
func (s *State) fillDefaults() {
	fill := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	for i := range s.Clusters {
		fill(&s.Clusters[i].Region, s.Region)
	}
	for i := range s.OIDCProviders {
		fill(&s.OIDCProviders[i].AccountID, s.Account)
	}
	for i := range s.Policies {
		fill(&s.Policies[i].AccountID, s.Account)
	}
	for i := range s.Roles {
		fill(&s.Roles[i].AccountID, s.Account)
	}
	for i := range s.Users {
		fill(&s.Users[i].AccountID, s.Account)
	}
	for i := range s.Buckets {
		fill(&s.Buckets[i].AccountID, s.Account)
		fill(&s.Buckets[i].Region, s.Region)
	}
}

// places remembers where a thing was first given.
type places struct {
	problems *problems
	first    map[string]Pos
}

// claim reports whether key is new, and a problem at both places if it is not.
func (p places) claim(at Pos, what, key string) bool {
	if was, dup := p.first[key]; dup {
		p.problems.add(at, "%s is given twice, first at %s", what, was)
		return false
	}
	p.first[key] = at
	return true
}

// checkDuplicates joins what may be spread over documents, clusters with their
// service accounts, and reports whatever else is given twice.
func (s *State) checkDuplicates(problems *problems) {
	s.joinClusters(problems)
	s.joinServiceAccounts(problems)
	s.joinNamespaces()
	p := places{problems, map[string]Pos{}}
	for _, o := range s.Issuers {
		p.claim(o.Pos, "issuer "+o.Name, "issuer\x00"+o.Name)
	}
	for _, o := range s.OIDCProviders {
		p.claim(o.Pos, "OIDC provider "+o.URL, "provider\x00"+o.AccountID+"\x00"+providerKey(o.URL))
	}
	// Names of roles, users and policies are unique without regard to case and
	// to their path.
	for _, o := range s.Policies {
		p.claim(o.Pos, "policy "+o.Name, "policy\x00"+o.AccountID+"\x00"+fold(o.Name))
	}
	for _, o := range s.Roles {
		p.claim(o.Pos, "role "+o.Name, "role\x00"+o.AccountID+"\x00"+fold(o.Name))
	}
	for _, o := range s.Users {
		p.claim(o.Pos, "user "+o.Name, "user\x00"+o.AccountID+"\x00"+fold(o.Name))
		for _, k := range o.AccessKeys {
			p.claim(k.Pos, "access key "+k.ID, "key\x00"+k.ID)
		}
	}
	for _, o := range s.Buckets {
		p.claim(o.Pos, "bucket "+o.Name, "bucket\x00"+o.Name)
		for _, x := range o.Objects {
			p.claim(x.Pos, "object "+x.Key+" of bucket "+o.Name, "object\x00"+o.Name+"\x00"+x.Key)
		}
	}
}

// providerKey is what IAM tells providers apart by: it drops port 443 and keeps
// the case of the host and a slash at the end.
func providerKey(url string) string {
	host, path, _ := strings.Cut(strings.TrimPrefix(url, "https://"), "/")
	slash := ""
	if strings.Contains(strings.TrimPrefix(url, "https://"), "/") {
		slash = "/"
	}
	return strings.TrimSuffix(host, ":443") + slash + path
}

func (s *State) joinClusters(problems *problems) {
	index := map[string]int{}
	kept := s.Clusters[:0]
	for _, c := range s.Clusters {
		i, again := index[c.Name]
		if !again {
			index[c.Name] = len(kept)
			kept = append(kept, c)
			continue
		}
		was := &kept[i]
		switch {
		case was.OIDCIssuer == "":
			was.OIDCIssuer = c.OIDCIssuer
		case c.OIDCIssuer != "" && c.OIDCIssuer != was.OIDCIssuer:
			problems.add(c.Pos, "cluster %s has another oidcIssuer at %s", c.Name, was.Pos)
		}
		if c.Region != was.Region {
			problems.add(c.Pos, "cluster %s is in another region at %s", c.Name, was.Pos)
		}
	}
	s.Clusters = kept
}

// joinServiceAccounts drops service accounts that are given again with the same
// annotations. Those of Kubernetes manifests belong to the only cluster if
// there is just one.
func (s *State) joinServiceAccounts(problems *problems) {
	only := ""
	if len(s.Clusters) == 1 {
		only = s.Clusters[0].Name
	}
	type key struct{ cluster, namespace, name string }
	first := map[key]ServiceAccount{}
	kept := s.ServiceAccounts[:0]
	for _, sa := range s.ServiceAccounts {
		if sa.Cluster == "" {
			sa.Cluster = only
		}
		k := key{sa.Cluster, sa.Namespace, sa.Name}
		was, again := first[k]
		if !again {
			first[k] = sa
			kept = append(kept, sa)
			continue
		}
		if !maps.Equal(was.Annotations, sa.Annotations) {
			problems.add(sa.Pos, "service account %s/%s has other annotations at %s", sa.Namespace, sa.Name, was.Pos)
		}
	}
	s.ServiceAccounts = kept
}

func (s *State) joinNamespaces() {
	only := ""
	if len(s.Clusters) == 1 {
		only = s.Clusters[0].Name
	}
	seen := map[string]bool{}
	kept := s.Namespaces[:0]
	for _, n := range s.Namespaces {
		if n.Cluster = only; !seen[n.Name] {
			seen[n.Name] = true
			kept = append(kept, n)
		}
	}
	s.Namespaces = kept
}
