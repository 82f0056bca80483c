package kubernetes

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/irsatz/irsatz/internal/clock"
)

const stsAudience = "sts.amazonaws.com"

// account is a service account and its role, "" if it has none.
type account struct{ namespace, name, role string }

// chooseAccount finds the service account to try.
func (x *examiner) chooseAccount(ctx context.Context) Check {
	list, err := x.cluster.metadata.Resource(serviceAccounts).Namespace(x.wanted.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return failed(x.cluster.explain("list service accounts", err), "use credentials that may list them")
	}
	key := x.cluster.config.AnnotationPrefix + "/role-arn"
	var withRole []account
	for _, sa := range list.Items {
		a := account{sa.Namespace, sa.Name, sa.Annotations[key]}
		if x.wanted.ServiceAccount == a.name {
			x.account = a
		}
		if a.role != "" && a.namespace != metav1.NamespaceSystem {
			withRole = append(withRole, a)
		}
	}
	const do = "kubectl annotate serviceaccount -n %s %s %s=arn:aws:iam::ACCOUNT:role/NAME"
	switch {
	case x.account.name == "" && x.wanted.ServiceAccount != "":
		return failed(fmt.Sprintf("there is no %s/%s", x.wanted.Namespace, x.wanted.ServiceAccount), "kubectl create serviceaccount -n %s %s", x.wanted.Namespace, x.wanted.ServiceAccount)
	case x.account.name != "" && x.account.role == "":
		return failed(fmt.Sprintf("%s/%s has no annotation %s", x.account.namespace, x.account.name, key), do, x.account.namespace, x.account.name, key)
	case x.account.name == "" && len(withRole) == 0:
		x.account = account{namespace: metav1.NamespaceDefault, name: "default"}
		return skipped("none has an annotation %s yet; what depends on a role is skipped", key)
	case x.account.name == "":
		x.account = withRole[0]
	}
	return passed("%s/%s, %s", x.account.namespace, x.account.name, x.account.role)
}

// token is a token, and of its claims what is looked at.
type token struct {
	text     string
	Issuer   string   `json:"iss"`
	Audience []string `json:"aud"`
	IssuedAt int64    `json:"iat"`
}

// mint requests a token of the account; no audiences are the API server's own.
func (x *examiner) mint(ctx context.Context, audiences ...string) (token, error) {
	body, err := json.Marshal(map[string]any{
		"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
		"spec": map[string]any{"audiences": audiences, "expirationSeconds": 600},
	})
	if err != nil {
		return token{}, err
	}
	answer, err := x.cluster.core.Post().Namespace(x.account.namespace).Resource("serviceaccounts").Name(x.account.name).SubResource("token").
		SetHeader("Content-Type", "application/json").Body(body).Do(ctx).Raw()
	if err != nil {
		return token{}, x.cluster.explain("request a token of "+x.account.namespace+"/"+x.account.name, err)
	}
	var request struct {
		Status struct{ Token string }
	}
	if err := json.Unmarshal(answer, &request); err != nil {
		return token{}, err
	}
	t := token{text: request.Status.Token}
	parts := strings.Split(t.text, ".")
	if len(parts) != 3 {
		return token{}, errors.New("the API server answers a token request with no token")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(payload, &t)
	}
	return t, err
}

// issuer asks for a fresh token and looks at who it says it is from.
func (x *examiner) issuer(ctx context.Context) Check {
	began := clock.Now()
	t, err := x.mint(ctx, stsAudience)
	if err != nil {
		return failed(err, "use credentials that may create tokens of service accounts")
	}
	x.token = t
	middle := began.Add(clock.Now().Sub(began) / 2)
	x.skews = append(x.skews, skew{"token", time.Unix(t.IssuedAt, 0).Sub(middle.Truncate(time.Second))})
	switch {
	case x.wanted.Issuer == "":
		return passed("%s", t.Issuer)
	case x.wanted.Issuer == t.Issuer:
		return passed("%s, as wanted", t.Issuer)
	}
	return failed(fmt.Sprintf("%s in place of %s", t.Issuer, x.wanted.Issuer), "%s", x.whyNot(ctx))
}

// whyNot finds out what kubeadm was told of the issuer. Most of the patches that
// are passed around name an apiVersion of kubeadm's of years ago, and kind skips
// one that is not the node's without a word.
func (x *examiner) whyNot(ctx context.Context) string {
	const flag = "service-account-issuer"
	text, err := x.cluster.core.Get().Namespace(metav1.NamespaceSystem).Resource("configmaps").Name("kubeadm-config").Do(ctx).Raw()
	var config corev1.ConfigMap
	if err == nil {
		err = json.Unmarshal(text, &config)
	}
	if err != nil {
		return "give the API server --" + flag + "=" + x.wanted.Issuer
	}
	told, err := kubeadmArguments([]byte(config.Data["ClusterConfiguration"]))
	switch {
	case err != nil:
		return "give the API server --" + flag + "=" + x.wanted.Issuer
	case slices.Contains(told[flag], x.wanted.Issuer):
		return "kubeadm knows of it, and the API server does not run with it: restart it, or make the cluster anew"
	case len(told[flag]) == 0:
		return "kubeadm was not told: kind skips, without a word, a kubeadmConfigPatch whose apiVersion is not that of the node's kubeadm; leave apiVersion out, write extraArgs as a map, and make the cluster anew"
	}
	return "kubeadm was told of " + strings.Join(told[flag], ", ") + ": make the cluster anew with the other, or want this one"
}

// kubeadmArguments are the API server's extra arguments in a configuration of
// kubeadm: a map, or since v1beta4 a list.
func kubeadmArguments(configuration []byte) (map[string][]string, error) {
	var c struct {
		APIServer struct {
			ExtraArgs json.RawMessage `json:"extraArgs"`
		} `json:"apiServer"`
	}
	if err := yaml.Unmarshal(configuration, &c); err != nil {
		return nil, err
	}
	all := map[string][]string{}
	args := bytes.TrimSpace(c.APIServer.ExtraArgs)
	if len(args) > 0 && args[0] == '[' {
		var list []struct{ Name, Value string }
		err := json.Unmarshal(args, &list)
		for _, a := range list {
			all[a.Name] = append(all[a.Name], a.Value)
		}
		return all, err
	}
	var named map[string]string
	if len(args) > 0 {
		if err := json.Unmarshal(args, &named); err != nil {
			return nil, err
		}
	}
	for name, value := range named {
		all[name] = []string{value}
	}
	return all, nil
}

// audiences asks for a token for the API server itself: its audiences are
// --api-audiences.
func (x *examiner) audiences(ctx context.Context) Check {
	t, err := x.mint(ctx)
	if err != nil {
		return failed(err, "use credentials that may create tokens of service accounts")
	}
	own := strings.Join(t.Audience, ", ")
	if !slices.Contains(t.Audience, stsAudience) {
		return passed("the API server's own are %s", own)
	}
	harm := "tokens for AWS open the API server, and those of an hour are good for a year"
	if len(t.Audience) == 1 {
		harm += "; the kubelets' and controllers' own tokens are refused, so that nodes stay NotReady"
	}
	return failed("the API server's own are "+own+": "+harm, "take %s out of --api-audiences: a pod's token volume asks for it, nothing else is needed", stsAudience)
}
