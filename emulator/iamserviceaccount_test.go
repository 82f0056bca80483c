package emulator_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/emulator"
)

// TestC06_C09_C11_IAMServiceAccountIsKept: the role has eksctl's trust policy
// and name, and what was made and deleted stays so over a restart.
func TestC06_C09_C11_IAMServiceAccountIsKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := start(t, clusterSetup("sandbox", issuers["sandbox"]), accountOf, in(dir))
	provider := strings.TrimPrefix(issuers["sandbox"], "https://")
	ask := func(s *server, name string, change func(*emulator.IAMServiceAccount)) emulator.IAMServiceAccountResult {
		t.Helper()
		request := emulator.IAMServiceAccount{Cluster: "sandbox", Namespace: "shop", Name: name, AttachPolicyARNs: []string{"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}, Approve: true}
		if change != nil {
			change(&request)
		}
		result, err := s.control().CreateIAMServiceAccount(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	made := ask(first, "one", nil)
	name := strings.TrimPrefix(made.RoleARN, "arn:aws:iam::"+account+":role/")
	if !strings.HasPrefix(name, "eksctl-sandbox-addon-iamserviceaccount-") || !strings.Contains(name, "-Role1-") || len(name) > 64 {
		t.Errorf("role %s", name)
	}
	role := first.role(name)
	want := `{"Statement":[{"Action":["sts:AssumeRoleWithWebIdentity"],"Condition":{"StringEquals":{"` + provider + `:aud":"sts.amazonaws.com","` + provider + `:sub":"system:serviceaccount:shop:one"}},"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::` + account + `:oidc-provider/` + provider + `"}}],"Version":"2012-10-17"}`
	if got := string(role.Trust.Document.Source()); got != want {
		t.Errorf("trust policy\n%s, want\n%s", got, want)
	}
	if !slices.Equal(role.AttachedARNs, []string{"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}) {
		t.Errorf("attached %v", role.AttachedARNs)
	}
	ask(first, "two", func(r *emulator.IAMServiceAccount) { r.RoleName = "two"; r.SubjectPattern = "t*" })
	if got := string(first.role("two").Trust.Document.Source()); !strings.Contains(got, `"StringLike":{"`+provider+`:sub":"system:serviceaccount:shop:t*"}`) {
		t.Errorf("trust policy with a pattern: %s", got)
	}
	ask(first, "three", func(r *emulator.IAMServiceAccount) { r.RoleName, r.Approve = "three", false })
	if _, err := first.DeleteIAMServiceAccount("sandbox", "shop", "one"); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	again := start(t, "", accountOf, in(dir))
	list, err := again.control().IAMServiceAccounts(t.Context(), "sandbox")
	if err != nil || len(list) != 1 || list[0].Name != "two" || list[0].RoleARN != "arn:aws:iam::"+account+":role/two" {
		t.Errorf("after a restart %v, %v", list, err)
	}
	if d, err := again.Describe(t.Context(), "sandbox", "shop", "two"); err != nil || !d.Rehearsal.Allowed {
		t.Errorf("rehearsal %+v, %v", d.Rehearsal, err)
	}
	if _, err := again.Describe(t.Context(), "sandbox", "shop", "one"); err == nil {
		t.Error("the deleted service account is back")
	}
	if n := len(again.Trail().Records(0)); n != 0 {
		t.Errorf("%d records of rehearsals", n)
	}
}
