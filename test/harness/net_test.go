package harness

import (
	"net"
	"testing"
	"time"
)

// What answers and ends at once has answered, although questions that come later are refused.
func TestAnswerBeforeTheEnd(t *testing.T) {
	machine, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	address := machine.LocalAddr().(*net.UDPAddr).AddrPort()
	c, err := net.ListenUDP("udp4", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.WriteToUDPAddrPort([]byte("first"), address); err != nil {
		t.Fatal(err)
	}
	_, from, err := machine.ReadFromUDPAddrPort(make([]byte, 100))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := machine.WriteToUDPAddrPort([]byte("answer"), from); err != nil {
		t.Fatal(err)
	}
	machine.Close()
	if got := ask(c, address, []byte("again"), time.Second); string(got) != "answer" {
		t.Errorf("answered with %q", got)
	}
}
