package fakeiam_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/golden"
)

func TestAccessKeyOnTheWire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.call(root, "CreateUser", "UserName", "app")
	golden.Check(t, "create_access_key.xml", w.call(root, "CreateAccessKey", "UserName", "app").body)
	u, _ := w.store.Snapshot().User(account, "app")
	golden.Check(t, "list_access_keys.xml", w.call(root, "ListAccessKeys", "UserName", "app").body)
	golden.Check(t, "get_access_key_last_used.xml", w.call(root, "GetAccessKeyLastUsed", "AccessKeyId", u.AccessKeys[0].ID).body)
	golden.Check(t, "delete_access_key_none.xml", w.call(root, "DeleteAccessKey", "UserName", "app", "AccessKeyId", "AKIAIOSFODNN7EXAMPLE").body)
}

// A127: a user has two keys, and the secret of each is told once.
func TestA127_AccessKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	must[*awsiam.CreateUserOutput](t)(client.CreateUser(t.Context(), &awsiam.CreateUserInput{UserName: aws.String("app")}))
	w.update(func(d *iam.Draft) error {
		_, err := d.UpdateUser(account, "app", func(u *iam.User) error { u.Inline = inline("p", allowing("iam:*")); return nil })
		return err
	})
	create := func() (*awsiam.CreateAccessKeyOutput, error) {
		return client.CreateAccessKey(t.Context(), &awsiam.CreateAccessKeyInput{UserName: aws.String("app")})
	}
	first := must[*awsiam.CreateAccessKeyOutput](t)(create()).AccessKey
	second := must[*awsiam.CreateAccessKeyOutput](t)(create()).AccessKey
	if len(*first.AccessKeyId) != 20 || !strings.HasPrefix(*first.AccessKeyId, "AKIA") || len(*first.SecretAccessKey) != 40 || first.Status != types.StatusTypeActive {
		t.Errorf("key %s, secret of %d characters, %s", *first.AccessKeyId, len(*first.SecretAccessKey), first.Status)
	}
	_, err := create()
	refused(t, err, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
	for action, params := range map[string][]string{
		"ListAccessKeys": {"UserName", "app"}, "GetUser": {"UserName", "app"}, "GetAccessKeyLastUsed": {"AccessKeyId", *first.AccessKeyId},
	} {
		if a := w.call(root, action, params...); a.status != 200 || strings.Contains(a.body, *first.SecretAccessKey) || strings.Contains(a.body, *second.SecretAccessKey) {
			t.Errorf("%s: %d %s", action, a.status, a.body)
		}
	}
	var listed []string
	pages := awsiam.NewListAccessKeysPaginator(client, &awsiam.ListAccessKeysInput{UserName: aws.String("app"), MaxItems: aws.Int32(1)})
	for pages.HasMorePages() {
		for _, k := range must[*awsiam.ListAccessKeysOutput](t)(pages.NextPage(t.Context())).AccessKeyMetadata {
			listed = append(listed, *k.AccessKeyId)
		}
	}
	if len(listed) != 2 {
		t.Errorf("listed %v", listed)
	}

	// The user itself names nobody.
	own := key{id: *second.AccessKeyId, secret: *second.SecretAccessKey}
	set := func(status string) answer {
		return w.call(own, "UpdateAccessKey", "AccessKeyId", *first.AccessKeyId, "Status", status)
	}
	if a := set("Inactive"); a.status != 200 {
		t.Errorf("make inactive: %d %s", a.status, a.body)
	}
	old := key{id: *first.AccessKeyId, secret: *first.SecretAccessKey}
	if a := w.call(old, "GetUser"); a.status != 403 || !strings.Contains(a.body, "<Code>InvalidClientTokenId</Code>") {
		t.Errorf("with the inactive key: %d %s", a.status, a.body)
	}
	if a := w.call(own, "ListAccessKeys"); strings.Count(a.body, "<Status>Inactive</Status>") != 1 {
		t.Errorf("the list: %s", a.body)
	}
	_, err = create()
	refused(t, err, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
	if a := set("Active"); a.status != 200 {
		t.Errorf("make active: %d %s", a.status, a.body)
	}
	if a := w.call(old, "GetUser"); a.status != 200 {
		t.Errorf("with the key that is active again: %d %s", a.status, a.body)
	}
	if a := w.call(own, "DeleteAccessKey", "AccessKeyId", *first.AccessKeyId); a.status != 200 {
		t.Errorf("delete: %d %s", a.status, a.body)
	}
	if a := w.call(old, "GetUser"); a.status != 403 {
		t.Errorf("with the deleted key: %d %s", a.status, a.body)
	}
	if a := set("Active"); a.status != 404 || !strings.Contains(a.body, "The Access Key with id "+*first.AccessKeyId+" cannot be found.") {
		t.Errorf("a deleted key: %d %s", a.status, a.body)
	}
	must[*awsiam.CreateAccessKeyOutput](t)(create())
}

func TestRefusedAccessKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app, other := w.user("longenoughname", allowing("iam:*")), w.user("longenoughother", "")
	w.update(func(d *iam.Draft) error {
		_, err := d.CreateUser(iam.User{AccountID: stranger, Name: "far", AccessKeys: []iam.AccessKey{{ID: "AKIAFAROFFEXAMPLE", Secret: "s"}}})
		return err
	})
	const id = "AKIAIOSFODNN7EXAMPLE"
	missing := "The Access Key with id " + id + " cannot be found."
	for name, c := range map[string]struct {
		key    key
		action string
		params []string
		status int
		text   string
	}{
		"another user's key":      {root, "DeleteAccessKey", []string{"UserName", "longenoughname", "AccessKeyId", other.id}, 404, "The Access Key with id " + other.id + " cannot be found."},
		"no such key":             {app, "UpdateAccessKey", []string{"AccessKeyId", id, "Status", "Active"}, 404, missing},
		"last use of no key":      {app, "GetAccessKeyLastUsed", []string{"AccessKeyId", id}, 404, missing},
		"no such status":          {app, "UpdateAccessKey", []string{"AccessKeyId", app.id, "Status", "Gone"}, 400, "Value at 'status' failed to satisfy constraint: Member must satisfy enum value set"},
		"expired":                 {app, "UpdateAccessKey", []string{"AccessKeyId", app.id, "Status", "Expired"}, 400, "<Code>InvalidInput</Code>"},
		"last use, without leave": {other, "GetAccessKeyLastUsed", []string{"AccessKeyId", app.id}, 403, "iam:GetAccessKeyLastUsed on resource: access key " + app.id + " because"},
		"last use, elsewhere":     {app, "GetAccessKeyLastUsed", []string{"AccessKeyId", "AKIAFAROFFEXAMPLE"}, 403, "<Code>AccessDenied</Code>"},
		"root's own, made":        {root, "CreateAccessKey", nil, 501, "iam:CreateAccessKey for root's own access keys is not implemented by irsatz."},
		"root's own, listed":      {root, "ListAccessKeys", nil, 501, "<Code>NotImplemented</Code>"},
		"root's own, deleted":     {root, "DeleteAccessKey", []string{"AccessKeyId", id}, 501, "<Code>NotImplemented</Code>"},
		"root's own, changed":     {root, "UpdateAccessKey", []string{"AccessKeyId", id, "Status", "Inactive"}, 501, "<Code>NotImplemented</Code>"},
	} {
		a := w.call(c.key, c.action, c.params...)
		if a.status != c.status || !strings.Contains(a.body, c.text) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}
