package vm

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
)

// localPort is the port of what a test has opened, and closes at its end.
func localPort(t *testing.T, c io.Closer, addr net.Addr) uint16 {
	t.Helper()
	t.Cleanup(func() { c.Close() })
	return netip.MustParseAddrPort(addr.String()).Port()
}

// unused is a port that nobody uses.
func unused(t *testing.T) uint16 {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return netip.MustParseAddrPort(l.Addr().String()).Port()
}

func relayed(t *testing.T, guest uint16, udp bool) (*relay, string) {
	t.Helper()
	host := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), unused(t))
	r, err := startRelay([]Forward{{Host: host, Guest: guest, UDP: udp}}, netip.MustParseAddr("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.end)
	return r, host.String()
}

// Connections go through, many at a time; a side that has said all still hears the other.
func TestRelayConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	guest := localPort(t, l, l.Addr())
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				all, _ := io.ReadAll(c)
				c.Write(append([]byte("echo "), all...))
				c.Close()
			}()
		}
	}()
	_, host := relayed(t, guest, false)
	var clients sync.WaitGroup
	for i := range 20 {
		clients.Go(func() {
			c, err := net.Dial("tcp", host)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			want := bytes.Repeat([]byte{byte(i)}, 100000)
			c.Write(want)
			c.(*net.TCPConn).CloseWrite()
			if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, append([]byte("echo "), want...)) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
	clients.Wait()
}

// Where nobody listens in the machine a connection ends at once.
func TestRelayToNobody(t *testing.T) {
	_, host := relayed(t, unused(t), false)
	c, err := net.Dial("tcp", host)
	if err != nil {
		return // so early is fine
	}
	defer c.Close()
	if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Error(n, err)
	}
}

// Each client gets its own answers.
func TestRelayDatagrams(t *testing.T) {
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	guest := localPort(t, l, l.LocalAddr())
	go func() {
		b := make([]byte, 100)
		for {
			n, from, err := l.ReadFrom(b)
			if err != nil {
				return
			}
			l.WriteTo(append([]byte("re "), b[:n]...), from)
		}
	}()
	_, host := relayed(t, guest, true)
	for _, name := range []string{"a", "b", "c"} {
		c, err := net.Dial("udp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		b := make([]byte, 100)
		for range 3 {
			c.Write([]byte(name))
			if n, err := c.Read(b); err != nil || string(b[:n]) != "re "+name {
				t.Errorf("%q, %v", b[:n], err)
			}
		}
	}
}

// When the machine has ended nothing is left, connections that are open included.
func TestRelayEnds(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	guest := localPort(t, l, l.Addr())
	r, host := relayed(t, guest, false)
	c, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	r.end()
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection goes on")
	}
	if c, err := net.Dial("tcp", host); err == nil {
		c.Close()
		t.Error("the port is open")
	}
	if _, err := startRelay([]Forward{{Host: netip.MustParseAddrPort(l.Addr().String()), Guest: 1}}, netip.MustParseAddr("127.0.0.1")); err == nil {
		t.Error("a port that is taken is no error")
	}
}
