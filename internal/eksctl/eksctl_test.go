package eksctl_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/eksctl"
)

const (
	account  = "111122223333"
	provider = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
)

func reports() eksctl.ServiceAccount {
	return eksctl.ServiceAccount{AccountID: account, Cluster: "sandbox", Issuer: "https://" + provider, Namespace: "default", Name: "reports"}
}

func role(t *testing.T, s eksctl.ServiceAccount) *eksctl.Role {
	t.Helper()
	r, err := s.Role()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := policy.Parse(policy.Trust, r.Trust); err != nil {
		t.Errorf("trust policy: %v", err)
	}
	for _, p := range r.Policies {
		if _, err := policy.Parse(policy.Identity, p.Document); err != nil || len(p.Name) > 128 {
			t.Errorf("policy %s: %v", p.Name, err)
		}
	}
	return r
}

// TestTrustPolicy: the documents are those that eksctl 0.231 was seen to send.
func TestTrustPolicy(t *testing.T) {
	t.Parallel()
	const federated = `"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/` + provider + `"}}],"Version":"2012-10-17"}`
	s := reports()
	want := `{"Statement":[{"Action":["sts:AssumeRoleWithWebIdentity"],"Condition":{"StringEquals":{"` +
		provider + `:aud":"sts.amazonaws.com","` + provider + `:sub":"system:serviceaccount:default:reports"}},` + federated
	if got := string(role(t, s).Trust); got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
	s.Issuer = "https://" + strings.Replace(provider, "/", ":443/", 1)
	if got := string(role(t, s).Trust); got != want {
		t.Errorf("with port 443: got\n%s, want\n%s", got, want)
	}
	// A pattern replaces the name alone, so that a whole subject goes wrong.
	for pattern, subject := range map[string]string{
		"rep-*":                         "system:serviceaccount:default:rep-*",
		"system:serviceaccount:dev-*:*": "system:serviceaccount:default:system:serviceaccount:dev-*:*",
	} {
		s.SubjectPattern = pattern
		want := `{"Statement":[{"Action":["sts:AssumeRoleWithWebIdentity"],"Condition":{"StringEquals":{"` + provider + `:aud":"sts.amazonaws.com"},` +
			`"StringLike":{"` + provider + `:sub":"` + subject + `"}},` + federated
		if got := string(role(t, s).Trust); got != want {
			t.Errorf("pattern %s: got\n%s, want\n%s", pattern, got, want)
		}
	}
	s.Issuer = "https://127.0.0.1:28443/id/X"
	if _, err := s.Role(); !errors.Is(err, eksctl.ErrPort) {
		t.Errorf("issuer with a port: %v", err)
	}
	s.Issuer = "http://" + provider
	if _, err := s.Role(); err == nil || err.Error() != `unsupported URL scheme "http"` {
		t.Errorf("issuer without TLS: %v", err)
	}
}

// TestRoleName compares names with ones that CloudFormation made.
func TestRoleName(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ cluster, namespace, name, want string }{
		{"eksdemo1", "default", "external-dns", "eksctl-eksdemo1-addon-iamserviceaccount-defa-Role1-"},
		{"eks-workshop", "carts", "carts", "eksctl-eks-workshop-addon-iamserviceaccount-Role1-"},
		{"myeks-custom", "kube-system", "aws-node", "eksctl-myeks-custom-addon-iamserviceaccount-Role1-"},
		{"a", "b", "c", "eksctl-a-addon-iamserviceaccount-b-c-Role1-"},
		{strings.Repeat("x", 100), "b", "c", "eksctl-" + strings.Repeat("x", 37) + "-Role1-"},
	} {
		s := eksctl.ServiceAccount{AccountID: account, Cluster: test.cluster, Issuer: "https://" + provider, Namespace: test.namespace, Name: test.name}
		got := role(t, s).Name
		if end, ok := strings.CutPrefix(got, test.want); !ok || len(end) != 12 || len(got) > 64 {
			t.Errorf("%s: got %s", test.cluster, got)
		}
		if again := role(t, s).Name; again != got {
			t.Errorf("then %s", again)
		}
	}
	s := reports()
	first := role(t, s).Name
	for arn, taken := range map[string]bool{
		"arn:aws:iam::111122223333:role/eksctl-sandbox-addon-iamserviceaccount-defau-Role1-R6G3upoEDBOc":      true,
		"arn:aws:iam::111122223333:role/eksctl-sandbox-addon-iamserviceaccount-defau-Role1-1Y053HXQ9Y5SY":     true,
		"arn:aws:iam::444455556666:role/eksctl-sandbox-addon-iamserviceaccount-defau-Role1-R6G3upoEDBOc":      false,
		"arn:aws:iam::111122223333:role/x/eksctl-sandbox-addon-iamserviceaccount-defau-Role1-R6G3upoEDBOc":    false,
		"arn:aws:iam::111122223333:role/eksctl-other-addon-iamserviceaccount-default-Role1-R6G3upoEDBOc":      false,
		"arn:aws:iam::111122223333:role/eksctl-sandbox-addon-iamserviceaccount-defau-Role1-R6G3upoEDBOc-more": false,
	} {
		s.RoleARN = arn
		if got := role(t, s).Name; (got != first) != taken || taken && !strings.HasSuffix(arn, "/"+got) {
			t.Errorf("%s: got %s", arn, got)
		}
	}
	s.RoleName = "reports"
	if got := role(t, s).Name; got != "reports" {
		t.Errorf("got %s", got)
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	s := reports()
	s.PolicyARNs = []string{"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}
	s.Policy = []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]}`)
	s.WellKnownPolicies = []string{"ebsCSIController", "imageBuilder", "certManager", "autoScaler", "awsLoadBalancerController", "externalDNS", "efsCSIController"}
	r := role(t, s)
	if diff := cmp.Diff([]string{
		"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPowerUser",
		"arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy",
	}, r.PolicyARNs); diff != "" {
		t.Errorf("managed (-want +got):\n%s", diff)
	}
	var snapshot iam.Snapshot
	for _, arn := range r.PolicyARNs {
		if _, err := snapshot.ManagedPolicy(arn); err != nil {
			t.Error(err)
		}
	}
	const stack = "eksctl-sandbox-addon-iamserviceaccount-default-reports-"
	var names []string
	for _, p := range r.Policies {
		names = append(names, strings.TrimPrefix(p.Name, stack))
		if !json.Valid(p.Document) || strings.Contains(string(p.Document), "\n") {
			t.Errorf("%s: %s", p.Name, p.Document)
		}
	}
	if diff := cmp.Diff([]string{
		"PolicyAutoScaling", "PolicyAWSLoadBalancerController", "PolicyExternalDNSChangeSet", "PolicyExternalDNSHostedZones",
		"PolicyCertManagerChangeSet", "PolicyCertManagerGetChange", "PolicyCertManagerHostedZones", "PolicyEFSCSIController", "Policy1",
	}, names); diff != "" {
		t.Errorf("inline (-want +got):\n%s", diff)
	}
	if got, want := string(r.Policies[5].Document), `{"Statement":[{"Action":["route53:GetChange"],"Effect":"Allow","Resource":"arn:aws:route53:::change/*"}],"Version":"2012-10-17"}`; got != want {
		t.Errorf("got %s", got)
	}
	s.WellKnownPolicies = []string{"everything"}
	if _, err := s.Role(); err == nil || err.Error() != "invalid wellKnownPolicy: everything" {
		t.Errorf("unknown policy: %v", err)
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	s := reports()
	s.Tags = []eksctl.Tag{{Key: "team", Value: "red"}, {Key: "Team", Value: "blue"}}
	if diff := cmp.Diff([]eksctl.Tag{
		{Key: "alpha.eksctl.io/cluster-name", Value: "sandbox"}, {Key: "eksctl.cluster.k8s.io/v1alpha1/cluster-name", Value: "sandbox"},
		{Key: "Team", Value: "blue"}, {Key: "alpha.eksctl.io/iamserviceaccount-name", Value: "default/reports"},
	}, role(t, s).Tags); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
