package kubernetes

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/webhook"
)

// webhookNames are what pod identity webhooks are called: ours, upstream's, and
// that of EKS.
var webhookNames = []string{webhookName, "pod-identity-webhook.amazonaws.com", "iam-for-pods.amazonaws.com"}

const registrations = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"

// registration looks for the webhook, ours before others.
func (x *examiner) registration(ctx context.Context) Check {
	text, err := x.cluster.core.Get().AbsPath(registrations).Do(ctx).Raw()
	var list admissionregistrationv1.MutatingWebhookConfigurationList
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	if err != nil {
		return failed(x.cluster.explain("list webhooks", err), "use credentials that may list MutatingWebhookConfigurations")
	}
	found, in := len(webhookNames), ""
	for _, configuration := range list.Items {
		for i := range configuration.Webhooks {
			hook := &configuration.Webhooks[i]
			if rank := slices.Index(webhookNames, hook.Name); rank >= 0 && rank < found {
				found, in, x.hook = rank, configuration.Name, hook
			}
		}
	}
	if x.hook == nil {
		return failed("none is registered: no pod is given an identity", "run `irsatz webhook --register`, or apply deploy/")
	}
	return passed("%s in %s, at %s, failurePolicy %s", x.hook.Name, in, address(x.hook), x.policy())
}

// policy is Fail if nothing is said.
func (x *examiner) policy() admissionregistrationv1.FailurePolicyType {
	if x.hook.FailurePolicy == nil {
		return admissionregistrationv1.Fail
	}
	return *x.hook.FailurePolicy
}

// address is where the API server finds a webhook.
func address(hook *admissionregistrationv1.MutatingWebhook) string {
	if s := hook.ClientConfig.Service; s != nil {
		return "Service " + s.Namespace + "/" + s.Name
	}
	if hook.ClientConfig.URL != nil {
		return *hook.ClientConfig.URL
	}
	return "no address"
}

const registerAgain = "register it again with the CA of its certificate: `irsatz webhook --register` does"

// caBundle looks at what the webhook's certificate is verified with and, where
// the webhook can be reached from here, holds the certificate to it.
func (x *examiner) caBundle(ctx context.Context) Check {
	if x.hook == nil {
		return skipped("no webhook is registered")
	}
	bundle := x.hook.ClientConfig.CABundle
	if len(bundle) == 0 && x.hook.ClientConfig.Service != nil {
		return failed("there is none, and no public CA signs for a Service", registerAgain)
	}
	roots, until, err := certificates(bundle)
	if err != nil {
		return failed(err, registerAgain)
	}
	if !until.IsZero() && clock.Now().After(until) {
		return failed("it ended at "+until.UTC().Format(time.RFC3339), registerAgain)
	}
	seen := "good until " + until.UTC().Format(time.DateOnly)
	if len(bundle) == 0 {
		seen = "the API server's own"
	}
	if x.hook.ClientConfig.URL == nil {
		return passed("%s; the API server holds the certificate to it (pod)", seen)
	}
	switch reached, err := handshake(ctx, *x.hook.ClientConfig.URL, roots); {
	case err != nil && reached:
		return failed("the webhook's certificate does not match: "+err.Error(), registerAgain)
	case err != nil:
		return passed("%s; whether the certificate matches is the API server's to say (pod): not reached from here: %v", seen, err)
	}
	return passed("%s, and the webhook's certificate matches", seen)
}

// certificates reads a bundle, and when the first of it ends. An empty one is
// the system's.
func certificates(bundle []byte) (roots *x509.CertPool, until time.Time, err error) {
	if len(bundle) == 0 {
		return nil, until, nil
	}
	roots = x509.NewCertPool()
	for rest := bundle; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, until, fmt.Errorf("a certificate in it cannot be read: %w", err)
		}
		roots.AddCert(c)
		if until.IsZero() || c.NotAfter.Before(until) {
			until = c.NotAfter
		}
	}
	if until.IsZero() {
		return nil, until, errors.New("no certificate is in it")
	}
	return roots, until, nil
}

// handshake shakes hands with a server, and tells whether there was one.
func handshake(ctx context.Context, at string, roots *x509.CertPool) (reached bool, err error) {
	u, err := url.Parse(at)
	if err != nil {
		return false, err
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return false, err
	}
	defer conn.Close()
	client := tls.Client(conn, &tls.Config{RootCAs: roots, ServerName: u.Hostname()})
	return true, client.HandshakeContext(ctx)
}

// tryPod makes a dry run of a pod that only asks for the webhook's mark. Those
// of others do not know it.
func (x *examiner) tryPod(ctx context.Context) Check {
	switch {
	case x.hook == nil:
		return skipped("no webhook is registered")
	case x.hook.Name != webhookName:
		x.answers = true // as far as this tells
		return skipped("%s is not irsatz's webhook, which alone answers such a pod", x.hook.Name)
	}
	want := rand.Text()
	pod := probePod(want)
	pod.Spec.ServiceAccountName = x.account.name
	got, err := x.dryRun(ctx, pod)
	if err != nil {
		return failed(err, "%s", x.why(err))
	}
	if got.Annotations[webhook.ProbeAnnotation] == want {
		x.answers = true
		return passed("a dry run in %s was mutated", x.account.namespace)
	}
	if x.policy() == admissionregistrationv1.Ignore {
		return failed("A POD WAS LET THROUGH WITHOUT IDENTITY, in silence: the webhook does not answer, and its failurePolicy is Ignore",
			"start the webhook and make such pods anew; `irsatz webhook --register --fail` refuses pods instead while it is away")
	}
	return failed("a dry run in "+x.account.namespace+" was not mutated: the registration's selectors leave it out", "compare the labels of the namespace with the registration's namespaceSelector")
}

func (x *examiner) dryRun(ctx context.Context, pod *corev1.Pod) (*corev1.Pod, error) {
	got := &corev1.Pod{}
	err := x.cluster.core.Post().Namespace(x.account.namespace).Resource("pods").Param("dryRun", "All").Body(pod).Do(ctx).Into(got)
	return got, err
}

// why says what to do when the API server cannot create a pod.
func (x *examiner) why(err error) string {
	text := err.Error()
	has := func(texts ...string) bool {
		return slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(text, s) })
	}
	switch {
	case has("x509:", "tls:"):
		return registerAgain
	case has("failed calling webhook"):
		return "start the webhook: with failurePolicy " + string(x.policy()) + " no pod can be created while " + address(x.hook) + " does not answer the API server"
	}
	return "see what the API server objects to; another admission webhook may be in the way"
}

// identity makes a dry run of a pod of the account, which is to get its role.
func (x *examiner) identity(ctx context.Context) Check {
	switch {
	case x.account.role == "":
		return skipped("no service account with a role")
	case !x.answers:
		return skipped("the webhook does not answer")
	}
	pod := probePod("")
	pod.Annotations = nil
	pod.Spec.ServiceAccountName = x.account.name
	got, err := x.dryRun(ctx, pod)
	if err != nil {
		return failed(err, "%s", x.why(err))
	}
	role, file := variableOf(got, "AWS_ROLE_ARN"), variableOf(got, "AWS_WEB_IDENTITY_TOKEN_FILE")
	switch {
	case role == "" || file == "":
		return failed("a pod of "+x.account.namespace+"/"+x.account.name+" gets no role", "the webhook must know the cluster's service accounts: `irsatz webhook`, or `irsatz serve --attach`; irsatz's log names those that it does not know")
	case !strings.HasSuffix(role, x.account.role): // --compose-role-arn completes a name
		return failed("a pod gets "+role+" in place of "+x.account.role, "the webhook knows the service account otherwise than the cluster has it: is it that of another cluster?")
	}
	x.pod = got
	return passed("a pod of %s/%s gets %s", x.account.namespace, x.account.name, role)
}

// variableOf is a variable of a pod's first container.
func variableOf(pod *corev1.Pod, name string) string {
	for _, v := range pod.Spec.Containers[0].Env {
		if v.Name == name {
			return v.Value
		}
	}
	return ""
}
