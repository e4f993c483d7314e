package tcp

// Info is what TCP_INFO tells of a connection. Times are nanoseconds.
type Info struct {
	State                         uint8 // as Linux numbers them
	Retransmits, Backoff          int
	SACK, Timestamps, Scale       bool
	SendScale, RecvScale          uint8
	RTO, RTT, RTTVar, LeastRTT    int64
	SendMSS, RecvMSS              int
	Unacked, Sacked, Lost         int   // segments
	Window                        int   // of congestion control, segments
	LastSent, LastHeard           int64 // how long ago
	SendQueue, RecvQueue, RecvMax int
	Threshold                     int  // of slow start, segments; 0: none has been found
	Orphan                        bool // the user has closed it
	ECN, ECNSeen                  bool // it is used; the peer sends what can be marked
}

// linuxStates are the states as include/net/tcp_states.h numbers them.
var linuxStates = [...]uint8{
	closed: 7, synSent: 2, synReceived: 3, established: 1, finWait1: 4, finWait2: 5, closeWait: 8, closing: 11, lastAck: 9,
	timeWait: 6,
}

const linuxListen = 10

// Info describes the socket.
func (s *Socket) Info() Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.conn
	switch {
	case s.listener != nil:
		return Info{State: linuxListen, Unacked: len(s.listener.queue), Sacked: s.listener.backlog}
	case c == nil:
		return Info{State: linuxStates[closed]}
	}
	now := s.p.net.Now()
	i := Info{
		State: linuxStates[c.state], Retransmits: c.retries, Backoff: c.rtt.backoff, SACK: c.sackOK, Timestamps: c.times.on,
		Scale: c.rcvScale > 0, SendScale: c.sndScale, RecvScale: c.rcvScale, RTO: c.rtt.timeout(), RTT: c.rtt.smoothed,
		RTTVar: c.rtt.variation, LeastRTT: c.rack.order.least, SendMSS: c.largestPayload(), RecvMSS: c.rcvSegment,
		Unacked: c.flight.count, Sacked: c.flight.sackedCount, LastSent: now - c.lastSent, LastHeard: now - c.lastHeard,
		SendQueue: c.queued, RecvQueue: c.ready, RecvMax: c.rcvLimit, Orphan: s.closed,
		ECN: c.ecn.on, ECNSeen: c.ecn.seen,
	}
	i.Lost = (c.flight.lost + i.SendMSS - 1) / i.SendMSS
	if c.cong != nil {
		i.Window = c.cong.Window() / i.SendMSS
		i.Threshold = c.cong.Threshold() / i.SendMSS
	}
	return i
}
