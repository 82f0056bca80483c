package fakeiam_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/golden"
)

// furnish puts one of everything into the account: a user in a group, a role in an
// instance profile, a policy with two versions, and AWS's own in use.
func (w *world) furnish() {
	w.Helper()
	document := policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/space + percent%/é"}}`)
	const own = "arn:aws:iam::" + account + ":policy/p"
	w.update(func(d *iam.Draft) error {
		if _, err := d.CreatePolicy(iam.ManagedPolicy{AccountID: account, Name: "p", Description: "not told", Document: document}); err != nil {
			return err
		}
		if _, err := d.UpdatePolicy(own, func(p *iam.ManagedPolicy) error { p.VersionID = p.AddVersion(document).ID; return nil }); err != nil {
			return err
		}
		if _, err := d.CreateGroup(iam.Group{AccountID: account, Name: "g", Inline: []policy.Policy{{Name: "i", Document: document}}, AttachedARNs: []string{readS3}}); err != nil {
			return err
		}
		user := iam.User{AccountID: account, Name: "u", Path: "/x/", Groups: []string{"g"}, Inline: []policy.Policy{{Name: "i", Document: document}}, AttachedARNs: []string{readS3, own}, BoundaryARN: own, Tags: []iam.Tag{{Key: "team", Value: "space + slash/"}}}
		if _, err := d.CreateUser(user); err != nil {
			return err
		}
		if _, err := d.CreateUser(iam.User{AccountID: account, Name: "bare"}); err != nil {
			return err
		}
		role := iam.Role{AccountID: account, Name: "r", Description: "not told", Trust: policy.Policy{Document: policy.MustParse(policy.Trust, trusted)}, Inline: []policy.Policy{{Name: "i", Document: document}}, AttachedARNs: []string{own}, BoundaryARN: "arn:aws:iam::aws:policy/AdministratorAccess"}
		if _, err := d.CreateRole(role); err != nil {
			return err
		}
		if _, err := d.CreateProvider(iam.Provider{AccountID: account, URL: issuer}); err != nil {
			return err
		}
		_, err := d.CreateInstanceProfile(iam.InstanceProfile{AccountID: account, Name: "ip", RoleName: "r"})
		return err
	})
}

func TestAccountDetailsOnTheWire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.furnish()
	golden.Check(t, "get_account_authorization_details.xml", w.call(root, "GetAccountAuthorizationDetails").body)
	golden.Check(t, "get_account_authorization_details_group.xml", w.call(root, "GetAccountAuthorizationDetails", "Filter.member.1", "Group", "MaxItems", "1").body)
}

// names are what the answer tells of, in its order.
func names(out *awsiam.GetAccountAuthorizationDetailsOutput) string {
	var all []string
	for _, u := range out.UserDetailList {
		all = append(all, "user "+*u.UserName)
	}
	for _, r := range out.RoleDetailList {
		all = append(all, "role "+*r.RoleName)
	}
	for _, g := range out.GroupDetailList {
		all = append(all, "group "+*g.GroupName)
	}
	for _, p := range out.Policies {
		all = append(all, "policy "+*p.PolicyName)
	}
	return strings.Join(all, ", ")
}

func TestAccountDetails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.furnish()
	client := w.sdk(root)
	const everything = "user bare, user u, role r, group g, policy p, policy AdministratorAccess, policy AmazonS3ReadOnlyAccess"
	for filter, want := range map[string]string{
		"":                      everything,
		"User":                  "user bare, user u",
		"Group Role":            "role r, group g",
		"LocalManagedPolicy":    "policy p",
		"AWSManagedPolicy User": "user bare, user u, policy AdministratorAccess, policy AmazonS3ReadOnlyAccess",
		"Role AWSManagedPolicy LocalManagedPolicy Group User": everything,
	} {
		var kinds []types.EntityType
		for kind := range strings.FieldsSeq(filter) {
			kinds = append(kinds, types.EntityType(kind))
		}
		for _, size := range []int32{1, 3, 100} {
			var got []string
			pages := awsiam.NewGetAccountAuthorizationDetailsPaginator(client, &awsiam.GetAccountAuthorizationDetailsInput{Filter: kinds, MaxItems: &size})
			for pages.HasMorePages() {
				got = append(got, names(must[*awsiam.GetAccountAuthorizationDetailsOutput](t)(pages.NextPage(t.Context()))))
			}
			if joined := strings.Join(got, ", "); joined != want {
				t.Errorf("%s by %d: %s, want %s", filter, size, joined, want)
			}
			if n := len(strings.Split(want, ",")); len(got) != (n+int(size)-1)/int(size) {
				t.Errorf("%s by %d: %d pages", filter, size, len(got))
			}
		}
	}
	out := must[*awsiam.GetAccountAuthorizationDetailsOutput](t)(client.GetAccountAuthorizationDetails(t.Context(), &awsiam.GetAccountAuthorizationDetailsInput{}))
	for _, p := range out.Policies {
		text, err := url.PathUnescape(*p.PolicyVersionList[0].Document)
		if err != nil || *p.PolicyName == "p" && !strings.Contains(text, "b/space + percent%/é") {
			t.Errorf("policy %s: %s, %v", *p.PolicyName, text, err)
		}
		want := map[string]string{"p": "2 1 v2 2", "AdministratorAccess": "0 1 v1 1", "AmazonS3ReadOnlyAccess": "2 0 v3 1"}[*p.PolicyName]
		if got := strings.Join([]string{strconv.Itoa(int(*p.AttachmentCount)), strconv.Itoa(int(*p.PermissionsBoundaryUsageCount)), *p.DefaultVersionId, strconv.Itoa(len(p.PolicyVersionList))}, " "); got != want {
			t.Errorf("policy %s: %s, want %s", *p.PolicyName, got, want)
		}
	}
}

func TestAccountDetailsMarkers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.furnish()
	marker := func(filter ...string) string {
		a := w.call(root, "GetAccountAuthorizationDetails", append(filter, "MaxItems", "1")...)
		_, rest, _ := strings.Cut(a.body, "<Marker>")
		marker, _, _ := strings.Cut(rest, "</Marker>")
		return marker
	}
	group := []string{"Filter.member.1", "Group"}
	both := []string{"Filter.member.1", "Group", "Filter.member.2", "User"}
	swapped := []string{"Filter.member.1", "User", "Filter.member.2", "Group"}
	for name, c := range map[string]struct {
		params []string
		marker string
		want   string // "" for an answer
	}{
		"the same":            {both, marker(both...), ""},
		"in another order":    {swapped, marker(both...), ""},
		"another":             {group, marker(both...), "Marker and Filter do not match"},
		"none any more":       {nil, marker(both...), "Invalid Marker."},
		"some of all":         {both, marker(), "Invalid Marker."},
		"no marker of ours":   {group, "not-an-aws-marker", "Marker and Filter do not match"},
		"nor without filter":  {nil, "not-an-aws-marker", "Invalid Marker."},
		"that of other lists": {nil, "dQ", "Invalid Marker."},
	} {
		a := w.call(root, "GetAccountAuthorizationDetails", append(c.params, "Marker", c.marker)...)
		if c.want == "" && a.status != 200 || c.want != "" && (a.status != 400 || !strings.Contains(a.body, "<Code>ValidationError</Code>") || !strings.Contains(a.body, c.want)) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	_, err := w.sdk(root).GetAccountAuthorizationDetails(t.Context(), &awsiam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{"user"}})
	refused(t, err, "ValidationError", "1 validation error detected: Value at 'filter' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [LocalManagedPolicy, User, AWSManagedPolicy, Role, Group]]")
}

func TestAccountSummary(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.furnish()
	golden.Check(t, "get_account_summary.xml", w.call(root, "GetAccountSummary").body)
	out := must[*awsiam.GetAccountSummaryOutput](t)(w.sdk(root).GetAccountSummary(t.Context(), &awsiam.GetAccountSummaryInput{}))
	for key, want := range map[string]int32{
		"Users": 2, "Groups": 1, "Roles": 1, "Policies": 1, "PolicyVersionsInUse": 3, "Providers": 1, "InstanceProfiles": 1, "AccountAccessKeysPresent": 1, "AccessKeysPerUserQuota": 2,
	} {
		if got := out.SummaryMap[key]; got != want {
			t.Errorf("%s: %d, want %d", key, got, want)
		}
	}
	if len(out.SummaryMap) != 34 {
		t.Errorf("%d keys", len(out.SummaryMap))
	}
}

// A131: the JSON variant, answers and errors.
func TestA131_JSON(t *testing.T) {
	t.Parallel()
	wanting := http.Header{"Accept": {"application/json"}}
	for name, body := range map[string]string{
		"get_account_summary.json": "Action=GetAccountSummary&Version=2010-05-08",
		"get_user.json":            "Action=GetUser&Version=2010-05-08&UserName=u",
		"get_user_none.json":       "Action=GetUser&Version=2010-05-08&UserName=none",
		"list_user_tags.json":      "Action=ListUserTags&Version=2010-05-08&UserName=bare",
	} {
		w := newWorld(t)
		w.furnish()
		a := w.send(root, body, wanting)
		if got := a.header.Get("Content-Type"); got != "application/json" {
			t.Errorf("%s is %s", name, got)
		}
		golden.Check(t, name, a.body+"\n")
	}
}

func TestAccountDetailsGate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.gate([]gateCase{
		{"details", allowing("iam:List*", "iam:GetRole"), "GetAccountAuthorizationDetails", nil, "*"},
		{"details of users", on("iam:GetAccountAuthorizationDetails", userARN+"*", ""), "GetAccountAuthorizationDetails", []string{"Filter.member.1", "User"}, "*"},
		{"details, allowed", allowing("iam:GetAccountAuthorizationDetails"), "GetAccountAuthorizationDetails", nil, ""},
		{"summary", "", "GetAccountSummary", nil, "*"},
		{"summary, allowed", allowing("iam:GetAccountSummary"), "GetAccountSummary", nil, ""},
	})
	// Another account's entities are its own affair.
	w.update(func(d *iam.Draft) error {
		_, err := d.CreateUser(iam.User{AccountID: stranger, Name: "far", AttachedARNs: []string{readS3}})
		return err
	})
	out := must[*awsiam.GetAccountAuthorizationDetailsOutput](t)(w.sdk(root).GetAccountAuthorizationDetails(t.Context(), &awsiam.GetAccountAuthorizationDetailsInput{}))
	if strings.Contains(names(out), "far") || len(out.Policies) != 0 {
		t.Errorf("tells of %s", names(out))
	}
}
