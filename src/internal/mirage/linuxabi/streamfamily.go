package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"internal/mirage/netstack"
	"internal/mirage/netstack/tcp"
)

// tcpFamily is TCP. Only the linker leads here: see streams.
var tcpFamily = streamMaker{func(s *netstack.Stack, memory int64) streams {
	t := tcp.New(s)
	t.SetMemoryLimit(memory)
	return tcpStreams{t}
}}

// tcpStreams is TCP as the rest of the package sees it.
type tcpStreams struct{ *tcp.Protocol }

func (t tcpStreams) newSocket(v6 bool, domain int) (socket, linux.Errno) {
	return newStreamSocket(t.NewSocket(v6), domain), 0
}

func (t tcpStreams) finish() bool      { return t.Finish() }
func (t tcpStreams) memoryUsed() int64 { return t.MemoryUsed() }

// counts are of both families: RFC 4022.
func (t tcpStreams) counts() []counted {
	const other, least, most, unlimited = 1, 200, 120000, ^uint64(0) // RFC 4022: an algorithm that it does not name
	c := t.Counters()
	all := zeros(streamNames)
	for i, v := range [...]uint64{
		other, least, most, unlimited, c.ActiveOpens.Load(), c.PassiveOpens.Load(), c.AttemptFails.Load(), c.EstabResets.Load(),
		uint64(c.CurrEstab.Load()), c.InSegs.Load(), c.OutSegs.Load(), c.RetransSegs.Load(), c.InErrs.Load(), c.OutRsts.Load(),
		c.InCsumErrors.Load(),
	} {
		all[i].value = v
	}
	return all
}

func (t tcpStreams) rows(v6 bool, inodes map[any]uint64) (all []row) {
	for _, s := range t.Sockets() {
		if s.V6() == v6 {
			all = append(all, streamRow(s, inodes[s]))
		}
	}
	return all
}

// streamRow is what is said of a connection, or of a socket that listens.
func streamRow(t *tcp.Socket, inode uint64) row {
	const clock = 100 // USER_HZ
	i := t.Info()
	r := row{local: t.Local(), state: int(i.State), retransmits: i.Retransmits, inode: inode, references: 1}
	r.remote, _ = t.Remote()
	switch {
	case i.State == linux.TCP_TIME_WAIT:
		return r
	case i.State == linux.TCP_LISTEN:
		r.waits = i.Unacked
	default:
		r.sends, r.waits = i.SendQueue, i.RecvQueue
	}
	threshold := "-1"
	if i.Threshold != 0 {
		threshold = decimal(i.Threshold)
	}
	r.more = " " + decimal(i.RTO*clock/1e9) + " 0 0 " + decimal(i.Window) + " " + threshold
	return r
}

func (t tcpStreams) count(v6 bool) (n streamCount) {
	for _, s := range t.Sockets() {
		switch i := s.Info(); {
		case s.V6() != v6:
		case i.State == linux.TCP_TIME_WAIT:
			n.waiting++
		case i.Orphan:
			n.orphans++
		default:
			n.used++
		}
	}
	return n
}

// extras are in Linux's order.
func (s tcpStreams) extras() []counted {
	t := &s.Counters().Extended
	return []counted{
		from("SyncookiesSent", &t.SyncookiesSent), from("SyncookiesRecv", &t.SyncookiesRecv),
		from("SyncookiesFailed", &t.SyncookiesFailed), from("EmbryonicRsts", &t.EmbryonicRsts),
		from("OutOfWindowIcmps", &t.OutOfWindowIcmps), from("TW", &t.TW), from("PAWSEstab", &t.PAWSEstab),
		from("DelayedACKs", &t.DelayedACKs), from("ListenOverflows", &t.ListenOverflows), from("ListenDrops", &t.ListenDrops),
		from("TCPRenoRecovery", &t.TCPRenoRecovery), from("TCPSackRecovery", &t.TCPSackRecovery),
		from("TCPSACKReneging", &t.TCPSACKReneging), from("TCPLostRetransmit", &t.TCPLostRetransmit),
		from("TCPFastRetrans", &t.TCPFastRetrans), from("TCPSlowStartRetrans", &t.TCPSlowStartRetrans),
		from("TCPTimeouts", &t.TCPTimeouts), from("TCPLossProbes", &t.TCPLossProbes),
		from("TCPLossProbeRecovery", &t.TCPLossProbeRecovery), from("TCPDSACKOldSent", &t.TCPDSACKOldSent),
		from("TCPDSACKRecv", &t.TCPDSACKRecv), from("TCPAbortOnData", &t.TCPAbortOnData),
		from("TCPAbortOnClose", &t.TCPAbortOnClose), from("TCPAbortOnTimeout", &t.TCPAbortOnTimeout),
		from("TCPDeferAcceptDrop", &t.TCPDeferAcceptDrop), from("TCPReqQFullDoCookies", &t.TCPReqQFullDoCookies), from("TCPRcvQDrop", &t.TCPRcvQDrop),
		from("TCPOFOQueue", &t.TCPOFOQueue), from("TCPOFODrop", &t.TCPOFODrop), from("TCPChallengeACK", &t.TCPChallengeACK),
		from("TCPSYNChallenge", &t.TCPSYNChallenge), from("TCPSynRetrans", &t.TCPSynRetrans),
		from("TCPOrigDataSent", &t.TCPOrigDataSent), from("TCPKeepAlive", &t.TCPKeepAlive), from("TCPWinProbe", &t.TCPWinProbe),
		from("TCPMTUPFail", &t.TCPMTUPFail), from("TCPMTUPSuccess", &t.TCPMTUPSuccess), from("TCPDeliveredCE", &t.TCPDeliveredCE),
	}
}
