package hostile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"mirage.build/misc/vm"
)

// A peer is the other end of the machine's cable.
type peer struct {
	conn    *net.UDPConn // frames to and from QEMU
	machine *net.UDPAddr // QEMU's end
	leases  bool         // it is a DHCP server too

	mu      sync.Mutex
	answers map[uint16][]byte // payloads of datagrams from the machine, by the port that they are for
}

// plug connects a peer to the machine that c describes, before that is started.
func plug(t *testing.T, c *vm.Config) *peer {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	reserved, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer reserved.Close() // QEMU takes its port
	p := &peer{conn: conn, machine: reserved.LocalAddr().(*net.UDPAddr), answers: make(map[uint16][]byte)}

	card := "virtio-net-device"
	if c.PCI {
		card = "virtio-net-pci,romfile="
	}
	c.Net = "none"
	c.Extra = append(c.Extra, "-netdev", fmt.Sprintf("socket,id=cable,udp=%v,localaddr=%v", conn.LocalAddr(), p.machine),
		"-device", card+",netdev=cable,mac="+net.HardwareAddr(machineHW[:]).String())
	go p.receive()
	return p
}

func (p *peer) send(frame []byte) { p.conn.WriteToUDP(frame, p.machine) }

// receive answers what an honest peer answers, and keeps datagrams.
func (p *peer) receive() {
	buf := make([]byte, 1<<16)
	for {
		n, err := p.conn.Read(buf)
		if err != nil {
			return
		}
		f := buf[:n]
		if n < 14 {
			continue
		}
		switch binary.BigEndian.Uint16(f[12:]) {
		case typeARP:
			p.answerARP(f)
		case typeIPv4:
			if kind, xid, ok := dhcpRequestIn(f); ok {
				p.answerDHCP(kind, xid)
			} else {
				p.keep(f)
			}
		}
	}
}

// answerARP answers a request for the peer's address, and for no other.
func (p *peer) answerARP(f []byte) {
	if len(f) >= 42 && f[21] == 1 && bytes.Equal(f[38:42], peerAddr.AsSlice()) {
		p.send(ethernet(machineHW, peerHW, typeARP, arp(2, peerHW, peerAddr, machineHW, machineAddr)))
	}
}

func (p *peer) answerDHCP(kind byte, xid [4]byte) {
	answers := map[byte]byte{dhcpDiscover: dhcpOffer, dhcpRequest: dhcpAck}
	if answer, ok := answers[kind]; ok && p.leases {
		p.send(dhcpReply(answer, xid, lease()))
	}
}

// keep keeps the payload of a datagram for the peer.
func (p *peer) keep(f []byte) {
	if len(f) < 42 || f[23] != protoUDP || !bytes.Equal(f[30:34], peerAddr.AsSlice()) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers[binary.BigEndian.Uint16(f[36:])] = bytes.Clone(f[42:])
}

// ask sends a datagram to a port of the machine until there is an answer, or reports false when limit is over.
func (p *peer) ask(port uint16, question []byte, limit time.Duration) ([]byte, bool) {
	const from = 40000
	p.mu.Lock()
	delete(p.answers, from)
	p.mu.Unlock()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		p.send(datagram(from, port, question))
		p.mu.Lock()
		answer, ok := p.answers[from]
		p.mu.Unlock()
		if ok {
			return answer, true
		}
	}
	return nil, false
}
