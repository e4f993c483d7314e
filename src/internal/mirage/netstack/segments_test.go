//go:build !mirage

package netstack

import (
	"internal/byteorder"
	"internal/mirage/device"
	"internal/mirage/netstack/link"
	"internal/mirage/netstack/tcp"
	"internal/mirage/netstack/wire"
	"sync/atomic"
	"testing"
)

// A cutter is a card that cuts TCP into segments, as virtio 1.2 section 5.1.6.2 has it.
type cutter struct {
	*link.Channel
	t     *testing.T
	whole atomic.Int64 // frames that it cut
}

func (c *cutter) Offloads() device.Offloads {
	return device.TxChecksum | device.TxSegments4 | device.TxSegments6
}

func (c *cutter) Transmit(f *device.Frame) {
	if f.Segment == 0 {
		if len(f.Bytes) > wire.EthernetLen+c.MTU() {
			c.t.Errorf("a frame of %d octets is not to be cut", len(f.Bytes))
		}
		c.send(f.Bytes, int(f.Start), f.Checksum == device.ChecksumPartial)
		c.Discard(f)
		return
	}
	c.whole.Add(1)
	start := int(f.Start)
	at := wire.TCP(f.Bytes[start:])
	headers := start + at.HeaderLen()
	if f.Checksum != device.ChecksumPartial || f.Offset != wire.TCPChecksumAt || len(f.Bytes) <= headers+int(f.Segment) {
		c.t.Errorf("cannot be cut: %d octets, segments of %d, %+v", len(f.Bytes), f.Segment, f.Checksum)
	}
	for seq, rest := at.Seq(), f.Bytes[headers:]; len(rest) > 0; {
		n := min(len(rest), int(f.Segment))
		b := append(append([]byte(nil), f.Bytes[:headers]...), rest[:n]...)
		byteorder.BEPutUint32(b[start+4:], seq)
		if rest = rest[n:]; len(rest) > 0 {
			b[start+13] &^= wire.FIN | wire.PSH
		}
		seq += uint32(n)
		c.send(b, start, true)
	}
	c.Discard(f)
}

// send puts a frame on the wire, with what is missing in its headers.
func (c *cutter) send(b []byte, start int, partial bool) {
	f := c.Alloc(len(b))
	if f == nil {
		return // lost
	}
	b = append(f.Bytes[:0], b...)
	switch ip := wire.IPv4(b[wire.EthernetLen:]); wire.Ethernet(b).Type() {
	case wire.TypeIPv4:
		h := wire.IPFields{TTL: ip.TTL(), TOS: ip.TOS(), Protocol: ip.Protocol(), DontFrag: ip.DontFragment()}
		ip.Put(&h, len(ip), ip.Src(), ip.Dst())
	case wire.TypeIPv6:
		byteorder.BEPutUint16(ip[4:], uint16(len(ip)-wire.IPv6Len))
	}
	if partial {
		t := wire.TCP(b[start:])
		byteorder.BEPutUint16(t[wire.TCPChecksumAt:], 0)
		src, dst := addrsOf(wire.Ethernet(b))
		byteorder.BEPutUint16(t[wire.TCPChecksumAt:], wire.PseudoSum(src, dst, wire.ProtoTCP, len(t)).Add(t).Checksum())
	}
	c.Channel.Transmit(f)
}

func addrsOf(e wire.Ethernet) (src, dst wire.Addr) {
	if e.Type() == wire.TypeIPv4 {
		p := wire.IPv4(e.Payload())
		return p.Src(), p.Dst()
	}
	p := wire.IPv6(e.Payload())
	return p.Src(), p.Dst()
}

// Two stacks with cards that cut segments, over IPv4 and IPv6, with loss.
func TestCardCutsSegments(t *testing.T) {
	for _, addrs := range [][]wire.Prefix{
		{prefix6("192.168.0.1/24"), prefix6("192.168.0.2/24")}, {prefix6("2001:db8::1/64"), prefix6("2001:db8::2/64")},
	} {
		a, b := link.NewPair(link.ChannelConfig{Fault: link.Fault{Loss: 2, Reorder: 5, Seed: 1}})
		cards := []*cutter{{Channel: a, t: t}, {Channel: b, t: t}}
		var ends [2]*tcp.Protocol
		for i, card := range cards {
			s := realStack(t)
			ends[i] = tcp.New(s)
			must(t, s.AddNIC("eth0", card).AddAddr(addrs[i]))
			t.Cleanup(card.Start())
		}
		serveTCP(t, ends[1], 80, mirror)
		reflect(t, dialTCP(t, ends[0], at(addrs[1].Addr, 80)), 4<<20)
		if cards[0].whole.Load() < 100 {
			t.Errorf("%d frames were cut", cards[0].whole.Load())
		}
	}
}
