package linuxabi

import (
	"internal/mirage/netstack"
	"internal/mirage/netstack/udp"
	"sync/atomic"
)

// The counters of the network in /proc/net: what RFC 4293, RFC 4022 and RFC 4113 call them (net/ipv4/proc.c,
// net/ipv6/proc.c). What this network never does is not counted, and is 0.

// A counted value has a name in one of the files.
type counted struct {
	name  string
	value uint64
}

// from is a counter's value under a name.
func from(name string, c *atomic.Uint64) counted { return counted{name, c.Load()} }

// twoLines writes counters as /proc/net/snmp has them: a line of names and one of values.
func twoLines(prefix string, all []counted) string {
	names, values := prefix+":", prefix+":"
	for _, c := range all {
		names += " " + c.name
		values += " " + decimal(int64(c.value)) // MaxConn is -1
	}
	return names + "\n" + values + "\n"
}

// Types of ICMP messages under the names of RFC 4293, with their numbers.
var messageNames = []struct {
	name string
	typ  int
}{
	{"DestUnreachs", 3}, {"TimeExcds", 11}, {"ParmProbs", 12}, {"SrcQuenchs", 4}, {"Redirects", 5}, {"Echos", 8}, {"EchoReps", 0},
	{"Timestamps", 13}, {"TimestampReps", 14}, {"AddrMasks", 17}, {"AddrMaskReps", 18},
}

// messages lists the counts of named types.
func messages(direction string, byType *[256]atomic.Uint64) (all []counted) {
	for _, m := range messageNames {
		all = append(all, from(direction+m.name, &byType[m.typ]))
	}
	return all
}

// typed lists the counts of all types that there were.
func typed(prefix string, byType *[256]atomic.Uint64) (all []counted) {
	for typ := range byType {
		if n := byType[typ].Load(); n != 0 {
			all = append(all, counted{prefix + decimal(typ), n})
		}
	}
	return all
}

func countersText(p *Process) string {
	c := p.net.stack.Counters()
	s := twoLines("Ip", append([]counted{{"Forwarding", 2}, {"DefaultTTL", 64}}, datagramCounts(c)...))
	icmp := []counted{from("InMsgs", &c.ICMPInMsgs), from("InErrors", &c.ICMPInErrors), from("InCsumErrors", &c.ICMPInCsumErrors)}
	icmp = append(icmp, messages("In", &c.ICMPIn)...)
	icmp = append(icmp, from("OutMsgs", &c.ICMPOutMsgs), counted{"OutErrors", 0}, from("OutRateLimitGlobal", &c.ICMPOutRateLimit),
		counted{"OutRateLimitHost", 0})
	s += twoLines("Icmp", append(icmp, messages("Out", &c.ICMPOut)...))
	if all := append(typed("InType", &c.ICMPIn), typed("OutType", &c.ICMPOut)...); len(all) > 0 {
		s += twoLines("IcmpMsg", all)
	}
	return s + twoLines("Tcp", p.net.tcp.counts()) + twoLines("Udp", udpCounts("", p.net.udp.Counters())) +
		twoLines("UdpLite", udpCounts("", &udp.Counters{}))
}

// datagramCounts are IP's: RFC 4293, ipSystemStatsTable.
func datagramCounts(c *netstack.Counters) []counted {
	return []counted{
		from("InReceives", &c.InReceives), from("InHdrErrors", &c.InHdrErrors), from("InAddrErrors", &c.InAddrErrors),
		{"ForwDatagrams", 0}, from("InUnknownProtos", &c.InUnknownProtos), from("InDiscards", &c.InDiscards),
		from("InDelivers", &c.InDelivers), from("OutRequests", &c.OutRequests), from("OutDiscards", &c.OutDiscards),
		from("OutNoRoutes", &c.OutNoRoutes), from("ReasmTimeout", &c.ReasmTimeout), from("ReasmReqds", &c.ReasmReqds),
		from("ReasmOKs", &c.ReasmOKs), from("ReasmFails", &c.ReasmFails), from("FragOKs", &c.FragOKs),
		from("FragFails", &c.FragFails), from("FragCreates", &c.FragCreates), from("OutTransmits", &c.OutRequests),
	}
}

// udpCounts are UDP's of one family: RFC 4113.
func udpCounts(prefix string, c *udp.Counters) []counted {
	return []counted{
		from(prefix+"InDatagrams", &c.InDatagrams), from(prefix+"NoPorts", &c.NoPorts), from(prefix+"InErrors", &c.InErrors),
		from(prefix+"OutDatagrams", &c.OutDatagrams), from(prefix+"RcvbufErrors", &c.RcvbufErrors),
		from(prefix+"SndbufErrors", &c.SndbufErrors), from(prefix+"InCsumErrors", &c.InCsumErrors),
		from(prefix+"IgnoredMulti", &c.IgnoredMulti), from(prefix+"MemErrors", &c.MemErrors),
	}
}

// extendedCountersText is /proc/net/netstat: what Linux counts besides, as far as it is counted here.
func extendedCountersText(p *Process) string {
	s := twoLines("TcpExt", p.net.tcp.extras())
	c := p.net.stack.Counters()
	return s + twoLines("IpExt", append(trafficCounts(c), congestionCounts(c)...))
}

// trafficCounts count octets, and datagrams to groups and to all.
func trafficCounts(c *netstack.Counters) []counted {
	return []counted{
		from("InMcastPkts", &c.InMcast.Pkts), from("OutMcastPkts", &c.OutMcast.Pkts), from("InBcastPkts", &c.InBcast.Pkts),
		from("OutBcastPkts", &c.OutBcast.Pkts), from("InOctets", &c.InOctets), from("OutOctets", &c.OutOctets),
		from("InMcastOctets", &c.InMcast.Octets), from("OutMcastOctets", &c.OutMcast.Octets),
		from("InBcastOctets", &c.InBcast.Octets), from("OutBcastOctets", &c.OutBcast.Octets),
	}
}

// congestionCounts count received datagrams by their congestion bits: RFC 3168 section 5.
func congestionCounts(c *netstack.Counters) []counted {
	one, zero, met := from("InECT1Pkts", &c.InECN[1]), from("InECT0Pkts", &c.InECN[2]), from("InCEPkts", &c.InECN[3])
	headers := c.InReceives.Load() - c.InHdrErrors.Load()
	return []counted{{"InNoECTPkts", headers - one.value - zero.value - met.value}, one, zero, met}
}

// Types of ICMPv6 messages as /proc/net/snmp6 names them, as far as one or the other direction has them.
var messageNames6 = []struct {
	name string
	typ  int
}{
	{"DestUnreachs", 1}, {"PktTooBigs", 2}, {"TimeExcds", 3}, {"ParmProblems", 4}, {"Echos", 128}, {"EchoReplies", 129},
	{"GroupMembQueries", 130}, {"GroupMembResponses", 131}, {"GroupMembReductions", 132}, {"RouterSolicits", 133},
	{"RouterAdvertisements", 134}, {"NeighborSolicits", 135}, {"NeighborAdvertisements", 136}, {"Redirects", 137},
	{"MLDv2Reports", 143},
}

// counters6Text is /proc/net/snmp6: a line for each counter.
func counters6Text(p *Process) (s string) {
	c := p.net.stack.Counters6()
	all := []counted{
		from("Ip6InReceives", &c.InReceives), from("Ip6InHdrErrors", &c.InHdrErrors), {"Ip6InTooBigErrors", 0}, {"Ip6InNoRoutes", 0},
		from("Ip6InAddrErrors", &c.InAddrErrors), from("Ip6InUnknownProtos", &c.InUnknownProtos), {"Ip6InTruncatedPkts", 0},
		from("Ip6InDiscards", &c.InDiscards), from("Ip6InDelivers", &c.InDelivers), {"Ip6OutForwDatagrams", 0},
		from("Ip6OutRequests", &c.OutRequests), from("Ip6OutDiscards", &c.OutDiscards), from("Ip6OutNoRoutes", &c.OutNoRoutes),
		from("Ip6ReasmTimeout", &c.ReasmTimeout), from("Ip6ReasmReqds", &c.ReasmReqds), from("Ip6ReasmOKs", &c.ReasmOKs),
		from("Ip6ReasmFails", &c.ReasmFails), from("Ip6FragOKs", &c.FragOKs), from("Ip6FragFails", &c.FragFails),
		from("Ip6FragCreates", &c.FragCreates),
		from("Ip6InMcastPkts", &c.InMcast.Pkts), from("Ip6OutMcastPkts", &c.OutMcast.Pkts), from("Ip6InOctets", &c.InOctets),
		from("Ip6OutOctets", &c.OutOctets), from("Ip6InMcastOctets", &c.InMcast.Octets), from("Ip6OutMcastOctets", &c.OutMcast.Octets),
		{"Ip6InBcastOctets", 0}, {"Ip6OutBcastOctets", 0},
	}
	for _, e := range congestionCounts(c) {
		all = append(all, counted{"Ip6" + e.name, e.value})
	}
	all = append(all, from("Ip6OutTransmits", &c.OutRequests),
		from("Icmp6InMsgs", &c.ICMPInMsgs), from("Icmp6InErrors", &c.ICMPInErrors), from("Icmp6OutMsgs", &c.ICMPOutMsgs),
		counted{"Icmp6OutErrors", 0}, from("Icmp6InCsumErrors", &c.ICMPInCsumErrors), from("Icmp6OutRateLimitHost", &c.ICMPOutRateLimit))
	for _, m := range messageNames6 {
		all = append(all, from("Icmp6In"+m.name, &c.ICMPIn[m.typ]))
	}
	for _, m := range messageNames6 {
		all = append(all, from("Icmp6Out"+m.name, &c.ICMPOut[m.typ]))
	}
	all = append(all, typed("Icmp6InType", &c.ICMPIn)...)
	all = append(all, typed("Icmp6OutType", &c.ICMPOut)...)
	all = append(all, udpCounts("Udp6", p.net.udp.Counters6())...)
	for _, u := range udpCounts("UdpLite6", &udp.Counters{}) {
		if u.name != "UdpLite6IgnoredMulti" {
			all = append(all, u)
		}
	}
	for _, l := range all {
		s += column(l.name, 32) + "\t" + decimal(l.value) + "\n"
	}
	return s
}
