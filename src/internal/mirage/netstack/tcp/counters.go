package tcp

import "sync/atomic"

// Counters count what the protocol did, under the names of RFC 4022 and /proc/net/snmp.
type Counters struct {
	ActiveOpens, PassiveOpens, AttemptFails, EstabResets, InSegs, OutSegs, RetransSegs, InErrs, OutRsts, InCsumErrors atomic.Uint64

	CurrEstab atomic.Int64
	Extended
}

// Extended counters are those of /proc/net/netstat, under Linux's names (include/uapi/linux/snmp.h, net/ipv4/proc.c).
type Extended struct {
	// Listening.
	SyncookiesSent, SyncookiesRecv, SyncookiesFailed, EmbryonicRsts, ListenOverflows, ListenDrops, TCPReqQFullDoCookies, TCPDeferAcceptDrop atomic.Uint64

	// What came.
	OutOfWindowIcmps, PAWSEstab, TCPOFOQueue, TCPOFODrop, TCPRcvQDrop, TCPDSACKRecv, TCPSYNChallenge atomic.Uint64

	// Losses, and what was sent again.
	TCPRenoRecovery, TCPSackRecovery, TCPSACKReneging, TCPLostRetransmit, TCPFastRetrans, TCPSlowStartRetrans, TCPTimeouts,
	TCPLossProbes, TCPLossProbeRecovery, TCPSynRetrans atomic.Uint64

	// What else was sent.
	DelayedACKs, TCPDSACKOldSent, TCPKeepAlive, TCPChallengeACK, TCPWinProbe, TCPOrigDataSent, TCPMTUPFail, TCPMTUPSuccess, TCPDeliveredCE atomic.Uint64

	// Ends.
	TW, TCPAbortOnData, TCPAbortOnClose, TCPAbortOnTimeout atomic.Uint64
}

// tell counts a segment that is sent.
func (n *Counters) tell(c *conn, s *outgoing, first bool) {
	n.OutSegs.Add(1)
	switch s.kind {
	case kindFresh, kindLonger:
		n.TCPOrigDataSent.Add(1)
	case kindAgain:
		n.RetransSegs.Add(1)
		if c.recovery.timedOut {
			n.TCPSlowStartRetrans.Add(1)
		} else if !c.rack.probe { // which is counted as one
			n.TCPFastRetrans.Add(1)
		}
	case kindSyn:
		if !first {
			n.RetransSegs.Add(1)
			n.TCPSynRetrans.Add(1)
		}
	case kindProbe:
		n.TCPWinProbe.Add(1)
	case kindAlive:
		n.TCPKeepAlive.Add(1)
	case kindReset:
		n.OutRsts.Add(1)
	}
}
