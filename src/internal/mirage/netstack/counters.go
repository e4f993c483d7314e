package netstack

import "sync/atomic"

// Counters count what the layers did, under the names of RFC 4293 and /proc/net/snmp where there are any.
type Counters struct {
	InReceives, InHdrErrors, InAddrErrors, InUnknownProtos, InDiscards, InDelivers atomic.Uint64

	OutRequests, OutDiscards, OutNoRoutes atomic.Uint64

	ReasmReqds, ReasmOKs, ReasmFails, ReasmTimeout atomic.Uint64

	FragOKs, FragFails, FragCreates atomic.Uint64

	ICMPInMsgs, ICMPInErrors, ICMPInCsumErrors, ICMPInEchos, ICMPOutMsgs, ICMPOutEchoReps, ICMPOutRateLimit atomic.Uint64

	ARPInMsgs, ARPInErrors, ARPInConflicts, ARPOutMsgs, ARPFailed, ARPRefused atomic.Uint64
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
