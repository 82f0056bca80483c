package iam_test

import (
	"bytes"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
)

// disk is a keeper in memory.
type disk struct {
	mu      sync.Mutex
	records map[string][]byte
	writes  []map[string][]byte
	full    error
	hold    chan struct{} // Keep takes one from it, if it is not nil
}

func newDisk() *disk { return &disk{records: map[string][]byte{}} }

func (d *disk) Load(prefix string, each func(string, []byte) error) error {
	for _, key := range slices.Sorted(maps.Keys(d.records)) {
		if !strings.HasPrefix(key, prefix) {
			continue
		}
		value := bytes.Clone(d.records[key])
		if err := each(key, value); err != nil {
			return err
		}
		clear(value) // which must not be held on to
	}
	return nil
}

func (d *disk) Keep(changes map[string][]byte) error {
	if d.hold != nil {
		<-d.hold
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full != nil {
		return d.full
	}
	d.writes = append(d.writes, maps.Clone(changes))
	for key, value := range changes {
		if value == nil {
			delete(d.records, key)
			continue
		}
		d.records[key] = value
	}
	return nil
}

func (d *disk) keys() []string { return slices.Sorted(maps.Keys(d.records)) }

// last are the keys of the last write.
func (d *disk) last() []string { return slices.Sorted(maps.Keys(d.writes[len(d.writes)-1])) }

func on(d *disk) func(*iam.Config) { return func(c *iam.Config) { c.Keeper = d } }

// withKey gives stores one sealing key, as restarts have it.
func withKey(c *iam.Config) { c.SealingKey = bytes.Repeat([]byte{7}, 32) }

const odd = `{ "Version" : "2012-10-17",
 "Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:username":"\u00e4é<>&"}}} }`

// everything is one of each entity, with all that it can have.
func everything(d *iam.Draft) error {
	created := begin.Add(-time.Hour)
	p, err := d.CreatePolicy(iam.ManagedPolicy{
		AccountID: account, Name: "P", Path: "/team/", Description: "what\tit <is>", Document: policy.MustParse(policy.Identity, odd),
		Tags: []iam.Tag{{Key: "k", Value: "v"}},
	})
	if err != nil {
		return err
	}
	_, e1 := d.UpdatePolicy(p.ARN, func(p *iam.ManagedPolicy) error {
		second, third := p.AddVersion(allow("s3:GetObject")), p.AddVersion(allow("s3:PutObject"))
		second.ID, third.ID = "v2", "v4"
		p.Versions[1], p.Versions[2] = second, third
		p.VersionID = "v2"
		return nil
	})
	_, e2 := d.CreateGroup(iam.Group{AccountID: account, Name: "Readers", Path: "/g/", Inline: []policy.Policy{{Name: "i", Document: allow("s3:List*")}}, AttachedARNs: []string{p.ARN, readS3}})
	_, e8 := d.CreateUser(iam.User{AccountID: account, Name: "ci", ID: "AIDAREPLACED"})
	_, e3 := d.ReplaceUser(iam.User{
		AccountID: account, Name: "Ci", Path: "/u/", ID: "AIDAGIVEN", Created: created, Inline: []policy.Policy{{Name: "i", Document: allow("s3:DeleteObject")}},
		AttachedARNs: []string{p.ARN}, BoundaryARN: fullS3, Groups: []string{"readers"}, Tags: []iam.Tag{{Key: "team", Value: "réd"}},
		AccessKeys: []iam.AccessKey{{ID: "AKIA1", Secret: "one/+"}, {ID: "AKIA2", Secret: "two", Created: created, Inactive: true}},
	})
	_, e9 := d.CreateRole(iam.Role{AccountID: account, Name: "App", ID: "AROAREPLACED", Trust: trust()})
	_, e4 := d.ReplaceRole(iam.Role{
		AccountID: account, Name: "App", Path: "/team/", Description: "d", MaxSessionDuration: 2 * time.Hour, Trust: trust(),
		Inline:       []policy.Policy{{Name: "one", Document: policy.MustParse(policy.Identity, odd)}, {Name: "two", Document: allow("s3:GetObject")}},
		AttachedARNs: []string{readS3, p.ARN}, BoundaryARN: p.ARN, Tags: []iam.Tag{{Key: "a", Value: ""}, {Key: "b", Value: "2"}},
	})
	_, e5 := d.CreateInstanceProfile(iam.InstanceProfile{AccountID: account, Name: "IP", Path: "/x/", RoleName: "app", Tags: []iam.Tag{{Key: "k", Value: "v"}}})
	_, e6 := d.CreateProvider(iam.Provider{AccountID: account, URL: "https://" + issuer + "/", ClientIDs: []string{"a", "b"}, Thumbprints: []string{strings.Repeat("ab", 20)}, Tags: []iam.Tag{{Key: "k", Value: "v"}}})
	old, err := policy.ParseStored(policy.Trust, []byte(`{"Version":"2008-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"AIDAEXAMPLE0000000001"},"Action":"sts:AssumeRole"}}`))
	_, e7 := d.CreateRole(iam.Role{AccountID: even, Name: "App", Trust: policy.Policy{Document: old}})
	d.SetAlias(account, "my-alias")
	return errors.Join(err, e1, e2, e3, e4, e5, e6, e7, e8, e9)
}

// state is all that a snapshot tells, for comparison.
func state(t testing.TB, s *iam.Snapshot) map[string]any {
	t.Helper()
	all := map[string]any{}
	for _, id := range s.Accounts() {
		for _, r := range s.Roles(id) {
			all[r.ARN], all[r.ARN+" policies"], all[r.ARN+" boundary"] = r, r.Policies(), r.Boundary()
		}
		for _, u := range s.Users(id) {
			all[u.ARN], all[u.ARN+" policies"], all[u.ARN+" boundary"] = u, u.Policies(), u.Boundary()
			for _, k := range u.AccessKeys {
				owner, _ := s.UserOfKey(k.ID)
				all[k.ID] = owner.ARN
			}
		}
		for _, g := range s.Groups(id) {
			all[g.ARN] = g
		}
		for _, p := range s.ManagedPolicies(id) {
			all[p.ARN] = p
		}
		for _, p := range s.InstanceProfiles(id) {
			all[p.ARN] = p
		}
		for _, p := range s.Providers(id) {
			all[p.ARN] = p
		}
		all[id+" alias"] = s.Alias(id)
	}
	return all
}

// same compares states; documents by their text and kind.
var same = []cmp.Option{
	cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(iam.Role{}, iam.User{}, iam.ManagedPolicy{}), // but for policies, TestReplace sees them
	cmp.Comparer(func(a, b *policy.Document) bool {
		if a == nil || b == nil {
			return a == b
		}
		return a.Kind() == b.Kind() && bytes.Equal(a.Source(), b.Source())
	}),
}

// TestKept: every entity is back after a restart, whole, and so are decisions,
// sessions and the numbers of versions.
func TestKept(t *testing.T) {
	t.Parallel()
	kept := newDisk()
	before := newHarness(t, on(kept), withKey)
	before.update(everything)
	role, _ := before.Snapshot().Role(account, "app")
	credentials, _ := before.issue(role, iam.Session{})
	want := state(t, before.Snapshot())
	if len(want) < 15 {
		t.Fatalf("only %d things to compare", len(want))
	}

	after := newHarness(t, on(kept), withKey, func(c *iam.Config) { c.Rand = seeded(2) })
	if diff := cmp.Diff(want, state(t, after.Snapshot()), same...); diff != "" {
		t.Errorf("after a restart (-before +after):\n%s", diff)
	}
	caller, secret, err := after.Authenticate(credentials.AccessKeyID, credentials.SessionToken)
	if err != nil || secret != credentials.Secret || caller.Role.ID != role.ID {
		t.Errorf("session of before: %+v, %v", caller, err)
	}
	for _, action := range []string{"s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:DeleteObject", "iam:GetRole"} {
		if was, is := before.decide("AKIA1", action), after.decide("AKIA1", action); was != is {
			t.Errorf("%s: %s, and after a restart %s", action, was, is)
		}
	}
	if _, _, err := after.Authenticate("AKIA2", ""); !errors.Is(err, iam.ErrInactiveKey) {
		t.Errorf("inactive key: %v", err)
	}
	after.update(func(d *iam.Draft) error {
		_, err := d.UpdatePolicy("arn:aws:iam::"+account+":policy/team/P", func(p *iam.ManagedPolicy) error {
			if v := p.AddVersion(allow("s3:*")); v.ID != "v5" {
				t.Errorf("version %s, want v5", v.ID)
			}
			return nil
		})
		return err
	})
	if len(kept.writes) != 2 {
		t.Errorf("%d writes: loading wrote too", len(kept.writes))
	}
}

// TestEverythingIsSet: the test above sees every field that entities have, so
// that one more cannot be forgotten.
func TestEverythingIsSet(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.update(everything)
	set, all := map[string]bool{}, map[string]bool{}
	for _, e := range state(t, h.Snapshot()) {
		v := reflect.Indirect(reflect.ValueOf(e))
		if v.Kind() != reflect.Struct {
			continue
		}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			all[v.Type().Name()+"."+f.Name] = true
			if !v.Field(i).IsZero() {
				set[v.Type().Name()+"."+f.Name] = true
			}
		}
	}
	if diff := cmp.Diff(all, set); diff != "" || len(all) < 60 {
		t.Errorf("%d fields, not set: %s", len(all), diff)
	}
}

// TestKeptChanges: only what was written is written to the disk, and what was
// removed is removed.
func TestKeptChanges(t *testing.T) {
	t.Parallel()
	kept := newDisk()
	h := newHarness(t, on(kept))
	h.update(everything)
	key := func(kind, name string) string { return "iam/" + kind + "/" + account + "/" + name }
	policyARN := "arn:aws:iam::" + account + ":policy/team/P"
	if diff := cmp.Diff([]string{
		key("alias", ""), key("group", "readers"), key("policy", policyARN), key("profile", "ip"), key("provider", issuer+"/"),
		key("role", "app"), "iam/role/" + even + "/app", key("user", "ci"),
	}, kept.keys()); diff != "" {
		t.Error(diff)
	}
	version := func(id string) func(*iam.Draft) error {
		return func(d *iam.Draft) error {
			_, err := d.UpdatePolicy(policyARN, func(p *iam.ManagedPolicy) error { p.VersionID = id; return nil })
			return err
		}
	}
	for _, c := range []struct {
		name   string
		change func(*iam.Draft) error
		want   []string
	}{
		{"a policy that others have", version("v1"), []string{key("policy", policyARN)}},
		{"a role in a profile", func(d *iam.Draft) error { return d.DeleteRole(account, "app") }, []string{key("profile", "ip"), key("role", "app")}},
		{"a group with members", func(d *iam.Draft) error { return d.DeleteGroup(account, "readers") }, []string{key("group", "readers"), key("user", "ci")}},
		{"an alias", func(d *iam.Draft) error { d.SetAlias(account, ""); d.Along("mine", []byte("1")); return nil }, []string{key("alias", ""), "mine"}},
		{"a record of others alone", func(d *iam.Draft) error { d.Along("mine", nil); return nil }, []string{"mine"}},
		{"a provider", func(d *iam.Draft) error { return d.DeleteProvider(account, issuer+"/") }, []string{key("provider", issuer+"/")}},
		{"a user", func(d *iam.Draft) error { return d.DeleteUser(account, "ci") }, []string{key("user", "ci")}},
		{"a profile", func(d *iam.Draft) error { return d.DeleteInstanceProfile(account, "ip") }, []string{key("profile", "ip")}},
		{"a policy", func(d *iam.Draft) error { return d.DeletePolicy(policyARN) }, []string{key("policy", policyARN)}},
	} {
		h.update(c.change)
		if diff := cmp.Diff(c.want, kept.last()); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	if diff := cmp.Diff([]string{"iam/role/" + even + "/app"}, kept.keys()); diff != "" {
		t.Error(diff)
	}
	writes := len(kept.writes)
	h.update(func(*iam.Draft) error { return nil })
	if len(kept.writes) != writes {
		t.Error("a change of nothing was written")
	}
}

// TestNotLoaded: what cannot be understood is an error that names it.
func TestNotLoaded(t *testing.T) {
	t.Parallel()
	const path = "iam/role/" + account + "/app"
	kept := newDisk()
	newHarness(t, on(kept)).update(everything)
	edit := func(key, old, new string) func(*disk) {
		return func(d *disk) {
			was := d.records[key]
			if d.records[key] = bytes.Replace(was, []byte(old), []byte(new), 1); bytes.Equal(was, d.records[key]) {
				t.Errorf("%s has no %s", was, old)
			}
		}
	}
	put := func(key, value string) func(*disk) { return func(d *disk) { d.records[key] = []byte(value) } }
	for name, c := range map[string]struct {
		spoil func(*disk)
		want  string
	}{
		"unknown kind":         {put("iam/server/1", "{}"), "load iam/server/1: record of unknown kind"},
		"unknown field":        {edit(path, `"trust"`, `"colour":1,"trust"`), `load ` + path + `: json: unknown field "colour"`},
		"no JSON":              {put(path, "{"), "load " + path + ": unexpected EOF"},
		"more than one":        {edit(path, `{`, `{}{`), "load " + path + ": more than one value"},
		"trust policy":         {edit(path, "sts:AssumeRole", "sts::"), "load " + path + ": trust policy App: "},
		"inline policy":        {edit(path, "s3:GetObject", "s3"), "load " + path + ": policy two: "},
		"version":              {edit("iam/policy/"+account+"/arn:aws:iam::"+account+":policy/team/P", "s3:GetObject", "s3"), ": version v2: "},
		"default version":      {edit("iam/policy/"+account+"/arn:aws:iam::"+account+":policy/team/P", `"default":"v2"`, `"default":"v3"`), `default version "v3": no such entity`},
		"another's key":        {edit(path, `"name":"App"`, `"name":"Other"`), "load " + path + ": it is the record of iam/role/" + account + "/other"},
		"no id":                {edit(path, `"id":"`, `"id":"","path":"`), "load " + path + ": record without id or date"},
		"no date":              {edit("iam/provider/"+account+"/"+issuer+"/", `"created":"20`, `"created":"0001-01-01T00:00:00Z","url":"`), "record without date"},
		"no such policy":       {edit(path, "AmazonS3ReadOnlyAccess", "Nothing"), "load: account " + account + ": role App: policy arn:aws:iam::aws:policy/Nothing: no such entity"},
		"no such group":        {func(d *disk) { delete(d.records, "iam/group/"+account+"/readers") }, "user Ci: group Readers: no such entity"},
		"no such role":         {func(d *disk) { delete(d.records, path) }, "instance profile IP: role App: no such entity"},
		"a key of two":         {put("iam/user/"+account+"/u", `{"account":"`+account+`","name":"u","path":"/","id":"AIDA","created":"2026-01-01T00:00:00Z","accessKeys":[{"id":"AKIA1","secret":"s","created":"2026-01-01T00:00:00Z"}]}`), "access key id AKIA1: entity already exists"},
		"account of the alias": {put("iam/alias/1/", `{"account":"1","alias":"a"}`), `alias "a" of account "1"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spoilt := &disk{records: maps.Clone(kept.records)}
			c.spoil(spoilt)
			_, err := iam.NewStore(iam.Config{Keeper: spoilt})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// FuzzRecord: no record makes a store panic, and one that is loaded is written
// as what is loaded again.
func FuzzRecord(f *testing.F) {
	kept := newDisk()
	s, err := iam.NewStore(iam.Config{Keeper: kept, Rand: seeded(1), Now: func() time.Time { return begin }})
	if err != nil {
		f.Fatal(err)
	}
	if err := s.Update(everything); err != nil {
		f.Fatal(err)
	}
	for key, value := range kept.records {
		f.Add(key, value)
	}
	f.Fuzz(func(t *testing.T, key string, value []byte) {
		one := newDisk()
		one.records[key] = value
		s, err := iam.NewStore(iam.Config{Keeper: one})
		if err != nil || !strings.HasPrefix(key, "iam/") {
			return
		}
		want := state(t, s.Snapshot())
		if err := s.Update(touch); err != nil {
			t.Fatalf("loaded, and then: %v", err)
		}
		again, err := iam.NewStore(iam.Config{Keeper: one})
		if err != nil {
			t.Fatalf("written, and then: %v", err)
		}
		if diff := cmp.Diff(want, state(t, again.Snapshot()), same...); diff != "" || len(one.records) != 1 {
			t.Errorf("%v: %s", one.keys(), diff)
		}
	})
}

// touch writes every entity as it is.
func touch(d *iam.Draft) error {
	var errs []error
	did := func(_ any, err error) { errs = append(errs, err) }
	s := d.Snapshot()
	for _, id := range s.Accounts() {
		for _, r := range s.Roles(id) {
			did(d.UpdateRole(id, r.Name, func(*iam.Role) error { return nil }))
		}
		for _, u := range s.Users(id) {
			did(d.UpdateUser(id, u.Name, func(*iam.User) error { return nil }))
		}
		for _, g := range s.Groups(id) {
			did(d.UpdateGroup(id, g.Name, func(*iam.Group) error { return nil }))
		}
		for _, p := range s.ManagedPolicies(id) {
			did(d.UpdatePolicy(p.ARN, func(*iam.ManagedPolicy) error { return nil }))
		}
		for _, p := range s.InstanceProfiles(id) {
			did(d.UpdateInstanceProfile(id, p.Name, func(*iam.InstanceProfile) error { return nil }))
		}
		for _, p := range s.Providers(id) {
			did(d.UpdateProvider(id, p.URL, func(*iam.Provider) error { return nil }))
		}
	}
	return errors.Join(errs...)
}
