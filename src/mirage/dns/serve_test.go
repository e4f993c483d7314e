package dns

import (
	"errors"
	"net"
	"testing"
	"time"
)

// plainConn hides what a UDP connection has besides net.PacketConn's methods.
type plainConn struct{ net.PacketConn }

func TestServe(t *testing.T) {
	for _, wrap := range []func(net.PacketConn) net.PacketConn{
		func(c net.PacketConn) net.PacketConn { return c },
		func(c net.PacketConn) net.PacketConn { return plainConn{c} },
	} {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { done <- ruleServer(t, Options{}).Serve(wrap(c)) }()
		client, err := net.Dial("udp", c.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		client.SetDeadline(time.Now().Add(10 * time.Second))
		client.Write([]byte("not a query"))
		b := make([]byte, 512)
		for range 3 {
			client.Write(makeQuery(t, "web.example", TypeA, nil))
			n, err := client.Read(b)
			if err != nil {
				t.Fatal(err)
			}
			if m, err := ParseMessage(b[:n]); err != nil || brief(m) != "ok aa | web.example. A 192.0.2.3 | |" {
				t.Errorf("%x: %v", b[:n], err)
			}
		}
		c.Close()
		if err := <-done; !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	}
}
