package kubernetes

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/irsatz/irsatz/internal/clock"
)

// Examination says what a cluster is to be like. The zero Examination takes the
// cluster as it is and asks whether its pods get an identity.
type Examination struct {
	Issuer string // that its tokens are to have; empty means any
	// Namespace and ServiceAccount are one that has a role, to try; empty means
	// the first of the cluster that has.
	Namespace, ServiceAccount string
	// Endpoint is where pods find STS and S3; empty means what they are given.
	Endpoint string
}

// Result is how a check ended.
type Result string

// The results.
const (
	Passed  Result = "ok"
	Failed  Result = "FAILED"
	Skipped Result = "skipped"
)

// Check is one thing that was looked at.
type Check struct {
	Name   string `json:"check"`
	Result Result `json:"result"`
	Seen   string `json:"seen"`
	Do     string `json:"do,omitempty"` // what to do about it
}

// examineTime is how long one thing may take to look at. The API server waits ten
// seconds for a webhook.
const examineTime = 15 * time.Second

// Examine looks at all that a pod's identity depends on. Nothing of the cluster
// is changed: pods are dry runs. What cannot be judged, because what it depends
// on has failed or is out of reach, is skipped and says why.
func (c *Cluster) Examine(ctx context.Context, e Examination) []Check {
	x := &examiner{cluster: c, wanted: e}
	if !x.step(ctx, "API server", x.server) {
		return x.checks
	}
	x.step(ctx, "service account", x.chooseAccount)
	x.step(ctx, "issuer", x.issuer)
	x.step(ctx, "audiences", x.audiences)
	x.step(ctx, "webhook", x.registration)
	x.step(ctx, "CA bundle", x.caBundle)
	x.step(ctx, "pod", x.tryPod)
	x.step(ctx, "identity", x.identity)
	x.step(ctx, "endpoint", x.reach)
	x.step(ctx, "CA", x.trust)
	x.step(ctx, "STS", x.assume)
	x.step(ctx, "clocks", x.clocks)
	return x.checks
}

// examiner is one examination, and what it has found out so far.
type examiner struct {
	cluster *Cluster
	wanted  Examination
	checks  []Check

	account  account // to try; its name is empty if there is none
	token    token   // of the account, for STS; empty if there is none
	hook     *admissionregistrationv1.MutatingWebhook
	answers  bool        // the webhook does
	pod      *corev1.Pod // of the account, as the webhook made it; nil if it did not
	endpoint *reached    // STS and S3; nil if nobody answers there
	skews    []skew
}

// step runs a check and notes it. It tells whether it passed.
func (x *examiner) step(ctx context.Context, name string, check func(context.Context) Check) bool {
	ctx, cancel := context.WithTimeout(ctx, examineTime)
	defer cancel()
	c := check(ctx)
	c.Name = name
	x.checks = append(x.checks, c)
	return c.Result == Passed
}

func passed(format string, args ...any) Check {
	return Check{Result: Passed, Seen: fmt.Sprintf(format, args...)}
}

func skipped(format string, args ...any) Check {
	return Check{Result: Skipped, Seen: fmt.Sprintf(format, args...)}
}

// failed is a check that did not pass. seen may be an error.
func failed(seen any, format string, args ...any) Check {
	return Check{Result: Failed, Seen: strings.Join(strings.Fields(fmt.Sprint(seen)), " "), Do: fmt.Sprintf(format, args...)}
}

// server asks the API server for its version, and notes its time.
func (x *examiner) server(ctx context.Context) Check {
	began := clock.Now()
	status, header, body, err := x.cluster.get(ctx, "/version")
	const do = "name the cluster with --kubeconfig and --context; `kubectl cluster-info` must work with them"
	if err != nil {
		return failed(x.cluster.explain("ask for the version", err), do)
	}
	x.notice("API server", began, header)
	if status != http.StatusOK {
		return failed(fmt.Sprintf("%s answers %d %s", x.cluster.server, status, body), do)
	}
	var version struct{ GitVersion string }
	if err := json.Unmarshal(body, &version); err != nil || version.GitVersion == "" {
		return failed(fmt.Sprintf("%s is no API server: %s", x.cluster.server, body), do)
	}
	return passed("%s, %s", x.cluster.server, version.GitVersion)
}

// get makes a request of the API server as it is, with the kubeconfig's
// credentials.
func (c *Cluster) get(ctx context.Context, path string) (int, http.Header, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.server+path, nil)
	if err != nil {
		return 0, nil, nil, err
	}
	return do(c.core.Client, request)
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 1 << 20

func do(client *http.Client, request *http.Request) (int, http.Header, []byte, error) {
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return response.StatusCode, response.Header, body, err
}

// skew is how far a clock is ahead of this machine's.
type skew struct {
	whose string
	ahead time.Duration
}

// notice notes whose time it is by the Date of an answer, as of the middle of
// the request.
func (x *examiner) notice(whose string, began time.Time, header http.Header) {
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now := clock.Now()
		x.skews = append(x.skews, skew{whose, date.Sub(now.Add(-now.Sub(began) / 2).Truncate(time.Second))})
	}
}

// maxSkew is the leeway of the API server. AWS has five minutes for signatures,
// and none for the end of a token.
const maxSkew = time.Minute

// clocks compares the clocks that were seen with this machine's.
func (x *examiner) clocks(context.Context) Check {
	if len(x.skews) == 0 {
		return skipped("nobody said what time it is")
	}
	var all []string
	wrong := ""
	for _, s := range x.skews {
		all = append(all, fmt.Sprintf("%s %+ds", s.whose, int(s.ahead.Round(time.Second)/time.Second)))
		if s.ahead.Abs() > maxSkew {
			wrong = s.whose
		}
	}
	seen := "against this machine's: " + strings.Join(all, ", ")
	if wrong != "" {
		return failed(seen, "set the clocks: tokens of %s are expired, or not valid yet, elsewhere; a virtual machine that slept may need a restart", wrong)
	}
	return passed("%s", seen)
}
