package tcp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/tcp/cong"
	"internal/mirage/netstack/wire"
)

// A conn is one connection as a passive machine. It is told what comes in (input), what the user does (write, read, finish,
// abort) and what time it is (expire), and is asked what to send (next) and when it wants to be told the time again
// (deadline). It has no lock, sends nothing and knows no addresses.
type conn struct {
	settings
	memory *memory
	count  *Counters
	state  state
	err    inet.Errno // why it ended; 0: as both sides wished
	soft   inet.Errno // the last ICMP error that was waited out: RFC 9293 section 3.9.2.2
	events events     // what has happened since the socket last looked

	// What is sent: RFC 9293 section 3.3.1. The send buffer begins at una, or behind the SYN.
	iss, una, nxt seq
	top           seq // behind the last octet that was ever sent: a probe is not in nxt
	sndWnd        int // SND.WND
	wl1, wl2      seq // SND.WL1 and SND.WL2
	maxWnd        int // the largest window that was offered
	segment       int // octets of options and payload that one segment takes
	offeredMSS    int
	least         int // what peers take that do not say
	sndBuf        buffer
	queued        int // octets in sndBuf
	finAt         seq // the sequence number of the FIN, if finished
	sndScale      uint8
	finished      bool // the user has no more to send
	flight        flight
	cong          cong.Controller
	recovery      recovery
	undo          undo
	rack          rack
	mtu           *mtuSearch // nil: there is nothing to be found out
	rtt           rtt

	// What is received.
	irs, rcvNxt seq
	edge        seq // the right edge of the window that was offered; it never moves left
	lastAck     seq // the last acknowledgement that was sent
	rcvSegment  int // octets of the largest segment that came
	rcvBuf      buffer
	ready       int // octets in rcvBuf that the user may read
	gaps        gaps
	rcvLimit    int // octets that the window may open to
	growth      growth
	times       timestamps
	duplicate   wire.SACKBlock // to be reported: RFC 2883
	rcvScale    uint8
	eager       uint8 // segments to be acknowledged at once
	finSeen     bool  // the peer has no more to send, and all has come
	sackOK      bool
	heard       bool // the handshake is complete but for the data that is waited for
	ecn         ecn  // of both directions; here it takes least room

	// What is due.
	synDue, resetDue, ackNow, probeDue, aliveDue bool
	passive, orphan, wantRoom                    bool
	retries                                      int
	retrySince                                   int64 // when the first of retries was
	lastSent, lastHeard                          int64
	rtoAt, ackAt, aliveAt, waitAt                int64 // 0: not running
	challenges                                   inet.Bucket
}

// settings are what the user may change.
type settings struct {
	noDelay, cork          bool
	keepAlive              bool
	deferAccept            uint8 // time-outs that a handshake waits for data
	keepIdle, keepInterval int64
	keepCount              int
	userTimeout            int64 // RFC 5482; 0: none
	sndLimit               int   // octets that sndBuf may hold
	sndAuto, rcvAuto       bool  // buffers grow with the path
	reno                   bool  // NewReno in place of CUBIC
}

// events is a set of things that a socket hears of.
type events uint8

const (
	evReadable    events = 1 << iota
	evWritable           // there is room again, after there was none
	evEstablished        // the handshake is complete
	evClosed             // the connection is gone
)

// A setup is what a conn is made with.
type setup struct {
	settings
	memory   *memory
	count    *Counters
	iss      seq
	segment  int    // octets of options and payload that the path takes in one segment
	least    int    // the same that every path of its kind takes
	rcvLimit int    // octets of the receive buffer at first
	clock    uint32 // the offset of the timestamps' clock: RFC 7323 section 7.1
}

// What every path takes: RFC 9293 section 3.7.1, MUST-15, the defaults for IPv4 and IPv6, octets.
const (
	leastSegment  = 536
	leastSegment6 = 1220
)

func newConn(s setup) *conn {
	c := &conn{
		settings: s.settings, memory: s.memory, count: s.count, segment: s.segment, rcvLimit: s.rcvLimit,
		iss: s.iss, una: s.iss, nxt: s.iss, top: s.iss,
		rcvSegment: leastSegment, rcvScale: offeredScale, sackOK: true,
		challenges: inet.Bucket{Rate: 10, Burst: 10},
	}
	c.offeredMSS, c.least = min(s.segment, 0xffff), s.least
	c.times.offset, c.times.on = s.clock, true
	c.rtt.begin()
	return c
}

// open begins an active open: RFC 9293 section 3.10.1.
func (c *conn) open(now int64) {
	c.state, c.synDue = synSent, true
	c.lastHeard = now
	c.startCongestion()
}

// accept begins a passive open with the SYN that has come: RFC 9293 section 3.10.7.2.
func (c *conn) accept(now int64, s *segment) {
	c.passive = true
	c.state, c.synDue = synReceived, true
	c.lastHeard = now
	c.ecnAsked(s)
	c.synchronize(now, s)
}

// synchronize takes what a SYN says.
func (c *conn) synchronize(now int64, s *segment) {
	c.irs, c.rcvNxt = s.seq, s.seq.add(1)
	c.lastAck = c.rcvNxt
	_, c.edge = c.synOffer()
	o := &s.options
	mss := c.least // RFC 9293 section 3.7.1, MUST-15
	if o.MSS != 0 {
		mss = max(int(o.MSS), smallestMSS)
	}
	c.segment = min(c.segment, mss)
	if c.sndScale = o.Scale; !o.HasScale { // RFC 7323 section 2.2: both or none
		c.rcvScale = 0
	}
	c.sackOK = o.SACKPermitted
	if c.times.on = o.HasTime; c.times.on {
		c.times.recent, c.times.recentAt = o.TimeVal, now
	}
	c.sndWnd, c.maxWnd = s.window, s.window // RFC 7323 section 2.2: never scaled in a SYN
	c.wl1, c.wl2 = s.seq, s.ack
	c.startCongestion()
}

// smallestMSS keeps a peer from making us send a header for each octet.
const smallestMSS = 88

func (c *conn) startCongestion() {
	mss := c.largestPayload()
	if c.reno {
		c.cong = cong.NewNewReno(mss)
	} else {
		c.cong = cong.NewCubic(mss)
	}
}

// largestPayload is RFC 5681's SMSS: what fits beside the options of ordinary segments (RFC 6691 section 2).
func (c *conn) largestPayload() int {
	if c.times.on {
		return c.segment - 12
	}
	return c.segment
}

// dataUna is the sequence number of the first octet in the send buffer.
func (c *conn) dataUna() seq {
	if c.una == c.iss {
		return c.iss.add(1)
	}
	return c.una
}

// finSent and finAcked report how far our FIN has come.
func (c *conn) finSent() bool  { return c.finished && c.nxt.after(c.finAt) }
func (c *conn) finAcked() bool { return c.finished && c.una.after(c.finAt) }

// deadline is when expire is to be called, 0 for never.
func (c *conn) deadline() int64 {
	// Less one, what does not run is the last of all.
	return int64(min(uint64(c.rtoAt)-1, uint64(c.ackAt)-1, uint64(c.aliveAt)-1, uint64(c.waitAt)-1, uint64(c.rack.at)-1) + 1)
}

// expire does what is due at now.
func (c *conn) expire(now int64) {
	due := func(at *int64) bool {
		if *at == 0 || *at > now {
			return false
		}
		*at = 0
		return true
	}
	if due(&c.waitAt) {
		c.count.TW.Add(1)
		c.end(0)
		return
	}
	if due(&c.rack.at) {
		c.rackTimeout(now)
	}
	if due(&c.rtoAt) {
		c.retransmitTimeout(now)
	}
	if due(&c.ackAt) {
		c.count.DelayedACKs.Add(1)
		c.ackNow = true
	}
	if due(&c.aliveAt) {
		c.keepAliveTimeout(now)
	}
}

// end closes the connection for ever.
func (c *conn) end(why inet.Errno) {
	if c.state == closed {
		return
	}
	c.state = closed
	if c.err == 0 {
		c.err = why
	}
	c.rtoAt, c.ackAt, c.aliveAt, c.waitAt, c.rack.at = 0, 0, 0, 0, 0
	c.synDue, c.ackNow, c.probeDue, c.aliveDue = false, false, false, false
	c.sndBuf.clear(c.memory)
	c.queued = 0
	c.flight.clear()
	c.rcvBuf.cut(c.memory, c.ready) // what has come may still be read
	c.gaps.clear()
	if c.ready == 0 || c.orphan {
		c.rcvBuf.clear(c.memory)
		c.ready = 0
	}
	c.events |= evReadable | evWritable | evClosed
}
