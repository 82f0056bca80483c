package intercept_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// where says what became of a request to a host.
type where string

const (
	toAWS     where = "the AWS port"
	toNetwork where = "the network"
	refused   where = "403"
)

// hosts are the names and addresses that decide, with the place they lead to.
var hosts = []struct {
	host string
	want where
}{
	{"s3.amazonaws.com", toAWS},
	{"sts.eu-west-1.amazonaws.com", toAWS},
	{"amazonaws.com", toAWS},
	{"S3.AMAZONAWS.COM", toAWS},
	{"S3.AMAZONAWS.COM.", toAWS},
	{"a.b.c.s3.us-east-1.amazonaws.com", toAWS},
	{"my_bucket.s3.amazonaws.com", toAWS},
	{"sts.cn-north-1.amazonaws.com.cn", toAWS},
	{"s3.dualstack.us-east-1.api.aws", toAWS},
	{"API.aws.", toAWS},

	{"evilamazonaws.com", toNetwork},
	{"s3.amazonaws.com.evil.org", toNetwork},
	{"amazonaws.com.evil", toNetwork},
	{"amazonaws.co", toNetwork},
	{"myapi.aws", toNetwork},
	{"amazonaws.com-evil.org", toNetwork},
	{"example.org", toNetwork},
	{"example.org.", toNetwork},
	{"xn--bcher-kva.example", toNetwork},
	{"192.0.2.1", toNetwork},
	{"[2001:db8::1]", toNetwork},
	{"127.0.0.1", toNetwork},

	{"s3.amazonaws.com..", refused},
	{"ｓ３.ａｍａｚｏｎａｗｓ.ｃｏｍ", refused},       // full-width letters, which IDNA maps to ASCII
	{"s3.amazonaws。com", refused},       // an ideographic full stop, which it maps to a dot
	{"s3.ama\u00adzonaws.com", refused}, // a soft hyphen, which it drops
	{"ſ3.amazonaws.com", refused},       // a long s
	{"bücher.example", refused},
	{"s3..amazonaws.com", refused},
	{"*.amazonaws.com", refused},
	{"sts.eusc-de-east-1.amazonaws.eu", refused},
	{"s3.us-iso-east-1.c2s.ic.gov", refused},
	{"s3.cn-north-1.api.amazonwebservices.com.cn", refused},

	{"169.254.169.254", refused},
	{"169.254.170.2", refused},
	{"169.254.170.23", refused},
	{"[fd00:ec2::254]", refused},
	{"[FD00:EC2:0::254]", refused},
	{"[fd00:ec2::23]", refused},
	{"[::ffff:169.254.169.254]", refused},
	{"[::ffff:a9fe:a9fe]", refused},
	{"[fe80::1]", refused},
	{"2852039166", refused}, // 169.254.169.254 to a C library
	{"0xa9fea9fe", refused},
	{"0xA9.0xfe.0xa9.0xfe", refused},
	{"0251.0376.0251.0376", refused},
	{"169.254.43518", refused},
	{"169.254.169.254.", refused},
}

func TestPlainRequestsGoWhereTheHostSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	for _, test := range hosts {
		t.Run(test.host, func(t *testing.T) {
			t.Parallel()
			// Written by hand, since Go's client would change some of the names.
			answer := w.exchange(t, "GET http://"+test.host+"/ HTTP/1.1\r\nHost: "+test.host+"\r\nConnection: close\r\n\r\n")
			checkWhere(t, test.want, answer)
			if test.want == toAWS && !strings.Contains(answer, "host="+test.host+"\n") {
				t.Errorf("the Host header changed: %q", answer)
			}
		})
	}
}

func TestTunnelsGoWhereTheHostSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	for _, test := range hosts {
		t.Run(test.host, func(t *testing.T) {
			t.Parallel()
			// The request follows at once, as one packet: it must not be lost.
			answer := w.exchange(t, "CONNECT "+test.host+":443 HTTP/1.1\r\nHost: "+test.host+":443\r\n\r\n"+
				"GET / HTTP/1.1\r\nHost: inside\r\nConnection: close\r\n\r\n")
			if test.want != refused {
				established, rest, _ := strings.Cut(answer, "\r\n\r\n")
				if !strings.HasPrefix(established, "HTTP/1.1 200 ") {
					t.Fatalf("got %q", established)
				}
				answer = rest
			}
			checkWhere(t, test.want, answer)
		})
	}
}

func checkWhere(t *testing.T, want where, answer string) {
	t.Helper()
	ok := false
	switch want {
	case toAWS:
		ok = strings.Contains(answer, "\nserver=aws\n")
	case toNetwork:
		ok = strings.Contains(answer, "\nserver=network\n")
	case refused:
		// net/http itself answers 400 to a Host header that it cannot read.
		ok = strings.HasPrefix(answer, "HTTP/1.1 403 ") || strings.HasPrefix(answer, "HTTP/1.1 400 ")
		ok = ok && !strings.Contains(answer, "server=")
	}
	if !ok {
		t.Errorf("want %s, got %q", want, answer)
	}
}

func TestOtherPortsOfAWSHostsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	tests := []struct{ name, request string }{
		{"tunnel to another port", "CONNECT s3.amazonaws.com:8443 HTTP/1.1\r\nHost: s3.amazonaws.com:8443\r\n\r\n"},
		{"tunnel to port 80", "CONNECT s3.amazonaws.com:80 HTTP/1.1\r\nHost: s3.amazonaws.com:80\r\n\r\n"},
		{"tunnel to port 22", "CONNECT ec2-192-0-2-1.compute-1.amazonaws.com:22 HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"tunnel without a port", "CONNECT s3.amazonaws.com HTTP/1.1\r\nHost: s3.amazonaws.com\r\n\r\n"},
		{"tunnel to port 0", "CONNECT s3.amazonaws.com:0 HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"tunnel to a port beyond 16 bits", "CONNECT s3.amazonaws.com:65979 HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"plain request to another port", "GET http://s3.amazonaws.com:8080/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"},
		{"plain request to port 443", "GET http://s3.amazonaws.com:443/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"},
		{"https without a tunnel", "GET https://s3.amazonaws.com/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"},
		{"https without a tunnel, port 80", "GET https://s3.amazonaws.com:80/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			checkWhere(t, refused, w.exchange(t, test.request))
		})
	}
}

func TestExplicitPort80(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	answer := w.exchange(t, "GET http://s3.amazonaws.com:80/ HTTP/1.1\r\nHost: s3.amazonaws.com:80\r\nConnection: close\r\n\r\n")
	checkWhere(t, toAWS, answer)
	if !strings.Contains(answer, "host=s3.amazonaws.com:80\n") {
		t.Errorf("the Host header changed: %q", answer)
	}
}

func TestTheURLDecidesAndNotTheHostHeader(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	checkWhere(t, toAWS, w.exchange(t, "GET http://s3.amazonaws.com/ HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n"))
	checkWhere(t, toNetwork, w.exchange(t, "GET http://example.org/ HTTP/1.1\r\nHost: s3.amazonaws.com\r\nConnection: close\r\n\r\n"))
}

func TestWithoutPassThroughOnlyAWSIsServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	checkWhere(t, refused, w.exchange(t, "GET http://example.org/ HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n"))
	checkWhere(t, refused, w.exchange(t, "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n"))
	checkWhere(t, toAWS, w.exchange(t, "GET http://s3.amazonaws.com/ HTTP/1.1\r\nHost: s3.amazonaws.com\r\nConnection: close\r\n\r\n"))
}

func TestRequestsThatAreNotProxied(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	resp, err := http.Get(w.proxy.URL() + "/")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d, want 400", resp.StatusCode)
	}
	if u, err := url.Parse(w.proxy.URL()); err != nil || u.Host != w.proxy.Addr() {
		t.Errorf("URL %s does not name %s", w.proxy.URL(), w.proxy.Addr())
	}
}
