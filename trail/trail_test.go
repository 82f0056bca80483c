package trail_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/trail"
)

func record(n int) *trail.Record { return &trail.Record{ID: fmt.Sprint(n), Status: 200} }

func ids(records []*trail.Record) []string {
	all := []string{}
	for _, r := range records {
		all = append(all, r.ID)
	}
	return all
}

// The newest records are kept, and come oldest first.
func TestRing(t *testing.T) {
	t.Parallel()
	log := trail.NewLog(3)
	for n, want := range [][]string{{}, {"1"}, {"1", "2"}, {"1", "2", "3"}, {"2", "3", "4"}, {"3", "4", "5"}, {"4", "5", "6"}, {"5", "6", "7"}} {
		if n > 0 {
			log.Add(record(n))
		}
		if diff := cmp.Diff(want, ids(log.Records(0))); diff != "" {
			t.Errorf("after %d: %s", n, diff)
		}
		for limit := 1; limit < 5; limit++ {
			if diff := cmp.Diff(want[max(0, len(want)-limit):], ids(log.Records(limit))); diff != "" {
				t.Errorf("the newest %d after %d: %s", limit, n, diff)
			}
		}
		for i := range 8 {
			r, ok := log.Get(fmt.Sprint(i))
			if kept := i >= 1 && i <= n && i > n-3; ok != kept || ok && r.ID != fmt.Sprint(i) {
				t.Errorf("after %d: %d is there: %v", n, i, ok)
			}
		}
	}
	log.Reset()
	if log.Add(record(8)); len(log.Records(0)) != 1 {
		t.Errorf("after a reset: %v", ids(log.Records(0)))
	}
	if _, ok := log.LastDenied(); ok {
		t.Error("something was denied")
	}
}

// The newest of two records with one id is meant.
func TestGetNewest(t *testing.T) {
	t.Parallel()
	log := trail.NewLog(2)
	log.Add(&trail.Record{ID: "a", Status: 1})
	log.Add(&trail.Record{ID: "a", Status: 2})
	if r, _ := log.Get("a"); r.Status != 2 {
		t.Errorf("%+v", r)
	}
}

func TestDenied(t *testing.T) {
	t.Parallel()
	denied := trail.Check{Decision: policy.Decision{Outcome: policy.ImplicitDeny}}
	allowed := trail.Check{Decision: policy.Decision{Outcome: policy.Allow}}
	for name, test := range map[string]struct {
		record trail.Record
		want   bool
	}{
		"served":                    {trail.Record{Status: 200, Checks: []trail.Check{allowed}, Token: &trail.Token{Verified: true}}, false},
		"403":                       {trail.Record{Status: 403}, true},
		"401":                       {trail.Record{Status: 401}, true},
		"404 of what is not there":  {trail.Record{Status: 404, Code: "NoSuchKey"}, false},
		"a token that was rejected": {trail.Record{Status: 400, Token: &trail.Token{Rejected: "expired"}}, true},
		"a check that failed":       {trail.Record{Status: 200, Checks: []trail.Check{allowed, denied}}, true},
		"another cause":             {trail.Record{Status: 400, Code: "ValidationError", Cause: "x"}, true},
		"a redirect with a cause":   {trail.Record{Status: 302, Cause: "no Action"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := test.record.Denied(); got != test.want {
				t.Error(got)
			}
			log := trail.NewLog(0)
			log.Add(&test.record)
			log.Add(record(1))
			if r, ok := log.LastDenied(); ok != test.want || ok && r != &test.record {
				t.Errorf("the last denied is %+v", r)
			}
		})
	}
}

// Followers get what comes after them, until their context ends, and nobody
// waits for them.
func TestFollow(t *testing.T) {
	t.Parallel()
	log := trail.NewLog(4)
	log.Add(record(1))
	ctx, cancel := context.WithCancel(t.Context())
	one, two := log.Follow(ctx), log.Follow(t.Context())
	log.Add(record(2))
	if a, b := <-one, <-two; a.ID != "2" || b.ID != "2" {
		t.Errorf("got %s and %s", a.ID, b.ID)
	}
	for n := range 1000 {
		log.Add(record(n)) // far more than anyone keeps
	}
	cancel()
	deadline := time.After(10 * time.Second)
	for open := true; open; {
		select {
		case _, open = <-one:
		case <-deadline:
			t.Fatal("the channel is not closed")
		}
	}
	if (<-two).ID != "0" {
		t.Error("the other follower lost its place")
	}
	log.Reset()
	log.Add(record(7))
}

func TestConcurrency(t *testing.T) {
	t.Parallel()
	log := trail.NewLog(16)
	var group sync.WaitGroup
	for n := range 4 {
		group.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			follower := log.Follow(ctx)
			for i := range 200 {
				log.Add(record(n*1000 + i))
				log.Records(5)
				log.Get("3")
				log.LastDenied()
			}
			<-follower
		})
	}
	group.Wait()
	if len(log.Records(0)) != 16 {
		t.Errorf("%d records", len(log.Records(0)))
	}
}

// Records travel as JSON to other processes, and come out as they went in.
func TestJSON(t *testing.T) {
	t.Parallel()
	want := denial()
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got := new(trail.Record)
	if err := json.Unmarshal(text, got); err != nil {
		t.Fatal(err)
	}
	if got.Explanation() != want.Explanation() {
		t.Error(cmp.Diff(want.Explanation(), got.Explanation()))
	}
}

// TestBound: what a client may make as long as it likes is kept shortened.
func TestBound(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 1<<20)
	log := trail.NewLog(0)
	log.Add(&trail.Record{
		ID: "1", UserAgent: long, Message: long, Cause: long, Warnings: []string{long}, AccessKeyID: long, Fix: "short",
		Checks: []trail.Check{{Resource: long}}, Token: &trail.Token{Subject: long},
	})
	r, _ := log.Get("1")
	size := len(r.UserAgent) + len(r.Message) + len(r.Cause) + len(r.Warnings[0]) + len(r.AccessKeyID) + len(r.Checks[0].Resource) + len(r.Token.Subject)
	if size > 96<<10 || r.Fix != "short" || !strings.HasSuffix(r.Cause, "é…") {
		t.Errorf("%d bytes are kept, fix %q", size, r.Fix)
	}
}
