package transfer

import (
	"mirage/dns"
	"mirage/dns/tsig"
	"net/netip"
	"time"
)

const maxMessage = 0xffff

// A request is a query with what is known of who asks.
type request struct {
	query   []byte // without its signature
	from    netip.Addr
	session *tsig.Session // nil if it is not signed
	key     *tsig.Key     // likewise
}

// plain reports whether the server answers query without our help: it is neither signed nor of our kinds. It is cheap,
// as most queries are plain.
func (st *Store) plain(query []byte) bool {
	if len(query) < 17 || query[2]&0x78 != 0 || query[4] != 0 || query[5] != 1 {
		return len(query) < 17 || query[2]&0x78 != 0x20
	}
	if query[8]|query[9] != 0 {
		return false
	}
	off := 12
	for off < len(query)-4 && query[off] != 0 && query[off] < 64 {
		off += 1 + int(query[off])
	}
	if off >= len(query)-4 || query[off] != 0 {
		return true
	}
	if typ := dns.Type(query[off+1])<<8 | dns.Type(query[off+2]); typ == dns.TypeAXFR || typ == dns.TypeIXFR {
		return false
	}
	switch {
	case query[10]|query[11] == 0:
		return true
	case query[10] == 0 && query[11] == 1 && off+8 < len(query) && query[off+5] == 0 && query[off+7] == byte(dns.TypeOPT):
		return true
	}
	return false
}

// HandleStream answers a query on a connection: the Handle of a dns.StreamServer. Whatever is not a transfer, a
// notification or signed the dns.Server answers.
func (st *Store) HandleStream(s *dns.Stream, query []byte) {
	if st.plain(query) {
		st.server.HandleStream(s, query)
		return
	}
	r, refusal := st.receive(query, s.From().Addr())
	if refusal != nil {
		s.Send(refusal)
		return
	}
	m, err := dns.ParseMessage(r.query)
	if err != nil {
		m = &dns.Message{}
	}
	notified := st.notified(m, r)
	switch {
	case notified != nil:
		s.Send(notified)
	case st.mayTransfer(m, r):
		if !st.transfer(m, r, func(b []byte) bool { return s.Send(b) == nil }) {
			s.End()
		}
	case r.session == nil:
		st.server.HandleStream(s, r.query)
	default:
		if b := st.server.AnswerStream(nil, r.query, 0); len(b) > 0 {
			s.Send(r.sign(b))
		} else {
			s.End()
		}
	}
}

// HandleDatagram answers a query that came in a datagram as Server.Answer does: with at most max bytes, appended to dst.
func (st *Store) HandleDatagram(dst, query []byte, max int, from netip.AddrPort) []byte {
	if st.plain(query) {
		return st.server.Answer(dst, query, max)
	}
	r, refusal := st.receive(query, from.Addr())
	if refusal != nil {
		return append(dst, refusal...)
	}
	m, err := dns.ParseMessage(r.query)
	if err != nil {
		m = &dns.Message{}
	}
	notified := st.notified(m, r)
	switch {
	case notified != nil:
		return append(dst, notified...)
	case st.mayTransfer(m, r) && m.Questions[0].Type == dns.TypeIXFR:
		return append(dst, st.transferDatagram(m, r, max)...)
	case r.session == nil:
		return st.server.Answer(dst, query, max)
	}
	b := st.server.Answer(nil, r.query, max-signatureRoom(r.key))
	if len(b) == 0 {
		return dst
	}
	return append(dst, r.sign(b)...)
}

// signatureRoom is how many bytes a signature with key takes at most (RFC 8945 section 4.2).
func signatureRoom(key *tsig.Key) int { return len(key.Name) + 26 + len(key.Algorithm) + 64 }

// receive verifies query's signature, if it has one. What it says with a key that we do not have the server refuses
// itself. If refusal is not nil it is all that is to be answered.
func (st *Store) receive(query []byte, from netip.Addr) (r *request, refusal []byte) {
	r = &request{query: query, from: from.Unmap()} // a socket for both families maps IPv4 addresses
	key, signed := st.options.Keys.Find(query)
	if !signed || key == nil {
		return r, nil
	}
	s := &tsig.Session{Key: key}
	now := time.Now()
	body, err := s.Verify(query, now)
	if err != nil {
		if b := s.Reject(query, err, now); b != nil {
			return nil, b
		}
		return r, nil
	}
	r.query, r.session, r.key = body, s, key
	return r, nil
}

// sign returns b, signed if r was.
func (r *request) sign(b []byte) []byte {
	if r.session == nil {
		return b
	}
	return r.session.Sign(b, time.Now())
}

// mayTransfer reports whether m asks for a zone that we have and r may.
func (st *Store) mayTransfer(m *dns.Message, r *request) bool {
	if m.Opcode != dns.OpcodeQuery || m.Response || len(m.Questions) != 1 || len(m.Answers) != 0 {
		return false
	}
	q := m.Questions[0]
	if q.Class != dns.ClassIN || q.Type != dns.TypeAXFR && q.Type != dns.TypeIXFR {
		return false
	}
	for _, a := range m.Additionals { // a signature that is not verified
		if a.Type == dns.TypeTSIG {
			return false
		}
	}
	return st.version(q.Name) != nil && allowed(st.options.Allow, r.from, r.key)
}
