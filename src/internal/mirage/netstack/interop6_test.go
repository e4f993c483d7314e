//go:build linux && !mirage

package netstack

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/tcp"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"io"
	"net"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

const linux6 = "2001:db8:99::1"

// realHost6 is realHost with IPv6, whose far end is Linux's 2001:db8:99::1/64.
func realHost6(t *testing.T) (*Stack, *udp.Protocol, *Interface) {
	s, u, i := realHost(t)
	run(t, "sysctl", "-qw", "net.ipv6.conf.mirage0.disable_ipv6=0", "net.ipv6.conf.mirage0.forwarding=1")
	run(t, "ip", "-6", "address", "add", linux6+"/64", "dev", "mirage0", "nodad")
	return s, u, i
}

// eventually waits for something to come true.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !f(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not within 30 s: ", what)
		}
	}
}

// TestInteropIPv6: the stack and Linux find each other and understand each other.
func TestInteropIPv6(t *testing.T) {
	if !enter(t) {
		return
	}
	s, u, i := realHost6(t)
	must(t, i.StartIPv6(IPv6Options{Secret: secret6, Auto: true}))
	must(t, i.AddAddr(prefix6("2001:db8:99::2/64")))
	if _, err := exec.LookPath("ping"); err == nil {
		for _, size := range []string{"56", "1452", "20000"} {
			run(t, "ping", "-6", "-c", "3", "-i", "0.2", "-W", "5", "-s", size, "2001:db8:99::2")
		}
		run(t, "ping", "-6", "-c", "1", "-W", "5", linkOur.String()+"%mirage0")
	}
	must(t, u.Handle(7, func(dst, q []byte, _ wire.AddrPort) []byte { return append(dst, q...) }))
	echo := u.NewSocket(true)
	must(t, echo.Bind(at(wire.Any6, 8)))
	echo.Notify(func(readable, _ bool) {
		buf := make([]byte, 65536)
		for n, d, err := echo.Recv(buf, false); err == nil; n, d, err = echo.Recv(buf, false) {
			echo.SendTo(buf[:n], d.From, udp.Control{})
		}
	})
	for _, port := range []int{7, 8} {
		for _, size := range []int{1, 100, 1452, 1453, 9000, 60000} {
			echoes6(t, fmt.Sprintf("[2001:db8:99::2]:%d", port), size)
		}
	}
	echoes6(t, fmt.Sprintf("[%v%%mirage0]:7", linkOur), 1400)
	c, err := net.Dial("udp6", "[2001:db8:99::2]:9")
	must(t, err)
	c.Write([]byte("x"))
	c.SetReadDeadline(time.Now().Add(30 * time.Second))
	if _, err := c.Read(make([]byte, 10)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("Linux was told %v", err)
	}
	for dst, want := range map[string]inet.Errno{linux6: inet.ECONNREFUSED, "2001:db8:99::77": inet.EHOSTUNREACH} {
		q := u.NewSocket(true)
		must(t, q.Configure(func(o *udp.Options) { o.RecvErr6 = true }))
		must(t, q.Connect(at(addr6(dst), 9)))
		q.Send([]byte("x"), udp.Control{})
		var got error
		eventually(t, "word about "+dst, func() bool { got = q.TakeError(); return got != nil })
		fails(t, got, want)
		q.Close()
	}
	overTCP6(t, s)
}

func echoes6(t *testing.T, to string, size int) {
	t.Helper()
	c, err := net.Dial("udp6", to)
	must(t, err)
	defer c.Close()
	want := make([]byte, size)
	rand.Read(want)
	_, err = c.Write(want)
	must(t, err)
	got := make([]byte, 65536)
	c.SetReadDeadline(time.Now().Add(30 * time.Second))
	n, err := c.Read(got)
	if err != nil || !bytes.Equal(got[:n], want) {
		t.Errorf("%d octets to %s: %d came back: %v", size, to, n, err)
	}
}

// overTCP6 moves data both ways over TCP.
func overTCP6(t *testing.T, s *Stack) {
	t.Helper()
	p := tcp.New(s)
	serveTCP(t, p, 7, mirror)
	want := make([]byte, 4<<20)
	rand.Read(want)
	for _, a := range []string{"[2001:db8:99::2]:7", fmt.Sprintf("[%v%%mirage0]:7", linkOur)} {
		c, err := net.DialTimeout("tcp6", a, 10*time.Second)
		must(t, err)
		c.SetDeadline(time.Now().Add(time.Minute))
		go func() {
			c.Write(want)
			c.(*net.TCPConn).CloseWrite()
		}()
		got, err := io.ReadAll(c)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d octets of %d came back: %v", a, len(got), len(want), err)
		}
		c.Close()
	}
	if _, err := net.DialTimeout("tcp6", "[2001:db8:99::2]:8", 10*time.Second); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("Linux was told %v", err)
	}
	c := newTCPConn(p.NewSocket(true))
	_, err := c.retry(func() (int, error) { return 0, c.s.Connect(at(addr6(linux6), 8)) })
	fails(t, err, inet.ECONNREFUSED)
}

// TestInteropRouter: what dnsmasq advertises makes addresses, routes and resolv.conf, alone and with DHCPv6.
func TestInteropRouter(t *testing.T) {
	if !enter(t) {
		return
	}
	path, err := exec.LookPath("dnsmasq")
	if err != nil {
		t.Skip("needs dnsmasq, of the package dnsmasq-base")
	}
	s, u, i := realHost6(t)
	server := exec.Command(path, "--no-daemon", "--conf-file=/dev/null", "--interface=mirage0", "--bind-interfaces", "--port=0",
		"--enable-ra", "--dhcp-range=2001:db8:99::50,2001:db8:99::60,slaac,64,10m", "--dhcp-option=option6:dns-server,[2001:db8:99::53]",
		"--dhcp-option=option6:domain-search,example.org", "--leasefile-ro", "--user=root", "--log-dhcp", "--pid-file=")
	var log bytes.Buffer
	server.Stdout, server.Stderr = &log, &log
	must(t, server.Start())
	defer func() {
		server.Process.Kill()
		server.Wait()
		if t.Failed() {
			t.Logf("%s", log.Bytes())
		}
	}()
	must(t, i.StartIPv6(IPv6Options{Secret: secret6, Auto: true, Temporary: true}))
	_, err = StartDHCPv6(s, u, i)
	must(t, err)
	stable, temporary, leased := false, false, false
	eventually(t, "three addresses", func() bool {
		for _, a := range s.Interfaces()[1].Addrs {
			switch {
			case a.Temporary:
				temporary = true
			case a.Auto:
				stable = true
			case a.Prefix.Bits == 128:
				leased = true
			}
		}
		return stable && temporary && leased
	})
	eventually(t, "the resolver", func() bool {
		return string(s.ResolvConf()) == "search example.org\nnameserver 2001:db8:99::53\n"
	})
	if r, err := s.Route(far6, wire.Any6, 0); err != nil || !r.Next.IsLinkLocal() {
		t.Errorf("%+v, %v", r, err)
	}
	must(t, u.Handle(7, func(dst, q []byte, _ wire.AddrPort) []byte { return append(dst, q...) }))
	for _, a := range s.Interfaces()[1].Addrs {
		if !a.Prefix.Addr.IsLinkLocal() {
			echoes6(t, "["+a.Prefix.Addr.String()+"]:7", 100)
		}
	}
}
