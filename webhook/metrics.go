package webhook

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// metrics are upstream's, in its names.
type metrics struct {
	mu            sync.Mutex
	counts        map[requestKey]uint64
	durations     map[route]*duration
	podCounts     map[string]uint64 // by method
	missingCounts uint64
	used          bool
}

// route is the verb and the path of a request.
type route struct{ verb, path string }

type requestKey struct {
	route
	code int
}

// duration is how long the requests of a route took, in microseconds.
type duration struct {
	sum     float64
	count   uint64
	buckets [len(latencyBounds)]uint64 // cumulative
}

// latencyBounds are the upper bounds of upstream's histogram.
var latencyBounds = [...]float64{125000, 250000, 500000, 1e6, 2e6, 4e6, 8e6}

func newMetrics() *metrics {
	return &metrics{counts: map[requestKey]uint64{}, durations: map[route]*duration{}, podCounts: map[string]uint64{}}
}

func (m *metrics) request(r route, code int, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[requestKey{r, code}]++
	d := m.durations[r]
	if d == nil {
		d = &duration{}
		m.durations[r] = d
	}
	us := float64(took / time.Microsecond)
	d.sum += us
	d.count++
	for i, bound := range latencyBounds {
		if us <= bound {
			d.buckets[i]++
		}
	}
}

func (m *metrics) mutated(method string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.podCounts[method]++
}

func (m *metrics) missing() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.missingCounts++
}

// ServeMetrics answers with the metrics in Prometheus' text format.
func (w *Webhook) ServeMetrics(rw http.ResponseWriter, _ *http.Request) {
	rw.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.metrics.write(rw, w.config.ServiceAccounts.Len() > 0)
}

// write prints the families in order of their names. One without values yet is
// left out, as Prometheus' own client does.
func (m *metrics) write(out io.Writer, used bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.used = m.used || used
	f := families{out}
	keys := slices.SortedFunc(maps.Keys(m.counts), func(a, b requestKey) int { return strings.Compare(a.labels(), b.labels()) })
	if len(keys) > 0 {
		f.begin("http_request_count", "counter", "Counter of requests broken out for each verb, path, and response code.")
	}
	for _, k := range keys {
		f.line("http_request_count", k.labels(), float64(m.counts[k]))
	}
	m.writeDurations(f)
	if m.missingCounts > 0 {
		f.begin("pod_identity_webhook_missing_sa_count", "counter", "Service account did not have the right annotations or was not found in the cache.")
		f.line("pod_identity_webhook_missing_sa_count", "", float64(m.missingCounts))
	}
	if len(m.podCounts) > 0 {
		f.begin("pod_identity_webhook_pod_count", "counter", "Indicator to how many pods are using sts web identity or container credentials")
	}
	for _, method := range slices.Sorted(maps.Keys(m.podCounts)) {
		f.line("pod_identity_webhook_pod_count", fmt.Sprintf("method=%q", method), float64(m.podCounts[method]))
	}
	f.begin("pod_identity_webhook_used", "gauge", "Indicator to know pod identity webhook is used")
	value := 0.0
	if m.used {
		value = 1
	}
	f.line("pod_identity_webhook_used", "", value)
}

// writeDurations prints them twice, as upstream has them: as a summary without
// quantiles and as a histogram.
func (m *metrics) writeDurations(f families) {
	routes := slices.SortedFunc(maps.Keys(m.durations), func(a, b route) int { return strings.Compare(a.labels(), b.labels()) })
	if len(routes) == 0 {
		return
	}
	f.begin("http_request_duration_microseconds", "summary", "Response latency summary in microseconds for each verb and path.")
	for _, r := range routes {
		f.total("http_request_duration_microseconds", r, m.durations[r])
	}
	f.begin("http_request_latencies", "histogram", "Response latency distribution in microseconds for each verb and path")
	for _, r := range routes {
		d := m.durations[r]
		for i, bound := range latencyBounds {
			f.line("http_request_latencies_bucket", r.labels()+`,le="`+number(bound)+`"`, float64(d.buckets[i]))
		}
		f.line("http_request_latencies_bucket", r.labels()+`,le="+Inf"`, float64(d.count))
		f.total("http_request_latencies", r, d)
	}
}

// labels are in order of their names.
func (k requestKey) labels() string { return fmt.Sprintf(`code="%d",%s`, k.code, k.route.labels()) }

func (r route) labels() string { return "path=" + quoted(r.path) + ",verb=" + quoted(r.verb) }

// quoted escapes what the text format says must be escaped.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`).Replace(s) + `"`
}

// families prints metrics in Prometheus' text format.
type families struct{ out io.Writer }

func (f families) begin(name, kind, help string) {
	fmt.Fprintf(f.out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

func (f families) line(name, labels string, value float64) {
	if labels != "" {
		labels = "{" + labels + "}"
	}
	fmt.Fprintf(f.out, "%s%s %s\n", name, labels, number(value))
}

func (f families) total(name string, r route, d *duration) {
	f.line(name+"_sum", r.labels(), d.sum)
	f.line(name+"_count", r.labels(), float64(d.count))
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
