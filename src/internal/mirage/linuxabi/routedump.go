package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"internal/mirage/netstack"
	"internal/mirage/netstack/wire"
)

// What a netlink socket of the routing family answers.

// A dump builds datagrams of messages.
type dump struct {
	request linux.Nlmsghdr
	done    [][]byte
	b       []byte // the datagram that grows
	start   int    // of the message that grows, in b
}

// dumpSize is when a datagram is full, bytes; receivers have at least a page (netlink(7)).
const dumpSize = 3500

// answer answers one request. A request that is none is not answered; one that is not served gets an error.
func (p *Process) answer(h linux.Nlmsghdr, body []byte) [][]byte {
	d := &dump{request: h}
	if h.Flags&linux.NLM_F_REQUEST == 0 || h.Type < linux.RTM_NEWLINK {
		return nil
	}
	dumping := h.Flags&(linux.NLM_F_ROOT|linux.NLM_F_MATCH) != 0
	family := uint8(linux.AF_UNSPEC)
	if len(body) > 0 {
		family = body[0]
	}
	ours := func(a wire.Addr) bool {
		return family == linux.AF_UNSPEC || family == linux.AF_INET && a.Is4() || family == linux.AF_INET6 && !a.Is4()
	}
	if !dumping {
		return d.ask(p, body)
	}
	switch h.Type {
	case linux.RTM_GETLINK:
		p.net.wait()
		for _, i := range p.net.stack.Interfaces() {
			d.link(i, linux.NLM_F_MULTI)
		}
	case linux.RTM_GETADDR:
		p.net.wait()
		for _, i := range p.net.stack.Interfaces() {
			for _, a := range i.Addrs {
				if ours(a.Prefix.Addr) {
					d.address(i, a)
				}
			}
		}
	case linux.RTM_GETROUTE:
		p.net.wait()
		for _, r := range p.net.stack.Routes() {
			if ours(r.Dst.Addr) {
				d.route(r)
			}
		}
	case linux.RTM_GETNEIGH:
		p.net.wait()
		for _, i := range p.net.stack.Interfaces() {
			for _, n := range p.net.stack.Interface(i.Index).Neighbours() {
				if ours(n.Addr) {
					d.neighbour(i, n.Addr, n.MAC)
				}
			}
		}
	default:
		return d.fail(linux.EOPNOTSUPP)
	}
	d.begin(linux.NLMSG_DONE, linux.NLM_F_MULTI)
	d.put32(0)
	return d.finish()
}

// fail answers with an error (struct nlmsgerr: the negative number and the request's header).
func (d *dump) fail(e linux.Errno) [][]byte {
	d.begin(linux.NLMSG_ERROR, 0)
	d.put32(uint32(-int32(e)))
	h := d.request
	d.b = append(d.b, bytesOf(&h)...)
	return d.finish()
}

// begin starts a message, in another datagram if the one before is full.
func (d *dump) begin(kind, flags uint16) {
	d.end()
	if len(d.b) > dumpSize {
		d.done, d.b = append(d.done, d.b), nil
	}
	d.start = len(d.b)
	h := linux.Nlmsghdr{Type: kind, Flags: flags, Seq: d.request.Seq, Pid: d.request.Pid}
	d.b = append(d.b, bytesOf(&h)...)
}

// end sets the length of the message that grew.
func (d *dump) end() {
	if len(d.b) > d.start {
		put32(d.b[d.start:], uint32(len(d.b)-d.start))
	}
}

func (d *dump) finish() [][]byte {
	d.end()
	return append(d.done, d.b)
}

func (d *dump) put32(v uint32) {
	var b [4]byte
	put32(b[:], v)
	d.b = append(d.b, b[:]...)
}

// attr appends an attribute: length, type and value, padded to four bytes (struct rtattr).
func (d *dump) attr(kind uint16, value []byte) {
	var h [4]byte
	put16(h[:], uint16(4+len(value)))
	put16(h[2:], kind)
	d.b = append(append(d.b, h[:]...), value...)
	for (len(d.b)-d.start)%4 != 0 {
		d.b = append(d.b, 0)
	}
}

func (d *dump) attr32(kind uint16, v uint32) {
	var b [4]byte
	put32(b[:], v)
	d.attr(kind, b[:])
}

func (d *dump) attrAddr(kind uint16, a wire.Addr) {
	b4, b16 := a.As4(), a.As16()
	if a.Is4() {
		d.attr(kind, b4[:])
	} else {
		d.attr(kind, b16[:])
	}
}

// interfaceFlags are an interface's flags as netlink and SIOCGIFFLAGS give them.
func interfaceFlags(i netstack.InterfaceInfo) (flags uint32) {
	flags = linux.IFF_UP
	if i.Running {
		flags |= linux.IFF_RUNNING | linux.IFF_LOWER_UP
	}
	if i.Loopback {
		return flags | linux.IFF_LOOPBACK
	}
	return flags | linux.IFF_BROADCAST | linux.IFF_MULTICAST
}

func hardwareType(i netstack.InterfaceInfo) uint16 {
	if i.Loopback {
		return linux.ARPHRD_LOOPBACK
	}
	return linux.ARPHRD_ETHER
}

// link appends an interface (struct ifinfomsg and attributes), with flags in its header.
func (d *dump) link(i netstack.InterfaceInfo, flags uint16) {
	d.begin(linux.RTM_NEWLINK, flags)
	var h [16]byte
	put16(h[2:], hardwareType(i))
	put32(h[4:], uint32(i.Index))
	put32(h[8:], interfaceFlags(i))
	d.b = append(d.b, h[:]...)
	d.attr(linux.IFLA_IFNAME, append([]byte(i.Name), 0))
	d.attr32(linux.IFLA_MTU, uint32(i.MTU))
	d.attr32(linux.IFLA_TXQLEN, 1000)
	state := byte(linux.IF_OPER_DOWN)
	switch {
	case i.Loopback:
		state = linux.IF_OPER_UNKNOWN
	case i.Running:
		state = linux.IF_OPER_UP
	}
	d.attr(linux.IFLA_OPERSTATE, []byte{state})
	d.attr(linux.IFLA_ADDRESS, i.MAC[:])
	broadcast := wire.BroadcastMAC.As6()
	if i.Loopback {
		broadcast = [6]byte{}
	}
	d.attr(linux.IFLA_BROADCAST, broadcast[:])
	c := i.Counters
	d.stats(c.RxPackets, c.TxPackets, c.RxBytes, c.TxBytes, c.RxErrors, c.TxErrors, c.RxDropped, c.TxDropped, c.RxMulticast)
}

// stats appends the first counters of struct rtnl_link_stats64; the rest of its 25 are 0.
func (d *dump) stats(counters ...uint64) {
	var b [25 * 8]byte
	for i, c := range counters {
		put64(b[8*i:], c)
	}
	d.attr(linux.IFLA_STATS64, b[:])
}

// addressFlags are an address's flags as netlink and /proc/net/if_inet6 give them.
func addressFlags(a netstack.InterfaceAddr) (flags byte) {
	for _, f := range [...]struct {
		on  bool
		bit byte
	}{
		{!a.Auto, linux.IFA_F_PERM}, {a.Temporary, linux.IFA_F_TEMPORARY}, {a.Deprecated, linux.IFA_F_DEPRECATED},
		{a.Optimistic, linux.IFA_F_OPTIMISTIC | linux.IFA_F_TENTATIVE},
	} {
		if f.on {
			flags |= f.bit
		}
	}
	return flags
}

// address appends an address of an interface (struct ifaddrmsg and attributes).
func (d *dump) address(i netstack.InterfaceInfo, a netstack.InterfaceAddr) {
	d.begin(linux.RTM_NEWADDR, linux.NLM_F_MULTI)
	h := [8]byte{linux.AF_INET, a.Prefix.Bits, addressFlags(a), linux.RT_SCOPE_UNIVERSE}
	switch {
	case a.Prefix.Addr.IsLoopback():
		h[3] = linux.RT_SCOPE_HOST
	case a.Prefix.Addr.IsLinkLocal():
		h[3] = linux.RT_SCOPE_LINK
	}
	put32(h[4:], uint32(i.Index))
	if !a.Prefix.Addr.Is4() {
		h[0] = linux.AF_INET6
		d.b = append(d.b, h[:]...)
		d.attrAddr(linux.IFA_ADDRESS, a.Prefix.Addr)
		d.attr32(linux.IFA_FLAGS, uint32(h[2]))
		return
	}
	d.b = append(d.b, h[:]...)
	d.attrAddr(linux.IFA_ADDRESS, a.Prefix.Addr)
	d.attrAddr(linux.IFA_LOCAL, a.Prefix.Addr)
	if !a.Broadcast.IsUnspecified() {
		d.attrAddr(linux.IFA_BROADCAST, a.Broadcast)
	}
	d.attr(linux.IFA_LABEL, append([]byte(i.Name), 0))
}

// route appends a line of the routing table (struct rtmsg and attributes).
func (d *dump) route(r netstack.RouteEntry) {
	d.begin(linux.RTM_NEWROUTE, linux.NLM_F_MULTI)
	h := [12]byte{linux.AF_INET, r.Dst.Bits, 0, 0, linux.RT_TABLE_MAIN, linux.RTPROT_BOOT, linux.RT_SCOPE_LINK, linux.RTN_UNICAST}
	if !r.Gateway.IsUnspecified() {
		h[6] = linux.RT_SCOPE_UNIVERSE
	}
	if !r.Dst.Addr.Is4() {
		h[0], h[6] = linux.AF_INET6, linux.RT_SCOPE_UNIVERSE
	}
	d.b = append(d.b, h[:]...)
	d.attr32(linux.RTA_TABLE, linux.RT_TABLE_MAIN)
	if r.Dst.Bits > 0 {
		d.attrAddr(linux.RTA_DST, r.Dst.Addr)
	}
	if r.Metric != 0 {
		d.attr32(linux.RTA_PRIORITY, r.Metric)
	}
	if !r.Gateway.IsUnspecified() {
		d.attrAddr(linux.RTA_GATEWAY, r.Gateway)
	}
	if !r.Src.IsUnspecified() {
		d.attrAddr(linux.RTA_PREFSRC, r.Src)
	}
	d.attr32(linux.RTA_OIF, uint32(r.Iface))
}
