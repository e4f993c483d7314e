package transfer

import (
	"context"
	"errors"
	"internal/byteorder"
	"io"
	"mirage/dns"
	"mirage/dns/tsig"
	"net"
	"time"
)

const (
	answerTime   = 10 * time.Second // how long a primary may say nothing
	transferTime = time.Hour        // how long a transfer may take
)

var (
	errOld    = errors.New("transfer: the primary's zone is older than ours")
	errOther  = errors.New("transfer: the primary sends another zone")
	errAnswer = errors.New("transfer: the primary's answer is not well-formed")
	errBig    = errors.New("transfer: the zone is larger than is taken")
)

// A RefusedError is an answer that says no.
type RefusedError struct{ Rcode dns.Rcode }

var rcodeNames = map[dns.Rcode]string{1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 9: "NOTAUTH"}

func (e *RefusedError) Error() string { return "transfer: the primary says " + rcodeNames[e.Rcode] }

// A client asks one primary about one zone.
type client struct {
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
	target Target
	zone   dns.Name
	most   int // bytes of a zone

	conn    net.Conn
	stop    func() bool
	id      uint16
	typ     dns.Type
	session tsig.Session
	ends    time.Time
}

// send asks for typ, with serial's SOA record if it is not nil (RFC 1995 section 3).
func (c *client) send(ctx context.Context, typ dns.Type, soa *dns.Record) error {
	if c.conn == nil {
		dialing, cancel := context.WithTimeout(ctx, answerTime)
		defer cancel()
		conn, err := c.dial(dialing, "tcp", c.target.Addr.String())
		if err != nil {
			return err
		}
		c.conn, c.ends = conn, time.Now().Add(transferTime)
		c.stop = context.AfterFunc(ctx, func() { conn.Close() })
	}
	c.id, c.typ, c.session = randomID(), typ, tsig.Session{Key: c.target.Key}
	m := dns.Message{Header: dns.Header{ID: c.id}, Questions: []dns.Question{{Name: c.zone, Type: typ, Class: dns.ClassIN}}}
	if soa != nil {
		m.Authorities = []dns.Record{*soa}
	}
	b, err := m.Append(nil)
	if err != nil {
		return err
	}
	if c.target.Key != nil {
		b = c.session.Sign(b, time.Now())
	}
	c.conn.SetDeadline(time.Now().Add(answerTime))
	_, err = c.conn.Write(append(byteorder.BEAppendUint16(nil, uint16(len(b))), b...))
	return err
}

func (c *client) close() {
	if c.conn != nil {
		c.stop()
		c.conn.Close()
		c.conn = nil
	}
}

// receive returns the next message of the answer. first says whether it is the first one.
func (c *client) receive(first bool) (*dns.Message, error) {
	if time.Now().After(c.ends) {
		return nil, context.DeadlineExceeded
	}
	c.conn.SetDeadline(time.Now().Add(answerTime))
	var length [2]byte
	if _, err := io.ReadFull(c.conn, length[:]); err != nil {
		return nil, err
	}
	b := make([]byte, byteorder.BEUint16(length[:]))
	if _, err := io.ReadFull(c.conn, b); err != nil {
		return nil, err
	}
	if c.target.Key != nil {
		var err error
		if b, err = c.session.Verify(b, time.Now()); err != nil {
			return nil, err
		}
	}
	m, err := dns.ParseMessage(b)
	if err != nil {
		return nil, err
	}
	return m, c.check(m, first)
}

// check sees that m answers what was asked (RFC 5936 section 2.2.1 and 2.2.2).
func (c *client) check(m *dns.Message, first bool) error {
	q := m.Questions
	switch {
	case m.ID != c.id || !m.Response || m.Opcode != dns.OpcodeQuery || m.Truncated || len(q) > 1 || first && len(q) != 1 && m.Rcode == 0:
		return errAnswer
	case len(q) == 1 && (!q[0].Name.Equal(c.zone) || q[0].Type != c.typ || q[0].Class != dns.ClassIN):
		return errAnswer
	case m.Rcode != dns.RcodeSuccess:
		return &RefusedError{m.Rcode}
	}
	for _, r := range m.Answers {
		if r.Class != dns.ClassIN {
			return errAnswer
		}
	}
	return nil
}

// soa asks for the zone's SOA record.
func (c *client) soa(ctx context.Context) (dns.Record, error) {
	if err := c.send(ctx, dns.TypeSOA, nil); err != nil {
		return dns.Record{}, err
	}
	m, err := c.receive(true)
	if err != nil {
		return dns.Record{}, err
	}
	for _, r := range m.Answers {
		if r.Type == dns.TypeSOA && r.Name.Equal(c.zone) && m.Authoritative { // RFC 1034 section 4.3.5: not somebody's cache
			return r, nil
		}
	}
	return dns.Record{}, errAnswer
}
