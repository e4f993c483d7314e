//go:build !mirage

package tcp

import (
	"fmt"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// TestScripts plays the scripts in testdata: traces in the manner of packetdrill, in virtual time. testdata/README says how
// they are written.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.script")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts: ", err)
	}
	total := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		area := strings.TrimSuffix(filepath.Base(file), ".script")
		before := strings.Count(strings.SplitN(string(text), "== ", 2)[0], "\n")
		for _, one := range strings.Split(string(text), "== ")[1:] {
			title, body, _ := strings.Cut(one, "\n")
			line := before + 2
			before += strings.Count(one, "\n")
			total++
			t.Run(area+"/"+title, func(t *testing.T) {
				if !strings.Contains(title, "RFC ") && !strings.Contains(title, "socket(7)") && !strings.Contains(title, "tcp(7)") {
					t.Error("it cites no rule")
				}
				play(t, file, line, body)
			})
		}
	}
	t.Logf("%d scripts", total)
}

// A player plays one script: it is the network, the peer and the program.
type player struct {
	t      *testing.T
	where  string
	net    *fakeNet
	tcp    *Protocol
	listen *Socket
	socket *Socket
	sent   [][]byte
	marks  []uint8 // the ECN fields of those
	peers  map[int]*peer
	peer   *peer
	told   Readiness // what Notify has said since the last "told"
}

// A peer is what the script plays; sequence numbers in scripts count from its and from our initial one.
type peer struct {
	addr        wire.Addr
	port, local uint16
	iss, irs    uint32
	known       bool // irs is
	written     int  // octets that the program wrote
	read        int
	clock       uint32 // what of our timestamps came last
}

func play(t *testing.T, file string, line int, body string) {
	p := &player{t: t, net: newFakeNet(wire.V4(10, 0, 0, 1), 1), peers: map[int]*peer{}}
	p.tcp = New(p.net)
	p.net.carry = func(src, dst wire.Addr, segment []byte) {
		p.sent, p.marks = append(p.sent, segment), append(p.marks, p.net.sentTOS&ce)
	}
	p.usePeer(1)
	for i, command := range strings.Split(body, "\n") {
		p.where = fmt.Sprintf("%s:%d: %s", file, line+i, command)
		if command, _, _ = strings.Cut(command, " #"); strings.TrimSpace(command) != "" {
			p.step(strings.TrimSpace(command))
		}
	}
	p.where = file + ": at the end of " + t.Name()
	p.wantNothing()
}

func (p *player) fatal(format string, args ...any) {
	p.t.Helper()
	p.t.Fatalf("%s\n\t%s", p.where, fmt.Sprintf(format, args...))
}

func (p *player) usePeer(n int) {
	if p.peers[n] == nil {
		irs := uint32(0)
		if p.peer != nil {
			irs = p.peer.irs // until it hears its own
		}
		p.peers[n] = &peer{irs: irs, addr: wire.V4(10, 0, 0, 2), port: uint16(4000 + n), local: 80, iss: 0xffff8000 + uint32(n)<<20}
	}
	p.peer = p.peers[n]
}

func (p *player) steps(lines ...string) {
	for _, line := range lines {
		p.step(line)
	}
}

// step does one line: a time that passes first, and then a segment or a call.
func (p *player) step(line string) {
	if strings.HasPrefix(line, "+") {
		head, rest, _ := strings.Cut(line[1:], " ")
		s, err := strconv.ParseFloat(head, 64)
		if err != nil {
			p.fatal("no time")
		}
		p.pass(int64(s*1e9 + 0.5))
		line = strings.TrimSpace(rest)
	}
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch word {
	case "":
	case "<":
		p.wantNothing()
		p.give(rest)
	case ">":
		p.want(rest)
	default:
		call, want, asked := strings.Cut(rest, "=")
		got := p.call(word, strings.Fields(call))
		if want = strings.TrimSpace(want); asked && got != want {
			p.fatal("%s, want %s", got, want)
		}
		if !asked && got != "" && got != "ok" {
			p.fatal("%s", got)
		}
	}
}

// pass lets time pass. Nothing may be sent before its end.
func (p *player) pass(d int64) {
	end := p.net.now + d
	for {
		next := p.net.timers.Run(p.net.now)
		if next == 0 || next > end {
			break
		}
		if next > p.net.now {
			p.wantNothing()
			p.net.now = next
		}
	}
	if p.net.now < end {
		p.wantNothing()
	}
	p.net.now = end
}

func (p *player) wantNothing() {
	p.t.Helper()
	if len(p.sent) > 0 {
		p.fatal("sent besides, at %.6f: %s", float64(p.net.now)/1e9-1000, p.describe(p.sent[0]))
	}
}

// pattern is the octet at a place of either stream.
func pattern(at int) byte { return byte(at*7 + at>>8) }

func fill(b []byte, at int) []byte {
	for i := range b {
		b[i] = pattern(at + i)
	}
	return b
}

var segmentForm = regexp.MustCompile(`^([SFRPU.EW]+) (-?\d+):(-?\d+)\((\d+)\)((?: (?:ack|win) -?\d+)*)(?: <(.*)>)?$`)

// marks are what scripts call the values of the ECN field: RFC 3168 section 5.
var marks = [4]string{1: "[ect1] ", ect0: "[ect0] ", ce: "[ce] "}

// give gives the protocol a segment from the peer: flags, first:behind(octets), ack, win, <options>.
func (p *player) give(text string) {
	for mark, name := range marks {
		if rest, ok := strings.CutPrefix(text, name); ok {
			p.net.nextTOS, text = uint8(mark), rest
		}
	}
	m := segmentForm.FindStringSubmatch(text)
	if m == nil {
		p.fatal("not a segment")
	}
	first, _ := strconv.Atoi(m[2])
	n, _ := strconv.Atoi(m[4])
	f := wire.TCPFields{SrcPort: p.peer.port, DstPort: p.peer.local, Seq: p.peer.iss + uint32(first), Window: 65535}
	for i, c := range "FSRP.UEW" {
		if strings.ContainsRune(m[1], c) {
			f.Flags |= 1 << i
		}
	}
	for words := strings.Fields(m[5]); len(words) > 0; words = words[2:] {
		v, _ := strconv.Atoi(words[1])
		if words[0] == "ack" {
			f.Ack = p.peer.irs + uint32(v)
		} else {
			f.Window = uint16(v)
		}
	}
	o := p.parseOptions(m[6])
	b := make(wire.TCP, wire.TCPLen+o.Len()+n)
	o.Put(b[wire.TCPLen:])
	data := first - 1
	if f.Flags&wire.SYN != 0 {
		data++
	}
	fill(b[wire.TCPLen+o.Len():], data)
	b.Put(&f, o.Len(), p.peer.addr, p.net.addr, false)
	p.net.deliver(p.peer.addr, p.net.addr, b)
}

func (p *player) parseOptions(text string) (o wire.TCPOptions) {
	for _, option := range strings.Split(text, ",") {
		words := strings.Fields(option)
		if len(words) == 0 {
			continue
		}
		number := func(i int) uint32 {
			if i >= len(words) {
				return 0
			}
			word, clock := words[i], uint32(0)
			if rest, ok := strings.CutPrefix(word, "last"); ok { // our own clock, as it came last
				clock, word = p.peer.clock, "0"+rest
			}
			if earlier, ok := strings.CutPrefix(word, "0-"); ok { // or some milliseconds before
				word = "-" + earlier
			}
			v, err := strconv.ParseInt(word, 0, 64)
			if err != nil {
				p.fatal("%v", err)
			}
			return clock + uint32(v)
		}
		switch words[0] {
		case "mss":
			o.MSS = uint16(number(1))
		case "ws":
			o.HasScale, o.Scale = true, uint8(number(1))
		case "sackOK":
			o.SACKPermitted = true
		case "ts":
			o.HasTime, o.TimeVal, o.TimeEcho = true, number(1), number(2)
		case "sack":
			for _, block := range words[1:] {
				a, b, _ := strings.Cut(block, ":")
				start, _ := strconv.Atoi(a)
				end, _ := strconv.Atoi(b)
				o.Blocks[o.NumBlocks] = wire.SACKBlock{Start: p.peer.irs + uint32(start), End: p.peer.irs + uint32(end)}
				o.NumBlocks++
			}
		default:
			p.fatal("option %s", words[0])
		}
	}
	return o
}

// want takes the next segment that was sent and compares it with what the script says.
func (p *player) want(text string) {
	if len(p.sent) == 0 {
		p.net.timers.Run(p.net.now)
	}
	if len(p.sent) == 0 {
		p.fatal("nothing was sent")
	}
	b := wire.TCP(p.sent[0])
	mark := marks[p.marks[0]]
	p.sent, p.marks = p.sent[1:], p.marks[1:]
	if !p.peer.known && b.Flags()&wire.SYN != 0 {
		p.peer.irs, p.peer.known, p.peer.local = b.Seq(), true, b.SrcPort()
	}
	got := mark + p.describe(b)
	if !strings.Contains(text, " win ") {
		got = regexp.MustCompile(` win \d+`).ReplaceAllString(got, "")
	}
	if got != text {
		p.fatal("sent  %s", got)
	}
	if b.DstPort() != p.peer.port || b.SrcPort() != p.peer.local {
		p.fatal("between ports %d and %d", b.SrcPort(), b.DstPort())
	}
	if !b.ChecksumOK(p.net.addr, p.peer.addr) {
		p.fatal("the checksum is wrong")
	}
	for i, c := range b.Payload() {
		if at := int(b.Seq()-p.peer.irs) - 1 + i; c != pattern(at) {
			p.fatal("octet %d is wrong", at)
		}
	}
}

// describe writes a segment that was sent as a script has it.
func (p *player) describe(segment []byte) string {
	b := wire.TCP(segment)
	var o wire.TCPOptions
	o.Parse(b.Options())
	flags := ""
	for i, c := range "SFRP.UEW" {
		if b.Flags()>>[]int{1, 0, 2, 3, 4, 5, 6, 7}[i]&1 != 0 {
			flags += string(c)
		}
	}
	first, n := int32(b.Seq()-p.peer.irs), len(b.Payload())
	if b.Seq() == 0 {
		first = 0 // of a reset of nothing
	}
	s := fmt.Sprintf("%s %d:%d(%d)", flags, first, first+int32(n), n)
	if b.Flags()&wire.ACK != 0 {
		s += fmt.Sprintf(" ack %d", int32(b.Ack()-p.peer.iss))
	}
	s += fmt.Sprintf(" win %d", b.Window())
	var options []string
	if o.MSS != 0 {
		options = append(options, fmt.Sprintf("mss %d", o.MSS))
	}
	if o.SACKPermitted {
		options = append(options, "sackOK")
	}
	if o.HasTime {
		options = append(options, fmt.Sprintf("ts %d", o.TimeEcho))
		p.peer.clock = o.TimeVal
	}
	if o.HasScale {
		options = append(options, fmt.Sprintf("ws %d", o.Scale))
	}
	if o.NumBlocks > 0 {
		blocks := "sack"
		for _, k := range o.Blocks[:o.NumBlocks] {
			blocks += fmt.Sprintf(" %d:%d", int32(k.Start-p.peer.iss), int32(k.End-p.peer.iss))
		}
		options = append(options, blocks)
	}
	if len(options) > 0 {
		s += " <" + strings.Join(options, ",") + ">"
	}
	return s
}

var errnoNames = map[inet.Errno]string{
	inet.EAGAIN: "EAGAIN", inet.EINPROGRESS: "EINPROGRESS", inet.EALREADY: "EALREADY", inet.EISCONN: "EISCONN",
	inet.ECONNREFUSED: "ECONNREFUSED", inet.ECONNRESET: "ECONNRESET", inet.ETIMEDOUT: "ETIMEDOUT", inet.EPIPE: "EPIPE",
	inet.ENOTCONN: "ENOTCONN", inet.EBADF: "EBADF", inet.EHOSTUNREACH: "EHOSTUNREACH", inet.ENETUNREACH: "ENETUNREACH",
	inet.ECONNABORTED: "ECONNABORTED", inet.EINVAL: "EINVAL", inet.EADDRINUSE: "EADDRINUSE",
}

func outcome(n int, err error) string {
	if err != nil {
		return errnoNames[err.(inet.Errno)]
	}
	return strconv.Itoa(n)
}

func ok(err error) string {
	if err != nil {
		return errnoNames[err.(inet.Errno)]
	}
	return "ok"
}

// call makes one of the program's calls and returns what it answered.
func (p *player) call(name string, args []string) string {
	number := func(i, without int) int {
		if i >= len(args) {
			return without
		}
		n, err := strconv.Atoi(args[i])
		if err != nil {
			p.fatal("%v", err)
		}
		return n
	}
	switch name {
	case "listen":
		if p.listen == nil {
			p.listen = p.tcp.NewSocket(false)
			for _, option := range args[min(1, len(args)):] {
				p.setOption(p.listen, option)
			}
			if err := p.listen.Bind(wire.AddrPort{Addr: wire.Any4, Port: 80}); err != nil {
				return ok(err)
			}
		}
		return ok(p.listen.Listen(number(0, 100)))
	case "accept":
		s, _, err := p.listen.Accept()
		if err == nil {
			p.use(s)
		}
		return ok(err)
	case "connect":
		if p.socket == nil {
			p.use(p.tcp.NewSocket(false))
			for _, option := range args {
				p.setOption(p.socket, option)
			}
		}
		if p.socket.Info().State == 7 {
			p.peer.known = false
		}
		return ok(p.socket.Connect(wire.AddrPort{Addr: p.peer.addr, Port: p.peer.port}))
	case "write":
		n, err := p.socket.Send(fill(make([]byte, number(0, 0)), p.peer.written))
		p.peer.written += n
		if len(args) > 0 && n == number(0, 0) && err == nil {
			return "ok"
		}
		return outcome(n, err)
	case "read", "peek":
		b := make([]byte, number(0, 0))
		n, err := p.socket.Recv(b, name == "peek")
		for i, c := range b[:n] {
			if c != pattern(p.peer.read+i) {
				p.fatal("octet %d is wrong", p.peer.read+i)
			}
		}
		if name == "read" {
			p.peer.read += n
		}
		if len(args) > 0 && n == number(0, 0) && n > 0 {
			return "ok"
		}
		return outcome(n, err)
	case "shutdown":
		return ok(p.socket.Shutdown(strings.Contains(args[0], "rd"), strings.Contains(args[0], "wr")))
	case "close":
		s := p.socket
		if len(args) > 0 {
			s, p.listen = p.listen, nil
		}
		return ok(s.Close())
	case "flood": // SYNs from as many peers, whose answers nobody looks at
		for i := range number(0, 0) {
			p.usePeer(1000 + i)
			p.give("S 0:0(0) win 65535 <mss 1000>")
		}
		p.sent, p.marks = nil, nil
		p.usePeer(1)
	case "disconnect":
		return ok(p.socket.Disconnect())
	case "option":
		p.setOption(p.socket, args[0])
	case "error":
		return ok(p.socket.TakeError())
	case "passive": // a handshake that the peer begins, of 100 ms
		options := "mss 1000"
		answer := "mss 1460"
		for _, arg := range args {
			switch arg {
			case "sack":
				options, answer = "mss 1000,sackOK", "mss 1460,sackOK"
			case "full":
				options, answer = "mss 1012,sackOK,ts 100 0,ws 7", "mss 1460,sackOK,ts 100,ws 7"
			}
		}
		p.steps("listen", "< S 0:0(0) win 65535 <"+options+">", "> S. 0:0(0) ack 1 <"+answer+">")
		if strings.HasSuffix(answer, "7") {
			p.steps("+0.1 < . 1:1(0) ack 1 win 512 <ts 200 last>")
		} else {
			p.steps("+0.1 < . 1:1(0) ack 1 win 65535")
		}
		p.steps("accept")
		for _, arg := range args {
			if arg != "sack" && arg != "full" {
				p.setOption(p.socket, arg)
			}
		}
		p.told = Readiness{}
	case "peer":
		p.usePeer(number(0, 1))
	case "state":
		return stateNames[p.socket.Info().State]
	case "ready":
		return readiness(p.socket.Ready())
	case "told":
		told := p.told
		p.told = Readiness{}
		return readiness(told)
	case "card":
		if args[0] == "long" {
			p.net.whole, p.net.long = 64000, number(1, 0)
			p.net.gen++
			break
		}
		if p.net.full = args[0] == "full"; !p.net.full {
			p.net.free()
		}
	case "icmp":
		p.icmp(args[0], number(1, 0), number(2, 0))
	case "mtu":
		p.net.mtu = number(0, 1500)
		p.net.gen++
	case "window":
		return strconv.Itoa(p.socket.Info().Window)
	case "unsent":
		return strconv.Itoa(p.socket.Unsent())
	case "count":
		n := reflect.ValueOf(p.tcp.Counters()).Elem().FieldByName(args[0])
		return strconv.FormatUint(n.Addr().Interface().(*atomic.Uint64).Load(), 10)
	case "memory":
		p.tcp.SetMemoryLimit(int64(number(0, 0)))
	case "bound":
		return strconv.FormatBool(p.tcp.memory.used.Load() == 0)
	default:
		p.fatal("no such call: %s", name)
	}
	return "ok"
}

// use makes a socket the one that calls are about.
func (p *player) use(s *Socket) {
	p.socket = s
	s.Notify(func(r Readiness) {
		p.told.Readable = p.told.Readable || r.Readable
		p.told.Writable = p.told.Writable || r.Writable
		p.told.Failed = p.told.Failed || r.Failed
		p.told.PeerDone = p.told.PeerDone || r.PeerDone
		p.told.HungUp = p.told.HungUp || r.HungUp
	})
}

var stateNames = map[uint8]string{
	1: "ESTABLISHED", 2: "SYN-SENT", 3: "SYN-RECEIVED", 4: "FIN-WAIT-1", 5: "FIN-WAIT-2", 6: "TIME-WAIT", 7: "CLOSED",
	8: "CLOSE-WAIT", 9: "LAST-ACK", 10: "LISTEN", 11: "CLOSING",
}

func readiness(r Readiness) string {
	s := ""
	for i, on := range []bool{r.Readable, r.Writable, r.PeerDone, r.HungUp, r.Failed} {
		if on {
			s += string("rwdhf"[i])
		}
	}
	if s == "" {
		return "-"
	}
	return s
}

// setOption sets an option by name=value.
func (p *player) setOption(s *Socket, text string) {
	name, value, _ := strings.Cut(text, ":")
	n, _ := strconv.Atoi(value)
	err := s.Configure(func(o *Options) {
		switch name {
		case "nodelay":
			o.SetNoDelay(n != 0)
		case "cork":
			o.SetCork(n != 0)
		case "keepalive": // idle:interval:count in seconds
			o.SetKeepAlive(true)
			var idle, interval int64
			var count int
			fmt.Sscanf(value, "%d/%d/%d", &idle, &interval, &count)
			o.SetKeepIdle(idle * second)
			o.SetKeepInterval(interval * second)
			o.SetKeepCount(count)
		case "usertimeout":
			o.SetUserTimeout(int64(n) * second)
		case "linger":
			o.Linger = n
		case "sndbuf":
			o.SendBuffer = n
		case "rcvbuf":
			o.RecvBuffer = n
		case "recverr":
			o.TellErrors = n != 0
		case "defer":
			o.SetDeferAccept(n)
		case "reuse":
			o.ReuseAddr = true
		case "reno":
			o.SetNewReno(true)
		default:
			p.fatal("no such option")
		}
	})
	if err != nil {
		p.fatal("%v", err)
	}
}

// icmp gives the protocol an error about a segment of ours that begins at a sequence number.
func (p *player) icmp(kind string, first, mtu int) {
	e := inet.SendError{Src: p.net.addr, Dst: p.peer.addr, From: p.peer.addr, Type: 3, Room: max(mtu, 552) - wire.IPv4Len}
	switch kind {
	case "port":
		e.Errno, e.Hard, e.Code = inet.ECONNREFUSED, true, 3
	case "host":
		e.Errno, e.Code = inet.EHOSTUNREACH, 1
	case "frag":
		e.Errno, e.Hard, e.Code = inet.EMSGSIZE, true, 4
	}
	b := make(wire.TCP, wire.TCPLen)
	f := wire.TCPFields{SrcPort: p.peer.local, DstPort: p.peer.port, Seq: p.peer.irs + uint32(first)}
	b.Put(&f, 0, p.net.addr, p.peer.addr, false)
	e.Payload = b[:8]
	p.tcp.Error(&e)
}
