package emulator_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/manifest"
)

func (s *server) export(request emulator.ExportRequest) string {
	s.Helper()
	var b bytes.Buffer
	if err := s.control().Export(s.Context(), &b, request); err != nil {
		s.Fatal(err)
	}
	return b.String()
}

// accountState is all of an account of IAM.
type accountState struct {
	Alias     string
	Providers []*iam.Provider
	Policies  []*iam.ManagedPolicy
	Roles     []*iam.Role
	Groups    []*iam.Group
	Users     []*iam.User
	Profiles  []*iam.InstanceProfile
}

func accountStates(s *iam.Snapshot) map[string]accountState {
	all := map[string]accountState{}
	for _, id := range s.Accounts() {
		all[id] = accountState{
			s.Alias(id), s.Providers(id), s.ManagedPolicies(id), s.Roles(id), s.Groups(id), s.Users(id), s.InstanceProfiles(id),
		}
	}
	return all
}

// sameState compares all that IAM holds; documents by their text, as it is
// written without blanks.
var sameState = cmp.Options{
	cmp.Transformer("Source", func(d *policy.Document) string {
		if d == nil {
			return ""
		}
		return compactJSON(d.Source())
	}),
	cmpopts.IgnoreUnexported(iam.Role{}, iam.User{}, iam.ManagedPolicy{}), cmpopts.EquateEmpty(),
	cmpopts.SortSlices(func(a, b *iam.Provider) bool { return a.URL < b.URL }),
	cmpopts.SortSlices(func(a, b *iam.ManagedPolicy) bool { return a.ARN < b.ARN }),
	cmpopts.SortSlices(func(a, b *iam.Role) bool { return a.Name < b.Name }),
	cmpopts.SortSlices(func(a, b *iam.Group) bool { return a.Name < b.Name }),
	cmpopts.SortSlices(func(a, b *iam.User) bool { return a.Name < b.Name }),
	cmpopts.SortSlices(func(a, b *iam.InstanceProfile) bool { return a.Name < b.Name }),
}

// lostInDetails is what authorization details do not tell.
var lostInDetails = cmp.Options{
	cmpopts.IgnoreFields(accountState{}, "Alias", "Providers"), cmpopts.IgnoreFields(iam.User{}, "AccessKeys"),
	cmpopts.IgnoreFields(iam.Role{}, "Description", "MaxSessionDuration"),
	cmpopts.IgnoreFields(iam.ManagedPolicy{}, "Tags", "Description"), cmpopts.IgnoreFields(iam.InstanceProfile{}, "Tags"),
	cmpopts.IgnoreSliceElements(func(p *iam.InstanceProfile) bool { return p.RoleName == "" }),
	cmpopts.EquateApproxTime(time.Second),
}

func startWith(t *testing.T, files ...string) *server {
	t.Helper()
	state, err := manifest.Load(files, nil)
	if err != nil {
		t.Fatal(err)
	}
	return start(t, "", func(c *emulator.Config) { c.State = state })
}

// sample is a file of package manifest.
func sample(name ...string) string {
	return filepath.Join(append([]string{"..", "manifest", "testdata"}, name...)...)
}

// TestExportRoundTrip: what was loaded and written out is the same state when it
// is loaded again, and is then written out the same.
func TestExportRoundTrip(t *testing.T) {
	t.Parallel()
	const others = "---\napiVersion: irsatz/v1\nissuers: [{preset: github, claims: {repository: octo-org/octo-repo}}]\n" +
		"buckets: [{bucketName: odd, versioning: true, blockPublicAccess: false, tags: {a: b}, policy: '{ \"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"s3:*\", \"Resource\": \"arn:aws:s3:::odd/*\"}]}'}]\n"
	for name, begin := range map[string]func(t *testing.T) *server{
		"whole":   func(t *testing.T) *server { return startWith(t, sample("whole.yaml")) },
		"details": func(t *testing.T) *server { return startWith(t, sample("details", "account.json")) },
		"eksctl":  func(t *testing.T) *server { return startEksctl(t, others) },
		"nothing": func(t *testing.T) *server { return start(t, "") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := begin(t)
			text := before.export(emulator.ExportRequest{Form: emulator.FormNative, Secrets: true})
			after := start(t, text)
			if diff := cmp.Diff(accountStates(before.IAM().Snapshot()), accountStates(after.IAM().Snapshot()), sameState); diff != "" {
				t.Errorf("(-before +after):\n%s\nof\n%s", diff, text)
			}
			if diff := cmp.Diff(inventory(t, before), inventory(t, after), cmpopts.IgnoreFields(emulator.BucketEntry{}, "Created")); diff != "" {
				t.Errorf("inventory (-before +after):\n%s", diff)
			}
			if then := after.export(emulator.ExportRequest{Form: emulator.FormNative, Secrets: true}); then != text {
				t.Errorf("(-first +second):\n%s", cmp.Diff(text, then))
			}
		})
	}
}

// TestExportDetailsRoundTrip is the same for the form of AWS, but for what that
// form does not have.
func TestExportDetailsRoundTrip(t *testing.T) {
	t.Parallel()
	details := emulator.ExportRequest{Form: emulator.FormDetails}
	for name, files := range map[string][]string{
		"whole":   {sample("whole.yaml")},
		"details": {sample("details", "account.json")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := startWith(t, files...)
			text := before.export(details)
			after := start(t, text)
			same := cmp.Options{sameState}
			if name == "whole" {
				same = append(same, lostInDetails)
			}
			if diff := cmp.Diff(accountStates(before.IAM().Snapshot()), accountStates(after.IAM().Snapshot()), same); diff != "" {
				t.Errorf("(-before +after):\n%s\nof\n%s", diff, text)
			}
			if then := after.export(details); then != text {
				t.Errorf("(-first +second):\n%s", cmp.Diff(text, then))
			}
		})
	}
	s := startWith(t, sample("whole.yaml"))
	both, one := s.export(details), s.export(emulator.ExportRequest{Form: emulator.FormDetails, Account: "444455556666"})
	if !strings.HasSuffix(both, one) || strings.Contains(one, account+":role") || strings.Count(both, "UserDetailList") != 2 {
		t.Errorf("of one account\n%s", one)
	}
}

// TestExportSecrets: secrets are written out when they are asked for, and never
// in the form of AWS; and the guard stands before it all.
func TestExportSecrets(t *testing.T) {
	t.Parallel()
	s := startWith(t, sample("whole.yaml"))
	for name, test := range map[string]struct {
		request emulator.ExportRequest
		want    bool
	}{
		"native":               {emulator.ExportRequest{Form: emulator.FormNative}, false},
		"native, with secrets": {emulator.ExportRequest{Form: emulator.FormNative, Secrets: true}, true},
		"details":              {emulator.ExportRequest{Form: emulator.FormDetails, Secrets: true}, false},
	} {
		text := s.export(test.request)
		if got := strings.Contains(text, "second-secret"); got != test.want || got != strings.Contains(text, "AKIAEXAMPLECI0000002") {
			t.Errorf("%s: secrets are there: %v", name, got)
		}
		if strings.Contains(text, "PRIVATE KEY") {
			t.Errorf("%s: an issuer's key is there", name)
		}
	}
	for query, status := range map[string]int{"form=native": 200, "form=nativ": 422, "": 422, "form=native&secrets=please": 400} {
		if got := s.send("GET", "/v1/state?"+query, ""); got.status != status {
			t.Errorf("%s: %d %s", query, got.status, got.body)
		}
	}
	if got := s.send("GET", "/v1/state?form=native&secrets=true", "", "Origin: https://evil.example.com"); got.status != 403 {
		t.Errorf("from another site: %d", got.status)
	}
	guarded := start(t, "", func(c *emulator.Config) { c.ControlToken = "token" })
	if got := guarded.send("GET", "/v1/state?form=native", ""); got.status != 401 {
		t.Errorf("without the token: %d", got.status)
	}
}

func inventory(t *testing.T, s *server) emulator.Inventory {
	t.Helper()
	all, err := s.Inventory()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func compactJSON(text []byte) string {
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return err.Error()
	}
	return b.String()
}
