package awsapi_test

import (
	"context"
	"encoding/xml"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/trail"
)

// begin is when the tests' clocks stand.
var begin = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func seeded(n byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{n}) }

func now() time.Time { return begin }

// echoInput has a member of every kind.
type echoInput struct {
	RoleArn         string  `rule:"required,min=20,max=2048,pattern=arn"`
	RoleSessionName string  `rule:"required,min=2,max=64,pattern=name"`
	Secret          *string `rule:"sensitive,max=4"`
	Policy          *string `rule:"pattern=document"`
	DurationSeconds *int32  `rule:"min=900,max=43200"`
	AnyNumber       *int32
	PolicyArns      []descriptor `rule:"max=12"`
}

type descriptor struct {
	Arn string `query:"arn" rule:"required,min=2"`
}

// echoOutput has a member of every kind, too.
type echoOutput struct {
	RoleArn  string
	Empty    string
	Present  *string
	Absent   *string
	Number   int32
	Duration *int32
	At       time.Time
	Inner    innerOutput
	NoInner  *innerOutput
	Arns     []descriptorOutput
	Names    []string
	NoNames  []string
}

type innerOutput struct{ Text string }

type descriptorOutput struct{ Arn string }

func echo(_ context.Context, _ *awsapi.Call, in *echoInput) (*echoOutput, error) {
	empty := ""
	out := &echoOutput{RoleArn: in.RoleArn, Present: &empty, Duration: in.DurationSeconds, At: begin, Inner: innerOutput{in.RoleSessionName}}
	for _, d := range in.PolicyArns {
		out.Arns = append(out.Arns, descriptorOutput(d))
		out.Names = append(out.Names, d.Arn)
	}
	return out, nil
}

type empty struct{}

// service is a toy service with STS's name.
func service() awsapi.Query {
	return awsapi.Query{
		Name: "sts", Version: "2011-06-15", Namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
		Operations: []awsapi.Operation{
			awsapi.Op("Echo", false, awsapi.GrantNone, echo),
			awsapi.Op("Whoami", true, awsapi.GrantNone, func(_ context.Context, call *awsapi.Call, _ *empty) (*innerOutput, error) {
				return &innerOutput{call.Caller.ARN}, nil
			}),
			awsapi.Op("Unasked", false, awsapi.GrantTrust, func(context.Context, *awsapi.Call, *empty) (*innerOutput, error) {
				return &innerOutput{"the secret is hunter2"}, nil
			}),
			awsapi.Op("Panic", false, awsapi.GrantNone, func(context.Context, *awsapi.Call, *empty) (*empty, error) { panic("the secret is hunter2") }),
			awsapi.Op("Fail", false, awsapi.GrantNone, func(context.Context, *awsapi.Call, *empty) (*empty, error) {
				return nil, errors.New("the secret is hunter2")
			}),
		},
		Planned: []string{"Later"},
	}
}

// harness is the toy service in surroundings.
type harness struct {
	testing.TB
	*awsapi.QueryServer
	trail *trail.Log
}

func newHarness(t testing.TB, changes ...func(*awsapi.Config)) *harness {
	t.Helper()
	store, err := iam.NewStore(iam.Config{Now: now, Rand: seeded(1), Root: []iam.RootCredentials{{AccountID: "111122223333", AccessKeyID: "test", Secret: "test"}}})
	if err != nil {
		t.Fatal(err)
	}
	h := &harness{TB: t, trail: trail.NewLog(0)}
	config := awsapi.Config{Store: store, Trail: h.trail, Now: now, Rand: seeded(2)}
	for _, change := range changes {
		change(&config)
	}
	if h.QueryServer, err = awsapi.NewQueryServer(service(), config); err != nil {
		t.Fatal(err)
	}
	return h
}

// answer is an answer with its record.
type answer struct {
	*httptest.ResponseRecorder
	record *trail.Record
}

func (h *harness) do(r *http.Request) answer {
	h.Helper()
	a := answer{ResponseRecorder: httptest.NewRecorder()}
	h.ServeHTTP(a, r)
	record, ok := h.trail.Get(a.Header().Get("X-Amzn-Requestid"))
	if !ok {
		h.Fatal("no record")
	}
	a.record = record
	return a
}

// post sends a form.
func (h *harness) post(body string) answer {
	h.Helper()
	return h.do(posted(body))
}

func posted(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return r
}

const (
	goodARN  = "arn:aws:iam::111122223333:role/app"
	goodEcho = "Action=Echo&Version=2011-06-15&RoleArn=" + goodARN + "&RoleSessionName=session"
)

// message is the text of an error, which the client reads but for characters
// that XML cannot say.
func (a answer) message() string {
	var got struct {
		Message string `xml:"Error>Message"`
	}
	if a.Body.Len() == 0 || a.Code == http.StatusOK || !strings.HasPrefix(a.Body.String(), "<ErrorResponse") {
		return a.record.Message
	}
	if err := xml.Unmarshal(a.Body.Bytes(), &got); err != nil {
		return err.Error()
	}
	if got.Message != strings.ReplaceAll(a.record.Message, "\x01", "\ufffd") {
		return "answered " + got.Message + ", on record " + a.record.Message
	}
	return a.record.Message
}
