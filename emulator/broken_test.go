package emulator_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/internal/awsclient"
)

// TestBrokenTokens: what is said of each fault is what STS answers to it, and
// each is refused.
func TestBrokenTokens(t *testing.T) {
	t.Parallel()
	s := start(t, standardSetup())
	kinds := emulator.BrokenTokens()
	if len(kinds) < 20 {
		t.Errorf("%d faults", len(kinds))
	}
	for _, kind := range kinds {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			if kind.Description == "" {
				t.Error("no description")
			}
			token, err := s.control().MintToken(t.Context(), emulator.TokenRequest{Namespace: "prod", ServiceAccount: "app", Broken: kind.Name})
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.bearer(roleARN, token.Token).Assume(t.Context())
			refused, ok := errors.AsType[*awsclient.Error](err)
			if !ok {
				t.Fatalf("not refused: %v", err)
			}
			got := fmt.Sprintf("%d %s: %s", refused.Status, refused.Code, refused.Message)
			want := strings.ReplaceAll(regexp.QuoteMeta(kind.Answer), "…", `[0-9]+`)
			if !regexp.MustCompile("^" + want + "$").MatchString(got) {
				t.Errorf("got  %s\nwant %s", got, kind.Answer)
			}
			record, ok := s.Trail().Get(refused.RequestID)
			if !ok || !record.Denied() || record.Cause == "" {
				t.Errorf("not explained: %+v", record)
			}
		})
	}
}
