package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"internal/mirage/netstack"
	"internal/mirage/netstack/wire"
	"runtime"
)

// What /proc/net and /sys/class/net say of the network.

func interfacesText(p *Process) string {
	s := "Inter-|   Receive                                                |  Transmit\n" +
		" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"
	for _, i := range p.net.stack.Interfaces() {
		c := i.Counters
		s += padded(i.Name, 6) + ":"
		for _, v := range [...]uint64{c.RxBytes, c.RxPackets, c.RxErrors, c.RxDropped, 0, 0, 0, c.RxMulticast,
			c.TxBytes, c.TxPackets, c.TxErrors, c.TxDropped, 0, 0, 0, 0} {
			s += " " + padded(decimal(v), 7)
		}
		s += "\n"
	}
	return s
}

// softnetText says how many packets each CPU has handled; nobody counts by CPU, so that it is the first that has handled all.
func softnetText(p *Process) (s string) {
	const columns = 13
	packets := uint64(0)
	for _, i := range p.net.stack.Interfaces() {
		packets += i.Counters.RxPackets
	}
	for cpu := range runtime.NumCPU() {
		s += zeroPadded(packets&0xffffffff, 16, 8)
		for k := 1; k < columns; k++ {
			v := uint64(0)
			if k == columns-1 {
				v = uint64(cpu)
			}
			s += " " + zeroPadded(v, 16, 8)
		}
		s += "\n"
		packets = 0
	}
	return s
}

// neighboursText lists the neighbours of which the hardware address is known (proc_pid_net(5), arp).
func neighboursText(p *Process) string {
	const complete = 2 // ATF_COM
	s := "IP address       HW type     Flags       HW address            Mask     Device\n"
	for _, i := range p.net.stack.Interfaces() {
		for _, n := range p.net.stack.Interface(i.Index).Neighbours() {
			if !n.Addr.Is4() {
				continue
			}
			s += column(n.Addr.String(), 17) + column("0x"+zeroPadded(uint64(hardwareType(i)), 16, 1), 12) +
				column("0x"+zeroPadded(complete, 16, 1), 12) + column(n.MAC.String(), 22) + column("*", 9) + i.Name + "\n"
		}
	}
	return s
}

// routesText lists the IPv4 routes. Addresses are eight hexadecimal digits of a word in the machine's byte order.
func routesText(p *Process) string {
	const up, gateway = 1, 2 // RTF_UP, RTF_GATEWAY
	hex := func(a wire.Addr) string {
		b := a.As4()
		return upper(uint64(get32(b[:])), 8)
	}
	s := "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
	for _, r := range p.net.stack.Routes() {
		if !r.Dst.Addr.Is4() {
			continue
		}
		flags, through := up, wire.V4From(0)
		if !r.Gateway.IsUnspecified() {
			flags, through = up|gateway, r.Gateway
		}
		mask := wire.V4From(uint32(^(uint64(1)<<(32-r.Dst.Bits) - 1)))
		s += p.net.nameOf(r.Iface) + "\t" + hex(r.Dst.Addr) + "\t" + hex(through) + "\t" + upper(uint64(flags), 4) +
			"\t0\t0\t" + decimal(r.Metric) + "\t" + hex(mask) + "\t0\t0\t0\n"
	}
	return s
}

// routes6Text lists the IPv6 routes (net/ipv6/route.c, rt6_info_route): destination, source, next hop, metric, uses, flags; and
// the host's own addresses, which are routes too.
func routes6Text(p *Process) (s string) {
	const up, gateway, host, local = 1, 2, 4, 0x80000000 // RTF_UP, _GATEWAY, _HOST, _LOCAL
	const none = "00000000000000000000000000000000"
	line := func(dst wire.Prefix, next wire.Addr, metric, flags uint32, name string) {
		s += hex6(dst.Addr) + " " + zeroPadded(uint64(dst.Bits), 16, 2) + " " + none + " 00 " + hex6(next)
		for _, v := range [...]uint32{metric, 1, 0, flags} {
			s += " " + zeroPadded(uint64(v), 16, 8)
		}
		s += " " + padded(name, 8) + "\n"
	}
	for _, r := range p.net.stack.Routes() {
		if r.Dst.Addr.Is4() {
			continue
		}
		flags, next := uint32(up), wire.Any6
		if !r.Gateway.IsUnspecified() {
			flags, next = up|gateway, r.Gateway
		}
		line(r.Dst, next, r.Metric, flags, p.net.nameOf(r.Iface))
	}
	for _, i := range p.net.stack.Interfaces() {
		for _, a := range i.Addrs {
			if !a.Prefix.Addr.Is4() {
				line(wire.Prefix{Addr: a.Prefix.Addr, Bits: 128}, wire.Any6, 0, local|up|host, i.Name)
			}
		}
	}
	return s
}

// hex6 is an IPv6 address as /proc/net has it: 32 hexadecimal digits.
func hex6(a wire.Addr) string {
	hi, lo := a.Words()
	return zeroPadded(hi, 16, 16) + zeroPadded(lo, 16, 16)
}

// addresses6Text lists the IPv6 addresses: interface, length of the prefix, scope and flags (net/ipv6/addrconf.c, if6_seq_show).
func addresses6Text(p *Process) (s string) {
	const host, link, global = 0x10, 0x20, 0
	for _, i := range p.net.stack.Interfaces() {
		for _, a := range i.Addrs {
			if a.Prefix.Addr.Is4() {
				continue
			}
			scope := uint64(global)
			switch {
			case a.Prefix.Addr.IsLoopback():
				scope = host
			case a.Prefix.Addr.IsLinkLocal():
				scope = link
			}
			s += hex6(a.Prefix.Addr)
			for _, v := range [...]uint64{uint64(i.Index), uint64(a.Prefix.Bits), scope, uint64(addressFlags(a))} {
				s += " " + zeroPadded(v, 16, 2)
			}
			s += " " + padded(i.Name, 8) + "\n"
		}
	}
	return s
}

// groups6Text lists the IPv6 groups that interfaces receive (net/ipv6/mcast.c, igmp6_mc_seq_show).
func groups6Text(p *Process) (s string) {
	for _, i := range p.net.stack.Interfaces() {
		groups, users := p.net.stack.Interface(i.Index).Groups()
		for k, g := range groups {
			if !g.Is4() {
				s += column(decimal(i.Index), 4) + " " + column(i.Name, 15) + " " + hex6(g) + " " + padded(decimal(users[k]), 5) +
					" 00000004 0\n"
			}
		}
	}
	return s
}

// groupsText lists the IPv4 groups that interfaces receive (net/ipv4/igmp.c, igmp_mc_seq_show).
func groupsText(p *Process) string {
	s := "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n"
	for _, i := range p.net.stack.Interfaces() {
		groups, users := p.net.stack.Interface(i.Index).Groups()
		groups, users = append([]wire.Addr{wire.AllHosts4}, groups...), append([]int{1}, users...)
		lines, count := "", 0
		for k, g := range groups {
			if g.Is4() {
				b := g.As4()
				lines += "\t\t\t\t" + upper(uint64(get32(b[:])), 8) + " " + padded(decimal(users[k]), 5) + " 0:00000000\t\t0\n"
				count++
			}
		}
		s += decimal(i.Index) + "\t" + column(i.Name, 10) + ": " + padded(decimal(count), 5) + "      V3\n" + lines
	}
	return s
}

// interfaceFiles are what is said of one interface.
var interfaceFiles = []struct {
	name string
	text func(i netstack.InterfaceInfo) string
}{
	{"address", func(i netstack.InterfaceInfo) string { return wire.MACFrom(i.MAC).String() }},
	{"carrier", func(i netstack.InterfaceInfo) string { return decimal(bit(i.Running)) }},
	{"flags", func(i netstack.InterfaceInfo) string {
		return "0x" + zeroPadded(uint64(interfaceFlags(i)&0xffff), 16, 1)
	}},
	{"ifindex", func(i netstack.InterfaceInfo) string { return decimal(i.Index) }},
	{"mtu", func(i netstack.InterfaceInfo) string { return decimal(i.MTU) }},
	{"operstate", operatingState},
	{"type", func(i netstack.InterfaceInfo) string { return decimal(hardwareType(i)) }},
	{"statistics/rx_bytes", func(i netstack.InterfaceInfo) string { return decimal(i.Counters.RxBytes) }},
	{"statistics/rx_packets", func(i netstack.InterfaceInfo) string { return decimal(i.Counters.RxPackets) }},
	{"statistics/rx_errors", func(i netstack.InterfaceInfo) string { return decimal(i.Counters.RxErrors) }},
	{"statistics/rx_dropped", func(i netstack.InterfaceInfo) string { return decimal(i.Counters.RxDropped) }},
	{"statistics/tx_bytes", func(i netstack.InterfaceInfo) string { return decimal(i.Counters.TxBytes) }},
	{"statistics/tx_packets", func(i netstack.InterfaceInfo) string { return decimal(i.Counters.TxPackets) }},
	{"statistics/tx_errors", func(i netstack.InterfaceInfo) string { return decimal(i.Counters.TxErrors) }},
	{"statistics/tx_dropped", func(i netstack.InterfaceInfo) string { return decimal(i.Counters.TxDropped) }},
}

// operatingState is RFC 2863's ifOperStatus, which loopback does not know.
func operatingState(i netstack.InterfaceInfo) string {
	switch {
	case i.Loopback:
		return "unknown"
	case i.Running:
		return "up"
	}
	return "down"
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// plantInterface makes an interface's folder in /sys/class/net.
func (p *Process) plantInterface(name string) linux.Errno {
	files := make([]generated, len(interfaceFiles))
	for k, f := range interfaceFiles {
		files[k] = generated{f.name, func(p *Process) string {
			i, _ := p.net.byName(name)
			return f.text(i) + "\n"
		}}
	}
	return p.plantFiles("/sys/class/net/"+name+"/", files)
}
