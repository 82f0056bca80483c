package awsapi_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/sigv4"
)

type nameInput struct{ Name string }

type thingInput struct {
	nameInput
	Force  *bool
	Status *string `rule:"enum=Active|Inactive"`
	Sizes  []sizeInput
	Colors []string `rule:"required" each:"enum=red|blue"`
}

type sizeInput struct {
	Unit   string
	Values []string
}

type thingOutput struct {
	nameOutput
	Force  bool
	Sizes  []descriptorOutput
	None   []string
	Inside struct{}
	Counts map[string]int32
}

type nameOutput struct{ Name string }

// guarded is a service with guarded operations, and what of them has run.
func guarded(t *testing.T, targets func(*awsapi.Call, *thingInput) []awsapi.Target) (send func(key, body string) *httptest.ResponseRecorder, ran *int) {
	t.Helper()
	store, err := iam.NewStore(iam.Config{Rand: seeded(1), Root: []iam.RootCredentials{{AccountID: "111122223333", AccessKeyID: "test", Secret: "secret"}}})
	if err != nil {
		t.Fatal(err)
	}
	allow := policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"toy:Change","Resource":"arn:aws:toy:::mine","Condition":{"StringEquals":{"toy:color":"red"}}}}`)
	err = store.Update(func(d *iam.Draft) error {
		_, err := d.CreateUser(iam.User{AccountID: "111122223333", Name: "u", Inline: []policy.Policy{{Name: "p", Document: allow}}, AccessKeys: []iam.AccessKey{{ID: "user", Secret: "secret"}, {ID: "other", Secret: "secret"}}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	ran = new(int)
	server, err := awsapi.NewQueryServer(awsapi.Query{
		Name: "toy", Version: "1", Namespace: "https://toy",
		Operations: []awsapi.Operation{
			awsapi.Guarded("Change", targets, func(_ context.Context, _ *awsapi.Call, in *thingInput) (*thingOutput, error) {
				*ran++
				out := &thingOutput{nameOutput: nameOutput{in.Name}, Force: in.Force != nil && *in.Force, None: []string{}, Counts: map[string]int32{"Roles": 2, "Colors": int32(len(in.Colors))}}
				for _, s := range in.Sizes {
					out.Sizes = append(out.Sizes, descriptorOutput{s.Unit + strings.Join(s.Values, "+")})
				}
				return out, nil
			}),
			awsapi.Guarded("Drop", func(*awsapi.Call, *empty) []awsapi.Target { return []awsapi.Target{{}} },
				func(context.Context, *awsapi.Call, *empty) (*awsapi.NoResult, error) { return &awsapi.NoResult{}, nil }),
		},
		Admits: func(c *iam.Caller) bool { return c.AccessKeyID != "other" },
	}, awsapi.Config{Store: store, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return func(key, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body+"&Version=1"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		hash := sha256.Sum256([]byte(body + "&Version=1"))
		sigv4.Signer{AccessKeyID: key, SecretAccessKey: "secret", Region: "us-east-1", Service: "toy"}.Sign(r, hex.EncodeToString(hash[:]), begin)
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		return w
	}, ran
}

func mine(_ *awsapi.Call, in *thingInput) []awsapi.Target {
	return []awsapi.Target{{Resource: "arn:aws:toy:::" + in.Name, Fill: func(ctx *policy.Context) { ctx.Set("toy:color", "red") }}}
}

// TestGuarded: the policies are asked before anything runs, about what the
// request names.
func TestGuarded(t *testing.T) {
	t.Parallel()
	send, ran := guarded(t, mine)
	if w := send("user", "Action=Change&Colors=&Name=mine"); w.Code != 200 || *ran != 1 {
		t.Errorf("allowed: %d %s", w.Code, w.Body)
	}
	w := send("user", "Action=Change&Colors=&Name=theirs")
	want := "is not authorized to perform: toy:Change on resource: arn:aws:toy:::theirs because no identity-based policy allows the toy:Change action"
	if w.Code != 403 || !strings.Contains(w.Body.String(), want) || *ran != 1 {
		t.Errorf("denied: ran %d, %d %s", *ran, w.Code, w.Body)
	}
	if w := send("user", "Action=Drop"); w.Code != 403 || !strings.Contains(w.Body.String(), "to perform: toy:Drop because") {
		t.Errorf("without resource: %d %s", w.Code, w.Body)
	}
	if w := send("test", "Action=Drop"); w.Code != 200 || strings.Contains(w.Body.String(), "DropResult") {
		t.Errorf("root: %d %s", w.Code, w.Body)
	}
}

func TestGuardedByNothing(t *testing.T) {
	t.Parallel()
	send, ran := guarded(t, func(*awsapi.Call, *thingInput) []awsapi.Target { return nil })
	if w := send("test", "Action=Change&Colors=&Name=mine"); w.Code != 500 || *ran != 0 {
		t.Errorf("ran %d, %d %s", *ran, w.Code, w.Body)
	}
}

func TestFormsOfInput(t *testing.T) {
	t.Parallel()
	send, _ := guarded(t, mine)
	w := send("test", "Action=Change&Colors.member.1=red&Name=mine&Force=1&Status=Active&Sizes.member.1.Unit=kg&Sizes.member.1.Values.member.1=1&Sizes.member.1.Values.member.2=2")
	for _, want := range []string{"<Name>mine</Name>\n    <Force>true</Force>\n", "<Arn>kg1+2</Arn>", "<None/>", "<Inside/>",
		"<Counts>\n      <entry>\n        <key>Colors</key>\n        <value>1</value>\n      </entry>\n      <entry>\n        <key>Roles</key>\n"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s in %s", want, w.Body)
		}
	}
	for body, want := range map[string]string{
		"Force=yes":   "<Code>MalformedInput</Code>",
		"Force=":      "<Code>MalformedInput</Code>",
		"Status=Gone": "1 validation error detected: Value at 'status' failed to satisfy constraint: Member must satisfy enum value set",
		"Colors.member.1=red&Colors.member.2=pink": "1 validation error detected: Value at 'colors' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [red, blue]]",
	} {
		if w := send("test", "Action=Change&Colors=&Name=mine&"+body); !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %s", body, w.Body)
		}
	}
	for body, want := range map[string]bool{"Force=false": false, "Force=0": false, "Force=true": true} {
		if w := send("test", "Action=Change&Colors=&Name=mine&"+body); strings.Contains(w.Body.String(), "<Force>true") != want {
			t.Errorf("%s: %s", body, w.Body)
		}
	}
}

// TestEmptyList: a list that is sent empty is not one that is missing.
func TestEmptyList(t *testing.T) {
	t.Parallel()
	send, ran := guarded(t, mine)
	if w := send("test", "Action=Change&Name=mine"); w.Code != 400 || !strings.Contains(w.Body.String(), "Value null at 'colors'") || *ran != 0 {
		t.Errorf("missing: ran %d, %d %s", *ran, w.Code, w.Body)
	}
	if w := send("test", "Action=Change&Name=mine&Colors="); w.Code != 200 || *ran != 1 {
		t.Errorf("empty: ran %d, %d %s", *ran, w.Code, w.Body)
	}
}

// TestTargets: a denial may call the resource by another name, and a request that
// names nothing to ask about is refused as the operation says, root's too.
func TestTargets(t *testing.T) {
	t.Parallel()
	target := awsapi.Target{Resource: "arn:aws:toy:::theirs", Shown: "thing theirs"}
	send, ran := guarded(t, func(*awsapi.Call, *thingInput) []awsapi.Target { return []awsapi.Target{target} })
	if w := send("user", "Action=Change&Colors="); w.Code != 403 || !strings.Contains(w.Body.String(), "toy:Change on resource: thing theirs because") {
		t.Errorf("shown: %d %s", w.Code, w.Body)
	}
	target = awsapi.Target{Refusal: &awsapi.Error{Code: "ValidationError", Message: "Which thing?", Status: 400}}
	for _, key := range []string{"user", "test"} {
		if w := send(key, "Action=Change&Colors="); w.Code != 400 || !strings.Contains(w.Body.String(), "Which thing?") || *ran != 0 {
			t.Errorf("%s, refused: ran %d, %d %s", key, *ran, w.Code, w.Body)
		}
	}
}

// TestAdmits: credentials that a service does not take are as good as unknown.
func TestAdmits(t *testing.T) {
	t.Parallel()
	send, ran := guarded(t, mine)
	w := send("other", "Action=Change&Colors=&Name=mine")
	if w.Code != 403 || !strings.Contains(w.Body.String(), "<Code>InvalidClientTokenId</Code>") || *ran != 0 {
		t.Errorf("ran %d, %d %s", *ran, w.Code, w.Body)
	}
}

// TestLargeLists: lists within lists of a large form are read as those of a small
// one, in a time that follows their size.
func TestLargeLists(t *testing.T) {
	t.Parallel()
	send, _ := guarded(t, mine)
	var body strings.Builder
	body.WriteString("Action=Change&Name=mine&Colors.member.1=red")
	const n = 3_000
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&body, "&Sizes.member.%d.Unit=u%d&Sizes.member.%d.Values.member.1=a&Sizes.member.%d.Values.member.2=b", i, i, i, i)
	}
	w := send("test", body.String())
	if w.Code != 200 || strings.Count(w.Body.String(), "a+b</Arn>") != n || !strings.Contains(w.Body.String(), "<Arn>u2999a+b</Arn>") {
		t.Errorf("%d, %d elements: %.300s", w.Code, strings.Count(w.Body.String(), "a+b</Arn>"), w.Body)
	}
}
