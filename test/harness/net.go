package harness

import (
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"mirage.build/misc/vm"
)

// given are the ports that FreePort has returned.
var given sync.Map

// FreePort returns a port of 127.0.0.1 that nobody uses over UDP or TCP, each time another one.
func FreePort(t testing.TB) netip.AddrPort {
	t.Helper()
	for {
		c, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close() // after those that do not do
		address := netip.MustParseAddrPort(c.LocalAddr().String())
		l, err := net.Listen("tcp4", address.String())
		if err != nil {
			continue // a connection of somebody else's has the number
		}
		l.Close()
		if _, loaded := given.LoadOrStore(address.Port(), true); !loaded {
			return address
		}
	}
}

// Forward returns a forward from a free port of this host to a port of the machine, over UDP or TCP.
func Forward(t testing.TB, network string, guest uint16) vm.Forward {
	t.Helper()
	return vm.Forward{Guest: guest, UDP: network == "udp", Host: FreePort(t)}
}

// Ask sends a datagram to address and returns the first answer. It asks again every half second until limit is over:
// a machine that is booting loses what comes too early, as a network may at any time.
func Ask(t testing.TB, address netip.AddrPort, question []byte, limit time.Duration) []byte {
	t.Helper()
	// Not connected: an ICMP message about a question, when the machine has ended, would be told before its answer.
	c, err := net.ListenUDP("udp4", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	answer := ask(c, address, question, limit)
	if answer == nil {
		t.Fatalf("no answer from %v in %v", address, limit)
	}
	return answer
}

// ask is Ask by a socket. It returns nil if there is no answer.
func ask(c *net.UDPConn, address netip.AddrPort, question []byte, limit time.Duration) []byte {
	answer := make([]byte, 1<<16)
	for end := time.Now().Add(limit); time.Now().Before(end); {
		c.WriteToUDPAddrPort(question, address)
		c.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
		for {
			n, from, err := c.ReadFromUDPAddrPort(answer)
			if err != nil {
				break
			}
			if from == address {
				return answer[:n]
			}
		}
	}
	return nil
}
