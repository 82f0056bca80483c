package fakeiam_test

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/fakeiam"
	"github.com/irsatz/irsatz/internal/golden"
)

const (
	issuer      = "https://oidc.example.test/id/ONE"
	providerARN = "arn:aws:iam::" + account + ":oidc-provider/"
)

var thumbprint = strings.Repeat("Ab", 20)

// createProvider registers a provider with a thumbprint.
func createProvider(w *world, url string, clientIDs ...string) (string, error) {
	out, err := w.sdk(root).CreateOpenIDConnectProvider(w.Context(), &awsiam.CreateOpenIDConnectProviderInput{
		Url: &url, ClientIDList: clientIDs, ThumbprintList: []string{thumbprint},
	})
	if err != nil {
		return "", err
	}
	return *out.OpenIDConnectProviderArn, nil
}

func (w *world) provider(providerARN string) *awsiam.GetOpenIDConnectProviderOutput {
	w.Helper()
	return must[*awsiam.GetOpenIDConnectProviderOutput](w)(w.sdk(root).GetOpenIDConnectProvider(w.Context(), &awsiam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &providerARN}))
}

func TestProviderOnTheWire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	golden.Check(t, "create_oidc_provider.xml", w.call(root, "CreateOpenIDConnectProvider", "Url", issuer+"/", "ClientIDList.member.1", "z", "ClientIDList.member.2", "a",
		"ThumbprintList.member.1", thumbprint, "Tags.member.1.Key", "key", "Tags.member.1.Value", "1", "Tags.member.2.Key", "Key", "Tags.member.2.Value", "").body)
	arn := []string{"OpenIDConnectProviderArn", providerARN + "oidc.example.test/id/ONE/"}
	golden.Check(t, "get_oidc_provider.xml", w.call(root, "GetOpenIDConnectProvider", arn...).body)
	golden.Check(t, "list_oidc_providers.xml", w.call(root, "ListOpenIDConnectProviders").body)
	golden.Check(t, "list_oidc_provider_tags.xml", w.call(root, "ListOpenIDConnectProviderTags", append(arn, "MaxItems", "1")...).body)
	golden.Check(t, "add_client_id.xml", w.call(root, "AddClientIDToOpenIDConnectProvider", append(arn, "ClientID", "b")...).body)
	w.call(root, "DeleteOpenIDConnectProvider", arn...)
	golden.Check(t, "delete_oidc_provider_none.xml", w.call(root, "DeleteOpenIDConnectProvider", arn...).body)
	w.call(root, "CreateOpenIDConnectProvider", "Url", issuer)
	golden.Check(t, "get_oidc_provider_bare.xml", w.call(root, "GetOpenIDConnectProvider", "OpenIDConnectProviderArn", providerARN+"oidc.example.test/id/ONE").body)
}

// A99: which URLs are providers of their own, and what is kept of them.
func TestA99_ProviderURL(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for url, kept := range map[string]string{
		"https://oidc.example.test/id/ONE":     "oidc.example.test/id/ONE",
		"https://oidc.example.test/id/ONE/":    "oidc.example.test/id/ONE/",
		"https://oidc.example.test:443/id/TWO": "oidc.example.test/id/TWO",
		"https://OIDC.EXAMPLE.TEST/id/ONE":     "OIDC.EXAMPLE.TEST/id/ONE",
		"https://bare.example.test:443":        "bare.example.test",
		"https://127.0.0.1:6443":               "127.0.0.1:6443",
	} {
		arn, err := createProvider(w, url)
		if err != nil || arn != providerARN+kept {
			t.Errorf("%s: %s, %v", url, arn, err)
			continue
		}
		if got := w.provider(arn); *got.Url != kept {
			t.Errorf("%s is kept as %s", url, *got.Url)
		}
	}
	for url, want := range map[string]string{
		"http://oidc.example.test":              "ValidationError: Invalid Open ID Connect Provider URL",
		"oidc.example.test":                     "ValidationError: Invalid Open ID Connect Provider URL",
		"https://":                              "ValidationError: Invalid Open ID Connect Provider URL",
		"https://user@oidc.example.test":        "ValidationError: Invalid Open ID Connect Provider URL",
		issuer + "?q=1":                         "InvalidInput: Unknown",
		issuer + "#f":                           "InvalidInput: Unknown",
		"https://" + strings.Repeat("x", 255-7): "ValidationError: 1 validation error detected: Value 'https://" + strings.Repeat("x", 255-7) + "' at 'url' failed to satisfy constraint: Member must have length less than or equal to 255",
	} {
		_, err := createProvider(w, url)
		code, message, _ := strings.Cut(want, ": ")
		refused(t, err, code, message)
	}
}

// A100, A101: providers that are there already, and those that are not.
func TestA100_A101_ProvidersThereAndNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	must[string](t)(createProvider(w, issuer))
	for _, url := range []string{issuer, strings.Replace(issuer, "/id", ":443/id", 1)} {
		_, err := createProvider(w, url)
		refused(t, err, "EntityAlreadyExists", "Provider with url "+issuer+" already exists.")
	}
	client, none := w.sdk(root), aws.String(providerARN+"none.example.test")
	notFound := "OpenIDConnect Provider not found for arn " + *none
	for name, err := range map[string]error{
		"Get": func() error {
			_, err := client.GetOpenIDConnectProvider(t.Context(), &awsiam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: none})
			return err
		}(),
		"Add": func() error {
			_, err := client.AddClientIDToOpenIDConnectProvider(t.Context(), &awsiam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: none, ClientID: aws.String("a")})
			return err
		}(),
		"Remove": func() error {
			_, err := client.RemoveClientIDFromOpenIDConnectProvider(t.Context(), &awsiam.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: none, ClientID: aws.String("a")})
			return err
		}(),
		"Update": func() error {
			_, err := client.UpdateOpenIDConnectProviderThumbprint(t.Context(), &awsiam.UpdateOpenIDConnectProviderThumbprintInput{OpenIDConnectProviderArn: none, ThumbprintList: []string{thumbprint}})
			return err
		}(),
		"ListTags": func() error {
			_, err := client.ListOpenIDConnectProviderTags(t.Context(), &awsiam.ListOpenIDConnectProviderTagsInput{OpenIDConnectProviderArn: none})
			return err
		}(),
	} {
		t.Run(name, func(t *testing.T) { refused(t, err, "NoSuchEntity", notFound) })
	}
	remove := func(arn string) error {
		_, err := client.DeleteOpenIDConnectProvider(t.Context(), &awsiam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn})
		return err
	}
	arn := providerARN + strings.TrimPrefix(issuer, "https://")
	if err := remove(arn); err != nil {
		t.Error(err)
	}
	refused(t, remove(arn), "NoSuchEntity", "OpenId connect Provider "+arn+" cannot be found.")
	refused(t, remove("arn:aws:iam::"+account+":role/some-role"), "NoSuchEntity", "OpenId connect Provider arn:aws:iam::"+account+":role/some-role cannot be found.")
	refused(t, remove("twenty characters or more"), "ValidationError", "Invalid ARN:  Could not be parsed!")
}

func TestA102_ClientIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	arn := must[string](t)(createProvider(w, issuer, "z", "a", "z"))
	add := func(id string) {
		must[*awsiam.AddClientIDToOpenIDConnectProviderOutput](t)(client.AddClientIDToOpenIDConnectProvider(t.Context(), &awsiam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn, ClientID: &id}))
	}
	remove := func(id string) {
		must[*awsiam.RemoveClientIDFromOpenIDConnectProviderOutput](t)(client.RemoveClientIDFromOpenIDConnectProvider(t.Context(), &awsiam.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn, ClientID: &id}))
	}
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() {}, "z a"},
		{func() { add("a") }, "z a"},
		{func() { add("b") }, "z a b"},
		{func() { remove("absent") }, "z a b"},
		{func() { remove("z"); remove("z") }, "a b"},
		{func() { remove("a"); remove("b") }, ""},
	} {
		step.do()
		if got := strings.Join(w.provider(arn).ClientIDList, " "); got != step.want {
			t.Errorf("client ids %q, want %q", got, step.want)
		}
	}
}

func TestA103_Thumbprints(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	arn := must[string](t)(createProvider(w, issuer))
	update := func(list ...string) error {
		_, err := client.UpdateOpenIDConnectProviderThumbprint(t.Context(), &awsiam.UpdateOpenIDConnectProviderThumbprintInput{OpenIDConnectProviderArn: &arn, ThumbprintList: append([]string{}, list...)})
		return err
	}
	if err := update(thumbprint, strings.Repeat("G", 40), strings.Repeat("G", 40)); err != nil {
		t.Error(err)
	}
	want := []string{strings.ToLower(thumbprint), strings.Repeat("g", 40), strings.Repeat("g", 40)}
	if got := w.provider(arn).ThumbprintList; !cmp.Equal(got, want) {
		t.Errorf("thumbprints %v", got)
	}
	refused(t, update(), "InvalidInput", "Thumbprint list must contain at least one entry.")
	refused(t, update(thumbprint, thumbprint, thumbprint, thumbprint, thumbprint, thumbprint), "InvalidInput", "Thumbprint list must contain fewer than 5 entries.")
	const short = "1 validation error detected: Value at 'thumbprintList' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 40, Member must have length greater than or equal to 40]"
	refused(t, update(thumbprint[1:]), "ValidationError", short)
	if err := update(thumbprint, thumbprint, thumbprint, thumbprint, thumbprint); err != nil {
		t.Errorf("five: %v", err)
	}
	_, err := client.CreateOpenIDConnectProvider(t.Context(), &awsiam.CreateOpenIDConnectProviderInput{Url: aws.String(issuer + "/six"), ThumbprintList: make([]string, 6)})
	refused(t, err, "ValidationError", short)
}

// issuerAsked answers for issuers.
type issuerAsked func(issuerURL string) (string, error)

func (f issuerAsked) Thumbprint(_ context.Context, issuerURL string) (string, error) {
	return f(issuerURL)
}

// A104: a provider without a thumbprint list gets the issuer's thumbprint, or, if
// nobody answers there, none.
func TestA104_ThumbprintLeftOut(t *testing.T) {
	t.Parallel()
	create := func(w *world) (string, error) {
		out, err := w.sdk(root).CreateOpenIDConnectProvider(t.Context(), &awsiam.CreateOpenIDConnectProviderInput{Url: aws.String(issuer)})
		if err != nil {
			return "", err
		}
		return *out.OpenIDConnectProviderArn, nil
	}
	answering := func(thumbprint string, err error) func(*fakeiam.Config) {
		return func(c *fakeiam.Config) {
			c.Thumbprints = issuerAsked(func(url string) (string, error) {
				if url != issuer {
					t.Errorf("asked %s", url)
				}
				return thumbprint, err
			})
		}
	}
	w := newWorld(t, answering(thumbprint, nil))
	if got := w.provider(must[string](t)(create(w))).ThumbprintList; len(got) != 1 || got[0] != thumbprint {
		t.Errorf("the issuer's: %v", got)
	}
	for name, err := range map[string]error{
		"no such host":  &net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}},
		"no resolver":   &net.DNSError{IsTimeout: true},
		"no connection": &net.OpError{Op: "dial", Err: errors.New("connection refused")},
	} {
		w := newWorld(t, answering("", err))
		if got := w.provider(must[string](t)(create(w))).ThumbprintList; len(got) != 0 {
			t.Errorf("%s: %v", name, got)
		}
		if record := w.lastRecord("CreateOpenIDConnectProvider"); len(record.Warnings) != 1 || !strings.Contains(record.Warnings[0], issuer) {
			t.Errorf("%s: warnings %q", name, record.Warnings)
		}
	}
	w = newWorld(t, answering("", errors.New("x509: certificate has expired")))
	_, err := create(w)
	refused(t, err, "OpenIdIdpCommunicationError", "The request failed because IAM cannot connect to the OpenID Connect identity provider URL.")
	if record := w.lastRecord("CreateOpenIDConnectProvider"); !strings.Contains(record.Cause, "has expired") {
		t.Errorf("the cause is %q", record.Cause)
	}
	if len(w.store.Snapshot().Providers(account)) != 0 {
		t.Error("the provider is there")
	}
	w = newWorld(t)
	if got := w.provider(must[string](t)(create(w))).ThumbprintList; got == nil || len(got) != 0 {
		t.Errorf("nobody to ask: %v", got)
	}
}

func TestA105_ListProviders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 3 {
		must[string](t)(createProvider(w, issuer+strconv.Itoa(2-i)))
	}
	a := w.call(root, "ListOpenIDConnectProviders", "MaxItems", "1", "Marker", "!")
	if n := strings.Count(a.body, "<Arn>"); a.status != 200 || n != 3 || strings.Contains(a.body, "IsTruncated") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestA106_ProviderTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.sdk(root)
	arn := must[string](t)(createProvider(w, issuer))
	tags := func(pairs ...string) (list []types.Tag) {
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
		}
		return list
	}
	must[*awsiam.TagOpenIDConnectProviderOutput](t)(client.TagOpenIDConnectProvider(t.Context(), &awsiam.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn, Tags: tags("key", "1", "Key", "2", "a", "3")}))
	must[*awsiam.TagOpenIDConnectProviderOutput](t)(client.TagOpenIDConnectProvider(t.Context(), &awsiam.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn, Tags: tags("key", "4")}))
	must[*awsiam.UntagOpenIDConnectProviderOutput](t)(client.UntagOpenIDConnectProvider(t.Context(), &awsiam.UntagOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn, TagKeys: []string{"A", "absent"}}))
	shown := func(list []types.Tag) string {
		var all []string
		for _, tag := range list {
			all = append(all, *tag.Key+"="+*tag.Value)
		}
		return strings.Join(all, " ")
	}
	const want = "Key=2 a=3 key=4"
	if got := shown(w.provider(arn).Tags); got != want {
		t.Errorf("tags %s, want %s", got, want)
	}
	var paged []types.Tag
	pages := awsiam.NewListOpenIDConnectProviderTagsPaginator(client, &awsiam.ListOpenIDConnectProviderTagsInput{OpenIDConnectProviderArn: &arn, MaxItems: aws.Int32(1)})
	for pages.HasMorePages() {
		paged = append(paged, must[*awsiam.ListOpenIDConnectProviderTagsOutput](t)(pages.NextPage(t.Context())).Tags...)
	}
	if got := shown(paged); got != want {
		t.Errorf("page by page %s, want %s", got, want)
	}
	_, err := client.TagOpenIDConnectProvider(t.Context(), &awsiam.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn, Tags: tags("AWS:x", "")})
	refused(t, err, "InvalidInput", "Tag keys beginning with aws: are reserved for system use.")
}

func TestA107_ProviderQuotas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var ids []string
	for i := range 100 {
		ids = append(ids, "client-"+strconv.Itoa(i))
		must[string](t)(createProvider(w, issuer+"-"+strconv.Itoa(i)))
	}
	_, err := createProvider(w, issuer)
	refused(t, err, "LimitExceeded", "Cannot exceed quota for OpenIdConnectProvidersPerAccount: 100")
	_, err = createProvider(w, issuer+"-0")
	refused(t, err, "EntityAlreadyExists", "Provider with url "+issuer+"-0 already exists.")
	client := w.sdk(root)
	arn := providerARN + strings.TrimPrefix(issuer, "https://") + "-0"
	must[*awsiam.DeleteOpenIDConnectProviderOutput](t)(client.DeleteOpenIDConnectProvider(t.Context(), &awsiam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn}))
	must[string](t)(createProvider(w, issuer+"-0", append(ids, "client-0")...))
	const tooMany = "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100"
	_, err = client.AddClientIDToOpenIDConnectProvider(t.Context(), &awsiam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn, ClientID: aws.String("one more")})
	refused(t, err, "LimitExceeded", tooMany)
	must[*awsiam.AddClientIDToOpenIDConnectProviderOutput](t)(client.AddClientIDToOpenIDConnectProvider(t.Context(), &awsiam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn, ClientID: aws.String("client-99")}))
	must[*awsiam.DeleteOpenIDConnectProviderOutput](t)(client.DeleteOpenIDConnectProvider(t.Context(), &awsiam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn}))
	_, err = createProvider(w, issuer+"-0", append(ids, "one more")...)
	refused(t, err, "LimitExceeded", tooMany)
}

// TestProviderGate: what a policy says of a provider's ARN and tags is heeded, and
// another account's provider is out of reach.
func TestProviderGate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const one, two = "oidc.example.test/id/ONE", "oidc.example.test/id/TWO"
	for _, url := range []string{one, two} {
		must[string](t)(createProvider(w, "https://"+url))
	}
	w.call(root, "TagOpenIDConnectProvider", "OpenIDConnectProviderArn", providerARN+one, "Tags.member.1.Key", "team", "Tags.member.1.Value", "red")
	arn := func(name string) []string { return []string{"OpenIDConnectProviderArn", providerARN + name} }
	foreign := []string{"OpenIDConnectProviderArn", "arn:aws:iam::" + stranger + ":oidc-provider/" + one}
	created := []string{"Url", "https://new.example.test:443/x", "ThumbprintList.member.1", thumbprint}
	tagged := append(created, "Tags.member.1.Key", "k", "Tags.member.1.Value", "v")
	w.gate([]gateCase{
		{"nothing", "", "GetOpenIDConnectProvider", arn(one), "arn:aws:iam::" + account + ":oidc-provider/" + one},
		{"the ARN", on("iam:GetOpenIDConnectProvider", providerARN+one, ""), "GetOpenIDConnectProvider", arn(one), ""},
		{"another ARN", on("iam:GetOpenIDConnectProvider", providerARN+two, ""), "GetOpenIDConnectProvider", arn(one), providerARN + one},
		{"resource tag", on("iam:AddClientIDToOpenIDConnectProvider", "*", `"StringEquals":{"aws:ResourceTag/team":"red"}`), "AddClientIDToOpenIDConnectProvider", append(arn(one), "ClientID", "a"), ""},
		{"no such resource tag", on("iam:AddClientIDToOpenIDConnectProvider", "*", `"StringEquals":{"aws:ResourceTag/team":"red"}`), "AddClientIDToOpenIDConnectProvider", append(arn(two), "ClientID", "a"), providerARN + two},
		{"tag keys", on("iam:UntagOpenIDConnectProvider", "*", `"ForAllValues:StringEquals":{"aws:TagKeys":["other"]}`), "UntagOpenIDConnectProvider", append(arn(one), "TagKeys.member.1", "team"), providerARN + one},
		{"to create it", on("iam:CreateOpenIDConnectProvider", providerARN+"new.example.test/x", ""), "CreateOpenIDConnectProvider", created, ""},
		{"to create another", on("iam:CreateOpenIDConnectProvider", providerARN+"old.example.test/x", ""), "CreateOpenIDConnectProvider", created, providerARN + "new.example.test/x"},
		{"to create it with tags", allowing("iam:CreateOpenIDConnectProvider"), "CreateOpenIDConnectProvider", tagged, providerARN + "new.example.test/x"},
		{"to list", allowing("iam:GetOpenIDConnectProvider"), "ListOpenIDConnectProviders", nil, providerARN + "*"},
		{"everything, in another account", allowing("iam:*"), "DeleteOpenIDConnectProvider", foreign, foreign[1]},
		{"everything, another account's tags", allowing("iam:*"), "TagOpenIDConnectProvider", append(foreign, "Tags.member.1.Key", "k", "Tags.member.1.Value", "v"), foreign[1]},
	})
	if a := w.call(root, "DeleteOpenIDConnectProvider", foreign...); a.status != 403 {
		t.Errorf("root, in another account: %d %s", a.status, a.body)
	}
}
