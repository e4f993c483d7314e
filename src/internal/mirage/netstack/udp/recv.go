package udp

import (
	"internal/mirage/netstack/dgram"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// deliver puts a datagram into the queue, or drops it if that is full.
func (s *Socket) deliver(pkt *inet.Packet, u wire.UDP) {
	payload := u.Payload()
	d := Datagram{
		From: wire.AddrPort{Addr: pkt.Src, Zone: pkt.Zone, Port: u.SrcPort()}, Dst: pkt.Dst, Iface: pkt.Iface,
		Size: len(payload), TTL: pkt.TTL, TOS: pkt.TOS, Time: s.Net.Now(),
	}
	c := s.p.of(pkt.Dst)
	switch s.Put(&d, payload) {
	case dgram.Taken:
		c.InDatagrams.Add(1)
	case dgram.Full:
		c.RcvbufErrors.Add(1)
		c.InErrors.Add(1)
	case dgram.NoMemory:
		c.MemErrors.Add(1)
		c.InErrors.Add(1)
	}
}
