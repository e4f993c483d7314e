//go:build linux && !mirage

package netstack

import (
	"bytes"
	"errors"
	"fmt"
	"internal/mirage/netstack/link"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var (
	addrA = netip.MustParseAddr("10.0.0.1")
	addrB = netip.MustParseAddr("10.0.0.2")
)

func pair(t *testing.T) (a, b *Stack) {
	t.Helper()
	a, b, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// take waits for what a handler passes on.
func take[T any](t *testing.T, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(20 * time.Second):
		t.Fatal("nothing has come")
	}
	return v
}

func TestInterfaces(t *testing.T) {
	a, _ := pair(t)
	all := a.Interfaces()
	if len(all) != 2 || all[0].Name != "lo" || all[1].Name != "eth0" || all[1].Index != 2 || all[1].MAC.String() != "02:00:00:00:00:01" ||
		all[1].MTU != 1500 || !slices.Contains(all[1].Addrs, netip.MustParsePrefix("10.0.0.1/24")) {
		t.Errorf("%+v", all)
	}
}

// A protocol on Ethernet: a question to all stations, an answer to the one that asked.
func TestEther(t *testing.T) {
	const typ = 0x88b5 // IEEE 802 section 9.2.4: for experiments
	a, b := pair(t)
	answers := make(chan Frame, 1)
	near, err := a.HandleEther(typ, func(f Frame) {
		f.Payload = bytes.Clone(f.Payload)
		answers <- f
	})
	if err != nil {
		t.Fatal(err)
	}
	var far *Ether
	ready := make(chan struct{})
	far, err = b.HandleEther(typ, func(f Frame) {
		<-ready
		far.Send(f.Interface, f.Source, append([]byte("re: "), f.Payload...))
	})
	if err != nil {
		t.Fatal(err)
	}
	close(ready)
	if err := near.Send(2, Broadcast, []byte("who?")); err != nil {
		t.Fatal(err)
	}
	if f := take(t, answers); string(f.Payload) != "re: who?" || f.Interface != 2 || f.Source.String() != "02:00:00:00:00:02" {
		t.Errorf("%+v", f)
	}
	if _, err := a.HandleEther(typ, func(Frame) {}); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a type twice: %v", err)
	}
	for _, c := range []struct {
		err, want error
	}{
		{near.Send(9, Broadcast, nil), syscall.ENODEV}, {near.Send(2, Broadcast, make([]byte, 1501)), syscall.EMSGSIZE},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%v, want %v", c.err, c.want)
		}
	}
	near.Close()
	near.Close()
	if again, err := a.HandleEther(typ, func(Frame) {}); err != nil {
		t.Errorf("a type that is free again: %v", err)
	} else {
		again.Close()
	}
}

// A protocol on IP, with packets longer than a frame.
func TestIP(t *testing.T) {
	a, b := pair(t)
	packets := make(chan Packet, 1)
	if _, err := b.HandleIP(253, func(p Packet) {
		p.Payload = bytes.Clone(p.Payload)
		packets <- p
	}); err != nil {
		t.Fatal(err)
	}
	near, err := a.HandleIP(253, func(Packet) {})
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	for _, n := range []int{0, 5, 4000} {
		want := bytes.Repeat([]byte("x"), n)
		if err := near.Send(netip.Addr{}, addrB, want); err != nil {
			t.Fatal(err)
		}
		if p := take(t, packets); p.Source != addrA || p.Destination != addrB || !bytes.Equal(p.Payload, want) || p.TTL != 64 || p.Interface != 2 {
			t.Errorf("of %d octets: %v to %v with %d octets", n, p.Source, p.Destination, len(p.Payload))
		}
	}
	for _, c := range []struct {
		from, to string
		want     error
	}{{"10.9.9.9", "10.0.0.2", syscall.EADDRNOTAVAIL}, {"10.0.0.1", "192.0.2.1", syscall.ENETUNREACH}, {"10.0.0.1", "fe80::1%nic7", syscall.ENODEV}} {
		if err := near.Send(netip.MustParseAddr(c.from), netip.MustParseAddr(c.to), nil); !errors.Is(err, c.want) {
			t.Errorf("%s to %s: %v, want %v", c.from, c.to, err, c.want)
		}
	}
	if _, err := a.HandleIP(17, func(Packet) {}); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("UDP's number: %v", err)
	}
}

// ask sends a datagram from a socket of a stack's own, and returns what is answered.
func ask(t *testing.T, s *Stack, to netip.AddrPort, question string) (answered <-chan string) {
	t.Helper()
	socket := s.udp.NewSocket(false)
	t.Cleanup(func() { socket.Close() })
	ch := make(chan string, 1)
	socket.Notify(func(readable, _ bool) {
		b := make([]byte, 2000)
		if n, _, err := socket.Recv(b, false); err == nil {
			ch <- string(b[:n])
		}
	})
	if _, err := socket.SendTo([]byte(question), wire.AddrPort{Addr: toWire(to.Addr()), Port: to.Port()}, udp.Control{}); err != nil {
		t.Fatal(err)
	}
	return ch
}

func upper(dst, query []byte, from netip.AddrPort) []byte {
	return fmt.Appendf(dst, "%s from %v", bytes.ToUpper(query), from.Addr())
}

// Both ways of serving: where frames come, for all addresses, and by a queue, for one.
func TestStackUDP(t *testing.T) {
	a, b := pair(t)
	for _, at := range []string{"0.0.0.0:53", "10.0.0.2:0", "10.0.0.2:54"} {
		u, err := b.HandleUDP(netip.MustParseAddrPort(at), upper)
		if err != nil {
			t.Fatal(err)
		}
		got := take(t, ask(t, a, netip.AddrPortFrom(addrB, u.Addr().Port()), "hello"))
		if got != "HELLO from 10.0.0.1" {
			t.Errorf("at %s: %q", at, got)
		}
		if _, err := b.HandleUDP(u.Addr(), upper); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("%v twice: %v", u.Addr(), err)
		}
		u.Close()
		u.Close()
		if err := u.Wait(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Wait: %v", err)
		}
	}
	if _, err := b.HandleUDP(netip.MustParseAddrPort("10.0.0.1:53"), upper); !errors.Is(err, syscall.EADDRNOTAVAIL) {
		t.Errorf("somebody else's address: %v", err)
	}
}

// A filter drops by what a view shows; a capture has what was let through, and what came to be dropped.
func TestFilterAndCapture(t *testing.T) {
	a, b := pair(t)
	u, err := b.HandleUDP(netip.MustParseAddrPort("0.0.0.0:53"), upper)
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	var file bytes.Buffer
	capture := b.Capture(&file)
	var dropped atomic.Int32
	remove := b.Filter(func(v View) bool {
		p, ok := v.IP()
		if !ok || v.Out {
			return true
		}
		if _, port, ok := p.Ports(); ok && port == 53 && bytes.Contains(p.Payload, []byte("bad")) && p.Source == addrA && v.Interface == 2 && v.EtherType() == 0x800 {
			dropped.Add(1)
			return false
		}
		return true
	})
	to := netip.AddrPortFrom(addrB, 53)
	bad := ask(t, a, to, "bad")
	if got := take(t, ask(t, a, to, "good")); got != "GOOD from 10.0.0.1" {
		t.Errorf("%q", got)
	}
	if len(bad) != 0 || dropped.Load() != 1 {
		t.Errorf("%d answers to what is dropped, %d times", len(bad), dropped.Load())
	}
	remove()
	remove()
	if got := take(t, ask(t, a, to, "bad again")); got != "BAD AGAIN from 10.0.0.1" {
		t.Errorf("%q", got)
	}
	if lost, err := capture.Stop(); lost != 0 || err != nil {
		t.Errorf("the capture lost %d: %v", lost, err)
	}
	frames := frames(t, &file)
	for _, c := range []struct {
		text string
		want int
	}{{"bad", 2}, {"good", 1}, {"GOOD", 1}, {"BAD", 1}} {
		if n := bytes.Count(frames, []byte(c.text)); n != c.want {
			t.Errorf("%q was recorded %d times, want %d", c.text, n, c.want)
		}
	}
}

// frames joins what a capture holds.
func frames(t *testing.T, r io.Reader) (all []byte) {
	t.Helper()
	p, err := link.NewPcapReader(r)
	if err != nil {
		t.Fatal(err)
	}
	for {
		f, at, err := p.Next()
		if err == io.EOF {
			return all
		}
		if err != nil || time.Since(time.Unix(0, at)) > time.Hour {
			t.Fatal(at, err)
		}
		all = append(all, f...)
	}
}

// A capture to something that fails says so, and does not stop the traffic.
func TestCaptureFails(t *testing.T) {
	a, b := pair(t)
	r, w := io.Pipe()
	r.Close()
	capture := b.Capture(w)
	u, err := b.HandleUDP(netip.MustParseAddrPort("0.0.0.0:53"), upper)
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	if got := take(t, ask(t, a, netip.AddrPortFrom(addrB, 53), "x")); got != "X from 10.0.0.1" {
		t.Errorf("%q", got)
	}
	if _, err := capture.Stop(); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v", err)
	}
}

// RFC 791, RFC 8200: what is no packet that a host takes has no view, whatever it holds.
func FuzzView(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00E\x00\x00\x1c\x00\x00\x00\x00@\x11\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02\x00\x35\x00\x35\x00\x08\x00\x00"))
	f.Add([]byte("\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x86\xdd`\x00\x00\x00\x00\x08\x00\xff"))
	f.Fuzz(func(t *testing.T, frame []byte) {
		v := View{Frame: frame}
		p, ok := v.IP()
		if _, _, ports := p.Ports(); ports && !ok || ok && !p.Source.IsValid() {
			t.Errorf("%+v", p)
		}
		v.EtherType()
	})
}

// On a real tap device, with Linux at the other end.
func TestTap(t *testing.T) {
	const inside = "MIRAGE_TEST_TAP"
	if os.Getenv(inside) == "" {
		if _, err := os.Stat("/dev/net/tun"); err != nil || os.Getuid() != 0 {
			t.Skip("needs root and tap devices")
		}
		c := exec.Command(os.Args[0], "-test.run", "^TestTap$", "-test.v")
		c.Env = append(os.Environ(), inside+"=1")
		c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
		out, err := c.CombinedOutput()
		if errors.Is(err, syscall.EPERM) {
			t.Skip("may not make a network namespace")
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	s, err := Open(Config{Tap: "mirage1", Addr: netip.MustParsePrefix("10.98.0.2/24")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, c := range []string{"link set lo up", "address add 10.98.0.1/24 dev mirage1", "link set mirage1 up"} {
		if out, err := exec.Command("ip", strings.Fields(c)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v\n%s", c, err, out)
		}
	}
	s.Wait()
	u, err := s.HandleUDP(netip.MustParseAddrPort("0.0.0.0:53"), upper)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("udp", "10.98.0.2:53")
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(20 * time.Second))
	c.Write([]byte("linux"))
	b := make([]byte, 100)
	n, err := c.Read(b)
	if got := string(b[:n]); err != nil || got != "LINUX from 10.98.0.1" {
		t.Errorf("%q, %v", got, err)
	}
	u.Close()
	if _, err := Open(Config{}); err == nil {
		t.Error("a stack on no device")
	}
}
