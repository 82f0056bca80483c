// Package eksctl knows what eksctl makes of an iamserviceaccount: the role, its
// name, its trust policy and its permissions.
//
// The facts are those of eksctl 0.231 (pkg/cfn/builder, pkg/cfn/manager and
// pkg/iam/oidc of https://github.com/eksctl-io/eksctl).
package eksctl

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Audience is the client ID of the OIDC providers that eksctl registers.
const Audience = "sts.amazonaws.com"

// Tag is a tag of a role.
type Tag struct{ Key, Value string }

// Policy is an inline policy of a role.
type Policy struct {
	Name     string
	Document []byte // JSON
}

// ServiceAccount is an iamserviceaccount: a role for a Kubernetes
// ServiceAccount.
type ServiceAccount struct {
	AccountID string // of the cluster, where the role will be
	Cluster   string
	Issuer    string // of the cluster
	Namespace string
	Name      string

	RoleName          string   // empty: RoleARN's, or one as CloudFormation makes it
	RoleARN           string   // of the role that eksctl made once; it counts only if it may be that of this one
	PolicyARNs        []string // managed policies to attach
	Policy            []byte   // inline policy; nil: none
	WellKnownPolicies []string // names, as WellKnownPolicies has them
	SubjectPattern    string   // in place of Name in the trust policy
	Tags              []Tag    // of the cluster's config, then its own
}

// Role is what eksctl makes.
type Role struct {
	Name       string
	Trust      []byte // JSON
	PolicyARNs []string
	Policies   []Policy
	Tags       []Tag
}

// Stack returns the name of the CloudFormation stack.
func (s *ServiceAccount) Stack() string {
	return "eksctl-" + s.Cluster + "-addon-iamserviceaccount-" + s.Namespace + "-" + s.Name
}

// Role returns the role.
func (s *ServiceAccount) Role() (*Role, error) {
	trust, err := s.trust()
	if err != nil {
		return nil, err
	}
	role := &Role{Name: s.roleName(), Trust: trust, PolicyARNs: slices.Clone(s.PolicyARNs), Tags: s.tags()}
	for _, name := range s.WellKnownPolicies {
		if _, ok := wellKnown[name]; !ok {
			return nil, fmt.Errorf("invalid wellKnownPolicy: %s", name)
		}
	}
	// The order of eksctl, whatever that of the config.
	for _, name := range WellKnownPolicies() {
		if !slices.Contains(s.WellKnownPolicies, name) {
			continue
		}
		known := wellKnown[name]
		role.PolicyARNs = append(role.PolicyARNs, known.managed...)
		for _, file := range known.inline {
			document, err := policies.ReadFile("policies/" + file + ".json")
			if err != nil {
				return nil, err
			}
			role.Policies = append(role.Policies, Policy{s.Stack() + "-" + file, compact(document)})
		}
	}
	if s.Policy != nil {
		role.Policies = append(role.Policies, Policy{s.Stack() + "-Policy1", s.Policy})
	}
	return role, nil
}

// ErrPort is an issuer with a port: eksctl leaves it out of ARNs and condition
// keys, which then match nothing.
var ErrPort = errors.New("eksctl leaves out the port of an issuer, so that its roles can never be assumed")

// provider returns the issuer as ARNs and condition keys have it: its host and
// its path.
func (s *ServiceAccount) provider() (string, error) {
	u, err := url.Parse(s.Issuer)
	switch {
	case err != nil:
		return "", fmt.Errorf("parsing OIDC issuer URL: %w", err)
	case u.Scheme != "https":
		return "", fmt.Errorf("unsupported URL scheme %q", u.Scheme)
	case u.Port() != "" && u.Port() != "443":
		return "", fmt.Errorf("issuer %s: %w", s.Issuer, ErrPort)
	}
	return u.Hostname() + u.Path, nil
}

// trust is the trust policy. A pattern replaces the name alone, and is compared
// with wildcards.
func (s *ServiceAccount) trust() ([]byte, error) {
	provider, err := s.provider()
	if err != nil {
		return nil, err
	}
	audience, subject := provider+":aud", provider+":sub"
	condition := map[string]map[string]string{"StringEquals": {audience: Audience}}
	if s.SubjectPattern == "" {
		condition["StringEquals"][subject] = "system:serviceaccount:" + s.Namespace + ":" + s.Name
	} else {
		condition["StringLike"] = map[string]string{subject: "system:serviceaccount:" + s.Namespace + ":" + s.SubjectPattern}
	}
	// Members in alphabetical order, as eksctl renders them.
	type statement struct {
		Action    []string                     `json:"Action"`
		Condition map[string]map[string]string `json:"Condition"`
		Effect    string                       `json:"Effect"`
		Principal map[string]string            `json:"Principal"`
	}
	return json.Marshal(struct {
		Statement []statement `json:"Statement"`
		Version   string      `json:"Version"`
	}{[]statement{{
		Action: []string{"sts:AssumeRoleWithWebIdentity"}, Condition: condition, Effect: "Allow",
		Principal: map[string]string{"Federated": "arn:aws:iam::" + s.AccountID + ":oidc-provider/" + provider},
	}}, "2012-10-17"})
}

// tags are those of the stack, which CloudFormation gives to the role. The one
// with eksctl's version is left out: none ran.
func (s *ServiceAccount) tags() []Tag {
	tags := []Tag{{"alpha.eksctl.io/cluster-name", s.Cluster}, {"eksctl.cluster.k8s.io/v1alpha1/cluster-name", s.Cluster}}
	for _, t := range append(slices.Clone(s.Tags), Tag{"alpha.eksctl.io/iamserviceaccount-name", s.Namespace + "/" + s.Name}) {
		// Keys of roles' tags compare without regard to case.
		if i := slices.IndexFunc(tags, func(was Tag) bool { return strings.EqualFold(was.Key, t.Key) }); i >= 0 {
			tags[i] = t
			continue
		}
		tags = append(tags, t)
	}
	return tags
}
