package emulator_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/manifest"
)

// TestLoadDetails: the dump of an account works as the account did, with its
// ids and dates; what AWS has changed since is said.
func TestLoadDetails(t *testing.T) {
	t.Parallel()
	file := filepath.Join("..", "manifest", "testdata", "details", "account.json")
	state, err := manifest.Load([]string{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	state.AWSPolicies = append(state.AWSPolicies, manifest.Policy{Name: "NoSuchPolicy", Path: "/"})
	var notes []string
	for _, n := range emulator.Notes(state) {
		notes = append(notes, n.Text)
	}
	if got, want := strings.Join(notes, "\n"), "the AWS managed policy AmazonS3ReadOnlyAccess is v3 of 2023-08-10 here, not v1\n"+
		"irsatz does not have the AWS managed policy NoSuchPolicy"; got != want {
		t.Errorf("notes %s", got)
	}
	s := start(t, "", func(c *emulator.Config) { c.State = state })
	if s.Account() != account {
		t.Errorf("account %s", s.Account())
	}
	snapshot := s.IAM().Snapshot()
	alice, ok := snapshot.User(account, "alice")
	if !ok || alice.ID != "AIDAEXAMPLEALICE00001" || len(alice.Policies()) != 5 || alice.Created.Year() != 2015 {
		t.Errorf("user %+v", alice)
	}
	if r, ok := snapshot.RoleByARN("arn:aws:iam::111122223333:role/teams/red/audit"); !ok || r.ID != "AROAEXAMPLEAUDIT00001" {
		t.Errorf("role %+v", r)
	}
	if p, err := snapshot.ManagedPolicy("arn:aws:iam::111122223333:policy/apps/reports-read"); err != nil || p.VersionID != "v2" || len(p.Versions) != 2 {
		t.Errorf("policy %+v, %v", p, err)
	}
}
