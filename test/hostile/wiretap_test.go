package hostile

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"

	"mirage.build/test/harness"
)

// A wiretap is an attacker on the machine's network: packet(7) on the host's end of the tap device. It answers ARP for 10.99.2.0/23.
type wiretap struct {
	fd   int
	card hwAddr // the machine's
	out  syscall.SockaddrLinklayer
}

func network16(n uint16) uint16 { return n<<8 | n>>8 }

func newWiretap(t *testing.T) *wiretap {
	device, err := net.InterfaceByName(harness.Tap)
	if err != nil {
		t.Fatal(err)
	}
	w := &wiretap{out: syscall.SockaddrLinklayer{Protocol: network16(syscall.ETH_P_ALL), Ifindex: device.Index}}
	if w.fd, err = syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, int(w.out.Protocol)); err != nil {
		t.Fatal(err)
	}
	limit := syscall.NsecToTimeval(50e6)
	syscall.SetsockoptTimeval(w.fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &limit)
	if err := syscall.Bind(w.fd, &w.out); err != nil {
		t.Fatal(err)
	}
	w.card = machineCard(t)
	return w
}

// machineCard is the hardware address of the machine, which Linux has spoken to.
func machineCard(t *testing.T) (h hwAddr) {
	text, err := os.ReadFile("/proc/thread-self/net/arp")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); f[0] == machineAddr.String() {
			mac, err := net.ParseMAC(f[3])
			if err != nil {
				t.Fatal(err)
			}
			return hwAddr(mac)
		}
	}
	t.Fatalf("Linux does not know the machine:\n%s", text)
	return h
}

func (w *wiretap) send(frame []byte) { syscall.Sendto(w.fd, frame, 0, &w.out) }

// attend answers what the machine asks of the attacker's addresses until done is closed: ARP, and a handshake's second segment
// by accept.
func (w *wiretap) attend(done chan struct{}, accept func(segment)) {
	b := make([]byte, 65536)
	for {
		select {
		case <-done:
			return
		default:
		}
		n, from, err := syscall.Recvfrom(w.fd, b, 0)
		if l, ok := from.(*syscall.SockaddrLinklayer); err != nil || !ok || l.Pkttype == syscall.PACKET_OUTGOING || n < 14 {
			continue
		}
		f := b[:n]
		if binary.BigEndian.Uint16(f[12:]) == typeARP && n >= 42 && f[21] == 1 && bytes.Equal(f[38:40], []byte{10, 99}) && f[40]&^1 == 2 {
			asked, _ := netip.AddrFromSlice(f[38:42])
			w.send(ethernet(w.card, peerHW, typeARP, arp(2, peerHW, asked, w.card, machineAddr)))
		} else if s, ok := parseSegment(f); ok && s.to.Addr().As4()[2]&^1 == 2 {
			accept(s)
		}
	}
}
