package localpod

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/internal/nearest"
	"github.com/irsatz/irsatz/workload"
)

// admitted is a pod that the webhook has seen, and where it is.
type admitted struct {
	info      emulator.Info
	ca        []byte // PEM
	account   emulator.ServiceAccount
	pod       *workload.Pod
	container *workload.Container
	warnings  []string
}

// Variables returns what the webhook makes of the container's own environment,
// NAME=VALUE, as the container would see it. Config.Dir is of no meaning.
func Variables(ctx context.Context, config Config) ([]string, error) {
	a, err := admit(ctx, config)
	if err != nil {
		return nil, err
	}
	return a.container.Env, nil
}

// meet asks the server for what everyone in it is given.
func meet(ctx context.Context, config Config) (*admitted, error) {
	if config.Client == nil {
		return nil, errors.New("localpod: Config.Client and Config.Dir are required")
	}
	for i, v := range config.Env {
		if name, _, ok := strings.Cut(v, "="); !ok || name == "" {
			return nil, fmt.Errorf("localpod: Config.Env[%d]: want NAME=VALUE", i)
		}
	}
	info, err := config.Client.Info(ctx)
	if err != nil {
		return nil, err
	}
	ca, err := config.Client.CA(ctx)
	if err != nil {
		return nil, err
	}
	return &admitted{info: info, ca: ca}, nil
}

// admit has the pod admitted in its cluster.
func admit(ctx context.Context, config Config) (*admitted, error) {
	a, err := meet(ctx, config)
	if err != nil {
		return nil, err
	}
	if a.pod = config.Workload; a.pod == nil {
		a.pod = workload.New()
	}
	if err := a.pod.Place(config.Namespace, config.ServiceAccount); err != nil {
		return nil, err
	}
	a.pod.SetEnv(config.Env)
	if a.account, err = config.Client.ServiceAccount(ctx, config.Cluster, a.pod.Namespace(), a.pod.ServiceAccount()); err != nil {
		return nil, err
	}
	if err := a.review(ctx); err != nil {
		return nil, err
	}
	if a.container, err = a.pod.Container(config.Container); err != nil {
		return nil, err
	}
	if a.account.RoleARN == "" {
		a.warnings = append(a.warnings, noRole(a.account))
	}
	return a, nil
}

const roleAnnotation = "eks.amazonaws.com/role-arn"

// noRole says why a pod has no identity, and which annotation was probably
// meant to give it one.
func noRole(account emulator.ServiceAccount) string {
	text := fmt.Sprintf("ServiceAccount %s/%s has no role: a pod of it gets no AWS identity (annotate it with %s)", account.Namespace, account.Name, roleAnnotation)
	if near, ok := nearest.Of(roleAnnotation, slices.Sorted(maps.Keys(account.Annotations))); ok && near != roleAnnotation {
		text += "; its annotation " + near + " is no such thing"
	}
	return text
}

// maxAnswer bounds what is read of a webhook's answer.
const maxAnswer = 16 << 20

// review takes the pod through the webhook, as the API server does: over TLS,
// by an AdmissionReview.
func (a *admitted) review(ctx context.Context) error {
	review, err := a.pod.Review()
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(a.ca)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer transport.CloseIdleConnections()
	webhook := a.info.AWSTLS + "/_irsatz/clusters/" + url.PathEscape(a.account.Cluster) + "/mutate"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, webhook, bytes.NewReader(review))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return fmt.Errorf("call webhook: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("call webhook: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("call webhook: %s answers %s", webhook, response.Status)
	}
	a.warnings, err = a.pod.Admit(answer)
	return err
}
