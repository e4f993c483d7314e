package resolver

import (
	"context"
	"crypto/rand"
	"errors"
	"internal/byteorder"
	"io"
	"mirage/dns"
	"net"
	"net/netip"
	"time"
)

const (
	udpTime   = 800 * time.Millisecond // how long a server may take to answer
	tcpTime   = 3 * time.Second
	maxForged = 10   // answers to something else after which it asks by TCP (RFC 5452 section 9.3)
	udpSize   = 1232 // bytes
)

var (
	errForged = errors.New("resolver: answers to what was not asked")
	errAnswer = errors.New("resolver: an answer to something else")
)

// exchange asks one server: by UDP, by TCP if the answer is too long or somebody seems to guess, and without EDNS if the
// server does not know it (RFC 6891 section 7).
func (r *Resolver) exchange(w *work, to netip.AddrPort, q key) (*dns.Message, error) {
	network, edns := "udp", true
	for {
		if w.left--; w.left < 0 {
			w.left = 0
			return nil, errWork
		}
		m, err := r.ask(w.ctx, network, to, q, edns)
		switch {
		case err == errForged && network == "udp":
			network = "tcp"
		case err != nil:
			return nil, err
		case m.Truncated && network == "udp":
			network = "tcp"
		case edns && (m.Rcode == dns.RcodeFormatError || m.Rcode == dns.RcodeNotImplemented):
			edns = false
		default:
			return m, nil
		}
	}
}

// ask sends one query and returns its answer.
func (r *Resolver) ask(ctx context.Context, network string, to netip.AddrPort, q key, edns bool) (*dns.Message, error) {
	d := udpTime
	if network == "tcp" {
		d = tcpTime
	}
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	m, query, err := r.query(q, edns)
	if err != nil {
		return nil, err
	}
	c, err := r.options.Dial(ctx, network, to.String())
	if err != nil {
		return nil, err
	}
	defer c.Close()
	deadline, _ := ctx.Deadline()
	c.SetDeadline(deadline)
	if network == "tcp" {
		return overTCP(c, m, query)
	}
	if _, err := c.Write(query); err != nil {
		return nil, err
	}
	b := make([]byte, 4096)
	for range maxForged {
		n, err := c.Read(b)
		if err != nil {
			return nil, err
		}
		if a, err := dns.ParseMessage(b[:n]); err == nil && answers(a, m) {
			return a, nil
		}
		if n >= 12 && b[2]&2 != 0 && byteorder.BEUint16(b) == m.ID { // cut in the middle of a record
			return &dns.Message{Header: dns.Header{Truncated: true}}, nil
		}
	}
	return nil, errForged
}

func overTCP(c net.Conn, m *dns.Message, query []byte) (*dns.Message, error) {
	if _, err := c.Write(append(byteorder.BEAppendUint16(nil, uint16(len(query))), query...)); err != nil {
		return nil, err
	}
	var n [2]byte
	if _, err := io.ReadFull(c, n[:]); err != nil {
		return nil, err
	}
	b := make([]byte, byteorder.BEUint16(n[:]))
	if _, err := io.ReadFull(c, b); err != nil {
		return nil, err
	}
	a, err := dns.ParseMessage(b)
	if err == nil && !answers(a, m) {
		err = errAnswer
	}
	return a, err
}

// query returns a query with an ID that cannot be guessed (RFC 5452 section 9.2), as a message and in bytes.
func (r *Resolver) query(q key, edns bool) (*dns.Message, []byte, error) {
	var random [2 + 32]byte
	rand.Read(random[:])
	name := q.name
	if r.options.MixCase {
		name = mixCase(name, random[2:])
	}
	m := &dns.Message{Header: dns.Header{ID: byteorder.BEUint16(random[:])}, Questions: []dns.Question{{Name: name, Type: q.typ, Class: dns.ClassIN}}}
	if edns {
		m.Additionals = []dns.Record{dns.EDNS{UDPSize: udpSize}.Record()}
	}
	b, err := m.Append(nil)
	return m, b, err
}

// mixCase has a bit of random say of each letter whether it is in upper case.
func mixCase(name dns.Name, random []byte) dns.Name {
	b := []byte(name)
	for at := 0; b[at] != 0; at += 1 + int(b[at]) {
		for i := at + 1; i <= at+int(b[at]); i++ {
			if c := b[i] | 0x20; c >= 'a' && c <= 'z' && random[i/8%len(random)]>>(i%8)&1 != 0 {
				b[i] ^= 0x20
			}
		}
	}
	return dns.Name(b)
}

// answers reports whether a answers m: its ID and its question, letter by letter (RFC 5452 section 9.1). The address and
// the port are the connection's. Answers that say only what is wrong with the query may leave the question out.
func answers(a, m *dns.Message) bool {
	if a.ID != m.ID || !a.Response || a.Opcode != dns.OpcodeQuery {
		return false
	}
	if len(a.Questions) == 0 {
		return a.Rcode == dns.RcodeFormatError || a.Rcode == dns.RcodeNotImplemented
	}
	return len(a.Questions) == 1 && a.Questions[0] == m.Questions[0]
}
