// Package conformance_test runs the walkthroughs' cases, the same that the
// clients in other languages are judged by, with the AWS SDK for Go v2.
package conformance_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/irsatest"
	"github.com/irsatz/irsatz/localpod"
)

// walkthrough is one of the two, with its server.
type walkthrough struct {
	namespace, serviceAccount, account, role, bucket string

	irsa          *irsatest.Emulator
	live, expired aws.Credentials
	big           []byte
}

func open(t *testing.T, file string, w walkthrough) *walkthrough {
	t.Helper()
	setup, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c := new(clock.Clock)
	w.irsa = irsatest.StartConfig(t, emulator.Config{Clock: c}, string(setup))
	// One session that ended an hour ago, and one that lives.
	c.Advance(-2 * time.Hour)
	w.expired = w.session(t)
	c.Advance(2 * time.Hour)
	w.live = w.session(t)
	w.big = make([]byte, 11<<20)
	_, _ = rand.Read(w.big) // never fails
	return &w
}

func (w *walkthrough) roleARN() string { return "arn:aws:iam::" + w.account + ":role/" + w.role }

// session assumes the role as an SDK would.
func (w *walkthrough) session(t *testing.T) aws.Credentials {
	t.Helper()
	client := sts.New(sts.Options{Region: w.irsa.Region(), BaseEndpoint: aws.String(w.irsa.AWSURL())})
	out, err := client.AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: aws.String(w.roleARN()), RoleSessionName: aws.String("kept"),
		WebIdentityToken: aws.String(w.irsa.Token(w.namespace, w.serviceAccount)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return aws.Credentials{
		AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey,
		SessionToken: *out.Credentials.SessionToken,
	}
}

// kase is a line of cases.tsv.
type kase struct{ walkthroughs, name, transports, change, operation, outcome, text, why string }

func readCases(t *testing.T) []kase {
	t.Helper()
	text, err := os.ReadFile("cases.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var cases []kase
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 8 {
			t.Fatalf("cases.tsv: %d columns: %s", len(f), line)
		}
		cases = append(cases, kase{f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]})
	}
	return cases
}

func TestWalkthroughs(t *testing.T) {
	cases := readCases(t)
	for name, w := range map[string]*walkthrough{
		"A": open(t, "blog-a.yaml", walkthrough{
			namespace: "my-cluster-namespace", serviceAccount: "my-serviceaccount", account: "111122223333", role: "eks-s3-role", bucket: "my-s3-bucket",
		}),
		"B": open(t, "blog-b.yaml", walkthrough{
			namespace: "ns-utils", serviceAccount: "s3fullaccess", account: "780795068345",
			role: "eksctl-sandbox-addon-iamserviceaccount-Role1-1Y053HXQ9Y5SY", bucket: "track-uploads",
		}),
	} {
		for _, transport := range []string{"http", "https"} {
			for _, c := range cases {
				if strings.Contains(c.walkthroughs, name) && (c.transports == "each" || transport == "http") {
					t.Run(name+"/"+transport+"/"+c.name, func(t *testing.T) { w.judge(t, c, transport) })
				}
			}
		}
	}
}

// judge runs the case's operation in the case's pod and compares.
func (w *walkthrough) judge(t *testing.T, c kase, transport string) {
	pod := w.pod(t, w.fill(c.change, transport), transport)
	pod.Setenv(t)
	result, err := w.operate(t, strings.Fields(w.fill(c.operation, transport)))
	if c.outcome == "ok" {
		if err != nil {
			t.Fatalf("refused: %v\n%s", err, w.irsa.Why())
		}
		if !w.matches(c.text, transport, result) {
			t.Fatalf("got %q, want %q", result, c.text)
		}
		return
	}
	if err == nil {
		t.Fatalf("allowed with %q, want %s", result, c.outcome)
	}
	api, _ := errors.AsType[smithy.APIError](err)
	response, _ := errors.AsType[*awshttp.ResponseError](err)
	if api == nil || response == nil {
		t.Fatalf("not an answer of AWS: %v", err)
	}
	if got := fmt.Sprintf("%d %s", response.HTTPStatusCode(), api.ErrorCode()); got != c.outcome || !w.matches(c.text, transport, api.ErrorMessage()) {
		t.Fatalf("got %s: %s\nwant %s: %s", got, api.ErrorMessage(), c.outcome, c.text)
	}
	record, ok := w.irsa.Trail().Get(response.ServiceRequestID())
	if !ok {
		t.Fatalf("request %q left no record", response.ServiceRequestID())
	}
	if c.why == "-" {
		return
	}
	for part := range strings.SplitSeq(w.fill(c.why, transport), " + ") {
		if why := record.Explanation(); !strings.Contains(why, part) {
			t.Errorf("irsatz why does not name %s:\n%s", part, why)
		}
	}
}

// fill writes the walkthrough's own words for the names in braces.
func (w *walkthrough) fill(s, transport string) string {
	sum := sha256.Sum256(w.big)
	return strings.NewReplacer(
		"{ns}", w.namespace, "{sa}", w.serviceAccount, "{account}", w.account, "{role}", w.role, "{bucket}", w.bucket,
		"{lane}", "go-"+transport, "{big-sha256}", hex.EncodeToString(sum[:]),
	).Replace(s)
}

// matches compares with a shell pattern.
func (w *walkthrough) matches(pattern, transport, got string) bool {
	expression := regexp.QuoteMeta(w.fill(pattern, transport))
	expression = strings.NewReplacer(`\{session\}`, `[0-9]+`, `\+\(\[0-9\]\)`, `[0-9]+`, `\*`, `.*`).Replace(expression)
	return regexp.MustCompile(`^(?s:` + expression + `)$`).MatchString(got)
}

// pod is the walkthrough's pod with one thing changed about it.
func (w *walkthrough) pod(t *testing.T, change, transport string) *irsatest.Pod {
	t.Helper()
	settings := localpod.Config{Namespace: w.namespace, ServiceAccount: w.serviceAccount, TLS: transport == "https"}
	kind, rest, _ := strings.Cut(change, " ")
	switch kind {
	case "-":
	case "pod":
		settings.Namespace, settings.ServiceAccount, _ = strings.Cut(rest, "/")
	case "role":
		settings.Env = w.identity(t, rest, nil)
	case "token":
		settings.Env = w.identity(t, w.roleARN(), strings.Fields(rest))
	case "session":
		settings.Env = w.kept(t, rest)
	default:
		t.Fatalf("cases.tsv: there is no change %q", kind)
	}
	return w.irsa.PodConfig(settings)
}

// identity names role and token itself, as a container may.
func (w *walkthrough) identity(t *testing.T, roleARN string, flags []string) []string {
	t.Helper()
	request := emulator.TokenRequest{Namespace: w.namespace, ServiceAccount: w.serviceAccount}
	for i := 0; i+1 < len(flags); i += 2 {
		switch flags[i] {
		case "--broken":
			request.Broken = flags[i+1]
		case "--audience":
			request.Audiences = []string{flags[i+1]}
		case "--cluster":
			request.Cluster = flags[i+1]
		default:
			t.Fatalf("cases.tsv: there is no flag %s", flags[i])
		}
	}
	file := t.TempDir() + "/token"
	if err := os.WriteFile(file, []byte(w.irsa.Mint(request)), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"AWS_ROLE_ARN=" + roleARN, "AWS_WEB_IDENTITY_TOKEN_FILE=" + file}
}

// kept is credentials that the program kept, spoiled as named.
func (w *walkthrough) kept(t *testing.T, which string) []string {
	t.Helper()
	c := w.live
	switch which {
	case "live":
	case "expired":
		c = w.expired
	case "altered-secret":
		c.SecretAccessKey = c.SecretAccessKey[1:] + "A"
	case "malformed-token":
		c.SessionToken = "not-a-session-token"
	case "no-token":
		c.SessionToken = ""
	default:
		t.Fatalf("cases.tsv: there is no session %q", which)
	}
	return []string{"AWS_ACCESS_KEY_ID=" + c.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + c.SecretAccessKey, "AWS_SESSION_TOKEN=" + c.SessionToken}
}

// operate is the walkthrough's program: the default configuration and no
// endpoint in code.
func (w *walkthrough) operate(t *testing.T, args []string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	settings, err := config.LoadDefaultConfig(ctx, config.WithRetryMaxAttempts(1))
	if err != nil {
		return "", err
	}
	client := s3.NewFromConfig(settings)
	switch args[0] {
	case "identity":
		out, err := sts.NewFromConfig(settings).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err != nil {
			return "", err
		}
		return *out.Arn, nil
	case "get":
		return read(ctx, client, args[1], args[2], nil)
	case "range":
		return read(ctx, client, args[1], args[2], aws.String("bytes="+args[3]))
	case "list-buckets":
		out, err := client.ListBuckets(ctx, &s3.ListBucketsInput{})
		if err != nil {
			return "", err
		}
		var names []string
		for _, b := range out.Buckets {
			names = append(names, *b.Name)
		}
		return strings.Join(names, ","), nil
	case "list":
		out, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &args[1], Prefix: &args[2]})
		if err != nil {
			return "", err
		}
		var keys []string
		for _, o := range out.Contents {
			keys = append(keys, *o.Key)
		}
		return strings.Join(keys, ","), nil
	case "put":
		if _, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: &args[1], Key: &args[2], Body: strings.NewReader("a small file")}); err != nil {
			return "", err
		}
		return read(ctx, client, args[1], args[2], nil)
	case "upload":
		if _, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: &args[1], Key: &args[2], Body: bytes.NewReader(w.big)}); err != nil {
			return "", err
		}
		body, err := read(ctx, client, args[1], args[2], nil)
		sum := sha256.Sum256([]byte(body))
		return hex.EncodeToString(sum[:]), err
	case "delete":
		_, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &args[1], Key: &args[2]})
		return "deleted", err
	}
	t.Fatalf("cases.tsv: there is no operation %s", args[0])
	return "", nil
}

func read(ctx context.Context, client *s3.Client, bucket, key string, part *string) (string, error) {
	out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key, Range: part})
	if err != nil {
		return "", err
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	return string(body), err
}
