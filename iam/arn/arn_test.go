package arn_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/iam/arn"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want arn.ARN
	}{
		{"arn:aws:s3:::bucket/a:b", arn.ARN{Partition: "aws", Service: "s3", Resource: "bucket/a:b"}},
		{"arn:aws-cn:iam::111122223333:role/p/r", arn.ARN{Partition: "aws-cn", Service: "iam", AccountID: "111122223333", Resource: "role/p/r"}},
		{"arn:aws:sqs:eu-west-1:1:q", arn.ARN{Partition: "aws", Service: "sqs", Region: "eu-west-1", AccountID: "1", Resource: "q"}},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			got, err := arn.Parse(tt.text)
			if err != nil || got != tt.want {
				t.Fatalf("Parse = %+v, %v; want %+v", got, err, tt.want)
			}
			if got.String() != tt.text {
				t.Errorf("String = %s", got)
			}
		})
	}
	for _, text := range []string{"", "*", "arn:aws:s3", "arn:aws:s3:::", "arn::s3:::b", "arn:aws::::b", "urn:aws:s3:::b"} {
		t.Run("bad "+text, func(t *testing.T) {
			t.Parallel()
			if a, err := arn.Parse(text); err == nil {
				t.Errorf("Parse(%q) = %+v, want an error", text, a)
			}
			defer func() {
				if recover() == nil {
					t.Errorf("MustParse(%q) does not panic", text)
				}
			}()
			arn.MustParse(text)
		})
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	const account = "111122223333"
	tests := []struct {
		name string
		got  arn.ARN
		want string
	}{
		{"role", arn.Role(account, "", "r"), "arn:aws:iam::111122223333:role/r"},
		{"role with path", arn.Role(account, "/a/b/", "r"), "arn:aws:iam::111122223333:role/a/b/r"},
		{"user", arn.User(account, "/", "u"), "arn:aws:iam::111122223333:user/u"},
		{"policy of AWS", arn.ManagedPolicy("aws", "", "ReadOnlyAccess"), "arn:aws:iam::aws:policy/ReadOnlyAccess"},
		{"provider", arn.OIDCProvider(account, "https://oidc.eks.eu-west-1.amazonaws.com/id/A"), "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A"},
		{"root", arn.Root(account), "arn:aws:iam::111122223333:root"},
		{"session", arn.AssumedRole(account, "r", "s"), "arn:aws:sts::111122223333:assumed-role/r/s"},
		{"federated user", arn.FederatedUser(account, "f"), "arn:aws:sts::111122223333:federated-user/f"},
		{"bucket", arn.Bucket("b"), "arn:aws:s3:::b"},
		{"object", arn.Object("b", "k/a b"), "arn:aws:s3:::b/k/a b"},
		{"zero", arn.ARN{}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.got.String(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if tt.want != "" && arn.MustParse(tt.want) != tt.got {
				t.Errorf("%s does not parse to what it was made of", tt.want)
			}
		})
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	want := []arn.ARN{arn.Bucket("b"), {}}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got []arn.ARN
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := json.Unmarshal([]byte(`["nonsense"]`), &got); err == nil {
		t.Error("nonsense is read as an ARN")
	}
}
