package policy_test

import "testing"

func TestConditionIP(t *testing.T) {
	t.Parallel()
	const source = "aws:SourceIp"
	checkConditions(t, []row{
		allow("inside", "{'IpAddress':{'aws:SourceIp':'192.0.2.0/24'}}", keys{source: "192.0.2.7"}),
		deny("outside", "{'IpAddress':{'aws:SourceIp':'192.0.2.0/24'}}", keys{source: "192.0.3.7"}),
		allow("C117 one address", "{'IpAddress':{'aws:SourceIp':'192.0.2.7'}}", keys{source: "192.0.2.7"}),
		deny("C117 one address, neighbour", "{'IpAddress':{'aws:SourceIp':'192.0.2.7'}}", keys{source: "192.0.2.8"}),
		allow("IPv6", "{'IpAddress':{'aws:SourceIp':'2001:db8::/32'}}", keys{source: "2001:db8::1"}),
		allow("IPv6, one address", "{'IpAddress':{'aws:SourceIp':'2001:db8::1'}}", keys{source: "2001:DB8:0::1"}),
		deny("C118 other family", "{'IpAddress':{'aws:SourceIp':'0.0.0.0/0'}}", keys{source: "2001:db8::1"}),
		allow("C118 other family, negated", "{'NotIpAddress':{'aws:SourceIp':'0.0.0.0/0'}}", keys{source: "2001:db8::1"}),
		allow("mapped", "{'IpAddress':{'aws:SourceIp':'192.0.2.0/24'}}", keys{source: "::ffff:192.0.2.7"}),
		allow("C103 outside both", "{'NotIpAddress':{'aws:SourceIp':['192.0.2.0/24','198.51.100.0/24']}}", keys{source: "203.0.113.1"}),
		deny("C103 inside one", "{'NotIpAddress':{'aws:SourceIp':['192.0.2.0/24','198.51.100.0/24']}}", keys{source: "198.51.100.1"}),
		allow("bits beyond the mask", "{'IpAddress':{'aws:SourceIp':'192.0.2.9/24'}}", keys{source: "192.0.2.7"}),
		deny("no range", "{'IpAddress':{'aws:SourceIp':'300.1.1.1'}}", keys{source: "192.0.2.7"}),
		deny("no range, negated", "{'NotIpAddress':{'aws:SourceIp':'192.0.2.0/33'}}", keys{source: "192.0.2.7"}),
		deny("no address", "{'NotIpAddress':{'aws:SourceIp':'192.0.2.0/24'}}", keys{source: "localhost"}),
	})
}
