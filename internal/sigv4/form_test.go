package sigv4_test

import (
	"errors"
	"maps"
	"testing"

	"github.com/irsatz/irsatz/internal/sigv4"
)

// The form that AWS documents, with its policy and signature.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html
var documentedForm = map[string]string{
	"Policy":           "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9",
	"X-Amz-Algorithm":  "AWS4-HMAC-SHA256",
	"X-Amz-Credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request",
	"X-Amz-Date":       "20151229T000000Z",
	"X-Amz-Signature":  "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e",
}

func TestForm(t *testing.T) {
	t.Parallel()
	with := func(pairs ...string) map[string]string {
		form := maps.Clone(documentedForm)
		for i := 0; i < len(pairs); i += 2 {
			form[pairs[i]] = pairs[i+1]
		}
		return form
	}
	parse := func(form map[string]string) (*sigv4.Authorization, error) {
		return sigv4.ParseForm(func(name string) string { return form[name] })
	}
	a, err := parse(with("X-Amz-Security-Token", "token"))
	if err != nil || a.AccessKeyID != "AKIAIOSFODNN7EXAMPLE" || a.SessionToken != "token" || a.Time.Year() != 2015 {
		t.Fatalf("%+v, %v", a, err)
	}
	var v sigv4.Verifier
	const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	if err := v.VerifyForm(a, secret, documentedForm["Policy"]); err != nil {
		t.Errorf("documented form: %v", err)
	}
	for name, err := range map[string]error{"secret": v.VerifyForm(a, "x"+secret, documentedForm["Policy"]), "policy": v.VerifyForm(a, secret, "x"+documentedForm["Policy"])} {
		mismatch, ok := errors.AsType[*sigv4.MismatchError](err)
		if !ok || mismatch.Provided != a.Signature || mismatch.StringToSign == "" || mismatch.CanonicalRequest != "" {
			t.Errorf("another %s: %v", name, err)
		}
	}
	for _, tt := range []struct {
		name, field, value string
		reason             sigv4.Reason
		blamed             string
	}{
		{"algorithm", "X-Amz-Algorithm", "", sigv4.MissingParameters, "X-Amz-Algorithm"},
		{"credential", "X-Amz-Credential", "", sigv4.MissingParameters, "X-Amz-Credential"},
		{"date", "X-Amz-Date", "", sigv4.MissingParameters, "X-Amz-Date"},
		{"signature", "X-Amz-Signature", "", sigv4.MissingParameters, "X-Amz-Signature"},
		{"policy", "Policy", "", sigv4.MissingParameters, "Policy"},
		{"other algorithm", "X-Amz-Algorithm", "AWS4-ECDSA-P256-SHA256", sigv4.UnsupportedAlgorithm, "AWS4-ECDSA-P256-SHA256"},
		{"malformed credential", "X-Amz-Credential", "a/b", sigv4.MalformedCredential, "a/b"},
		{"malformed date", "X-Amz-Date", "x", sigv4.MalformedDate, "x"},
		{"other date", "X-Amz-Date", "20151230T000000Z", sigv4.DateMismatch, "20151229"},
	} {
		_, err := parse(with(tt.field, tt.value))
		got, ok := errors.AsType[*sigv4.ParseError](err)
		if !ok || got.Reason != tt.reason || got.Value != tt.blamed {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	for _, form := range []map[string]string{{}, {"Policy": "e30="}} {
		_, err = parse(form)
		if got, ok := errors.AsType[*sigv4.ParseError](err); !ok || got.Reason != sigv4.NotSigned {
			t.Errorf("%v: %v", form, err)
		}
	}
}
