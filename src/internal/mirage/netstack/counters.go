package netstack

import (
	"internal/mirage/netstack/inet"
	"sync/atomic"
)

// Counters count what the layers of one family did, under the names of RFC 4293 and /proc/net/snmp where there are any.
type Counters struct {
	InReceives, InHdrErrors, InAddrErrors, InUnknownProtos, InDiscards, InDelivers atomic.Uint64

	OutRequests, OutDiscards, OutNoRoutes atomic.Uint64

	ReasmReqds, ReasmOKs, ReasmFails, ReasmTimeout atomic.Uint64

	FragOKs, FragFails, FragCreates atomic.Uint64

	InOctets, OutOctets                  atomic.Uint64
	InMcast, OutMcast, InBcast, OutBcast Traffic
	InECN                                [4]atomic.Uint64 // by the congestion bits: ECT(1), ECT(0), CE (RFC 3168 section 5); all others have none

	ICMPInMsgs, ICMPInErrors, ICMPInCsumErrors, ICMPOutMsgs, ICMPOutRateLimit atomic.Uint64
	ICMPIn, ICMPOut                                                           [256]atomic.Uint64 // by type

	ARPInMsgs, ARPInErrors, ARPInConflicts, ARPOutMsgs, ARPFailed, ARPRefused atomic.Uint64
}

// Traffic is a number of datagrams and their octets.
type Traffic struct{ Pkts, Octets atomic.Uint64 }

func (t *Traffic) add(octets int) {
	t.Pkts.Add(1)
	t.Octets.Add(uint64(octets))
}

// received counts a datagram of so many octets that is for us.
func (c *Counters) received(octets int, to inet.Locality) {
	switch to {
	case inet.Multicast:
		c.InMcast.add(octets)
	case inet.Broadcast:
		c.InBcast.add(octets)
	}
}

// sent counts a datagram of so many octets.
func (c *Counters) sent(octets int, to inet.Locality) {
	c.OutRequests.Add(1)
	c.OutOctets.Add(uint64(octets))
	switch to {
	case inet.Multicast:
		c.OutMcast.add(octets)
	case inet.Broadcast:
		c.OutBcast.add(octets)
	}
}

// sentICMP counts a message that is sent.
func (c *Counters) sentICMP(typ uint8) {
	c.ICMPOutMsgs.Add(1)
	c.ICMPOut[typ].Add(1)
}

// InterfaceCounters are the counts of /proc/net/dev.
type InterfaceCounters struct {
	RxPackets, RxBytes, RxErrors, RxDropped, RxMulticast uint64
	TxPackets, TxBytes, TxErrors, TxDropped              uint64
}

// interfaceCounters is InterfaceCounters being counted.
type interfaceCounters struct {
	rxPackets, rxBytes, rxErrors, rxDropped, rxMulticast atomic.Uint64
	txPackets, txBytes, txErrors, txDropped              atomic.Uint64
}

func (c *interfaceCounters) read() InterfaceCounters {
	return InterfaceCounters{
		RxPackets: c.rxPackets.Load(), RxBytes: c.rxBytes.Load(), RxErrors: c.rxErrors.Load(),
		RxDropped: c.rxDropped.Load(), RxMulticast: c.rxMulticast.Load(),
		TxPackets: c.txPackets.Load(), TxBytes: c.txBytes.Load(), TxErrors: c.txErrors.Load(),
		TxDropped: c.txDropped.Load(),
	}
}
