package tcp

import "internal/mirage/netstack/inet"

// restartKeepAlive lets the time of silence begin anew: RFC 9293 section 3.8.4. Its time-out is two hours unless the user
// says otherwise (MUST-28), and it is off unless asked for (MUST-25).
func (c *conn) restartKeepAlive(now int64) {
	c.aliveAt = 0
	if c.keepAlive && c.state.synchronized() && c.state != timeWait {
		c.aliveAt = now + c.keepIdle
	}
}

// keepAliveTimeout asks the peer for a sign of life, and gives up after as many questions as the user wants.
func (c *conn) keepAliveTimeout(now int64) {
	if !c.keepAlive || !c.state.synchronized() {
		return
	}
	silent := now - c.lastHeard
	if c.flight.count > 0 || silent < c.keepIdle { // what is in flight asks already
		c.aliveAt = now + max(c.keepIdle-silent, c.keepInterval)
		return
	}
	asked := int((silent - c.keepIdle) / c.keepInterval)
	if asked >= c.keepCount || c.userTimeout > 0 && asked > 0 && silent >= c.userTimeout {
		c.count.TCPAbortOnTimeout.Add(1)
		c.abort(inet.ETIMEDOUT)
		return
	}
	c.aliveDue = true
	c.aliveAt = now + c.keepInterval
}
