package linuxabi

import (
	"internal/mirage/netstack/wire"
)

// Tables of sockets in /proc/net (proc_pid_net(5)).

// Widths to which Linux fills lines of the tables of IPv4 up, without the newline.
const (
	streamWidth   = 149
	datagramWidth = 127
)

// inodes says which inode a socket of the network's has that a descriptor leads to.
func (p *Process) inodes() map[any]uint64 {
	all := make(map[any]uint64)
	p.fds.each(0, maxDescriptors, func(_ int, s *slot) {
		d := s.d.Load()
		if d == nil {
			return
		}
		if f, ok := d.file.(interface{ within() any }); ok {
			all[f.within()] = p.inode(d).Ino()
		}
	})
	return all
}

// hexAddr is an address as these tables have it: words of 32 bits in the machine's byte order, and the port.
func hexAddr(a wire.AddrPort, v6 bool) (s string) {
	if v6 {
		b := a.Addr.As16()
		for k := 0; k < len(b); k += 4 {
			s += upper(uint64(get32(b[k:])), 8)
		}
	} else {
		b := a.Addr.As4()
		s = upper(uint64(get32(b[:])), 8)
	}
	return s + ":" + upper(uint64(a.Port), 4)
}

// upper is a number in n hexadecimal digits, of which those that are letters are large ones.
func upper(v uint64, n int) string {
	b := make([]byte, n)
	for k := n - 1; k >= 0; k-- {
		b[k] = "0123456789ABCDEF"[v&15]
		v >>= 4
	}
	return string(b)
}

// heading is the first line of a table, as far as all have it.
func heading(v6 bool) string {
	if v6 {
		return "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
	}
	return "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
}

// A row is what all tables say of a socket.
type row struct {
	local, remote wire.AddrPort
	state         int
	sends, waits  int // octets in its queues
	retransmits   int
	inode         uint64
	references    int
	more          string // what follows
}

// text is the row, of which number is the number and width its width.
func (r *row) text(number, width int, v6 bool) string {
	const user = 0
	return padded(decimal(number), width) + ": " + hexAddr(r.local, v6) + " " + hexAddr(r.remote, v6) + " " + upper(uint64(r.state), 2) + " " +
		upper(uint64(r.sends), 8) + ":" + upper(uint64(r.waits), 8) + " 00:00000000 " + upper(uint64(r.retransmits), 8) + " " +
		padded(decimal(user), 5) + " " + padded("0", 8) + " " + decimal(r.inode) + " " + decimal(r.references) + " 0000000000000000" + r.more
}

// streamTable is /proc/net/tcp or tcp6.
func (p *Process) streamTable(v6 bool) string {
	line := func(s string) string {
		if v6 {
			return s + "\n"
		}
		return column(s, streamWidth) + "\n"
	}
	b := []byte(line(heading(v6)))
	for number, r := range p.net.tcp.rows(v6, p.inodes()) {
		b = append(b, line(r.text(number, 4, v6))...)
	}
	return string(b)
}

// datagramTable is /proc/net/udp, raw or icmp, or what these are of IPv6, with a margin before the first line. Lines of raw's are
// not filled up.
func (p *Process) datagramTable(v6, filled bool, margin string, rows []row) string {
	width, line := 4, func(s string) string { return s + "\n" }
	if filled && !v6 {
		line = func(s string) string { return column(s, datagramWidth) + "\n" }
	}
	if v6 || filled {
		width = 5
	}
	b := []byte(line(margin + heading(v6) + " ref pointer drops"))
	for k := range rows {
		b = append(b, line(rows[k].text(k, width, v6))...)
	}
	return string(b)
}

// datagramRow is what is said of a socket.
func datagramRow(e datagramEnd, inode uint64) row {
	const connected, not = 1, 7 // TCP_ESTABLISHED, TCP_CLOSE
	r := row{local: e.Local(), state: not, inode: inode, references: 2}
	if peer, ok := e.Remote(); ok {
		r.remote, r.state = peer, connected
	}
	octets, drops := e.Waiting()
	r.waits, r.more = octets, " "+decimal(drops)
	return r
}

func (p *Process) udpRows(v6 bool) (all []row) {
	inodes := p.inodes()
	for _, s := range p.net.udp.Sockets() {
		if s.V6 == v6 {
			all = append(all, datagramRow(s, inodes[s]))
		}
	}
	return all
}

func (p *Process) rawRows(v6 bool) (all []row) {
	inodes := p.inodes()
	for _, s := range p.net.raw.Sockets(v6) {
		all = append(all, datagramRow(s, inodes[s]))
	}
	return all
}

func (p *Process) pingRows(v6 bool) (all []row) {
	inodes := p.inodes()
	for _, s := range p.net.raw.Pings(v6) {
		all = append(all, datagramRow(s, inodes[s]))
	}
	return all
}

// memoryPages is how many pages of memory octets take.
func memoryPages(octets int64) string {
	const page = 4096
	return decimal((octets + page - 1) / page)
}

// countDatagrams returns how many sockets of one family there are, of UDP and raw ones.
func (p *Process) countDatagrams(v6 bool) (udp, raws int) {
	for _, s := range p.net.udp.Sockets() {
		if s.V6 == v6 {
			udp++
		}
	}
	return udp, len(p.net.raw.Sockets(v6))
}

// socketsText is /proc/net/sockstat: what there is of sockets, and what memory they take.
func socketsText(p *Process) string {
	used := 0
	p.fds.each(0, maxDescriptors, func(_ int, s *slot) {
		if d := s.d.Load(); d != nil {
			if _, ok := d.file.(socket); ok {
				used++
			}
		}
	})
	t, t6 := p.net.tcp.count(false), p.net.tcp.count(true)
	udp, raws := p.countDatagrams(false)
	fragments, octets := p.net.stack.Fragments()
	return "sockets: used " + decimal(used) + "\n" +
		"TCP: inuse " + decimal(t.used) + " orphan " + decimal(t.orphans+t6.orphans) + " tw " + decimal(t.waiting+t6.waiting) +
		" alloc " + decimal(t.used+t6.used) + " mem " + memoryPages(p.net.tcp.memoryUsed()) + "\n" +
		"UDP: inuse " + decimal(udp) + " mem " + memoryPages(p.net.udp.MemoryUsed()) + "\nUDPLITE: inuse 0\n" +
		"RAW: inuse " + decimal(raws) + "\nFRAG: inuse " + decimal(fragments) + " memory " + decimal(octets) + "\n"
}

// sockets6Text is /proc/net/sockstat6. What fragments take is in sockstat, for both families.
func sockets6Text(p *Process) string {
	udp, raws := p.countDatagrams(true)
	return "TCP6: inuse " + decimal(p.net.tcp.count(true).used) + "\nUDP6: inuse " + decimal(udp) + "\nUDPLITE6: inuse 0\nRAW6: inuse " +
		decimal(raws) + "\nFRAG6: inuse 0 memory 0\n"
}

// unixTable is /proc/net/unix: the Unix sockets that descriptors lead to (unix(7); net/unix/af_unix.c, unix_seq_show).
func unixTable(p *Process) string {
	const accepts = 0x10000   // __SO_ACCEPTCON
	const free, joined = 1, 3 // SS_UNCONNECTED, SS_CONNECTED
	s := "Num       RefCount Protocol Flags    Type St Inode Path\n"
	listed := make(map[*unixSocket]bool)
	p.fds.each(0, maxDescriptors, func(_ int, slot *slot) {
		d := slot.d.Load()
		if d == nil {
			return
		}
		u, ok := d.file.(*unixSocket)
		if !ok || listed[u] {
			return
		}
		listed[u] = true
		name, listening, connected := u.described()
		flags, state := uint64(0), uint64(free)
		switch {
		case listening:
			flags = accepts
		case connected:
			state = joined
		}
		s += zeroPadded(0, 16, 16) + ": " + upper(2, 8) + " " + upper(0, 8) + " " + upper(flags, 8) + " " + upper(uint64(u.kind), 4) + " " +
			upper(state, 2) + " " + padded(decimal(p.inode(d).Ino()), 5)
		if name != "" {
			s += " " + name
		}
		s += "\n"
	})
	return s
}
