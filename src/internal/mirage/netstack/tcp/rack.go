package tcp

// rack is RACK-TLP: RFC 8985. A segment is lost when one that was sent sufficiently later has arrived; and when the last
// ones of a flight are lost a probe finds it out before the retransmission time-out would.
type rack struct {
	sentAt, rtt int64 // RACK.xmit_ts and RACK.rtt: of the segment sent last of those that have arrived
	end         seq   // RACK.end_seq
	top         seq   // RACK.fack
	order       order

	at      int64 // when the timer fires; 0: not running
	probing bool  // the timer is the probe's: section 7.2
	probe   bool  // a probe is to be sent
	inProbe bool  // TLP.end_seq is set: a probe was sent
	until   seq   // TLP.end_seq
	again   bool  // TLP.is_retrans
}

// arrived is section 6.2, steps 1 to 3, for one segment.
func (k *rack) arrived(c *conn, r *record, d *delivery) {
	rtt := d.now - r.at
	if r.again { // step 2: it may have been the first copy that arrived
		if d.hasEcho && int32(d.echo-c.times.value(r.at)) < 0 || rtt < k.order.least {
			return
		}
	} else if k.order.least == 0 || rtt < k.order.least { // step 1, without the window of section 6.2's note
		k.order.least = max(rtt, 1)
	}
	if r.at > k.sentAt || r.at == k.sentAt && r.end.after(k.end) || k.sentAt == 0 {
		k.sentAt, k.end, k.rtt = r.at, r.end, rtt
	}
	if k.top == 0 || r.end.after(k.top) { // step 3
		k.top = r.end
	} else if !r.again {
		k.order.seen = true
	}
}

// rackDetect is step 5: RACK_detect_loss_and_arm_timer.
func (c *conn) rackDetect(now int64, d *delivery) {
	k := &c.rack
	k.probe = false
	k.order.adapt(c, d)
	k.probeAnswered(c, d)
	if !k.probing {
		k.at = 0
	}
	if c.flight.sacked > 0 || c.flight.repeats > 0 {
		if wait := c.markLost(now); wait > 0 {
			k.at, k.probing = now+wait, false
		}
	}
	if k.at == 0 || k.probing {
		c.armProbe(now)
	}
}

// markLost is RACK_detect_loss: it returns how long it may take until the next segment counts as lost.
func (c *conn) markLost(now int64) (wait int64) {
	k, window, any := &c.rack, c.reorderWindow(), false
	for i := range c.flight.count {
		r := c.flight.get(i)
		if r.at > k.sentAt || r.at == k.sentAt && !k.end.after(r.end) {
			if !r.again {
				break // and so is what was sent behind it
			}
			continue
		}
		if r.mark != out {
			continue
		}
		if left := r.at + k.rtt + window - now; left > 0 {
			wait = max(wait, left)
			continue
		}
		if c.loseLonger(now, r) {
			continue
		}
		if c.flight.set(r, lost); r.again {
			c.count.TCPLostRetransmit.Add(1)
		}
		any = true
	}
	if any {
		c.lostSome()
	}
	return wait
}

// rackTimeout is the timer of section 6.3 or 7.3.
func (c *conn) rackTimeout(now int64) {
	k := &c.rack
	if k.probing {
		k.probing = false
		k.probe = c.flight.count > 0 && !c.recovery.active()
		return
	}
	if wait := c.markLost(now); wait > 0 {
		k.at = now + wait
	}
}

// worstDelay is what a peer may wait with an acknowledgement: section 7.2's TLP.max_ack_delay.
const worstDelay = 200e6

// armProbe schedules a loss probe: section 7.2. Only with SACK, outside recovery, and once in a round trip.
func (c *conn) armProbe(now int64) {
	k := &c.rack
	k.at, k.probing = 0, false
	if !c.sackOK || c.recovery.active() || c.flight.count == 0 || c.flight.sacked > 0 || k.inProbe || c.rtt.smoothed == 0 ||
		!c.state.synchronized() {
		return
	}
	wait := 2 * c.rtt.smoothed
	if c.flight.count == 1 {
		wait += worstDelay
	}
	at := now + max(wait, 1e6)
	if c.rtoAt != 0 && at >= c.rtoAt {
		return // the retransmission time-out is not later: it will do
	}
	k.at, k.probing = at, true
}

// probeSent notes that a probe went out: section 7.3, TLP_send_probe.
func (c *conn) probeSent(now int64, again bool) {
	k := &c.rack
	c.count.TCPLossProbes.Add(1)
	k.probe, k.inProbe, k.again, k.until = false, true, again, c.nxt
	c.rtoAt = 0
	c.startRetransmit(now)
}

// probeAnswered is section 7.4: a probe that repaired a loss counts as one, for congestion control.
func (k *rack) probeAnswered(c *conn, d *delivery) {
	if !k.inProbe || c.una.before(k.until) {
		return
	}
	k.inProbe = false
	if k.again && d.duplicate == 0 && !c.recovery.active() {
		c.count.TCPLossProbeRecovery.Add(1)
		c.cong.Lost(c.flightSize())
	}
}
