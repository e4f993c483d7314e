package ndp

import "internal/mirage/netstack/wire"

// A Probe asks whether someone else has an address of ours: duplicate address detection (RFC 4862 section 5.4), as RFC 7527
// improves it. Until it is over the address is optimistic (RFC 4429). The caller serialises.
type Probe struct {
	Addr  wire.Addr
	Nonce uint64 // of the question, so that one that the link sends back is known
	sent  bool
	due   int64 // 0: it is over
}

// maxProbeDelay is how long the first question may wait: RFC 4862 section 5.4.2, MAX_RTR_SOLICITATION_DELAY, is for hosts
// that a router's message has woken together.
const maxProbeDelay = second

// NewProbe begins to claim an address at now, after a delay of up to a second if hurry is not set.
func NewProbe(now int64, a wire.Addr, random uint64, hurry bool) *Probe {
	p := &Probe{Addr: a, due: now, Nonce: random >> 16}
	if p.Nonce == 0 {
		p.Nonce = 1
	}
	if !hurry {
		p.due += int64(random % uint64(maxProbeDelay))
	}
	return p
}

// Tentative reports whether it is not over.
func (p *Probe) Tentative() bool { return p.due != 0 }

// Next returns when Poll is due, 0 when it is over.
func (p *Probe) Next() int64 { return p.due }

// Poll reports whether the question is to be sent at now, to the address's group, from the unspecified address; or whether
// the wait for an answer is over, and the address ours. retrans is the link's RetransTimer.
func (p *Probe) Poll(now, retrans int64) (ask, ours bool) {
	switch {
	case p.due == 0 || now < p.due:
	case !p.sent: // DupAddrDetectTransmits is 1
		p.sent, p.due = true, now+retrans
		return true, false
	default:
		p.due = 0
		return false, true
	}
	return false, false
}

// Asked reports whether a question of someone else's for the same address means that it is not ours: RFC 4862 section
// 5.4.3, unless it is our own, which the link has sent back (RFC 7527 section 4.2).
func (p *Probe) Asked(nonce uint64) (duplicate bool) {
	return p.Tentative() && (nonce == 0 || nonce != p.Nonce)
}

// Retrans returns RetransTimer.
func (c *Cache) Retrans() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.retrans
}
