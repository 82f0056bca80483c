package fakes3_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/irsatz/irsatz/iam"
)

// TestHeldWhileDeleted: a policy that is put while the role that it names comes and
// goes is refused, or means one that was there: never the next one of its name.
func TestHeldWhileDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("app")
	role, _ := w.store.Snapshot().Role(account, "app")
	remove := func(d *iam.Draft) error { return d.DeleteRole(account, "app") }
	create := func(d *iam.Draft) error {
		_, err := d.CreateRole(iam.Role{AccountID: account, Name: "app", Path: role.Path, Trust: role.Trust})
		return err
	}
	body := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + role.ARN + `"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"}]}`
	accepted := 0
	for range 200 {
		var stop atomic.Bool
		var changing sync.WaitGroup
		changing.Go(func() {
			for !stop.Load() {
				if err := errors.Join(w.store.Update(remove), w.store.Update(create)); err != nil {
					t.Error(err)
				}
			}
		})
		got := w.do(w.root(), w.request(http.MethodPut, "/data?policy", body))
		stop.Store(true)
		changing.Wait()
		w.update(remove)
		w.update(create)
		if got.status != http.StatusNoContent {
			continue
		}
		accepted++
		if now := w.shown("data"); strings.Contains(now, role.ARN) {
			t.Fatalf("the next role is meant: %s", now)
		}
	}
	if accepted == 0 {
		t.Error("no policy was accepted")
	}
}
