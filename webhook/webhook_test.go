package webhook_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/webhook"
)

const (
	roleARN   = "arn:aws:iam::111122223333:role/s3-reader"
	mountPath = "/var/run/secrets/eks.amazonaws.com/serviceaccount"
	tokenFile = mountPath + "/token"
)

func account(pairs ...string) webhook.ServiceAccount {
	sa := webhook.ServiceAccount{Annotations: map[string]string{"eks.amazonaws.com/role-arn": roleARN}}
	for i := 0; i < len(pairs); i += 2 {
		sa.Annotations["eks.amazonaws.com/"+pairs[i]] = pairs[i+1]
	}
	return sa
}

func podWith(pairs ...string) webhook.Pod {
	p := webhook.Pod{Annotations: map[string]string{}}
	for i := 0; i < len(pairs); i += 2 {
		p.Annotations["eks.amazonaws.com/"+pairs[i]] = pairs[i+1]
	}
	return p
}

func inject(t *testing.T, c webhook.Config, sa webhook.ServiceAccount, pod webhook.Pod) webhook.Injection {
	t.Helper()
	in, ok := c.Inject(sa, pod)
	if !ok {
		t.Fatal("nothing is injected")
	}
	return in
}

func env(pairs ...string) []webhook.Env {
	list := []webhook.Env{}
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, webhook.Env{Name: pairs[i], Value: pairs[i+1]})
	}
	return list
}

// TestUpstreamEnv has the rows of upstream's test table that are about the
// environment, under the names of their files.
func TestUpstreamEnv(t *testing.T) {
	t.Parallel()
	identity := []string{"AWS_ROLE_ARN", roleARN, "AWS_WEB_IDENTITY_TOKEN_FILE", tokenFile}
	with := func(first ...string) []webhook.Env { return env(append(first, identity...)...) }
	cnARN := "arn:aws-cn:iam::111122223333:role/s3-reader"
	tests := []struct {
		name   string
		config webhook.Config
		sa     webhook.ServiceAccount
		pod    webhook.Pod
		preset []string
		want   []webhook.Env
		alone  bool
	}{
		{name: "rawPodWithoutVolumes", sa: account(), want: with()},
		{name: "rawPodNeedsRegion", config: webhook.Config{DefaultRegion: "seattle"}, sa: account(),
			want: with("AWS_DEFAULT_REGION", "seattle", "AWS_REGION", "seattle")},
		{name: "rawPodRegionPresent", sa: account(), preset: []string{"AWS_REGION"}, want: with()},
		{name: "rawPodNeedsSTS W05", config: webhook.Config{DefaultRegion: "cn-north-1", RegionalSTSEndpoint: true},
			sa: account("role-arn", cnARN),
			want: env("AWS_STS_REGIONAL_ENDPOINTS", "regional", "AWS_DEFAULT_REGION", "cn-north-1", "AWS_REGION", "cn-north-1",
				"AWS_ROLE_ARN", cnARN, "AWS_WEB_IDENTITY_TOKEN_FILE", tokenFile)},
		{name: "rawPodHasSTS", config: webhook.Config{DefaultRegion: "cn-northwest-1", RegionalSTSEndpoint: true}, sa: account(),
			preset: []string{"AWS_REGION", "AWS_STS_REGIONAL_ENDPOINTS"}, want: with()},
		{name: "rawPodHasAll W12", config: webhook.Config{RegionalSTSEndpoint: true}, sa: account(),
			preset: []string{"AWS_REGION", "AWS_STS_REGIONAL_ENDPOINTS", "AWS_ROLE_ARN"}, want: env(), alone: true},
		{name: "rawPodNoSTSAnnotationOverride", config: webhook.Config{RegionalSTSEndpoint: true},
			sa: account("sts-regional-endpoints", "false"), want: with()},
		{name: "rawPodSkip W11", config: webhook.Config{DefaultRegion: "us-west-2"}, sa: account(), preset: []string{"AWS_ROLE_ARN"},
			want: env("AWS_DEFAULT_REGION", "us-west-2", "AWS_REGION", "us-west-2")},
		{name: "windowsPodWithoutVolumes W19", sa: account(), pod: webhook.Pod{Windows: true},
			want: env("AWS_ROLE_ARN", roleARN, "AWS_WEB_IDENTITY_TOKEN_FILE",
				`C:\var\run\secrets\eks.amazonaws.com\serviceaccount\token`)},
		{name: "W10 default region blocks both", config: webhook.Config{DefaultRegion: "eu-west-1"}, sa: account(),
			preset: []string{"AWS_DEFAULT_REGION"}, want: with()},
		{name: "W11 token file blocks both", sa: account(), preset: []string{"AWS_WEB_IDENTITY_TOKEN_FILE"}, want: env()},
		{name: "names that merely resemble", config: webhook.Config{DefaultRegion: "eu-west-1"}, sa: account(),
			preset: []string{"aws_region", "AWS_ROLE_ARN2"}, want: with("AWS_DEFAULT_REGION", "eu-west-1", "AWS_REGION", "eu-west-1")},
		{name: "all groups but STS are not all", config: webhook.Config{}, sa: account(),
			preset: []string{"AWS_REGION", "AWS_ROLE_ARN"}, want: env()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := inject(t, tt.config, tt.sa, tt.pod)
			if diff := cmp.Diff(tt.want, in.Env(tt.preset...)); diff != "" {
				t.Errorf("env (-want +got):\n%s", diff)
			}
			if got := in.LeavesAlone(tt.preset...); got != tt.alone {
				t.Errorf("LeavesAlone = %v, want %v", got, tt.alone)
			}
			if in.Mount.Path != mountPath {
				t.Errorf("mount path %q", in.Mount.Path)
			}
		})
	}
}

func TestW02NothingWithoutRole(t *testing.T) {
	t.Parallel()
	for name, annotations := range map[string]map[string]string{
		"no annotations":    nil,
		"empty role":        {"eks.amazonaws.com/role-arn": ""},
		"other prefix":      {"example.com/role-arn": roleARN},
		"audience only":     {"eks.amazonaws.com/audience": "x"},
		"without the slash": {"eks.amazonaws.comrole-arn": roleARN},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, ok := webhook.Config{}.Inject(webhook.ServiceAccount{Annotations: annotations}, webhook.Pod{})
			if ok || in.RoleARN != "" {
				t.Errorf("injected %+v", in)
			}
		})
	}
}

func TestW03Volume(t *testing.T) {
	t.Parallel()
	in := inject(t, webhook.Config{}, account(), webhook.Pod{})
	want := webhook.Volume{Name: "aws-iam-token", Audience: "sts.amazonaws.com", ExpirationSeconds: 86400, Path: "token"}
	if diff := cmp.Diff(want, in.Volume); diff != "" {
		t.Errorf("default volume (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(webhook.Mount{VolumeName: "aws-iam-token", Path: mountPath}, in.Mount); diff != "" {
		t.Errorf("default mount (-want +got):\n%s", diff)
	}
	c := webhook.Config{AnnotationPrefix: "example.com", TokenAudience: "aud", TokenMountPath: "/mnt/t/", TokenExpiration: 3600}
	sa := webhook.ServiceAccount{Annotations: map[string]string{"example.com/role-arn": roleARN}}
	in = inject(t, c, sa, webhook.Pod{})
	want = webhook.Volume{Name: "aws-iam-token", Audience: "aud", ExpirationSeconds: 3600, Path: "token"}
	if diff := cmp.Diff(want, in.Volume); diff != "" {
		t.Errorf("configured volume (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(env("AWS_ROLE_ARN", roleARN, "AWS_WEB_IDENTITY_TOKEN_FILE", "/mnt/t/token"), in.Env()); diff != "" {
		t.Errorf("configured env (-want +got):\n%s", diff)
	}
}

// TestExpiration holds W15 and W16.
func TestExpiration(t *testing.T) {
	t.Parallel()
	const key = "token-expiration"
	tests := []struct {
		name string
		flag int64
		sa   webhook.ServiceAccount
		pod  webhook.Pod
		want int64
	}{
		{"W15 flag", 7200, account(), webhook.Pod{}, 7200},
		{"W15 service account beats flag", 7200, account(key, "10000"), webhook.Pod{}, 10000},
		{"W15 pod beats service account (rawPodHasTokenExpiration)", 7200, account(key, "10000"), podWith(key, "3600"), 3600},
		{"W16 zero (rawPodMinTokenExpiration)", 0, account(), podWith(key, "0"), 600},
		{"W16 599", 0, account(key, "599"), webhook.Pod{}, 600},
		{"W16 600", 0, account(key, "600"), webhook.Pod{}, 600},
		{"W16 negative", 0, account(key, "-1"), webhook.Pod{}, 600},
		{"W16 flag below the minimum", 60, account(), webhook.Pod{}, 600},
		{"W16 no upper clamp", 0, account(key, "999999999"), webhook.Pod{}, 999999999},
		{"W16 garbage keeps the flag", 7200, account(key, "1h"), webhook.Pod{}, 7200},
		{"W16 garbage of the pod keeps the service account's", 7200, account(key, "10000"), podWith(key, "soon"), 10000},
		{"W16 empty keeps the flag", 7200, account(key, ""), podWith(key, ""), 7200},
		{"W16 out of range keeps the flag", 7200, account(key, "99999999999999999999"), webhook.Pod{}, 7200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := inject(t, webhook.Config{TokenExpiration: tt.flag}, tt.sa, tt.pod)
			if got := in.Volume.ExpirationSeconds; got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestW17RegionalSTS(t *testing.T) {
	t.Parallel()
	tests := []struct {
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
		{"off is no boolean, flag true", []string{"sts-regional-endpoints", "off"}, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := inject(t, webhook.Config{RegionalSTSEndpoint: tt.flag}, account(tt.annotation...), webhook.Pod{})
			got := in.Env()[0] == webhook.Env{Name: "AWS_STS_REGIONAL_ENDPOINTS", Value: "regional"}
			if got != tt.want {
				t.Errorf("got %v, want %v: %v", got, tt.want, in.Env())
			}
		})
	}
}

func TestW18Audience(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		flag string
		sa   webhook.ServiceAccount
		want string
	}{
		"default":                     {"", account(), "sts.amazonaws.com"},
		"flag":                        {"flag", account(), "flag"},
		"annotation beats flag":       {"flag", account("audience", "own"), "own"},
		"annotation is empty, stands": {"flag", account("audience", ""), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := inject(t, webhook.Config{TokenAudience: tt.flag}, tt.sa, podWith("audience", "pods have none"))
			if in.Volume.Audience != tt.want {
				t.Errorf("got %q, want %q", in.Volume.Audience, tt.want)
			}
		})
	}
}

func TestW21InvalidARNIsWarnedAboutAndInjected(t *testing.T) {
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
		t.Run(arn, func(t *testing.T) {
			t.Parallel()
			in := inject(t, webhook.Config{}, account("role-arn", arn), webhook.Pod{})
			if got := in.Env()[0]; got != (webhook.Env{Name: "AWS_ROLE_ARN", Value: arn}) {
				t.Errorf("injected %v", got)
			}
			if warned := len(in.Warnings) == 1; warned == valid {
				t.Errorf("warnings %q, valid %v", in.Warnings, valid)
			}
		})
	}
}
