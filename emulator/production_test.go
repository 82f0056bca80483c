package emulator_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsclient"
	"github.com/irsatz/irsatz/manifest"
)

// production is a platform of 30 roles in 3 accounts with 2 clusters, as each
// form has it: what a form cannot say stands beside it in one that can.
var production = map[string][]string{
	"native":  {"native"},
	"eksctl":  {"eksctl", "eksctl/prod", "eksctl/staging"},
	"details": {"details", "details/prod", "details/staging"},
}

// decisionRow is one row of the table.
type decisionRow struct {
	line                     int
	caller, action, resource string
	context                  string // key=value;key=value
	decision                 string // allow, deny, or the code of another refusal
}

func decisionRows(t *testing.T) []decisionRow {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "production", "requests.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []decisionRow
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 5 {
			t.Fatalf("line %d has %d fields", len(rows)+1, len(f))
		}
		rows = append(rows, decisionRow{len(rows) + 1, f[0], f[1], f[2], strings.TrimPrefix(f[3], "-"), f[4]})
	}
	return rows
}

// TestProduction: the platform decides the same whichever form it was loaded
// from, and when it was written out and loaded again.
func TestProduction(t *testing.T) {
	t.Parallel()
	rows := decisionRows(t)
	if len(rows) != 200 {
		t.Fatalf("%d requests", len(rows))
	}
	for name, folders := range production {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var paths []string
			for _, f := range folders {
				paths = append(paths, filepath.Join("testdata", "production", filepath.FromSlash(f)))
			}
			state, err := manifest.Load(paths, nil)
			if err != nil {
				t.Fatal(err)
			}
			p := newPlatform(t, state)
			p.decideAll(rows)
			if name != "native" {
				return
			}
			t.Run("exported", func(t *testing.T) {
				t.Parallel()
				newPlatform(t, parse(t, p.export(emulator.ExportRequest{Form: emulator.FormNative, Secrets: true}))).decideAll(rows)
			})
			t.Run("exported as details", func(t *testing.T) {
				t.Parallel()
				details := parse(t, p.export(emulator.ExportRequest{Form: emulator.FormDetails}))
				details.OIDCProviders, details.Clusters, details.ServiceAccounts, details.Buckets = state.OIDCProviders, state.Clusters, state.ServiceAccounts, state.Buckets
				newPlatform(t, details).decideAll(rows)
			})
		})
	}
}

// platform is a server with production in it.
type platform struct {
	*server
	state   *manifest.State
	callers map[string]*iam.Caller
}

func newPlatform(t *testing.T, state *manifest.State) *platform {
	t.Helper()
	p := &platform{start(t, "", func(c *emulator.Config) { c.State = state }), state, map[string]*iam.Caller{}}
	roles := 0
	snapshot := p.IAM().Snapshot()
	for _, id := range snapshot.Accounts() {
		roles += len(snapshot.Roles(id))
	}
	if got := fmt.Sprint(p.Account(), " ", roles, " ", len(snapshot.Accounts()), " ", len(state.Clusters)); got != account+" 30 3 2" {
		t.Errorf("default account, roles, accounts, clusters: %s", got)
	}
	return p
}

func (p *platform) decideAll(rows []decisionRow) {
	p.Helper()
	for _, r := range rows {
		decide := p.decide
		if !strings.HasPrefix(r.caller, "arn:") {
			decide = p.assume
		}
		if got, why := decide(r); got != r.decision {
			p.Errorf("requests.tsv:%d: %s %s %s %s: %s, want %s: %s", r.line, r.caller, r.action, r.resource, r.context, got, r.decision, why)
		}
	}
}

// assume asks STS, with a token of the service account.
func (p *platform) assume(r decisionRow) (decision, why string) {
	p.Helper()
	of := strings.Split(r.caller, "/")
	token := p.mint(emulator.TokenRequest{Cluster: of[0], Namespace: of[1], ServiceAccount: of[2]})
	_, err := p.bearer(r.resource, token).Assume(p.Context())
	if err == nil {
		return "allow", ""
	}
	refused, ok := errors.AsType[*awsclient.Error](err)
	switch {
	case !ok:
		return "error", err.Error()
	case refused.Code == "AccessDenied":
		return "deny", err.Error()
	}
	return refused.Code, err.Error()
}

// decide asks the store, as the services do.
func (p *platform) decide(r decisionRow) (decision, why string) {
	p.Helper()
	caller := p.caller(r.caller)
	q := &iam.Question{Caller: caller, Action: r.action, Resource: r.resource, ResourceAccount: caller.AccountID, Context: policy.NewContext()}
	caller.FillContext(q.Context)
	for pair := range strings.SplitSeq(r.context, ";") {
		if key, value, ok := strings.Cut(pair, "="); ok {
			q.Context.Set(key, value)
		}
	}
	if role, ok := p.IAM().Snapshot().RoleByARN(r.resource); ok && r.action == "sts:AssumeRole" {
		q.Trust, q.ResourceAccount = &role.Trust, role.AccountID
	}
	if bucket, ok := strings.CutPrefix(r.resource, "arn:aws:s3:::"); ok {
		bucket, _, _ = strings.Cut(bucket, "/")
		p.addBucket(q, bucket)
	}
	d := p.IAM().Authorize(q)
	if d.Allowed() {
		return "allow", ""
	}
	return "deny", fmt.Sprintf("%+v", d)
}

func (p *platform) addBucket(q *iam.Question, name string) {
	p.Helper()
	for _, b := range p.state.Buckets {
		if b.Name != name {
			continue
		}
		q.ResourceAccount = b.AccountID
		if b.Policy != nil {
			document, err := policy.ParseForBucket(name, b.Policy.JSON)
			if err != nil {
				p.Fatal(err)
			}
			q.ResourcePolicy = &policy.Policy{Name: name, Document: document}
		}
	}
}

// caller is a user, or a session of a role.
func (p *platform) caller(arn string) *iam.Caller {
	p.Helper()
	if c, ok := p.callers[arn]; ok {
		return c
	}
	snapshot := p.IAM().Snapshot()
	role, ok := snapshot.RoleByARN(arn)
	if !ok {
		u, found := snapshot.User(strings.Split(arn, ":")[4], arn[strings.LastIndexByte(arn, '/')+1:])
		if !found || u.ARN != arn {
			p.Fatalf("nobody is %s", arn)
		}
		p.callers[arn] = &iam.Caller{Kind: policy.User, AccountID: u.AccountID, ARN: u.ARN, UserID: u.ID, User: u}
		return p.callers[arn]
	}
	credentials, _, err := p.IAM().Issue(role, iam.Session{Name: "production"}, time.Hour)
	if err != nil {
		p.Fatal(err)
	}
	c, _, err := p.IAM().Authenticate(credentials.AccessKeyID, credentials.SessionToken)
	if err != nil {
		p.Fatal(err)
	}
	p.callers[arn] = c
	return c
}
