package fakeiam_test

import (
	"strings"
	"testing"

	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/golden"
)

func TestAccountAliases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	w.update(func(d *iam.Draft) error { d.SetAlias(stranger, "theirs"); return nil })
	create := func(alias string) error {
		_, err := client.CreateAccountAlias(t.Context(), &awsiam.CreateAccountAliasInput{AccountAlias: &alias})
		return err
	}
	remove := func(alias string) error {
		_, err := client.DeleteAccountAlias(t.Context(), &awsiam.DeleteAccountAliasInput{AccountAlias: &alias})
		return err
	}
	list := func(want string) {
		t.Helper()
		got := must[*awsiam.ListAccountAliasesOutput](t)(client.ListAccountAliases(t.Context(), &awsiam.ListAccountAliasesInput{}))
		if strings.Join(got.AccountAliases, " ") != want {
			t.Errorf("aliases %v, want %q", got.AccountAliases, want)
		}
	}
	list("")
	golden.Check(t, "list_account_aliases_none.xml", w.call(root, "ListAccountAliases").body)
	for _, alias := range []string{"a-company", "another1"} {
		if err := create(alias); err != nil {
			t.Error(err)
		}
		list(alias)
	}
	golden.Check(t, "list_account_aliases.xml", w.call(root, "ListAccountAliases").body)
	refused(t, create("another1"), "EntityAlreadyExists", "The account alias another1 already exists.")
	refused(t, create("theirs"), "EntityAlreadyExists", "The account alias theirs already exists.")
	refused(t, remove("a-company"), "NoSuchEntity", "The account alias with name a-company cannot be found.")
	for _, alias := range []string{"A-company", "-ab", "ab-", "a--b", "a_b"} {
		refused(t, create(alias), "ValidationError", "1 validation error detected: Value '"+alias+`' at 'accountAlias' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$`)
	}
	for _, alias := range []string{"ab", strings.Repeat("a", 64)} {
		if err := create(alias); err == nil || !strings.Contains(err.Error(), "ValidationError: 2 validation errors detected: ") {
			t.Errorf("%s: %v", alias, err)
		}
	}
	if err := remove("another1"); err != nil {
		t.Error(err)
	}
	list("")
}

func TestPasswordPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.sdk(root).GetAccountPasswordPolicy(t.Context(), &awsiam.GetAccountPasswordPolicyInput{})
	refused(t, err, "NoSuchEntity", "The Password Policy with domain name "+account+" cannot be found.")
}

func TestAccountGate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.gate([]gateCase{
		{"alias", "", "CreateAccountAlias", []string{"AccountAlias", "company"}, "*"},
		{"alias, allowed", allowing("iam:CreateAccountAlias"), "CreateAccountAlias", []string{"AccountAlias", "company"}, ""},
		{"no alias", allowing("iam:CreateAccountAlias"), "DeleteAccountAlias", []string{"AccountAlias", "company"}, "*"},
		{"aliases", "", "ListAccountAliases", nil, "*"},
		{"aliases of users", on("iam:ListAccountAliases", userARN+"*", ""), "ListAccountAliases", nil, "*"},
		{"password policy", "", "GetAccountPasswordPolicy", nil, "*"},
	})
	if got := w.store.Snapshot().Alias(account); got != "company" {
		t.Errorf("alias %q", got)
	}
}
