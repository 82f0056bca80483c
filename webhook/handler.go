package webhook

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	kjson "sigs.k8s.io/json"

	"github.com/irsatz/irsatz/internal/clock"
)

// maxReview is far above what the API server takes in a request (3 MiB), twice.
const maxReview = 16 << 20

// reviewTime is how long sending a review may take. It is the most that an API
// server waits for an answer.
const reviewTime = 30 * time.Second

// deserializer reads reviews of either version: they have the same fields, and
// the scheme knows neither. It is the real one for the sake of its errors.
var deserializer = serializer.NewCodecFactory(runtime.NewScheme()).UniversalDeserializer()

// ServeHTTP answers an AdmissionReview. As upstream it answers 200 whatever is
// wrong with the review, and says in it that the pod is not allowed; only a
// wrong content type is told by the status.
func (w *Webhook) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	recorder := &statusRecorder{ResponseWriter: rw, status: http.StatusOK}
	began := w.config.Now()
	w.serve(recorder, r)
	w.metrics.request(route{verb(r.Method), r.URL.Path}, recorder.status, w.config.Now().Sub(began))
}

// verb is the method as it is counted. A method is the client's to invent, and
// what is counted must have a bound: those that HTTP does not know are one.
func verb(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return method
	}
	return "OTHER"
}

// statusRecorder keeps the status.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status.
func (s *statusRecorder) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController set deadlines.
func (s *statusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (w *Webhook) serve(rw http.ResponseWriter, r *http.Request) {
	// Not every ResponseWriter has deadlines.
	_ = http.NewResponseController(rw).SetReadDeadline(clock.Now().Add(reviewTime))
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxReview))
	if err != nil {
		body = nil // and so bad content
	}
	if r.Header.Get("Content-Type") != "application/json" {
		http.Error(rw, "Invalid Content-Type, expected `application/json`", http.StatusUnsupportedMediaType)
		return
	}
	var in, out admissionv1.AdmissionReview
	if err := decode(body, &in); err != nil {
		out.Response = refuse(err.Error())
	} else {
		out.Response = w.Admit(r.Context(), in.Request)
	}
	out.TypeMeta = in.TypeMeta
	answer, err := json.Marshal(out)
	if err != nil {
		http.Error(rw, "could not encode response: "+err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = rw.Write(answer)
}

// decode reads a review. The deserializer goes through one twice, first for its
// version and kind, which for one that is as it should be says nothing more:
// it is asked where something else was sent, for YAML, and for its errors.
func decode(body []byte, review *admissionv1.AdmissionReview) error {
	if kjson.UnmarshalCaseSensitivePreserveInts(body, review) == nil {
		return nil
	}
	*review = admissionv1.AdmissionReview{}
	_, _, err := deserializer.Decode(body, nil, review)
	return err
}

func refuse(message string) *admissionv1.AdmissionResponse {
	return &admissionv1.AdmissionResponse{Result: &metav1.Status{Message: message}}
}

// Admit answers the request of a review. A pod is never refused for what it is
// or is not given, only if it is no pod.
func (w *Webhook) Admit(ctx context.Context, request *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
	if request == nil {
		return refuse("bad content")
	}
	response := w.admit(ctx, request)
	response.UID = request.UID
	return response
}

func (w *Webhook) admit(ctx context.Context, request *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
	var pod corev1.Pod
	if err := json.Unmarshal(request.Object.Raw, &pod); err != nil {
		return refuse(err.Error())
	}
	pod.Namespace = request.Namespace // the pod itself need not say
	operations, warnings := w.Patch(ctx, &pod)
	response := &admissionv1.AdmissionResponse{Allowed: true}
	if w.config.Additions.Warnings {
		response.Warnings = warnings
	}
	if operations == nil {
		return response
	}
	patch, err := json.Marshal(operations)
	if err != nil {
		return refuse(err.Error())
	}
	kind := admissionv1.PatchTypeJSONPatch
	response.Patch, response.PatchType = patch, &kind
	return response
}
