package intercept_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/intercept"
)

const ownExceptions = "localhost,.localhost,127.0.0.1,127.0.0.0/8,::1"

func TestEnv(t *testing.T) {
	t.Parallel()
	got := intercept.Env("http://127.0.0.1:8080", "")
	want := map[string]string{
		"HTTP_PROXY": "http://127.0.0.1:8080", "http_proxy": "http://127.0.0.1:8080",
		"HTTPS_PROXY": "http://127.0.0.1:8080", "https_proxy": "http://127.0.0.1:8080",
		"NO_PROXY": ownExceptions, "no_proxy": ownExceptions,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
}

func TestEnvKeepsOnlyHarmlessExceptions(t *testing.T) {
	t.Parallel()
	tests := []struct{ inherited, want string }{
		{"example.org,.corp.example", "example.org,.corp.example"},
		{"10.0.0.0/8, 192.168.1.1", "10.0.0.0/8,192.168.1.1"},
		{"[2001:db8::1]:443 kubernetes.default.svc", "[2001:db8::1]:443,kubernetes.default.svc"},
		{"*.example.org,xamazonaws.com", "*.example.org,xamazonaws.com"},
		{"*", ""},
		{".amazonaws.com", ""},
		{"*.amazonaws.com", ""},
		{"*amazonaws.com", ""},
		{"AMAZONAWS.COM.", ""},
		{"s3.eu-west-1.amazonaws.com:443", ""},
		{".com,com,.aws", ""},
		{"amazonaws.eu", ""},
		{"s3.*", ""},
		{"169.254.169.254,169.254.170.2:80,169.254.0.0/16,[fd00:ec2::254],fd00:ec2::/32", ""},
		{"0.0.0.0/0,::/0,10.0.0.0/99", ""},
		{"::ffff:169.254.169.254", ""},
	}
	for _, test := range tests {
		t.Run(test.inherited, func(t *testing.T) {
			t.Parallel()
			got := strings.TrimPrefix(strings.TrimPrefix(intercept.Env("http://127.0.0.1:1", test.inherited)["NO_PROXY"], ownExceptions), ",")
			if got != test.want {
				t.Errorf("kept %q, want %q", got, test.want)
			}
		})
	}
}

func TestJVMFlags(t *testing.T) {
	t.Parallel()
	want := []string{
		"-Dhttp.proxyHost=127.0.0.1", "-Dhttp.proxyPort=8080", "-Dhttps.proxyHost=127.0.0.1", "-Dhttps.proxyPort=8080", "-Dhttps.proxyUser=irsatz", "-Dhttps.proxyPassword=irsatz",
		"-Dhttp.nonProxyHosts=localhost|*.localhost|127.*|[::1]",
	}
	if diff := cmp.Diff(want, intercept.JVMFlags("http://127.0.0.1:8080")); diff != "" {
		t.Errorf("flags (-want +got):\n%s", diff)
	}
	for _, bad := range []string{"", "127.0.0.1:8080", "http://127.0.0.1", "http://\x00"} {
		if got := intercept.JVMFlags(bad); got != nil {
			t.Errorf("%q: got %q", bad, got)
		}
	}
}
