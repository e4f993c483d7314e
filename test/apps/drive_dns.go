package apps

// CoreDNS, with zones, metrics and health: dig over UDP and TCP, and curl.

func corednsFiles(m *machine) {
	m.write("etc/Corefile", `
example.org:53 {
	file /etc/db.example.org
	log
	errors
	prometheus :9153
}
.:53 {
	whoami
	health :8080
	cache 30
}
`)
	m.write("etc/db.example.org", `$ORIGIN example.org.
@ 3600 IN SOA ns admin 1 7200 3600 1209600 3600
@ IN NS ns
ns IN A 192.0.2.1
www IN A 192.0.2.2
www IN AAAA 2001:db8::2
*.wild IN CNAME www
`)
}

func driveCoreDNS(m *machine) {
	m.t.Helper()
	m.up("curl -sS -m 5 http://{at 8080}/health")
	dig := "dig +tries=5 +time=3 @127.0.0.1 -p "
	for _, way := range []string{dig + "{port 53/udp} +notcp ", dig + "{port 53} +tcp "} {
		m.wants("192.0.2.2\n", way+"+short www.example.org A")
		m.wants("2001:db8::2\n", way+"+short www.example.org AAAA")
		m.wants("www.example.org.\n192.0.2.2\n", way+"+short a.b.wild.example.org A")
		m.wants("status: NXDOMAIN", way+"nosuch.example.org A")
		m.wants("10.0.2.2", way+"whoami.test A")
	}
	m.wants(`coredns_dns_requests_total{family="1",proto="udp"`, curl+"http://{at 9153}/metrics")
}
