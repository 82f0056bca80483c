package fakests_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/iam"
)

const (
	tagsClaim     = "https://aws.amazon.com/tags"
	identityClaim = "https://aws.amazon.com/source_identity"
	rolesClaim    = "https://aws.amazon.com/roles"
	textTags      = "principal_tags passed in claim is not in correct format."
)

// generous trusts the issuer with everything a token may ask for.
func (w *world) generous() {
	w.retrust(trust(`{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession","sts:SetSourceIdentity"]}`))
}

func tags(principal map[string]any, transitive ...string) map[string]any {
	claim := map[string]any{"principal_tags": principal}
	if transitive != nil {
		claim["transitive_tag_keys"] = transitive
	}
	return map[string]any{tagsClaim: claim}
}

// A63, A64: session tags.
func TestA63_A64_Tags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.generous()
	many := map[string]any{}
	for i := range 51 {
		many[fmt.Sprintf("k%d", i)] = []string{"v"}
	}
	for name, test := range map[string]struct {
		claims     map[string]any
		tags       []iam.Tag
		transitive []string
		code, text string
	}{
		"nested": {claims: tags(map[string]any{"Team": []string{"red"}, "Cost": []string{""}}, "Team"),
			tags: []iam.Tag{{Key: "Cost"}, {Key: "Team", Value: "red"}}, transitive: []string{"Team"}},
		"flattened": {claims: map[string]any{tagsClaim + "/principal_tags/Team": "red", tagsClaim + "/transitive_tag_keys": []string{"team"}},
			tags: []iam.Tag{{Key: "Team", Value: "red"}}, transitive: []string{"team"}},
		"both forms": {claims: map[string]any{tagsClaim: map[string]any{"principal_tags": map[string]any{"A": []string{"1"}}}, tagsClaim + "/principal_tags/B": "2"},
			tags: []iam.Tag{{Key: "A", Value: "1"}, {Key: "B", Value: "2"}}},
		"letters of any language": {claims: tags(map[string]any{"équipe": []string{"красный 1_.:/=+-@"}}), tags: []iam.Tag{{Key: "équipe", Value: "красный 1_.:/=+-@"}}},
		"none":                    {claims: tags(nil)},
		"as long as may be": {claims: tags(map[string]any{strings.Repeat("k", 128): []string{strings.Repeat("v", 256)}}),
			tags: []iam.Tag{{Key: strings.Repeat("k", 128), Value: strings.Repeat("v", 256)}}},
		"a bare string":         {claims: tags(map[string]any{"Team": "red"}), code: "InvalidIdentityToken", text: textTags},
		"two values":            {claims: tags(map[string]any{"Team": []string{"red", "blue"}}), code: "InvalidIdentityToken", text: textTags},
		"no value":              {claims: tags(map[string]any{"Team": []string{}}), code: "InvalidIdentityToken", text: textTags},
		"null in the list":      {claims: tags(map[string]any{"Team": []any{nil}}), code: "InvalidIdentityToken", text: textTags},
		"a number":              {claims: tags(map[string]any{"Team": []any{1}}), code: "InvalidIdentityToken", text: textTags},
		"flattened list":        {claims: map[string]any{tagsClaim + "/principal_tags/Team": []string{"red"}}, code: "InvalidIdentityToken", text: textTags},
		"flattened null":        {claims: map[string]any{tagsClaim + "/principal_tags/Team": nil}, code: "InvalidIdentityToken", text: textTags},
		"flattened without key": {claims: map[string]any{tagsClaim + "/principal_tags/": "x"}, code: "InvalidIdentityToken", text: textTags},
		"no object":             {claims: map[string]any{tagsClaim: "Team=red"}, code: "InvalidIdentityToken", text: textTags},
		"51 tags":               {claims: tags(many), code: "InvalidIdentityToken", text: textTags},
		"a key of 129":          {claims: tags(map[string]any{strings.Repeat("k", 129): []string{"v"}}), code: "InvalidIdentityToken", text: textTags},
		"a value of 257":        {claims: tags(map[string]any{"k": []string{strings.Repeat("v", 257)}}), code: "InvalidIdentityToken", text: textTags},
		"a reserved key":        {claims: tags(map[string]any{"AWS:x": []string{"v"}}), code: "InvalidIdentityToken", text: textTags},
		"a forbidden character": {claims: tags(map[string]any{"k": []string{"a;b"}}), code: "InvalidIdentityToken", text: textTags},
		"keys alike": {claims: tags(map[string]any{"team": []string{"a"}, "Team": []string{"b"}}), code: "InvalidParameterValue",
			text: "Duplicate tag keys found. Please note that Tag keys are case insensitive."},
		"transitive but no tag": {claims: tags(map[string]any{"a": []string{"b"}}, "c"), code: "InvalidParameterValue",
			text: "The specified transitive tag key must be included in the requested tags."},
	} {
		t.Run(name, func(t *testing.T) {
			a := w.assume(w.mint(test.claims))
			if test.code != "" {
				w.wantRefusal(a, 400, test.code, test.text)
				return
			}
			s := w.opened(w.wantSession(a)).Session
			if diff := cmp.Diff(test.tags, s.Tags); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.transitive, s.TransitiveIDs); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A65, A66: permissions that tags and source identity need.
func TestA65_A66_Permissions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tagged, named := tags(map[string]any{"Team": []string{"red"}}), map[string]any{identityClaim: "alice"}
	w.wantRefusal(w.assume(w.mint(tagged)), 403, "AccessDenied", textDenied)
	w.wantRefusal(w.assume(w.mint(named)), 403, "AccessDenied", textDenied)
	w.generous()
	w.wantSession(w.assume(w.mint(tagged)))
	s := w.wantSession(w.assume(w.mint(named)))
	if s.Identity != "alice" || w.opened(s).Session.SourceIdentity != "alice" {
		t.Errorf("source identity %q", s.Identity)
	}
	for _, bad := range []any{"", "a", strings.Repeat("a", 65), "aws:alice", "a b", "élise", 7, nil, []string{"alice"}} {
		w.wantRefusal(w.assume(w.mint(map[string]any{identityClaim: bad})), 400, "InvalidIdentityToken", "source_identity passed in claim is not in correct format.")
	}
	w.wantSession(w.assume(w.mint(map[string]any{identityClaim: strings.Repeat("a", 64)})))
}

// What tags and source identity are called in trust policies.
func TestAttributeConditions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	claims := tags(map[string]any{"Team": []string{"red"}, "Cost": []string{"1"}}, "Team")
	claims[identityClaim] = "alice"
	for condition, want := range map[string]bool{
		`"StringEquals":{"aws:RequestTag/team":"red"}`:                true,
		`"StringEquals":{"aws:RequestTag/team":"blue"}`:               false,
		`"ForAllValues:StringEquals":{"aws:TagKeys":["Team","Cost"]}`: true,
		`"ForAllValues:StringEquals":{"aws:TagKeys":["Team"]}`:        false,
		`"ForAnyValue:StringEquals":{"sts:TransitiveTagKeys":"Team"}`: true,
		`"ForAnyValue:StringEquals":{"sts:TransitiveTagKeys":"Cost"}`: false,
		`"StringEquals":{"sts:SourceIdentity":"alice"}`:               true,
		`"StringEquals":{"aws:SourceIdentity":"alice"}`:               false,
		`"Null":{"aws:PrincipalTag/Team":"true"}`:                     true,
		`"Null":{"sts:RequestContextProviders":"true"}`:               true,
	} {
		w.retrust(trust(`{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession","sts:SetSourceIdentity"],"Condition":{` + condition + `}}`))
		if a := w.assume(w.mint(claims)); (a.Code == 200) != want {
			t.Errorf("%s: %d, want %v", condition, a.Code, want)
		}
	}
}

// Keys of many values are absent where there is no value: with none,
// ForAllValues would hold.
func TestNoTransitiveTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for condition, want := range map[string]bool{
		`"Null":{"aws:TagKeys":"false","sts:TransitiveTagKeys":"true"}`: true,
		`"Null":{"sts:TransitiveTagKeys":"false"}`:                      false,
	} {
		w.retrust(trust(`{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"],"Condition":{` + condition + `}}`))
		if a := w.assume(w.mint(tags(map[string]any{"Team": []string{"red"}}))); (a.Code == 200) != want {
			t.Errorf("%s: %d, want %v", condition, a.Code, want)
		}
	}
}

// A67: the roles claim.
func TestA67_Roles(t *testing.T) {
	t.Parallel()
	const (
		mismatch = "The target role ARN is not present in the roles claim of the identity token"
		empty    = "The roles claim contains no valid role ARNs"
		format   = "The roles claim is not in a supported format"
		other    = "arn:aws:iam::" + account + ":role/other"
	)
	w := newWorld(t)
	w.retrust(trusting(`"Bool":{"sts:RoleAuthorizedByIdp":"true"}`))
	for name, test := range map[string]struct {
		claim any
		text  string // "" succeeds
	}{
		"string":            {roleARN, ""},
		"semicolons":        {other + "; " + roleARN + " ;", ""},
		"list":              {[]string{other, " " + roleARN + "\t"}, ""},
		"list with others":  {[]any{nil, 1, "junk", roleARN}, ""},
		"another role":      {other, mismatch},
		"another case":      {strings.ToUpper(roleARN[:3]) + roleARN[3:], empty},
		"role name's case":  {strings.Replace(roleARN, "app", "App", 1), mismatch},
		"without its path":  {strings.Replace(roleARN, "team/", "", 1), mismatch},
		"commas":            {other + "," + roleARN, mismatch},
		"wildcard":          {"arn:aws:iam::" + account + ":role/*", empty},
		"wildcard and role": {[]string{"*", roleARN}, ""},
		"empty string":      {"", empty},
		"empty list":        {[]string{}, empty},
		"only numbers":      {[]any{1, 2}, empty},
		"number":            {1, format},
		"bool":              {true, format},
		"object":            {map[string]any{"a": roleARN}, format},
	} {
		t.Run(name, func(t *testing.T) {
			a := w.assume(w.mint(map[string]any{rolesClaim: test.claim}))
			if test.text == "" {
				w.wantSession(a)
				return
			}
			w.wantRefusal(a, 400, "InvalidIdentityToken", test.text)
		})
	}
	for name, claims := range map[string]map[string]any{"absent": nil, "null": {rolesClaim: nil}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.retrust(trusting(`"Bool":{"sts:RoleAuthorizedByIdp":"false"}`))
			w.wantSession(w.assume(w.mint(claims)))
			w.retrust(trusting(`"Bool":{"sts:RoleAuthorizedByIdp":"true"}`))
			w.wantRefusal(w.assume(w.mint(claims)), 403, "AccessDenied", textDenied)
		})
	}
}

// A68: parameters of AssumeRole are ignored here.
func TestA68_ParametersOfAssumeRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.wantSession(w.assume(w.mint(nil), "Tags.member.1.Key", "Team", "Tags.member.1.Value", "red", "SourceIdentity", "alice", "ExternalId", "x"))
	if c := w.opened(s); len(c.Session.Tags) > 0 || c.Session.SourceIdentity != "" || s.Identity != "" {
		t.Errorf("%+v", c.Session)
	}
}

// More than a session token can hold.
func TestTokenTooLarge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.generous()
	many := map[string]any{}
	for i := range 50 {
		many[fmt.Sprintf("key-%d", i)] = []string{strings.Repeat("v", 100)}
	}
	w.wantRefusal(w.assume(w.mint(tags(many))), 400, "PackedPolicyTooLarge", "Serialized token too large for session")
}
