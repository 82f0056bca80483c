package webhook_test

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/irsatz/irsatz/webhook"
)

const (
	roleARN   = "arn:aws:iam::111122223333:role/s3-reader"
	mountPath = "/var/run/secrets/eks.amazonaws.com/serviceaccount"
)

// account is a service account with a role and annotations.
func account(pairs ...string) accounts {
	annotations := map[string]string{"eks.amazonaws.com/role-arn": roleARN}
	for i := 0; i < len(pairs); i += 2 {
		annotations["eks.amazonaws.com/"+pairs[i]] = pairs[i+1]
	}
	return accounts{"prod/app": annotations}
}

// podOf is a pod of prod/app with annotations.
func podOf(pairs ...string) *corev1.Pod {
	pod := &corev1.Pod{}
	pod.Namespace, pod.Spec.ServiceAccountName = "prod", "app"
	pod.Annotations = map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		pod.Annotations["eks.amazonaws.com/"+pairs[i]] = pairs[i+1]
	}
	pod.Spec.Containers = []corev1.Container{{Name: "web"}}
	return pod
}

// given is what the first container of a pod is given, and the token.
type given struct {
	env        map[string]string
	token      *corev1.ServiceAccountTokenProjection
	volumeName string
	warnings   []string
}

// mutate returns what the pod is given; nil if nothing.
func mutate(t *testing.T, config webhook.Config, pod *corev1.Pod) *given {
	t.Helper()
	operations, warnings := webhook.New(config).Patch(t.Context(), pod)
	if operations == nil {
		return nil
	}
	g := &given{env: map[string]string{}, warnings: warnings}
	for _, o := range operations {
		switch value := o.Value.(type) {
		case []corev1.Volume:
			g.token, g.volumeName = value[0].Projected.Sources[0].ServiceAccountToken, value[0].Name
		case []corev1.Container:
			for _, v := range value[0].Env {
				g.env[v.Name] = v.Value
			}
		}
	}
	return g
}

func TestW02_NothingWithoutRole(t *testing.T) {
	t.Parallel()
	for name, annotations := range map[string]map[string]string{
		"no annotations":    nil,
		"empty role":        {"eks.amazonaws.com/role-arn": ""},
		"other prefix":      {"example.com/role-arn": roleARN},
		"audience only":     {"eks.amazonaws.com/audience": "x"},
		"without the slash": {"eks.amazonaws.comrole-arn": roleARN},
		"underscore":        {"eks.amazonaws.com/role_arn": roleARN},
	} {
		if g := mutate(t, webhook.Config{ServiceAccounts: accounts{"prod/app": annotations}}, podOf()); g != nil {
			t.Errorf("%s: given %+v", name, g)
		}
	}
	for _, config := range []webhook.Config{{}, {ServiceAccounts: accounts{"prod/other": nil, "dev/app": account()["prod/app"]}}} {
		if g := mutate(t, config, podOf("role-arn", roleARN)); g != nil {
			t.Errorf("an unknown service account is given %+v", g)
		}
	}
}

func TestW03_Volume(t *testing.T) {
	t.Parallel()
	g := mutate(t, webhook.Config{ServiceAccounts: account()}, podOf())
	if g.volumeName != "aws-iam-token" || g.token.Audience != "sts.amazonaws.com" || g.token.Path != "token" || *g.token.ExpirationSeconds != 86400 {
		t.Errorf("default: %s %+v", g.volumeName, g.token)
	}
	g = mutate(t, webhook.Config{
		AnnotationPrefix: "example.com", TokenAudience: "aud", TokenMountPath: "/mnt/t/", TokenExpiration: 3600,
		ServiceAccounts: accounts{"prod/app": {"example.com/role-arn": roleARN}},
	}, podOf())
	if g.volumeName != "aws-iam-token" || g.token.Audience != "aud" || *g.token.ExpirationSeconds != 3600 || g.env["AWS_WEB_IDENTITY_TOKEN_FILE"] != "/mnt/t/token" {
		t.Errorf("configured: %s %+v %v", g.volumeName, g.token, g.env)
	}
}

func TestExpiration(t *testing.T) {
	t.Parallel()
	const key = "token-expiration"
	for _, tt := range []struct {
		name string
		flag int64
		sa   accounts
		pod  *corev1.Pod
		want int64
	}{
		{"W15 flag", 7200, account(), podOf(), 7200},
		{"W15 service account beats flag", 7200, account(key, "10000"), podOf(), 10000},
		{"W15 pod beats service account", 7200, account(key, "10000"), podOf(key, "3600"), 3600},
		{"W16 zero", 0, account(), podOf(key, "0"), 600},
		{"W16 599", 0, account(key, "599"), podOf(), 600},
		{"W16 600", 0, account(key, "600"), podOf(), 600},
		{"W16 negative", 0, account(key, "-1"), podOf(), 600},
		{"W16 flag below the minimum", 60, account(), podOf(), 600},
		{"W16 no upper clamp", 0, account(key, "999999999"), podOf(), 999999999},
		{"W16 garbage keeps the flag", 7200, account(key, "1h"), podOf(), 7200},
		{"W16 garbage of the pod keeps the service account's", 7200, account(key, "10000"), podOf(key, "soon"), 10000},
		{"W16 empty keeps the flag", 7200, account(key, ""), podOf(key, ""), 7200},
		{"W16 out of range keeps the flag", 7200, account(key, "99999999999999999999"), podOf(), 7200},
	} {
		g := mutate(t, webhook.Config{TokenExpiration: tt.flag, ServiceAccounts: tt.sa}, tt.pod)
		if got := *g.token.ExpirationSeconds; got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestW17_RegionalSTS(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		annotation []string
		flag, want bool
	}{
		{"true, flag false", []string{"sts-regional-endpoints", "true"}, false, true},
		{"false, flag false", []string{"sts-regional-endpoints", "false"}, false, false},
		{"empty, flag false", []string{"sts-regional-endpoints", ""}, false, false},
		{"absent, flag false", nil, false, false},
		{"true, flag true", []string{"sts-regional-endpoints", "true"}, true, true},
		{"false, flag true", []string{"sts-regional-endpoints", "false"}, true, false},
		{"empty, flag true", []string{"sts-regional-endpoints", ""}, true, true},
		{"absent, flag true", nil, true, true},
		{"T, flag false", []string{"sts-regional-endpoints", "T"}, false, true},
		{"0, flag true", []string{"sts-regional-endpoints", "0"}, true, false},
		{"yes is no boolean, flag true", []string{"sts-regional-endpoints", "yes"}, true, true},
	} {
		g := mutate(t, webhook.Config{RegionalSTSEndpoint: tt.flag, ServiceAccounts: account(tt.annotation...)}, podOf())
		if got := g.env["AWS_STS_REGIONAL_ENDPOINTS"] == "regional"; got != tt.want {
			t.Errorf("%s: got %v", tt.name, got)
		}
	}
}

func TestW18_Audience(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		flag string
		sa   accounts
		want string
	}{
		"default":                     {"", account(), "sts.amazonaws.com"},
		"flag":                        {"flag", account(), "flag"},
		"annotation beats flag":       {"flag", account("audience", "own"), "own"},
		"annotation is empty, stands": {"flag", account("audience", ""), ""},
	} {
		g := mutate(t, webhook.Config{TokenAudience: tt.flag, ServiceAccounts: tt.sa}, podOf("audience", "pods have none"))
		if g.token.Audience != tt.want {
			t.Errorf("%s: got %q, want %q", name, g.token.Audience, tt.want)
		}
	}
}

func TestW20_ComposedRoleARN(t *testing.T) {
	t.Parallel()
	for region, partition := range map[string]string{
		"eu-west-1": "aws", "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov", "us-iso-east-1": "aws-iso",
		"us-isob-east-1": "aws-iso-b", "eusc-de-east-1": "aws-eusc", "": "aws",
	} {
		config := webhook.Config{RoleARNs: &webhook.RoleARNs{AccountID: "111122223333", Region: region}, ServiceAccounts: account("role-arn", "path/reader")}
		if got, want := mutate(t, config, podOf()).env["AWS_ROLE_ARN"], "arn:"+partition+":iam::111122223333:role/path/reader"; got != want {
			t.Errorf("%s: %s, want %s", region, got, want)
		}
		config.ServiceAccounts = account()
		if got := mutate(t, config, podOf()).env["AWS_ROLE_ARN"]; got != roleARN {
			t.Errorf("%s: an ARN became %s", region, got)
		}
		config.ServiceAccounts = account("role-arn", "")
		if g := mutate(t, config, podOf()); g != nil {
			t.Errorf("%s: no role became %v", region, g.env)
		}
	}
}

func TestW21_InvalidARNIsWarnedAboutAndInjected(t *testing.T) {
	t.Parallel()
	for arn, valid := range map[string]bool{
		roleARN: true,
		"arn:aws-us-gov:iam::111122223333:role/a/path/+=,.@-name_": true,
		"s3-reader":                                false,
		"arn:aws:iam::11112222333:role/short":      false,
		"arn:aws:iam::111122223333:user/not-role":  false,
		"arn:aws:iam::111122223333:role/":          false,
		"arn:aws:iam::111122223333:role/sp ace":    false,
		"arn:aws:iam::111122223333:role/a\nb":      false,
		" arn:aws:iam::111122223333:role/leading":  false,
		"arn:aws:iam::111122223333:role/trailing ": false,
	} {
		g := mutate(t, webhook.Config{ServiceAccounts: account("role-arn", arn)}, podOf())
		if g.env["AWS_ROLE_ARN"] != arn || (len(g.warnings) == 0) != valid {
			t.Errorf("%q: injected %q, warnings %q", arn, g.env["AWS_ROLE_ARN"], g.warnings)
		}
	}
}

const configMap = `{
	"prod/app": {"RoleARN": "arn:aws:iam::111122223333:role/exact", "Audience": "mapped", "UseRegionalSTS": true, "TokenExpiration": 20000},
	"*/any": {"RoleARN": "arn:aws:iam::111122223333:role/wildcard"},
	"pro*/prefix": {"RoleARN": "arn:aws:iam::111122223333:role/prefix"},
	"prod/none": {}, "prod/null": null, "nonsense": {"RoleARN": "x"}
}`

func mappings(t *testing.T) *webhook.Mappings {
	t.Helper()
	m := new(webhook.Mappings)
	if err := m.Load(configMap); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestW22_ConfigMap(t *testing.T) {
	t.Parallel()
	m := mappings(t)
	if err := m.Load("{malformed"); err == nil {
		t.Error("malformed JSON is no error")
	}
	for name, want := range map[string]string{"app": "exact", "any": "wildcard", "prefix": "", "none": "", "null": "", "nonsense": ""} {
		pod := podOf()
		pod.Spec.ServiceAccountName = name
		g := mutate(t, webhook.Config{Mappings: m, TokenAudience: "flag", TokenExpiration: 7200, DefaultRegion: "eu-west-1"}, pod)
		switch {
		case want == "" && g == nil:
		case want == "" || g == nil || g.env["AWS_ROLE_ARN"] != "arn:aws:iam::111122223333:role/"+want:
			t.Errorf("%s: %+v, want %q", name, g, want)
		case want == "exact" && (g.token.Audience != "mapped" || *g.token.ExpirationSeconds != 20000 || g.env["AWS_STS_REGIONAL_ENDPOINTS"] == ""):
			t.Errorf("exact: %+v %v", g.token, g.env)
		// An expiration that is not given has a default, an audience has none.
		case want == "wildcard" && (g.token.Audience != "" || *g.token.ExpirationSeconds != 7200 || g.env["AWS_STS_REGIONAL_ENDPOINTS"] != ""):
			t.Errorf("wildcard: %+v %v", g.token, g.env)
		}
	}
	if err := m.Load("{}"); err != nil {
		t.Error(err)
	}
	if g := mutate(t, webhook.Config{Mappings: m}, podOf()); g != nil {
		t.Errorf("removed from the ConfigMap: %+v", g)
	}
}

func TestW23_AnnotationBeatsConfigMap(t *testing.T) {
	t.Parallel()
	config := webhook.Config{Mappings: mappings(t), ServiceAccounts: account()}
	if got := mutate(t, config, podOf()).env["AWS_ROLE_ARN"]; got != roleARN {
		t.Errorf("with annotation: %s", got)
	}
	config.ServiceAccounts = accounts{"prod/app": nil}
	if got := mutate(t, config, podOf()); got.env["AWS_ROLE_ARN"] != "arn:aws:iam::111122223333:role/exact" || got.token.Audience != "mapped" {
		t.Errorf("without annotation: %v", got.env)
	}
}

// TestW24_SecurityContextIsLeftAlone: no operation goes near it, and what is in
// a container comes back byte for byte.
func TestW24_SecurityContextIsLeftAlone(t *testing.T) {
	t.Parallel()
	pod := podOf()
	group, user, yes := int64(65534), int64(1000), true
	pod.Spec.SecurityContext = &corev1.PodSecurityContext{FSGroup: &group}
	pod.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{RunAsUser: &user, RunAsNonRoot: &yes}
	before, err := json.Marshal(pod)
	if err != nil {
		t.Fatal(err)
	}
	operations, _ := webhook.New(webhook.Config{ServiceAccounts: account()}).Patch(t.Context(), pod)
	var paths []string
	for _, o := range operations {
		paths = append(paths, o.Path)
		if list, ok := o.Value.([]corev1.Container); ok && (*list[0].SecurityContext.RunAsUser != user || !*list[0].SecurityContext.RunAsNonRoot) {
			t.Errorf("container: %+v", list[0].SecurityContext)
		}
	}
	if !slices.Equal(paths, []string{"/spec/volumes", "/spec/containers"}) {
		t.Errorf("operations at %q", paths)
	}
	if after, err := json.Marshal(pod); err != nil || string(after) != string(before) {
		t.Errorf("the pod that was asked about changed: %s, %v", after, err)
	}
}

// late are service accounts that become known after a while.
type late struct {
	mu    sync.Mutex
	after time.Duration
	known accounts
}

func (l *late) Lookup(namespace, name string) (map[string]string, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known.Lookup(namespace, name)
}
func (l *late) Len() int { return 1 }

func (l *late) Await(ctx context.Context, _, _ string) {
	select {
	case <-ctx.Done():
	case <-time.After(l.after):
		l.mu.Lock()
		defer l.mu.Unlock()
		l.known = account()
	}
}

// TestW31_Grace: a pod that is created together with its service account is
// mutated when there is a grace, and missed without one (F04).
func TestW31_Grace(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		grace, after time.Duration
		want         bool
		took         time.Duration
	}{
		{"no grace", 0, 50 * time.Millisecond, false, 0},
		{"grace", 100 * time.Millisecond, 50 * time.Millisecond, true, 50 * time.Millisecond},
		{"grace is over", 100 * time.Millisecond, time.Second, false, 100 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				g := mutate(t, webhook.Config{LookupGrace: tt.grace, ServiceAccounts: &late{after: tt.after}}, podOf())
				if (g != nil) != tt.want || time.Since(began) != tt.took {
					t.Errorf("given %+v after %v", g, time.Since(began))
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		config := webhook.Config{LookupGrace: time.Minute, Mappings: mappings(t), ServiceAccounts: &late{after: time.Second}}
		if g := mutate(t, config, podOf()); g == nil || time.Since(began) != 0 {
			t.Errorf("what the ConfigMap knows has waited: %+v, %v", g, time.Since(began))
		}
	})
}

// TestCommonConfigurations has the cases of upstream's TestGetCommonConfigurations.
func TestCommonConfigurations(t *testing.T) {
	t.Parallel()
	identities := new(webhook.Identities)
	if err := identities.Load([]byte(`{"identities":[{"namespace":"prod","serviceAccount":"app"}]}`)); err != nil {
		t.Fatal(err)
	}
	sa := accounts{"prod/app": {"eks.amazonaws.com/sts-regional-endpoints": "true", "eks.amazonaws.com/token-expiration": "10000"}}
	for name, tt := range map[string]struct {
		config   webhook.Config
		regional bool
		seconds  int64
	}{
		"W32 none: not even the flags": {webhook.Config{RegionalSTSEndpoint: true, TokenExpiration: 7200}, false, 79200},
		"service account":              {webhook.Config{ServiceAccounts: sa}, true, 10000},
		"ConfigMap":                    {webhook.Config{Mappings: mappings(t)}, true, 20000},
		"both":                         {webhook.Config{ServiceAccounts: sa, Mappings: mappings(t)}, true, 10000},
	} {
		tt.config.ContainerCredentials.Identities, tt.config.Rand = identities, zeros{}
		g := mutate(t, tt.config, podOf())
		if g.env["AWS_ROLE_ARN"] != "" || g.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] != "http://169.254.170.23/v1/credentials" {
			t.Errorf("%s: %v", name, g.env)
		}
		if g.env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] != "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token" || g.token.Audience != "pods.eks.amazonaws.com" {
			t.Errorf("%s: %v, %+v", name, g.env, g.token)
		}
		if (g.env["AWS_STS_REGIONAL_ENDPOINTS"] != "") != tt.regional || *g.token.ExpirationSeconds != tt.seconds {
			t.Errorf("%s: %v, %d", name, g.env, *g.token.ExpirationSeconds)
		}
	}
}

// TestW32_Jitter: a day becomes anything from 22 hours to a day.
func TestW32_Jitter(t *testing.T) {
	t.Parallel()
	identities := new(webhook.Identities)
	if err := identities.Load([]byte(`{"identities":[{"namespace":"prod","serviceAccount":"app"}]}`)); err != nil {
		t.Fatal(err)
	}
	config := webhook.Config{ContainerCredentials: webhook.ContainerCredentials{Identities: identities}}
	seen := map[int64]bool{}
	for range 50 {
		seconds := *mutate(t, config, podOf()).token.ExpirationSeconds
		if seconds < 79200 || seconds > 86400 {
			t.Errorf("%d seconds", seconds)
		}
		seen[seconds] = true
	}
	if len(seen) < 10 {
		t.Errorf("%d values in 50", len(seen))
	}
	if seconds := *mutate(t, config, podOf("token-expiration", "86399")).token.ExpirationSeconds; seconds != 86399 {
		t.Errorf("%d seconds where 86399 are asked for", seconds)
	}
}

// TestIdentities has the cases of upstream's TestFileConfig_Load.
func TestIdentities(t *testing.T) {
	t.Parallel()
	identities := new(webhook.Identities)
	has := func() bool {
		return mutate(t, webhook.Config{ContainerCredentials: webhook.ContainerCredentials{Identities: identities}}, podOf()) != nil
	}
	const content = `{"identities":[{"namespace":"prod","serviceAccount":"app"}]}`
	for _, step := range []struct {
		content []byte
		fails   bool
		want    bool
	}{
		{nil, false, false}, {[]byte(content), false, true}, {[]byte("{"), true, true}, {[]byte{}, false, false},
		{[]byte(content), false, true}, {nil, false, false}, {[]byte(`{"identities":[{"namespace":"dev","serviceAccount":"app"}]}`), false, false},
	} {
		if err := identities.Load(step.content); (err != nil) != step.fails || has() != step.want {
			t.Errorf("%q: %v, has %v", step.content, err, has())
		}
	}
}
