package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"internal/mirage/netstack"
	"internal/mirage/netstack/wire"
	"sync"
	"sync/atomic"
)

// Packet sockets (packet(7)): copies of the frames that come and go, and frames of one's own. Servers of DHCP answer clients that have no
// address yet by them, and what watches a link reads them. They stand on the stack's hooks.

// packetSocket is one of them.
type packetSocket struct {
	socketBase
	changed waitQueue
	stack   *netstack.Stack
	stop    func() // takes the hook away

	mu      sync.Mutex
	on      linkEnd
	frames  []packet // that wait to be received
	held    int      // octets of them
	room    int      // for octets
	wanted  int      // of frames that have come, what receivers ask for besides: a set of want...
	program bpfProgram
	seen    uint32 // since PACKET_STATISTICS was asked for
	dropped uint32

	sending sync.Mutex
	own     atomic.Pointer[byte] // where the frame begins that this socket sends now: its own copy does not come back
}

// A linkEnd is what a socket is bound to.
type linkEnd struct {
	iface    int // 0: all
	protocol uint16
}

// A packet is a frame that waits, cut as the socket is to see it.
type packet struct {
	data     []byte
	size     int // before the socket's program cut it
	header   int // octets of data that are the link's header
	protocol uint16
	iface    int
	kind     byte
	loopback bool
	from     wire.MAC
	time     int64
}

const (
	mostPackets  = 1024 // that wait at one socket
	packetBuffer = 212992
)

func (p *Process) newPacketSocket(kind, protocol int) (socket, linux.Errno) {
	if kind != linux.SOCK_RAW && kind != linux.SOCK_DGRAM {
		return nil, linux.ESOCKTNOSUPPORT
	}
	s := &packetSocket{stack: p.net.stack, room: packetBuffer}
	s.domain, s.kind = linux.AF_PACKET, kind
	s.on.protocol = swap16(uint16(protocol))
	s.stop = s.stack.WatchFrames(s.see)
	return s, 0
}

func swap16(v uint16) uint16 { return v<<8 | v>>8 }

// see takes a frame from the stack. It may not block.
func (s *packetSocket) see(i *netstack.Interface, out bool, frame []byte) bool {
	e, ok := wire.ParseEthernet(frame)
	if !ok || out && s.own.Load() == &frame[0] {
		return true
	}
	p := packet{
		data: frame, header: wire.EthernetLen, protocol: e.Type(), iface: i.Index(), kind: kindOf(i, out, e),
		loopback: i.Loopback(), from: e.Src(), time: nanotime(),
	}
	if p.protocol < 0x600 { // a length: IEEE 802.3 section 3.2.6
		p.protocol = linux.ETH_P_802_2
	}
	if s.kind == linux.SOCK_DGRAM {
		p.data, p.header = e.Payload(), 0
	}
	p.size = len(p.data)
	if s.put(&p) {
		s.changed.notify(pollIn)
	}
	return true
}

// kindOf says for whom a frame is (packet(7), sll_pkttype).
func kindOf(i *netstack.Interface, out bool, e wire.Ethernet) byte {
	switch dst := e.Dst(); {
	case out:
		return linux.PACKET_OUTGOING
	case dst == wire.BroadcastMAC && !i.Loopback(): // lo has no such address
		return linux.PACKET_BROADCAST
	case dst.IsGroup():
		return linux.PACKET_MULTICAST
	case dst != i.MAC():
		return linux.PACKET_OTHERHOST
	}
	return linux.PACKET_HOST
}

// put queues a copy of a frame that is the socket's, and reports whether it did. Frames that go are seen by who wants all protocols
// alone.
func (s *packetSocket) put(p *packet) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.on.protocol == linux.ETH_P_ALL
	if !all && (s.on.protocol != p.protocol || p.kind == linux.PACKET_OUTGOING) || s.on.iface != 0 && s.on.iface != p.iface {
		return false
	}
	if s.program != nil {
		n := s.program.run(p.data, &bpfFacts{protocol: uint32(p.protocol), kind: uint32(p.kind), iface: uint32(p.iface)})
		if n == 0 {
			return false
		}
		p.data = p.data[:min(uint64(n), uint64(len(p.data)))]
	}
	s.seen++
	if len(s.frames) == mostPackets || s.held+len(p.data) > s.room {
		s.dropped++
		return false
	}
	p.data = append([]byte(nil), p.data...)
	s.frames = append(s.frames, *p)
	s.held += len(p.data)
	return true
}

// linkAddress is where the hardware address begins in a struct sockaddr_ll.
const linkAddress = 12

// linkOf reads what of a struct sockaddr_ll a socket is bound to.
func linkOf(b []byte) linkEnd { return linkEnd{int(int32(get32(b[4:]))), swap16(get16(b[2:]))} }

// parseLink reads a struct sockaddr_ll. The error is EINVAL.
func parseLink(b []byte) (on linkEnd, to wire.MAC, known bool, e linux.Errno) {
	if len(b) < linux.SizeofSockaddrLl || int(b[11]) > len(b)-linkAddress {
		return on, to, false, linux.EINVAL
	}
	return linkOf(b), wire.MACFrom([6]byte(b[linkAddress:])), b[11] >= 6, 0
}

func (s *packetSocket) bind(p *Process, addr []byte) linux.Errno {
	if len(addr) < linux.SizeofSockaddrLl || family(addr) != linux.AF_PACKET {
		return linux.EINVAL
	}
	on := linkOf(addr)
	if on.iface != 0 && s.stack.Interface(on.iface) == nil {
		return linux.ENODEV
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if on.protocol == 0 {
		on.protocol = s.on.protocol
	}
	s.on = on
	return 0
}

func (s *packetSocket) connect(p *Process, addr []byte) linux.Errno { return linux.EOPNOTSUPP }

func (s *packetSocket) listen(p *Process, backlog int) linux.Errno { return linux.EOPNOTSUPP }

func (s *packetSocket) accept(p *Process) (socket, []byte, linux.Errno) {
	return nil, nil, linux.EOPNOTSUPP
}

// linkAddr makes a struct sockaddr_ll.
func linkAddr(on linkEnd, loopback bool, kind byte, mac wire.MAC) []byte {
	b := make([]byte, linux.SizeofSockaddrLl)
	put16(b, linux.AF_PACKET)
	put16(b[2:], swap16(on.protocol))
	put32(b[4:], uint32(on.iface))
	put16(b[8:], linux.ARPHRD_ETHER)
	if loopback {
		put16(b[8:], linux.ARPHRD_LOOPBACK)
	}
	m := mac.As6()
	b[10], b[11] = kind, byte(copy(b[linkAddress:], m[:]))
	return b
}

func (s *packetSocket) name() []byte {
	s.mu.Lock()
	on := s.on
	s.mu.Unlock()
	if i := s.stack.Interface(on.iface); i != nil {
		return linkAddr(on, i.Loopback(), 0, i.MAC())[:linkAddress+6]
	}
	b := linkAddr(on, false, 0, 0)[:linkAddress]
	put32(b[8:], 0) // neither a kind of link nor an address
	return b
}

func (s *packetSocket) peer() ([]byte, linux.Errno) { return nil, linux.EOPNOTSUPP }

func (s *packetSocket) send(p *Process, b []byte, m *message, flags uintptr) (int, linux.Errno) {
	s.mu.Lock()
	on := s.on
	s.mu.Unlock()
	var to wire.MAC
	known := false
	if len(m.addr) > 0 {
		var e linux.Errno
		if on, to, known, e = parseLink(m.addr); e != 0 {
			return 0, e
		}
	}
	i := s.stack.Interface(on.iface)
	if i == nil {
		return 0, linux.ENXIO
	}
	n, header := len(b), 0
	if s.kind == linux.SOCK_DGRAM {
		if !known {
			return 0, linux.EINVAL
		}
		header = wire.EthernetLen
	}
	s.sending.Lock()
	defer s.sending.Unlock()
	defer s.own.Store(nil)
	err := i.SendFrame(header+n, func(frame []byte) {
		if s.own.Store(&frame[0]); header != 0 {
			wire.Ethernet(frame).Put(to, i.MAC(), on.protocol)
		}
		copy(frame[header:], b)
	})
	if e := errno(err); e != linux.EAGAIN {
		return n, e
	}
	return 0, linux.ENOBUFS
}

func (s *packetSocket) receive(p *Process, b []byte, m *message, flags uintptr) (int, linux.Errno) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.frames) == 0 {
		return 0, linux.EAGAIN
	}
	f := s.frames[0]
	if flags&linux.MSG_PEEK == 0 {
		s.frames[0] = packet{}
		s.frames = s.frames[1:]
		s.held -= len(f.data)
	}
	n := copy(b, f.data)
	m.addr, m.size = linkAddr(linkEnd{f.iface, f.protocol}, f.loopback, f.kind, f.from), len(f.data)
	if n < len(f.data) {
		m.flags |= linux.MSG_TRUNC
	}
	if s.wanted&(wantTime|wantTimeNS) != 0 {
		m.addTime(s.wanted&wantTimeNS != 0, wallClock()-nanotime()+f.time)
	}
	if s.wanted&wantAuxiliary != 0 {
		m.addControl(linux.SOL_PACKET, linux.PACKET_AUXDATA, f.auxiliary())
	}
	return n, 0
}

// auxiliary makes a struct tpacket_auxdata.
func (f *packet) auxiliary() []byte {
	b := make([]byte, linux.SizeofTpacketAuxdata)
	put32(b, linux.TP_STATUS_USER)
	put32(b[4:], uint32(f.size))
	put32(b[8:], uint32(len(f.data)))
	put16(b[14:], uint16(f.header))
	return b
}

func (s *packetSocket) shutdown(read, write bool) linux.Errno { return linux.EOPNOTSUPP }

func (s *packetSocket) read(d *description, b []byte) (int, linux.Errno) {
	if len(b) == 0 {
		return 0, 0 // whatever waits (sock_read_iter)
	}
	var m message
	return s.receive(nil, b, &m, 0)
}

func (s *packetSocket) write(d *description, b []byte) (int, linux.Errno) {
	return s.send(nil, b, &message{}, 0)
}

func (s *packetSocket) waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.frames) == 0 {
		return 0
	}
	return len(s.frames[0].data)
}

func (s *packetSocket) ready(d *description) uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.frames) > 0 {
		return pollIn | pollOut
	}
	return pollOut
}

func (s *packetSocket) mode() uint32           { return linux.S_IFSOCK | 0o777 }
func (s *packetSocket) queue() *waitQueue      { return &s.changed }
func (s *packetSocket) release(d *description) { s.stop() }
