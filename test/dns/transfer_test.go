package dns_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"mirage/dns"
	"mirage/dns/transfer"
	"mirage/dns/tsig"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// transferZone is a zone of a few thousand records whose serial number and changing records are given.
func transferZone(t *testing.T, serial int, lines string) (text string, z *dns.Zone) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "$ORIGIN moving.example.\n$TTL 300\n@ SOA ns root %d 3600 600 86400 300\n@ NS ns\nns A 192.0.2.1\n", serial)
	for i := range 3000 {
		fmt.Fprintf(&b, "n%d TXT \"number %[1]d\"\n", i)
	}
	b.WriteString(lines)
	z, err := dns.ReadZone(strings.NewReader(b.String()), "moving.example.zone", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), z
}

func recordsOf(z *dns.Zone) (list []string) {
	if z == nil {
		return nil
	}
	for r := range z.Records() {
		list = append(list, r.String())
	}
	slices.Sort(list)
	return list
}

var moving = dns.MustParseName("moving.example")

// startStore serves a Store on one port of loopback, by UDP and TCP.
func startStore(t *testing.T, port int, o transfer.Options, zones ...*dns.Zone) *transfer.Store {
	t.Helper()
	server, err := dns.NewServer(dns.Options{})
	if err != nil {
		t.Fatal(err)
	}
	st, err := transfer.NewStore(server, o, zones...)
	if err != nil {
		t.Fatal(err)
	}
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.ListenPacket("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	streams := &dns.StreamServer{Handle: st.HandleStream}
	go streams.Serve(l)
	go func() {
		b := make([]byte, 4096)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			if a := st.HandleDatagram(nil, b[:n], 1232, from.(*net.UDPAddr).AddrPort()); len(a) > 0 {
				c.WriteTo(a, from)
			}
		}
	}()
	t.Cleanup(func() { c.Close(); streams.Close(); st.Close() })
	return st
}

// keyClause is a key in NSD's configuration.
func keyClause(k *tsig.Key) string {
	return fmt.Sprintf("key:\n  name: %q\n  algorithm: %s\n  secret: %q\n", k.Name, strings.TrimSuffix(k.Algorithm.String(), "."), base64.StdEncoding.EncodeToString(k.Secret))
}

// runNSD runs NSD with zone clauses on a port of its own until the test ends, its files in dir.
func runNSD(t *testing.T, port int, dir, clauses string) {
	t.Helper()
	bin, err := exec.LookPath("nsd")
	if err != nil {
		if bin = "/usr/sbin/nsd"; !exists(bin) {
			t.Skip("NSD is not installed, so there is nothing to compare with: apt-get install nsd, and run this again")
		}
	}
	conf := filepath.Join(dir, "nsd.conf")
	text := fmt.Sprintf("server:\n  ip-address: 127.0.0.1@%d\n  server-count: 1\n  do-ip6: no\n  username: \"\"\n  chroot: \"\"\n  database: \"\"\n"+
		"  zonesdir: %[2]q\n  zonelistfile: \"%[2]s/list\"\n  xfrdfile: \"%[2]s/xfrd\"\n  xfrdir: %[2]q\n  pidfile: \"%[2]s/pid\"\n  logfile: \"%[2]s/log\"\n  rrl-ratelimit: 0\n  verbosity: 2\n  xfrd-reload-timeout: 0\n"+
		"remote-control:\n  control-enable: no\n", port, dir) + clauses
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "-d", "-c", conf)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
		if log, _ := os.ReadFile(filepath.Join(dir, "log")); t.Failed() {
			t.Logf("%s", log)
		}
	})
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// serialAt asks who is on port for the zone's serial number, -1 if there is none.
func serialAt(port int) int64 {
	n := &nsd{}
	n.conn, _ = net.Dial("udp4", fmt.Sprintf("127.0.0.1:%d", port))
	defer n.conn.Close()
	q, _ := (&dns.Message{Header: dns.Header{ID: 77}, Questions: []dns.Question{{Name: moving, Type: dns.TypeSOA, Class: dns.ClassIN}}}).Append(nil)
	m, err := dns.ParseMessage(n.try(q, 300*time.Millisecond))
	if err != nil || len(m.Answers) == 0 {
		return -1
	}
	d := m.Answers[0].Data
	d = d[len(d)-20:]
	return int64(d[0])<<24 | int64(d[1])<<16 | int64(d[2])<<8 | int64(d[3])
}

// within waits until f holds.
func within(t *testing.T, d time.Duration, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(d); !f(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

// transferKeys are nil, for no signatures, and a key of each algorithm.
func transferKeys() []*tsig.Key {
	keys := []*tsig.Key{nil}
	for _, a := range []dns.Name{tsig.SHA1, tsig.SHA256, tsig.SHA384, tsig.SHA512} {
		keys = append(keys, &tsig.Key{Name: dns.MustParseName("moving.key"), Algorithm: a, Secret: []byte("the secret of these two servers")})
	}
	return keys
}

// TestTransferToNSD has NSD as our secondary: AXFR, NOTIFY, IXFR.
func TestTransferToNSD(t *testing.T) {
	for _, k := range transferKeys() {
		ours, theirs := freePort(t), freePort(t)
		rule, name, keys, clause := transfer.Rule{Prefix: netip.MustParsePrefix("127.0.0.0/8")}, "NOKEY", tsig.Keys(nil), ""
		if k != nil {
			rule.Key, name, keys, clause = k.Name, k.Name.String(), tsig.Keys{*k}, keyClause(k)
		}
		_, z := transferZone(t, 1, "")
		st := startStore(t, ours, transfer.Options{Keys: keys, Allow: []transfer.Rule{rule},
			Notify: []transfer.Target{{Addr: netip.MustParseAddrPort(fmt.Sprintf("127.0.0.1:%d", theirs)), Key: k}}}, z)
		dir := t.TempDir()
		runNSD(t, theirs, dir, clause+fmt.Sprintf("zone:\n  name: moving.example\n  zonefile: moving.zone\n  request-xfr: 127.0.0.1@%d %s\n  allow-notify: 127.0.0.1 %[2]s\n", ours, name))
		within(t, 20*time.Second, "no AXFR", func() bool { return serialAt(theirs) == 1 })
		_, z = transferZone(t, 2, "new A 192.0.2.7\n")
		if err := st.SetZone(z); err != nil {
			t.Fatal(err)
		}
		within(t, 20*time.Second, "no IXFR", func() bool { return serialAt(theirs) == 2 })
	}
}

// TestTransferFromNSD has NSD as the primary of a Secondary of ours.
func TestTransferFromNSD(t *testing.T) {
	for _, k := range transferKeys() {
		ours, theirs := freePort(t), freePort(t)
		name, keys, clause := "NOKEY", tsig.Keys(nil), ""
		if k != nil {
			name, keys, clause = k.Name.String(), tsig.Keys{*k}, keyClause(k)
		}
		dir := t.TempDir()
		text, z := transferZone(t, 1, "")
		file := filepath.Join(dir, "moving.zone")
		write := func(text string) {
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		write(text)
		runNSD(t, theirs, dir, clause+fmt.Sprintf("zone:\n  name: moving.example\n  zonefile: moving.zone\n  provide-xfr: 127.0.0.1 %s\n  notify: 127.0.0.1@%d %[1]s\n  store-ixfr: yes\n  create-ixfr: yes\n", name, ours))
		within(t, 20*time.Second, "NSD does not serve", func() bool { return serialAt(theirs) == 1 })
		st := startStore(t, ours, transfer.Options{Keys: keys})
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan bool)
		s := &transfer.Secondary{Store: st, Zone: moving, Primaries: []transfer.Target{{Addr: netip.MustParseAddrPort(fmt.Sprintf("127.0.0.1:%d", theirs)), Key: k}},
			Log: func(_ transfer.Target, err error) { t.Log(err) }}
		go func() {
			s.Run(ctx)
			close(done)
		}()
		within(t, 20*time.Second, "no AXFR", func() bool { return slices.Equal(recordsOf(st.Zone(moving)), recordsOf(z)) })
		text, z = transferZone(t, 2, "new A 192.0.2.7\n")
		write(text)
		// NSD reads a file again if its time is another; a file system may keep whole seconds.
		if later := time.Now().Add(10 * time.Second); os.Chtimes(file, later, later) != nil {
			t.Fatal("the zone file's time cannot be set")
		}
		pid, _ := os.ReadFile(filepath.Join(dir, "pid"))
		exec.Command("kill", "-HUP", strings.TrimSpace(string(pid))).Run()
		within(t, 20*time.Second, "no IXFR", func() bool { return slices.Equal(recordsOf(st.Zone(moving)), recordsOf(z)) })
		cancel()
		<-done
	}
}

// TestTransferToDig has dig fetch the zone.
func TestTransferToDig(t *testing.T) {
	dig, err := exec.LookPath("dig")
	if err != nil {
		t.Skip("dig is not installed: apt-get install bind9-dnsutils")
	}
	k := transferKeys()[2]
	port := freePort(t)
	_, z := transferZone(t, 1, "")
	st := startStore(t, port, transfer.Options{Keys: tsig.Keys{*k}, Allow: []transfer.Rule{{Prefix: netip.MustParsePrefix("127.0.0.1/32"), Key: k.Name}}}, z)
	_, z = transferZone(t, 2, "new A 192.0.2.7\n")
	st.SetZone(z)
	secret := "hmac-sha256:moving.key:" + base64.StdEncoding.EncodeToString(k.Secret)
	for _, c := range []struct {
		args string
		want string
	}{
		{"AXFR -y " + secret, "XFR size: 3005 records"},
		{"IXFR=1 -y " + secret, "XFR size: 5 records"},
		{"AXFR", "Transfer failed"},
		{"SOA -y " + secret, "status: NOERROR"},
		{"SOA +tcp -y " + secret, "status: NOERROR"},
		{"SOA -y hmac-sha256:nosuch.key:AAAA", "BADKEY"},
		{"SOA -y hmac-sha256:moving.key:AAAA", "BADSIG"},
	} {
		out, _ := exec.Command(dig, append([]string{"@127.0.0.1", "-p", fmt.Sprint(port), "moving.example"}, strings.Fields(c.args)...)...).CombinedOutput()
		if !strings.Contains(string(out), c.want) {
			t.Errorf("%s: %s", c.args, out)
		}
	}
}
