package arp

import (
	"internal/mirage/device"
	"internal/mirage/netstack/wire"
)

// A Result is what a received message leads to.
type Result struct {
	Send     bool            // Message is to be sent
	Message  Message         // an answer, or a question of ours
	Released []*device.Frame // frames that waited, to be sent to MAC
	MAC      wire.MAC
	Conflict bool // another station claims our address: RFC 5227 section 2.4
	Wrong    bool // the message made no sense, or was not asked for, and was dropped
}

// Input takes a message that came in.
func (c *Cache) Input(now int64, m wire.ARP) (r Result) {
	mac, sender, target := m.SenderMAC(), m.Sender(), m.Target()
	if mac == c.mac {
		return Result{Wrong: true} // our own, sent back by the link
	}
	if mac.IsGroup() || mac == 0 || sender.IsMulticast() || sender == wire.Broadcast4 || sender.IsLoopback() {
		return Result{Wrong: true} // no single station: RFC 1812 section 3.3.2
	}
	if !sender.IsUnspecified() && c.own(sender) {
		return Result{Conflict: true}
	}
	if m.Op() == wire.ARPRequest {
		r = c.doubtIfMoved(now, sender, mac)
		if c.own(target) { // also for a probe, whose sender is unspecified: RFC 5227 section 2.1.1
			r.Send = true
			r.Message = Message{To: mac, Op: wire.ARPReply, Sender: target, TargetMAC: mac, Target: sender}
		}
		return r
	}
	return c.reply(now, mac, sender, target, m.TargetMAC())
}

// reply takes an answer. It is believed if it was asked for, which means also that it is meant for us.
func (c *Cache) reply(now int64, mac wire.MAC, sender, target wire.Addr, targetMAC wire.MAC) (r Result) {
	c.mu.Lock()
	e := c.entries[sender]
	solicited := e != nil && e.state != reachable && targetMAC == c.mac && c.own(target)
	if !solicited || e.state == doubtful && e.mac != mac {
		c.mu.Unlock()
		if r = c.doubtIfMoved(now, sender, mac); !r.Send {
			r.Wrong = true
		}
		return r
	}
	defer c.mu.Unlock()
	if e.state == pending {
		c.waiting--
		e.mac = mac
	}
	e.state, e.changed = reachable, now
	e.used.Store(len(e.held) > 0)
	c.wait(e, now+lifetime)
	c.slot(sender).Store(e)
	r.Released, r.MAC, e.held = e.held, e.mac, nil
	return r
}

// doubtIfMoved asks a known neighbour whether it still is where it was, when someone claims its address unasked
// from another place. The claim itself is not believed.
func (c *Cache) doubtIfMoved(now int64, sender wire.Addr, mac wire.MAC) (r Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[sender]
	if e == nil || e.state != reachable || e.mac == mac || now-e.changed < interval || !c.doubts.Take(now) {
		return Result{}
	}
	c.doubt(e)
	e.asked++
	c.wait(e, now+interval)
	return Result{Send: true, Message: c.question(e)}
}
