package arp

import "internal/mirage/netstack/wire"

// Times of RFC 5227 section 1.1.
const (
	probeWait        = 1 * second // the first probe goes out at a random time within
	probeNum         = 3
	probeMin         = 1 * second
	probeMax         = 2 * second
	announceWait     = 2 * second
	announceNum      = 2
	announceInterval = 2 * second
	defendInterval   = 10 * second
)

// A Probe watches over one address of ours: it asks three times whether someone else has it, announces it
// twice, and defends it afterwards (RFC 5227 sections 2.1 to 2.4). The caller serialises.
type Probe struct {
	Addr     wire.Addr
	sent     int // probes and announcements
	due      int64
	defended int64
}

// NewProbe begins to claim an address at now. random is any number, best a random one.
func NewProbe(now int64, a wire.Addr, random uint64) *Probe {
	return &Probe{Addr: a, due: now + int64(random%uint64(probeWait))}
}

// Tentative reports whether the probing is not over yet.
func (p *Probe) Tentative() bool { return p.sent <= probeNum }

// Next returns when Poll is due, 0 if nothing is left to be said.
func (p *Probe) Next() int64 {
	if p.sent == probeNum+announceNum {
		return 0
	}
	return p.due
}

// Poll returns the message to be broadcast at now, if there is one.
func (p *Probe) Poll(now int64, random uint64) (m Message, send bool) {
	if p.Next() == 0 || now < p.due {
		return Message{}, false
	}
	m = Message{To: wire.BroadcastMAC, Op: wire.ARPRequest, Target: p.Addr}
	switch p.sent++; {
	case p.sent < probeNum:
		m.Sender = wire.Any4
		p.due = now + probeMin + int64(random%uint64(probeMax-probeMin))
	case p.sent == probeNum:
		m.Sender = wire.Any4
		p.due = now + announceWait
	default:
		m.Sender = p.Addr
		p.due = now + announceInterval
	}
	return m, true
}

// Conflicts reports whether a received message, not from mac, our own, means that another station has the
// address or is about to take it (RFC 5227 section 2.1.1).
func (p *Probe) Conflicts(m wire.ARP, mac wire.MAC) bool {
	if m.SenderMAC() == mac {
		return false
	}
	probe := m.Op() == wire.ARPRequest && m.Sender() == wire.Any4 && m.Target() == p.Addr
	return m.Sender() == p.Addr || probe && p.Tentative()
}

// Defend returns the announcement that answers a conflict over an address in use, if the last one is long
// enough ago (RFC 5227 section 2.4 (c)).
func (p *Probe) Defend(now int64) (m Message, send bool) {
	if p.defended != 0 && now-p.defended < defendInterval {
		return Message{}, false
	}
	p.defended = now
	return Message{To: wire.BroadcastMAC, Op: wire.ARPRequest, Sender: p.Addr, Target: p.Addr}, true
}
