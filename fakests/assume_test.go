package fakests_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/fakests"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/golden"
)

// dump is a whole response.
func dump(a answer) string {
	var b strings.Builder
	b.WriteString(strconv.Itoa(a.Code) + "\n")
	_ = a.Header().WriteSubset(&b, nil) // sorted; a Builder does not fail
	return strings.ReplaceAll(b.String(), "\r", "") + "\n" + a.Body.String()
}

// A14, A21, A24–A28, A131 and §2.3: whole responses of every operation.
func TestGolden(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(*world) answer{
		"assume.xml": func(w *world) answer { return w.assume(w.mint(nil)) },
		"assume.json": func(w *world) answer {
			r := posted(form(w.mint(nil)).Encode())
			r.Header.Set("Accept", "application/json")
			return w.do(r)
		},
		"refused.xml": func(w *world) answer { return w.assume(w.mint(map[string]any{"sub": "someone-else"})) },
		"refused.json": func(w *world) answer {
			r := posted(form("opaque").Encode())
			r.Header.Set("Accept", "application/json")
			return w.do(r)
		},
		"unknown-action.xml": func(w *world) answer { return w.assume("", "Action", "NoSuchAction") },
		"identity.xml":       func(w *world) answer { return w.do(w.signed(w.credentials(), identityBody)) },
		"identity.json": func(w *world) answer {
			r := w.signed(w.credentials(), identityBody)
			r.Header.Set("Accept", "application/json")
			return w.do(r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden.Check(t, name, dump(run(newWorld(t))))
		})
	}
	for name, run := range goldenOperations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden.Check(t, name+".xml", dump(run(goldenWorld(t), nil)))
			golden.Check(t, name+".json", dump(run(goldenWorld(t), func(r *http.Request) { r.Header.Set("Accept", "application/json") })))
		})
	}
	t.Run("assume-legacy.xml", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, legacy)
		golden.Check(t, "assume-legacy.xml", dump(w.assume(w.mint(nil))))
	})
}

// A22, A36: no signature is needed, and one that is there is not looked at.
func TestA22_A36_Unsigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.mint(nil)
	w.wantSession(w.assume(token))
	w.wantSession(w.do(httptest.NewRequest(http.MethodGet, "/?"+form(token).Encode(), nil)))
	r := posted(form(token).Encode())
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAUNKNOWN/20000101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=00")
	w.wantSession(w.do(r))
}

// A stray session token is served, and warned of.
func TestStraySessionTokenIsWarnedOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := posted(form(w.mint(nil) + "\n").Encode())
	r.Header.Set("X-Amz-Security-Token", "stray")
	a := w.do(r)
	w.wantSession(a)
	if len(a.record.Warnings) != 2 || !strings.Contains(a.record.Explanation(), "warning: the request carries X-Amz-Security-Token") {
		t.Errorf("warnings: %q", a.record.Warnings)
	}
}

// A23, A38, A59: the model's limits.
func TestA23_A38_A59_ModelLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const (
		one   = "1 validation error detected: "
		whole = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`
	)
	w.wantRefusal(w.assume(strings.Repeat("t", 20000)), 400, "InvalidIdentityToken", textNotJWT)
	for name, test := range map[string]struct{ parameter, value, want string }{
		"session name of 1":       {"RoleSessionName", "x", one + "Value 'x' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2"},
		"session name of 2":       {"RoleSessionName", "xy", ""},
		"session name of 64":      {"RoleSessionName", strings.Repeat("x", 64), ""},
		"session name of 65":      {"RoleSessionName", strings.Repeat("x", 65), one + "Value '" + strings.Repeat("x", 65) + "' at 'roleSessionName' failed to satisfy constraint: Member must have length less than or equal to 64"},
		"session name with all":   {"RoleSessionName", "aZ09_+=,.@-", ""},
		"session name with blank": {"RoleSessionName", "a b", one + `Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`},
		"session name with é":     {"RoleSessionName", "éé", one + `Value 'éé' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`},
		"policy of 2049":          {"Policy", strings.Repeat("p", 2049), one + "Value '" + strings.Repeat("p", 2049) + "' at 'policy' failed to satisfy constraint: Member must have length less than or equal to 2048"},
		"policy of 2048":          {"Policy", whole + strings.Repeat(" ", 2048-len(whole)), ""},
		"token of 20001":          {"WebIdentityToken", strings.Repeat("t", 20001), one + "Value at 'webIdentityToken' failed to satisfy constraint: Member must have length less than or equal to 20000"},
		"token of 3":              {"WebIdentityToken", "abc", one + "Value at 'webIdentityToken' failed to satisfy constraint: Member must have length greater than or equal to 4"},
		"provider id of 3":        {"ProviderId", "abc", one + "Value 'abc' at 'providerId' failed to satisfy constraint: Member must have length greater than or equal to 4"},
		"token size of 4097":      {"MinimumSessionTokenSize", "4097", one + "Value '4097' at 'minimumSessionTokenSize' failed to satisfy constraint: Member must have value less than or equal to 4096"},
	} {
		t.Run(name, func(t *testing.T) {
			a := w.assume(w.mint(nil), test.parameter, test.value)
			if test.want == "" {
				w.wantSession(a)
				return
			}
			w.wantRefusal(a, 400, "ValidationError", test.want)
		})
	}
}

// A24–A26, A32, A33: the session's names.
func TestA24_A25_A26_A33_Names(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.wantSession(w.assume(w.mint(nil), "RoleSessionName", "botocore-session-1"))
	role, _ := w.store.Snapshot().RoleByARN(roleARN)
	want := session{
		Audience: audience, RoleID: role.ID + ":botocore-session-1", Provider: provider, Subject: subject,
		ARN: "arn:aws:sts::" + account + ":assumed-role/app/botocore-session-1", Expiration: "2026-11-23T09:00:00Z",
	}
	got := s
	got.AccessKeyID, got.Secret, got.SessionToken, got.Packed, got.Size = "", "", "", "", 0
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	by := keyed(s.AccessKeyID, s.Secret)
	by.SessionToken = s.SessionToken
	w.wantIdentity(w.do(w.signed(by, identityBody)), identity{s.ARN, s.RoleID, account}) // A26, A32
	if !regexp.MustCompile(`^ASIA[A-Z2-7]{16}$`).MatchString(s.AccessKeyID) || len(s.Secret) != 40 {
		t.Errorf("access key %q, secret of %d characters", s.AccessKeyID, len(s.Secret))
	}
	if got, ok := iam.AccountOfAccessKey(s.AccessKeyID); !ok || got != account {
		t.Errorf("account %q", got)
	}
	if !regexp.MustCompile(`^AROA[A-Z2-7]{17}$`).MatchString(role.ID) {
		t.Errorf("role id %q", role.ID)
	}
	for _, c := range "+/=" {
		if !strings.ContainsRune(s.SessionToken, c) { // A34
			t.Errorf("no %c in the session token", c)
		}
	}
}

// A27: PackedPolicySize and the token's size, in both eras.
func TestA27_PackedPolicySize(t *testing.T) {
	t.Parallel()
	const narrow = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`
	current, old := newWorld(t), newWorld(t, legacy)
	s := current.wantSession(current.assume(current.mint(nil)))
	if s.Size != len(s.SessionToken) || s.Packed != strconv.Itoa(s.Size*100/4096) {
		t.Errorf("current: packed %q, size %d, token of %d", s.Packed, s.Size, len(s.SessionToken))
	}
	// What AWS was seen to say of a bare call, and of subjects of other lengths.
	for sub, want := range map[string]string{subject: "25", "s": "24", strings.Repeat("s", 300): "34"} {
		current.retrust(trust(`{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":"sts:AssumeRoleWithWebIdentity"}`))
		if s := current.wantSession(current.assume(current.mint(map[string]any{"sub": sub}))); s.Packed != want {
			t.Errorf("subject of %d: packed %s, want %s", len(sub), s.Packed, want)
		}
	}
	if s := old.wantSession(old.assume(old.mint(nil))); s.Packed != "" || s.Size != 0 {
		t.Errorf("legacy: packed %q, size %d", s.Packed, s.Size)
	}
	if s := old.wantSession(old.assume(old.mint(nil), "Policy", narrow)); s.Packed == "" || s.Size != 0 {
		t.Errorf("legacy with policy: packed %q, size %d", s.Packed, s.Size)
	}
	for _, size := range []int{0, 1000, 4000, 4096} {
		s := current.wantSession(current.assume(current.mint(nil), "MinimumSessionTokenSize", strconv.Itoa(size)))
		if s.Size < size || s.Size > 4096 {
			t.Errorf("asked for %d bytes at least, got %d", size, s.Size)
		}
		current.opened(s)
	}
}

// A28–A31: durations.
func TestA28_A29_A30_A31_Duration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.update(func(d *iam.Draft) error {
		_, err := d.CreateRole(iam.Role{AccountID: account, Name: "long", Trust: trusting(""), MaxSessionDuration: 12 * time.Hour})
		return err
	})
	const long = "arn:aws:iam::" + account + ":role/long"
	for name, test := range map[string]struct {
		role, seconds string
		want          time.Duration
		code, message string
	}{
		"default":                      {role: roleARN, want: time.Hour},
		"default of a longer role":     {role: long, want: time.Hour},
		"43200":                        {role: long, seconds: "43200", want: 12 * time.Hour},
		"900":                          {role: roleARN, seconds: "900", want: 15 * time.Minute},
		"A19 with a plus":              {role: roleARN, seconds: "+900", want: 15 * time.Minute},
		"A19 with a leading zero":      {role: roleARN, seconds: "0900", want: 15 * time.Minute},
		"3601 of 3600":                 {role: roleARN, seconds: "3601", code: "ValidationError", message: "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."},
		"A30 43201: the model's first": {role: roleARN, seconds: "43201", code: "ValidationError", message: "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200"},
		"A19 899":                      {role: roleARN, seconds: "899", code: "ValidationError", message: "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"},
		"A19 -1":                       {role: roleARN, seconds: "-1", code: "ValidationError", message: "1 validation error detected: Value '-1' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"},
		"A19 900.0":                    {role: roleARN, seconds: "900.0", code: "MalformedInput"},
		"A19 2147483648":               {role: roleARN, seconds: "2147483648", code: "MalformedInput"},
	} {
		t.Run(name, func(t *testing.T) {
			changes := []string{"RoleArn", test.role}
			if test.seconds != "" {
				changes = append(changes, "DurationSeconds", test.seconds)
			}
			a := w.assume(w.mint(nil), changes...)
			if test.code != "" {
				w.wantRefusal(a, 400, test.code, test.message)
				return
			}
			if s := w.wantSession(a); s.Expiration != w.now().Add(test.want).Format(time.RFC3339) {
				t.Errorf("expires %s", s.Expiration)
			}
		})
	}
	t.Run("A31 the token's expiry does not cap", func(t *testing.T) {
		w := newWorld(t)
		w.update(func(d *iam.Draft) error {
			_, err := d.CreateRole(iam.Role{AccountID: account, Name: "long", Trust: trusting(""), MaxSessionDuration: 12 * time.Hour})
			return err
		})
		token := w.mint(nil)
		w.advance(59 * time.Minute)
		if s := w.wantSession(w.assume(token, "RoleArn", long, "DurationSeconds", "7200")); s.Expiration != "2026-11-23T10:59:00Z" {
			t.Errorf("expires %s", s.Expiration)
		}
	})
}

// A35: ProviderId.
func TestA35_ProviderID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for id, want := range map[string]refusal{
		"www.amazon.com":         {400, "InvalidIdentityToken", "Provided Token is not a Login With Amazon token"},
		"graph.facebook.com":     {403, "IDPRejectedClaim", `graph.facebook.com rejected OAuth token with response "Bad signature" and code 190`},
		"accounts.google.com":    {403, "AccessDenied", "Unrecognized OAuth provider. Do not include a provider parameter when submitting OpenIDConnect ID tokens"},
		"https://www.amazon.com": {403, "AccessDenied", "Unrecognized OAuth provider. Do not include a provider parameter when submitting OpenIDConnect ID tokens"},
	} {
		w.wantRefusal(w.assume(w.mint(nil), "ProviderId", id), want.Status, want.Code, want.Message)
	}
}

// A37 and §2.6: session policies.
func TestA37_SessionPolicies(t *testing.T) {
	t.Parallel()
	const (
		read  = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}`
		admin = "arn:aws:iam::aws:policy/AdministratorAccess"
	)
	w := newWorld(t)
	t.Run("inline", func(t *testing.T) {
		c := w.opened(w.wantSession(w.assume(w.mint(nil), "Policy", read)))
		if !c.Session.PolicyPassed || c.Session.Policy != read {
			t.Errorf("%+v", c.Session)
		}
	})
	t.Run("managed, lower-case arn", func(t *testing.T) {
		c := w.opened(w.wantSession(w.assume(w.mint(nil), "PolicyArns.member.1.arn", admin)))
		if !c.Session.PolicyPassed || len(c.Session.PolicyARNs) != 1 {
			t.Errorf("%+v", c.Session)
		}
	})
	for name, test := range map[string]struct {
		changes       []string
		code, message string
	}{
		"upper-case Arn is none":     {[]string{"PolicyArns.member.1.Arn", admin}, "ValidationError", "1 validation error detected: Value null at 'policyArns.1.member.arn' failed to satisfy constraint: Member must not be null"},
		"no JSON":                    {[]string{"Policy", "{"}, "MalformedPolicyDocument", "This policy contains invalid Json"},
		"with a principal":           {[]string{"Policy", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}`}, "MalformedPolicyDocument", "Policy document should not specify a principal."},
		"a policy that is not there": {[]string{"PolicyArns.member.1.arn", "arn:aws:iam::" + account + ":policy/none"}, "MalformedPolicyDocument", "managed session policy arn:aws:iam::" + account + ":policy/none does not exist in the role's account"},
		"another account's policy":   {[]string{"PolicyArns.member.1.arn", "arn:aws:iam::" + stranger + ":policy/theirs"}, "MalformedPolicyDocument", "managed session policy arn:aws:iam::" + stranger + ":policy/theirs does not exist in the role's account"},
		"too many characters":        {[]string{"Policy", read + strings.Repeat(" ", 2048-len(read)), "PolicyArns.member.1.arn", admin}, "PackedPolicyTooLarge", "Packed size of session tags consumes 102% of allotted space."},
	} {
		t.Run(name, func(t *testing.T) {
			w.update(func(d *iam.Draft) error {
				_, _ = d.CreatePolicy(iam.ManagedPolicy{AccountID: stranger, Name: "theirs", Document: identityDocument(`{"Effect":"Allow","Action":"*","Resource":"*"}`)})
				return nil
			})
			a := w.assume(w.mint(nil), test.changes...)
			w.wantRefusal(a, 400, test.code, test.message)
		})
	}
}

// Bad role ARNs.
func TestRoleARN(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for given, want := range map[string]string{
		"this-is-no-arn-at-all":                                 "this-is-no-arn-at-all is invalid",
		"arn:a::::something/test-role":                          "arn:a::::something/test-role is invalid",
		"arn:a:a::aaaaaaaaaa:":                                  "arn:a:a::aaaaaaaaaa: is invalid",
		"arn::b:::something/test-role":                          "arn::b:::something/test-role is invalid",
		"arn:aws:iam::" + account + ":policy/app":               "Request ARN is invalid",
		"arn:aws:iam::" + account + ":instance-profile/app":     "Request ARN is invalid",
		"arn:aws:sts::" + account + ":assumed-role/app/session": "Request ARN is invalid",
		"arn:aws:iam:eu-west-1:" + account + ":role/app":        "Request ARN is invalid",
	} {
		w.wantRefusal(w.assume(w.mint(nil), "RoleArn", given), 400, "ValidationError", want)
	}
}

func TestParseErrorTexts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]fakests.ErrorTexts{"": fakests.Current, "current": fakests.Current, "legacy": fakests.Legacy} {
		if got, err := fakests.ParseErrorTexts(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	if _, err := fakests.ParseErrorTexts("old"); err == nil {
		t.Error("old is accepted")
	}
}

func TestNewWantsAVerifierAndAStore(t *testing.T) {
	t.Parallel()
	if _, err := fakests.New(fakests.Config{}); err == nil {
		t.Error("no verifier, and no error")
	}
}
