//go:build linux && !mirage

package netstack

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/link/tap"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

const inNamespace = "MIRAGE_TEST_NETNS"

// enter runs the calling test again, alone, in a network namespace of its own, and reports whether this is that run.
func enter(t *testing.T) bool {
	if os.Getenv(inNamespace) != "" {
		return true
	}
	if os.Getuid() != 0 {
		t.Skip("needs root, to make a network namespace")
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		t.Skip("needs tap devices: ", err)
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("needs ip, of the package iproute2")
	}
	c := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	c.Env = append(os.Environ(), inNamespace+"=1")
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	out, err := c.CombinedOutput()
	if errors.Is(err, syscall.EPERM) {
		t.Skip("may not make a network namespace")
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if bytes.Contains(out, []byte("--- SKIP")) {
		t.Skipf("%s", out)
	}
	t.Logf("%s", out) // to be seen with -v
	return false
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// realHost is a stack on a tap device, whose far end is Linux's 10.99.0.1/24.
func realHost(t *testing.T) (*Stack, *udp.Protocol, *Interface) {
	card, err := tap.Open("mirage0", ourMAC.As6(), 1500)
	must(t, err)
	t.Cleanup(card.Close)
	run(t, "ip", "link", "set", "lo", "up")
	run(t, "ip", "address", "add", "10.99.0.1/24", "dev", "mirage0")
	run(t, "ip", "link", "set", "mirage0", "up")
	begun := time.Now()
	s := New(Config{Now: func() int64 { return int64(time.Since(begun)) + 1 }, Rand: func(p []byte) { rand.Read(p) }})
	t.Cleanup(s.Start())
	return s, udp.New(s), s.AddNIC("eth0", card)
}

// TestInteropLinux: the stack and Linux understand each other.
func TestInteropLinux(t *testing.T) {
	if !enter(t) {
		return
	}
	s, u, i := realHost(t)
	must(t, i.Configure(Static{Addr: wire.Prefix{Addr: wire.V4(10, 99, 0, 2), Bits: 24}, Gateway: wire.V4(10, 99, 0, 1)}))
	if _, err := exec.LookPath("ping"); err == nil {
		for _, size := range []string{"56", "1472", "20000"} {
			run(t, "ping", "-c", "3", "-i", "0.2", "-W", "5", "-s", size, "10.99.0.2")
		}
	}
	must(t, u.Handle(7, func(dst, q []byte, _ wire.AddrPort) []byte { return append(dst, q...) }))
	echo := u.NewSocket(false)
	must(t, echo.Bind(at(any4, 8)))
	echo.Notify(func(readable, _ bool) {
		buf := make([]byte, 65536)
		for n, d, err := echo.Recv(buf, false); err == nil; n, d, err = echo.Recv(buf, false) {
			echo.SendTo(buf[:n], d.From, udp.Control{})
		}
	})
	for _, port := range []int{7, 8} {
		for _, size := range []int{0, 1, 100, 1472, 1473, 9000, 60000} {
			if port == 7 && size == 0 {
				continue // a handler's empty answer is none
			}
			echoes(t, fmt.Sprintf("10.99.0.2:%d", port), size)
		}
	}
	refused(t)
	linuxRefuses(t, s, u)
}

// echoes sends from Linux and wants the same back.
func echoes(t *testing.T, to string, size int) {
	t.Helper()
	c, err := net.Dial("udp4", to)
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

// refused: Linux hears that nobody is at a port of ours.
func refused(t *testing.T) {
	t.Helper()
	c, err := net.Dial("udp4", "10.99.0.2:9")
	must(t, err)
	defer c.Close()
	c.Write([]byte("x"))
	c.SetReadDeadline(time.Now().Add(30 * time.Second))
	if _, err := c.Read(make([]byte, 10)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("Linux was told %v", err)
	}
}

// linuxRefuses: we hear that nobody is at a port of Linux's, and that nobody is at an address.
func linuxRefuses(t *testing.T, s *Stack, u *udp.Protocol) {
	t.Helper()
	for dst, want := range map[wire.Addr]inet.Errno{wire.V4(10, 99, 0, 1): inet.ECONNREFUSED, wire.V4(10, 99, 0, 77): inet.EHOSTUNREACH} {
		c := u.NewSocket(false)
		told := make(chan struct{}, 10)
		c.Notify(func(_, _ bool) { told <- struct{}{} })
		must(t, c.Configure(func(o *udp.Options) { o.RecvErr = true }))
		must(t, c.Connect(at(dst, 9)))
		c.Send([]byte("x"), udp.Control{})
		select {
		case <-told:
			fails(t, c.TakeError(), want)
		case <-time.After(30 * time.Second):
			t.Errorf("no word about %v", dst)
		}
		c.Close()
	}
}

// TestInteropDHCP: the client gets its address from dnsmasq, and keeps it.
func TestInteropDHCP(t *testing.T) {
	if !enter(t) {
		return
	}
	path, err := exec.LookPath("dnsmasq")
	if err != nil {
		t.Skip("needs dnsmasq, of the package dnsmasq-base")
	}
	s, u, i := realHost(t)
	server := exec.Command(path, "--no-daemon", "--conf-file=/dev/null", "--interface=mirage0", "--bind-interfaces", "--port=0",
		"--dhcp-range=10.99.0.50,10.99.0.60,255.255.255.0,2m", "--dhcp-option=3,10.99.0.1", "--dhcp-option=6,10.99.0.1,9.9.9.9",
		"--dhcp-option=15,example.org", "--leasefile-ro", "--no-ping", "--user=root", "--log-dhcp", "--pid-file=")
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
	d, err := StartDHCP(s, u, i, DHCPOptions{Hostname: "unikernel"})
	must(t, err)
	select {
	case <-i.Configured():
	case <-time.After(60 * time.Second):
		t.Error("no address")
		return
	}
	info := s.Interfaces()[1]
	if a := info.Addrs[0].Prefix.String(); !strings.HasPrefix(a, "10.99.0.") || !strings.HasSuffix(a, "/24") {
		t.Errorf("address %s", a)
	}
	if got := string(s.ResolvConf()); got != "search example.org\nnameserver 10.99.0.1\nnameserver 9.9.9.9\n" {
		t.Errorf("%q", got)
	}
	if r, err := s.Route(otherNet, any4, 0); err != nil || r.Next != wire.V4(10, 99, 0, 1) {
		t.Errorf("%+v, %v", r, err)
	}
	must(t, u.Handle(7, func(dst, q []byte, _ wire.AddrPort) []byte { return append(dst, q...) }))
	echoes(t, info.Addrs[0].Prefix.Addr.String()+":7", 100)
	// Renewed as if its first half were over.
	old := d.lease.Load()
	d.expireNow()
	for deadline := time.Now().Add(30 * time.Second); d.lease.Load() == old; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Error("not renewed")
			return
		}
	}
	d.Release()
	if a := s.Interfaces()[1].Addrs; len(a) != 0 {
		t.Errorf("%v after the release", a)
	}
}

// expireNow does at once what is due at T1.
func (d *DHCP) expireNow() {
	d.mu.Lock()
	next := d.client.Next()
	d.mu.Unlock()
	d.expire(next)
}
