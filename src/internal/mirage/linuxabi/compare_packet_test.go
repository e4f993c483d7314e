//go:build !mirage

package linuxabi

import (
	"fmt"
	"syscall"
	"testing"

	"internal/mirage/linuxabi/linux"
)

// Packet sockets on lo, beside those of the host.

// experimental is a type of frames that nobody else sends: IEEE 802 section 9.2.4.
const experimental = 0x88b5

// toLink makes a struct sockaddr_ll of lo's.
func toLink(protocol uint16) []byte {
	return linkAddr(linkEnd{1, protocol}, false, 0, 0)[:linux.SizeofSockaddrLl]
}

// frameOf is a frame to lo itself, or to a group.
func frameOf(typ uint16, first byte, text string) []byte {
	b := append(make([]byte, 14), text...)
	b[0], b[12], b[13] = first, byte(typ>>8), byte(typ)
	return b
}

// packetKinds tries which kinds of socket there are, and what they say before they are bound.
func (r *trace6) packetKinds() {
	for _, kind := range []int{linux.SOCK_DGRAM, linux.SOCK_RAW, linux.SOCK_STREAM, linux.SOCK_SEQPACKET} {
		fd, e := r.w.do(syscall.SYS_SOCKET, linux.AF_PACKET, kind, int(swap16(experimental)))
		fmt.Fprintf(&r.b, "kind %d: %v\n", kind, e)
		if e != 0 {
			continue
		}
		r.get(fd, linux.SOL_SOCKET, linux.SO_TYPE)
		r.get(fd, linux.SOL_SOCKET, linux.SO_PROTOCOL)
		name, size := make([]byte, 40), int32(40)
		_, e = r.w.do(syscall.SYS_GETSOCKNAME, fd, name, addressOf(&size))
		fmt.Fprintf(&r.b, "name %x %v\n", name[:size], e)
		r.do("peer", syscall.SYS_GETPEERNAME, fd, name, addressOf(&size))
		r.do("listen", syscall.SYS_LISTEN, fd, 1)
		r.do("connect", syscall.SYS_CONNECT, fd, toLink(experimental), linux.SizeofSockaddrLl)
		r.do("shutdown", syscall.SYS_SHUTDOWN, fd, 2)
		r.send("sent without an interface", fd, frameOf(experimental, 0, "x"), nil)
		r.do("bound to a short address", syscall.SYS_BIND, fd, toLink(experimental), linux.SizeofSockaddrLl-1)
		r.do("bound to another family", syscall.SYS_BIND, fd, make([]byte, linux.SizeofSockaddrLl), linux.SizeofSockaddrLl)
		nowhere := toLink(experimental)
		nowhere[4] = 99
		r.do("bound to no interface", syscall.SYS_BIND, fd, nowhere, len(nowhere))
		r.send("sent to no interface", fd, frameOf(experimental, 0, "x"), nowhere)
		r.do("bound", syscall.SYS_BIND, fd, toLink(0), linux.SizeofSockaddrLl)
		size = 40
		_, e = r.w.do(syscall.SYS_GETSOCKNAME, fd, name, addressOf(&size))
		fmt.Fprintf(&r.b, "name %x %v\n", name[:size], e)
	}
}

// packetSends sends frames, whole and by address, and notes who sees what of them.
func (r *trace6) packetSends() {
	whole := r.open(linux.AF_PACKET, linux.SOCK_RAW, int(swap16(experimental)))
	cut := r.open(linux.AF_PACKET, linux.SOCK_DGRAM, int(swap16(experimental)))
	all := r.open(linux.AF_PACKET, linux.SOCK_RAW, int(swap16(linux.ETH_P_ALL)))
	none := r.open(linux.AF_PACKET, linux.SOCK_RAW, 0)
	others := r.open(linux.AF_PACKET, linux.SOCK_RAW, int(swap16(experimental+1)))
	r.do("bind", syscall.SYS_BIND, whole, toLink(experimental), linux.SizeofSockaddrLl)
	r.do("auxiliary data", syscall.SYS_SETSOCKOPT, cut, linux.SOL_PACKET, linux.PACKET_AUXDATA, []byte{1, 0, 0, 0}, 4)
	r.get(cut, linux.SOL_PACKET, linux.PACKET_AUXDATA)
	for _, first := range []byte{0, 1, 2, 0xff} { // the station, a group, another station, and one that is no broadcast
		r.send("a frame", whole, frameOf(experimental, first, "text"), nil)
		r.receive("whole", whole, 0)
		r.receive("all, out", all, 0)
		r.receive("all, in", all, 0)
		r.receive("cut", cut, linux.MSG_DONTWAIT)
	}
	broadcast := frameOf(experimental, 0xff, "to all")
	copy(broadcast, "\xff\xff\xff\xff\xff\xff")
	r.send("a broadcast", all, broadcast, toLink(0))
	r.receive("all", all, 0) // what it has sent itself does not come as what goes
	r.receive("all, again", all, linux.MSG_DONTWAIT)
	r.receive("whole", whole, linux.MSG_PEEK)
	b := make([]byte, 4)
	r.do("the beginning", syscall.SYS_RECVFROM, whole, b, 4, linux.MSG_TRUNC, 0, 0)
	r.send("by address", cut, []byte("cut"), toLink(experimental))
	r.receive("whole", whole, 0)
	r.send("by no address", cut, []byte("cut"), nil)
	r.send("by a short address", cut, []byte("cut"), toLink(experimental)[:19])
	r.send("too short", whole, make([]byte, 13), nil)
	r.send("too long", whole, make([]byte, isolatedMTU+15), nil)
	r.receive("of no protocol", none, linux.MSG_DONTWAIT)
	r.receive("of another", others, linux.MSG_DONTWAIT)
	r.get(whole, linux.SOL_PACKET, linux.PACKET_STATISTICS)
	r.get(whole, linux.SOL_PACKET, linux.PACKET_STATISTICS)
	for _, fd := range []int{whole, cut, all, none, others} {
		r.w.do(syscall.SYS_CLOSE, fd)
	}
}

// packetOptions sets what can be set, well and badly.
func (r *trace6) packetOptions() {
	fd := r.open(linux.AF_PACKET, linux.SOCK_RAW, int(swap16(experimental)))
	set := func(level, name uintptr, value []byte) {
		r.do(fmt.Sprintf("option %d %d %x", level, name, value), syscall.SYS_SETSOCKOPT, fd, level, name, value, len(value))
	}
	member := func(iface, kind byte) []byte {
		return append([]byte{iface, 0, 0, 0, kind, 0, 6, 0}, make([]byte, 8)...)
	}
	for _, value := range [][]byte{member(1, 0), member(1, 1), member(1, 2), member(9, 1), member(1, 1)[:15]} {
		set(linux.SOL_PACKET, linux.PACKET_ADD_MEMBERSHIP, value)
	}
	set(linux.SOL_PACKET, linux.PACKET_DROP_MEMBERSHIP, member(1, 1))
	set(linux.SOL_PACKET, 999, make([]byte, 4))
	set(linux.SOL_SOCKET, linux.SO_DETACH_FILTER, make([]byte, 4))
	set(linux.SOL_SOCKET, linux.SO_ATTACH_FILTER, make([]byte, 16))
	set(linux.SOL_SOCKET, linux.SO_ATTACH_FILTER, make([]byte, 15))
	program := assemble(
		bpfInstruction{bpfLoad | bpfAbs | bpfByte, 0, 0, 14}, bpfInstruction{bpfJump | bpfEqual, 0, 1, 'y'},
		bpfInstruction{bpfReturn, 0, 0, 17}, bpfInstruction{bpfReturn, 0, 0, 0})
	f := make([]byte, linux.SizeofSockFprog)
	put16(f, 4)
	put64(f[8:], uint64(addressOf(&program[0])))
	_, e := r.w.do(syscall.SYS_SETSOCKOPT, fd, linux.SOL_SOCKET, linux.SO_ATTACH_FILTER, f, len(f))
	fmt.Fprintln(&r.b, "attached:", e)
	r.send("unwanted", fd, frameOf(experimental, 0, "no"), toLink(0))
	r.send("wanted", fd, frameOf(experimental, 0, "yes, and more"), toLink(0))
	r.receive("wanted", fd, 0)
	set(linux.SOL_SOCKET, linux.SO_DETACH_FILTER, make([]byte, 4))
	r.send("unwanted no more", fd, frameOf(experimental, 0, "no"), toLink(0))
	r.receive("unwanted no more", fd, 0)
	r.w.do(syscall.SYS_CLOSE, fd)
}

func TestPacketSocketsSameAsHost(t *testing.T) {
	sameAsIsolated(t, map[string]func(*trace6){
		"kinds": (*trace6).packetKinds, "sends": (*trace6).packetSends, "options": (*trace6).packetOptions,
	})
}
