package dns_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"mirage/dns"
	"testing"
	"time"
)

// A packet is a query in bytes, as no Message could be.
type packet struct {
	what string
	b    []byte
}

// header returns a header with counts.
func header(flags, qd, an, ns, ar uint16) []byte {
	var b []byte
	for _, n := range []uint16{0x4d49, flags, qd, an, ns, ar} {
		b = binary.BigEndian.AppendUint16(b, n)
	}
	return b
}

func question(name string, t dns.Type, c dns.Class) []byte {
	b := []byte(dns.MustParseName(name))
	b = binary.BigEndian.AppendUint16(b, uint16(t))
	return binary.BigEndian.AppendUint16(b, uint16(c))
}

func opt(size uint16, ttl uint32, data string) []byte {
	b := append([]byte{0, 0, 41}, byte(size>>8), byte(size))
	b = binary.BigEndian.AppendUint32(b, ttl)
	return append(binary.BigEndian.AppendUint16(b, uint16(len(data))), data...)
}

func join(parts ...[]byte) (b []byte) {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// oddPackets are queries that break rules or use them all.
func oddPackets() []packet {
	q := question("web.rules.example", dns.TypeA, dns.ClassIN)
	big := question("huge.rules.example", dns.TypeTXT, dns.ClassIN)
	soa := "\xc0\x0c\x00\x06\x00\x01\x00\x00\x00\x00\x00\x16\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	tsig := "\x03key\x00\x00\xfa\x00\xff\x00\x00\x00\x00\x00\x3d\x08hmac-md5\x07sig-alg\x03reg\x03int\x00\x00\x00\x5f\x00\x00\x00\x01\x2c\x00\x10aaaaaaaaaaaaaaaa\x4d\x49\x00\x00\x00\x00"
	list := []packet{
		{"nothing", nil},
		{"short", header(0, 1, 0, 0, 0)[:11]},
		{"header only", header(0x100, 1, 0, 0, 0)},
		{"no questions", header(0x100, 0, 0, 0, 0)},
		{"no questions, one there", join(header(0x100, 0, 0, 0, 0), q)},
		{"OPT without question", join(header(0x100, 0, 0, 0, 1), opt(1232, 0, ""))},
		{"OPT without question, version 1", join(header(0x100, 0, 0, 0, 1), opt(1232, 1<<16, ""))},
		{"two questions", join(header(0x100, 2, 0, 0, 0), q, q)},
		{"answer in query", join(header(0x100, 1, 1, 0, 0), q, []byte(soa))},
		{"authority in query", join(header(0x100, 1, 0, 1, 0), q, []byte(soa))},
		{"additional in query", join(header(0x100, 1, 0, 0, 1), q, []byte(soa))},
		{"garbage behind", join(header(0x100, 1, 0, 0, 0), q, []byte("garbage"))},
		{"garbage behind OPT", join(header(0x100, 1, 0, 0, 1), q, opt(1232, 0, ""), []byte("garbage"))},
		{"OPT not counted", join(header(0x100, 1, 0, 0, 0), q, opt(1232, 0, ""))},
		{"OPT missing", join(header(0x100, 1, 0, 0, 1), q)},
		{"two OPT", join(header(0x100, 1, 0, 0, 2), q, opt(1232, 0, ""), opt(1232, 0, ""))},
		{"OPT with name", join(header(0x100, 1, 0, 0, 1), q, []byte{1, 'a'}, opt(1232, 0, ""))},
		{"OPT version 1", join(header(0x170, 1, 0, 0, 1), q, opt(1232, 1<<16, ""))},
		{"OPT version 1 with DO and options", join(header(0x100, 1, 0, 0, 1), q, opt(1232, 1<<16|1<<15, "\x00\x03\x00\x00"))},
		{"OPT version 255, all flags", join(header(0x07f0, 1, 0, 0, 1), q, opt(0, 255<<16, ""))},
		{"OPT extended rcode", join(header(0x100, 1, 0, 0, 1), q, opt(1232, 1<<24, ""))},
		{"OPT Z flags", join(header(0x100, 1, 0, 0, 1), q, opt(1232, 0x7fff, ""))},
		{"NSID", join(header(0, 1, 0, 0, 1), q, opt(1232, 0, "\x00\x03\x00\x00"))},
		{"NSID with data", join(header(0, 1, 0, 0, 1), q, opt(1232, 0, "\x00\x03\x00\x02ab"))},
		{"cookie", join(header(0, 1, 0, 0, 1), q, opt(1232, 0, "\x00\x0a\x00\x0812345678"))},
		{"cookie of a bad length", join(header(0, 1, 0, 0, 1), q, opt(1232, 0, "\x00\x0a\x00\x0312345678"[:7]))},
		{"many options", join(header(0, 1, 0, 0, 1), q, opt(1232, 1<<15, "\x00\x0a\x00\x0812345678\x00\x08\x00\x04\x00\x01\x00\x00\x00\x0c\x00\x05\x00\x00\x00\x00\x00\xff\xff\x00\x00"))},
		{"padding", join(header(0, 1, 0, 0, 1), q, opt(1232, 0, "\x00\x0c\x00\x64"+string(make([]byte, 100))))},
		{"option too long", join(header(0, 1, 0, 0, 1), q, opt(1232, 0, "\x00\x0a\x00\x0912345678"))},
		{"option cut", join(header(0, 1, 0, 0, 1), q, opt(1232, 0, "\x00\x0a\x00"))},
		{"options longer than the message", join(header(0, 1, 0, 0, 1), q, []byte("\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x08\x00"))},
		{"TSIG", join(header(0x100, 1, 0, 0, 1), q, []byte(tsig))},
		{"TSIG behind OPT", join(header(0x130, 1, 0, 0, 2), q, opt(1232, 1<<15, ""), []byte(tsig))},
		{"TSIG before OPT", join(header(0x100, 1, 0, 0, 2), q, []byte(tsig), opt(1232, 0, ""))},
		{"TSIG behind OPT version 1", join(header(0x100, 1, 0, 0, 2), q, opt(1232, 1<<16, ""), []byte(tsig))},
		{"TSIG cut", join(header(0x100, 1, 0, 0, 1), q, []byte(tsig[:40]))},
		{"TSIG of class IN", join(header(0x100, 1, 0, 0, 1), q, []byte("\x00\x00\xfa\x00\x01\x00\x00\x00\x00\x00\x00"))},
		{"TSIG with TTL", join(header(0x100, 1, 0, 0, 1), q, []byte("\x00\x00\xfa\x00\xff\x00\x00\x00\x01\x00\x00"))},
		{"pointer as name", join(header(0, 1, 0, 0, 0), []byte{0xc0, 0x0c, 0, 1, 0, 1})},
		{"pointer in name", join(header(0, 1, 0, 0, 0), []byte{3, 'w', 'e', 'b', 0xc0, 0x0c, 0, 1, 0, 1})},
		{"label type 0x40", join(header(0, 1, 0, 0, 0), []byte{0x41, 'w', 0, 0, 1, 0, 1})},
		{"name without end", join(header(0, 1, 0, 0, 0), []byte{3, 'w', 'e', 'b'})},
		{"name without type", join(header(0, 1, 0, 0, 0), []byte{3, 'w', 'e', 'b', 0})},
		{"name without class", join(header(0, 1, 0, 0, 0), []byte{3, 'w', 'e', 'b', 0, 0, 1})},
		{"half a class", join(header(0, 1, 0, 0, 0), []byte{3, 'w', 'e', 'b', 0, 0, 1, 0})},
		{"all flags", join(header(0x07f0, 1, 0, 0, 0), q)},
		{"all flags, OPT", join(header(0x07f0, 1, 0, 0, 1), q, opt(1232, 0, ""))},
		{"response", join(header(0x8100, 1, 0, 0, 0), q)},
		{"zero size", join(header(0, 1, 0, 0, 1), big, opt(0, 0, ""))},
		{"root", join(header(0, 1, 0, 0, 0), question(".", dns.TypeNS, dns.ClassIN))},
		{"mixed case", join(header(0, 1, 0, 0, 0), question("WeB.rUlEs.ExAmPlE", dns.TypeA, dns.ClassIN))},
		{"mixed case alias", join(header(0, 1, 0, 0, 0), question("ChAiN1.rUlEs.ExAmPlE", dns.TypeA, dns.ClassIN))},
		{"IXFR with SOA", join(header(0, 1, 0, 1, 0), question("rules.example", dns.TypeIXFR, dns.ClassIN), []byte(soa))},
		{"IXFR with SOA and OPT", join(header(0, 1, 0, 1, 1), question("rules.example", dns.TypeIXFR, dns.ClassIN), []byte(soa), opt(1232, 1<<15, ""))},
		{"IXFR with SOA cut", join(header(0, 1, 0, 1, 0), question("rules.example", dns.TypeIXFR, dns.ClassIN), []byte(soa[:20]))},
		{"A with two authorities", join(header(0, 1, 0, 2, 0), q, []byte(soa+soa))},
		{"IXFR with 65 authorities", join(header(0, 1, 0, 65, 0), question("rules.example", dns.TypeIXFR, dns.ClassIN))},
	}
	for opcode := range uint16(16) {
		for _, flags := range []uint16{0x100, 0x07f0} {
			list = append(list,
				packet{fmt.Sprint("opcode ", opcode), join(header(opcode<<11|flags, 1, 0, 0, 0), q)},
				packet{fmt.Sprint("opcode and OPT ", opcode), join(header(opcode<<11|flags, 1, 0, 0, 1), q, opt(1232, 0, ""))},
				packet{fmt.Sprint("opcode at an origin ", opcode), join(header(opcode<<11|flags, 1, 1, 0, 0), question("rules.example", dns.TypeSOA, dns.ClassIN), []byte(soa))},
				packet{fmt.Sprint("opcode and no question ", opcode), header(opcode<<11|flags, 0, 0, 0, 0)})
		}
	}
	for rcode := range uint16(16) {
		list = append(list, packet{fmt.Sprint("rcode ", rcode), join(header(0x120|rcode, 1, 0, 0, 0), q)})
	}
	for _, size := range []uint16{0, 1, 511, 512, 513, 600, 1000, 1231, 1232, 1233, 1400, 4096, 65535} {
		list = append(list, packet{fmt.Sprint("size ", size), join(header(0, 1, 0, 0, 1), big, opt(size, 0, ""))},
			packet{fmt.Sprint("size and DO ", size), join(header(0, 1, 0, 0, 1), big, opt(size, 1<<15, ""))})
	}
	for _, class := range []dns.Class{0, 1, 2, 3, 4, 254, 255, 256, 65535} {
		for _, typ := range []dns.Type{dns.TypeA, dns.TypeTXT, dns.TypeANY, dns.TypeNS, dns.TypeSOA, dns.TypeDS, dns.TypeAXFR, dns.TypeIXFR, dns.TypeOPT, dns.TypeTSIG, 0, 253, 254, 65535} {
			for _, name := range []string{"web.rules.example", "rules.example", "nosuch.rules.example.", "x.delegated.rules.example", "version.bind", "version.server", "VERSION.bind", "id.server", "authors.bind", "nozone.test", "."} {
				q := question(name, typ, class)
				what := fmt.Sprint("class and type ", name, " ", class, " ", typ)
				list = append(list, packet{what, join(header(0x110, 1, 0, 0, 0), q)}, packet{what + " OPT", join(header(0x110, 1, 0, 0, 1), q, opt(1232, 1<<15, ""))})
			}
		}
	}
	return append(list, longNames()...)
}

// longNames are questions for names of the greatest lengths.
func longNames() (list []packet) {
	label := func(n int) []byte {
		b := make([]byte, 1+n)
		b[0] = byte(n)
		for i := range n {
			b[1+i] = 'a'
		}
		return b
	}
	for last := 50; last < 64; last++ {
		for _, below := range []string{"\x05rules\x07example\x00", "\x09dnamelong\x05rules\x07example\x00", "\x09dnamegrow\x05rules\x07example\x00", "\x04wild\x05rules\x07example\x00"} {
			name := join(label(63), label(63), label(63), label(last-len(below)+16), []byte(below))
			list = append(list, packet{fmt.Sprint("name of ", len(name)), join(header(0, 1, 0, 0, 0), name, []byte{0, 1, 0, 1})})
		}
		name := join(label(last), label(63), []byte("\x09dnamelong\x05rules\x07example\x00"))
		list = append(list, packet{fmt.Sprint("expansion of ", len(name)), join(header(0, 1, 0, 0, 0), name, []byte{0, 1, 0, 1})},
			packet{fmt.Sprint("expansion with OPT of ", len(name)), join(header(0, 1, 0, 0, 1), name, []byte{0, 1, 0, 1}, opt(1232, 1<<15, ""))})
	}
	var ones []byte
	for range 110 {
		ones = append(ones, 1, 'b')
	}
	for _, below := range []string{"\x05rules\x07example\x00", "\x09dnamegrow\x05rules\x07example\x00", "\x05dname\x05rules\x07example\x00"} {
		list = append(list, packet{"many labels", join(header(0, 1, 0, 0, 0), ones, []byte(below), []byte{0, 1, 0, 1})})
	}
	return list
}

// patient asks NSD again after a second when it is silent: it answers a limited number of bad queries a second.
func (n *nsd) patient(query []byte) []byte {
	a := n.try(query, 30*time.Millisecond)
	if a == nil && len(query) >= 12 && query[2]&0x80 == 0 {
		time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(1010 * time.Millisecond)))
		a = n.try(query, 300*time.Millisecond)
	}
	return a
}

func TestOddPackets(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			n := startNSD(t, "testdata", mode.conf+"  hide-version: yes\n  hide-identity: yes\n")
			s, _ := loadServer(t, "testdata", mode.o)
			for _, p := range oddPackets() {
				want := n.patient(p.b)
				for range 3 {
					if !same(t, p.what, p.b, want, s.Answer(nil, p.b, 1232)) {
						break
					}
				}
			}
		})
	}
}

// TestIdentity compares the answers that say something about the server.
func TestIdentity(t *testing.T) {
	n := startNSD(t, "testdata", "  identity: \"here\"\n  version: \"this\"\n  nsid: \"ascii_node1\"\n  minimal-responses: yes\n")
	s, _ := loadServer(t, "testdata", dns.Options{Identity: "here", Version: "this", NSID: "node1"})
	for _, p := range oddPackets() {
		want := n.patient(p.b)
		for range 3 {
			if !same(t, p.what, p.b, want, s.Answer(nil, p.b, 1232)) {
				break
			}
		}
	}
}

// TestRandomPackets changes bytes of queries at random, always the same ones.
func TestRandomPackets(t *testing.T) {
	n := startNSD(t, "testdata", "  minimal-responses: yes\n  hide-version: yes\n  hide-identity: yes\n")
	s, _ := loadServer(t, "testdata", dns.Options{})
	list := oddPackets()
	r := rand.New(rand.NewPCG(1, 2))
	for range 600 {
		p := list[r.IntN(len(list))]
		if len(p.b) < 20 {
			continue
		}
		b := append([]byte(nil), p.b...)
		for range 1 + r.IntN(3) {
			at := 2 + r.IntN(len(b)-2)
			switch r.IntN(4) {
			case 0:
				b[at] = byte(r.Uint32())
			case 1:
				b[at] ^= 1 << r.IntN(8)
			case 2:
				b = b[:max(at, 3)]
			case 3:
				b[at]++
			}
		}
		same(t, "changed: "+p.what, b, n.patient(b), s.Answer(nil, b, 1232))
	}
}
