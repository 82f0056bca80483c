package awsapi_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

const (
	arnPattern  = `[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+`
	namePattern = `[\w+=,.@-]*`
	failed      = " failed to satisfy constraint: Member must "
)

func params(changes ...string) string {
	v := url.Values{"Action": {"Echo"}, "Version": {"2011-06-15"}, "RoleArn": {goodARN}, "RoleSessionName": {"session"}}
	for i := 0; i < len(changes); i += 2 {
		if changes[i+1] == "-" {
			v.Del(changes[i])
		} else {
			v.Set(changes[i], changes[i+1])
		}
	}
	return v.Encode()
}

func one(item string) string { return "1 validation error detected: " + item }

// A16–A18, §1.5: violated constraints.
func TestA16_A17_A18_Validation(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	clef := strings.Repeat("𝄞", 1024) // two code units each
	for name, test := range map[string]struct{ body, want string }{
		"required": {params("RoleArn", "-"), one("Value null at 'roleArn'" + failed + "not be null")},
		"A16 all of them": {params("RoleArn", "-", "RoleSessionName", "-"), "2 validation errors detected: Value null at 'roleArn'" + failed +
			"not be null; Value null at 'roleSessionName'" + failed + "not be null"},
		"A16 pattern before length": {params("RoleSessionName", strings.Repeat("!", 65)), "2 validation errors detected: Value '" + strings.Repeat("!", 65) +
			"' at 'roleSessionName'" + failed + "satisfy regular expression pattern: " + namePattern + "; Value '" + strings.Repeat("!", 65) + "' at 'roleSessionName'" + failed + "have length less than or equal to 64"},
		"A18 empty with +": {params("RoleArn", ""), "2 validation errors detected: Value '' at 'roleArn'" + failed + "satisfy regular expression pattern: " + arnPattern +
			"; Value '' at 'roleArn'" + failed + "have length greater than or equal to 20"},
		"A18 empty with *":        {params("RoleSessionName", ""), one("Value '' at 'roleSessionName'" + failed + "have length greater than or equal to 2")},
		"A17 2048 code units":     {params("RoleArn", clef), one("Value '" + clef + "' at 'roleArn'" + failed + "satisfy regular expression pattern: " + arnPattern)},
		"A17 2049 code units":     {params("RoleArn", clef+"x"), "2 validation errors detected: Value '" + clef + "x' at 'roleArn'" + failed + "satisfy regular expression pattern: " + arnPattern + "; Value '" + clef + "x' at 'roleArn'" + failed + "have length less than or equal to 2048"},
		"sensitive":               {params("Secret", "hunter2"), one("Value at 'secret'" + failed + "have length less than or equal to 4")},
		"document":                {params("Policy", "€"), one("Value '€' at 'policy'" + failed + `satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u00FF]+`)},
		"document of one é":       {params("Policy", "é\t\r\n"), ""},
		"ARN of any other letter": {params("RoleArn", "arn:äöü\u0085\u00a0\ud7ff\ue000\ufffd:1234567890"), ""},
		"ARN with a control":      {params("RoleArn", goodARN+"\x01"), one("Value '" + goodARN + "\x01' at 'roleArn'" + failed + "satisfy regular expression pattern: " + arnPattern)},
		"A19 below":               {params("DurationSeconds", "899"), one("Value '899' at 'durationSeconds'" + failed + "have value greater than or equal to 900")},
		"A19 above":               {params("DurationSeconds", "43201"), one("Value '43201' at 'durationSeconds'" + failed + "have value less than or equal to 43200")},
		"A19 negative":            {params("DurationSeconds", "-1"), one("Value '-1' at 'durationSeconds'" + failed + "have value greater than or equal to 900")},
		"A19 plus":                {params("DurationSeconds", "+900"), ""},
		"A19 zeros":               {params("DurationSeconds", "0000000000000900"), ""},
		"unbounded":               {params("AnyNumber", "-2147483648"), ""},
		"too many in a list":      {params(list(13)...), one("Value at 'policyArns'" + failed + "have length less than or equal to 12")},
		"a list that is full":     {params(list(12)...), ""},
		"a member of a list":      {params("PolicyArns.member.1.arn", "x"), one("Value 'x' at 'policyArns.1.member.arn'" + failed + "have length greater than or equal to 2")},
		"A20 skipping one":        {params("PolicyArns.member.1.arn", "one", "PolicyArns.member.3.arn", "three"), one("Value null at 'policyArns.2.member.arn'" + failed + "not be null")},
		"A20 leading zeros":       {params("PolicyArns.member.01.arn", "one"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := h.post(test.body)
			if a.message() != test.want {
				t.Errorf("got  %s\nwant %s", a.message(), test.want)
			}
			if test.want != "" && (a.Code != 400 || a.record.Code != "ValidationError") || test.want == "" && a.Code != 200 {
				t.Errorf("%d %s", a.Code, a.record.Code)
			}
		})
	}
	t.Run("A20 skipping ten", func(t *testing.T) {
		for want, indices := range map[string][][]int{"10 ": {{11}, {1, 12}}, "9 ": {{1, 8, 12}}} {
			for _, list := range indices {
				var changes []string
				for _, n := range list {
					changes = append(changes, fmt.Sprintf("PolicyArns.member.%d.arn", n), "some")
				}
				if a := h.post(params(changes...)); a.record.Code != "ValidationError" || !strings.HasPrefix(a.message(), want+"validation errors detected: ") {
					t.Errorf("%v: %s %s", list, a.record.Code, a.message())
				}
			}
		}
	})
}

func list(n int) []string {
	var changes []string
	for i := range n {
		changes = append(changes, fmt.Sprintf("PolicyArns.member.%d.arn", i+1), "some")
	}
	return changes
}

// A19, A20, §1.6: what cannot be read at all. It comes before what is violated.
func TestA19_A20_MalformedInput(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, value := range []string{" 900", "900 ", "900.0", "9e2", "abc", "2147483648", "-2147483649", "9_00", "0x10", "+", "--1"} {
		if a := h.post(params("DurationSeconds", value, "RoleArn", "-")); a.Code != 400 || a.record.Code != "MalformedInput" || a.message() != "" {
			t.Errorf("%q: %d %s %q", value, a.Code, a.record.Code, a.message())
		}
	}
	if a := h.post(params("DurationSeconds", "", "RoleArn", "-")); a.record.Code != "MalformedInput" || a.message() != "missing value for decimal type" {
		t.Errorf("empty: %s %q", a.record.Code, a.message())
	}
	for index, want := range map[string]string{
		"0":          "0 is not a valid index",
		"000":        "0 is not a valid index",
		"-1":         "Key -1 may not have a leading '-'",
		"+1":         "Start of list found where not expected",
		"one":        "Start of list found where not expected",
		"":           "Start of list found where not expected",
		"9999999999": "Start of list found where not expected",
		"12":         "Excessively sparse input would skip 11 list elements",
		"2000000000": "Excessively sparse input would skip 1999999999 list elements",
	} {
		if a := h.post(params("PolicyArns.member."+index+".arn", "some")); a.Code != 400 || a.record.Code != "MalformedInput" || a.message() != want {
			t.Errorf("index %q: %d %s %q, want %q", index, a.Code, a.record.Code, a.message(), want)
		}
	}
	if a := h.post(params("PolicyArns.member.1.arn", "some", "PolicyArns.member.01.arn", "other")); a.record.Code != "MalformedInput" {
		t.Errorf("an element spelt in two ways: %s", a.record.Code)
	}
}

// FuzzForm sends any body: no panic, and an answer with a record for each.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{
		goodEcho, params(list(3)...), params("PolicyArns.member.11.arn", "x"), "Action=Echo&Version=2011-06-15&PolicyArns.member.-1.arn=x", "Action=%", "Action=Echo&Version=2011-06-15&DurationSeconds=+1;x",
		"Action=Echo&Version=2011-06-15&RoleArn=%FF%FE&Policy=%ed%a0%80", "&&&=&==&Action", "Action=Whoami&Version=2011-06-15",
	} {
		f.Add(seed)
	}
	h := newHarness(f)
	f.Fuzz(func(t *testing.T, body string) {
		h := &harness{TB: t, QueryServer: h.QueryServer, trail: h.trail}
		a := h.post(body)
		if a.Code >= 500 && a.record.Code != "NotImplemented" && !strings.Contains(a.record.Operation, "Panic") && !strings.Contains(a.record.Operation, "Fail") && a.record.Operation != "Unasked" {
			t.Errorf("%d for %q: %s", a.Code, body, a.record.Cause)
		}
	})
}
