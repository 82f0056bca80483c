package emulator_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/emulator"
)

// TestExportAgreesWithIAM: what export writes as authorization details is what
// the AWS CLI would print of IAM's own answer.
func TestExportAgreesWithIAM(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{"whole": sample("whole.yaml"), "details": sample("details", "account.json")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startWith(t, file)
			answer, err := s.iam().GetAccountAuthorizationDetails(t.Context(), &awsiam.GetAccountAuthorizationDetailsInput{})
			if err != nil {
				t.Fatal(err)
			}
			answered, err := json.Marshal(struct{ UserDetailList, GroupDetailList, RoleDetailList, Policies any }{
				answer.UserDetailList, answer.GroupDetailList, answer.RoleDetailList, answer.Policies,
			})
			if err != nil {
				t.Fatal(err)
			}
			exported := s.export(emulator.ExportRequest{Form: emulator.FormDetails, Account: account})
			if diff := cmp.Diff(printed(t, string(answered)), printed(t, exported)); diff != "" {
				t.Errorf("(-answered +exported):\n%s", diff)
			}
			// And IAM's answer can be loaded as it is.
			before, after := accountStates(s.IAM().Snapshot())[account], accountStates(start(t, string(answered)).IAM().Snapshot())[account]
			if diff := cmp.Diff(before, after, sameState, lostInDetails); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
		})
	}
}

// printed is JSON as the AWS CLI prints what it says: without members that are
// absent, documents decoded, and dates in one spelling.
func printed(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	var walk func(key string, v any) any
	walk = func(key string, v any) any {
		switch v := v.(type) {
		case map[string]any:
			for name, member := range v {
				if member == nil {
					delete(v, name)
					continue
				}
				v[name] = walk(name, member)
			}
		case []any:
			for i := range v {
				v[i] = walk("", v[i])
			}
		case string:
			if strings.HasSuffix(key, "Date") {
				seconds, _, _ := strings.Cut(strings.TrimSuffix(strings.TrimSuffix(v, "+00:00"), "Z"), ".")
				return seconds
			}
			if strings.HasSuffix(key, "Document") {
				decoded, err := url.PathUnescape(v)
				if err != nil {
					t.Fatal(err)
				}
				return printed(t, decoded)
			}
		}
		return v
	}
	return walk("", v)
}
