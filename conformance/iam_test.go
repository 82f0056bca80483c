package conformance_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/irsatest"
)

// TestIAM sends every line of iam.tsv as a signed form, and compares what is
// refused. What the answers say is for the clients that can parse them.
func TestIAM(t *testing.T) {
	setup, err := os.ReadFile("iam.yaml")
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile("iam.tsv")
	if err != nil {
		t.Fatal(err)
	}
	irsa := irsatest.Start(t, string(setup))
	plain := strings.TrimPrefix(irsa.ControlURL(), "http://")
	documents := map[string]string{}
	for line := range strings.Lines(string(table)) {
		columns := strings.Split(strings.TrimRight(line, "\n"), "\t")
		switch {
		case strings.HasPrefix(line, "#"):
			continue
		case strings.HasPrefix(line, "@"):
			documents[columns[0]] = columns[1]
			continue
		case len(columns) != 6:
			t.Fatalf("iam.tsv: %d columns: %s", len(columns), line)
		}
		name, operation, parameters, outcome, query, result := columns[0], columns[1], strings.ReplaceAll(columns[2], "{plain}", plain), columns[3], columns[4], columns[5]
		var got, message string
		switch {
		case operation == "annotate":
			got = annotate(t, irsa, parameters)
		case operation == "read":
			got, message = podGets(t, irsa)
		default:
			got, message = send(t, irsa, operation, flatten(t, parameters, documents))
		}
		begin, open := strings.CutSuffix(result, "*")
		fits := result == "-" || query != "-" || message == result || open && strings.HasPrefix(message, begin)
		if got != outcome || !fits {
			t.Errorf("%s: got %s: %s\nwant %s: %s", name, got, message, outcome, result)
		}
	}
}

// flatten makes a form of parameters, as the query protocol wants it.
func flatten(t *testing.T, parameters string, documents map[string]string) url.Values {
	t.Helper()
	var in map[string]any
	if err := json.Unmarshal([]byte(parameters), &in); err != nil {
		t.Fatalf("%s: %v", parameters, err)
	}
	form := url.Values{}
	var put func(name string, value any)
	put = func(name string, value any) {
		switch v := value.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				put(strings.TrimPrefix(name+"."+key, "."), v[key])
			}
		case []any:
			if len(v) == 0 {
				form.Set(name, "")
			}
			for i, item := range v {
				put(fmt.Sprintf("%s.member.%d", name, i+1), item)
			}
		case string:
			if document, ok := documents[v]; ok {
				v = document
			}
			form.Set(name, v)
		default:
			form.Set(name, fmt.Sprint(v))
		}
	}
	put("", in)
	return form
}

// send performs an operation, as root or as the user who may do nothing. What a
// waiter waits for is there at once.
func send(t *testing.T, irsa *irsatest.Emulator, operation string, form url.Values) (outcome, message string) {
	t.Helper()
	signed := aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}
	if rest, ok := strings.CutPrefix(operation, "poor:"); ok {
		operation, signed = rest, aws.Credentials{AccessKeyID: "AKIAPOOREXAMPLE12345", SecretAccessKey: "poor"}
	}
	if waiter, ok := strings.CutPrefix(operation, "wait:"); ok {
		operation = "Get" + strings.TrimSuffix(waiter, "Exists")
	}
	form.Set("Action", operation)
	form.Set("Version", "2010-05-08")
	body := form.Encode()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, irsa.AWSURL()+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	hash := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(t.Context(), signed, r, hex.EncodeToString(hash[:]), "iam", "us-east-1", clock.Now()); err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode == http.StatusOK {
		return "ok", ""
	}
	var refusal struct {
		Error struct{ Code, Message string }
	}
	if err := xml.Unmarshal(text, &refusal); err != nil {
		t.Fatalf("%s: %s", err, text)
	}
	return fmt.Sprint(response.StatusCode, " ", refusal.Error.Code), refusal.Error.Message
}

// annotate gives the pod's ServiceAccount its role.
func annotate(t *testing.T, irsa *irsatest.Emulator, role string) string {
	t.Helper()
	manifest := `{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"namespace":"prod","name":"app","annotations":{"eks.amazonaws.com/role-arn":"` + role + `"}}}`
	response, err := http.Post(irsa.ControlURL()+"/v1/state", "", strings.NewReader(manifest))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusNoContent {
		return response.Status
	}
	return "ok"
}

// podGets gets the object as the pod, whose SDK begins anew.
func podGets(t *testing.T, irsa *irsatest.Emulator) (outcome, result string) {
	t.Helper()
	irsa.Pod("prod", "app").Setenv(t)
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out, err := s3.NewFromConfig(cfg).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("data"), Key: aws.String("k")})
	if err == nil {
		text, err := io.ReadAll(out.Body)
		_ = out.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		return "ok", string(text)
	}
	api, _ := errors.AsType[smithy.APIError](err)
	response, _ := errors.AsType[*awshttp.ResponseError](err)
	if api == nil || response == nil {
		t.Fatalf("not an answer of AWS: %v", err)
	}
	return fmt.Sprint(response.HTTPStatusCode(), " ", api.ErrorCode()), api.ErrorMessage()
}
