package netstack

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"
)

func TestHandleUDP(t *testing.T) {
	u, err := HandleUDP(netip.MustParseAddrPort("127.0.0.1:0"), func(dst, query []byte, from netip.AddrPort) []byte {
		if string(query) == "silence" {
			return nil
		}
		return append(append(dst, query...), from.Addr().String()...)
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := HandleUDP(u.Addr(), nil); err == nil {
		t.Error("a port was given twice")
	}
	c, err := net.Dial("udp", u.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	c.Write([]byte("silence"))
	c.Write([]byte("hello "))
	buf := make([]byte, 100)
	n, err := c.Read(buf)
	if got := string(buf[:n]); err != nil || got != "hello 127.0.0.1" {
		t.Errorf("%q, %v", got, err)
	}
	u.Close()
	if err := u.Wait(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Wait: %v", err)
	}
}
