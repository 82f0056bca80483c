package manifest

import (
	"slices"
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
	for i := range s.Aliases {
		fill(&s.Aliases[i].AccountID, s.Account)
	}
	for i := range s.Clusters {
		fill(&s.Clusters[i].AccountID, s.Account)
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
	for i := range s.Groups {
		fill(&s.Groups[i].AccountID, s.Account)
	}
	for i := range s.Users {
		fill(&s.Users[i].AccountID, s.Account)
	}
	for i := range s.InstanceProfiles {
		fill(&s.InstanceProfiles[i].AccountID, s.Account)
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

// entity claims the name of an entity of IAM, which is unique without regard to
// case and to its path, and its ID.
func (p places) entity(e identity) {
	if p.claim(e.at, e.kind+" "+e.name, e.kind+"\x00"+e.account+"\x00"+fold(e.name)) && e.id != "" {
		p.claim(e.at, "ID "+e.id, "id\x00"+e.id)
	}
}

// identity is what an entity of IAM is known by.
type identity struct {
	at                      Pos
	kind, account, name, id string
}

// checkDuplicates reports whatever is given twice and may not be.
func (s *State) checkDuplicates(problems *problems) {
	p := places{problems, map[string]Pos{}}
	s.joinAliases(p)
	for _, o := range s.Issuers {
		p.claim(o.Pos, "issuer "+o.Name, "issuer\x00"+o.Name)
	}
	for _, o := range s.OIDCProviders {
		p.claim(o.Pos, "OIDC provider "+o.URL, "provider\x00"+o.AccountID+"\x00"+providerKey(o.URL))
	}
	for _, o := range s.Policies {
		p.entity(identity{o.Pos, "policy", o.AccountID, o.Name, o.ID})
	}
	for i, o := range s.AWSPolicies {
		same := func(was Policy) bool { return was.Name == o.Name && was.Path == o.Path }
		if !slices.ContainsFunc(s.AWSPolicies[:i], same) { // dumps of several accounts have the same
			p.entity(identity{o.Pos, "AWS managed policy", awsAccount, o.Name, o.ID})
		}
	}
	for _, o := range s.Roles {
		p.entity(identity{o.Pos, "role", o.AccountID, o.Name, o.ID})
	}
	for _, o := range s.Groups {
		p.entity(identity{o.Pos, "group", o.AccountID, o.Name, o.ID})
	}
	for _, o := range s.Users {
		p.entity(identity{o.Pos, "user", o.AccountID, o.Name, o.ID})
		for _, k := range o.AccessKeys {
			p.claim(k.Pos, "access key "+k.ID, "key\x00"+k.ID)
		}
	}
	for _, o := range s.IAMServiceAccounts {
		p.claim(o.Pos, "iamserviceaccount "+o.Namespace+"/"+o.Name, "irsa\x00"+o.Cluster+"\x00"+o.Namespace+"\x00"+o.Name)
	}
	for _, o := range s.InstanceProfiles {
		p.entity(identity{o.Pos, "instance profile", o.AccountID, o.Name, o.ID})
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

// joinAliases drops aliases that are given again. An account has one at most,
// and an alias one account.
func (s *State) joinAliases(p places) {
	kept := s.Aliases[:0]
	for _, a := range s.Aliases {
		if slices.ContainsFunc(kept, func(was Alias) bool { return was.AccountID == a.AccountID && was.Name == a.Name }) {
			continue
		}
		if p.claim(a.Pos, "account alias "+a.Name, "alias\x00"+a.Name) {
			p.claim(a.Pos, "the alias of an account", "aliased\x00"+a.AccountID)
		}
		kept = append(kept, a)
	}
	s.Aliases = kept
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
		switch {
		case was.Region == "":
			was.Region = c.Region
		case c.Region != "" && c.Region != was.Region:
			problems.add(c.Pos, "cluster %s is in another region at %s", c.Name, was.Pos)
		}
		if was.AccountID == "" {
			was.AccountID = c.AccountID
		}
		if was.Provider == nil {
			was.Provider = c.Provider
		}
	}
	s.Clusters = kept
}
