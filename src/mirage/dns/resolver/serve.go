package resolver

import (
	"context"
	"mirage/dns"
	"net"
	"net/netip"
	"slices"
	"time"
)

// localNetworks may ask unless Options say others.
var localNetworks = []netip.Prefix{
	netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("fc00::/7"), netip.MustParsePrefix("fe80::/10"),
}

const (
	staleAnswer = 3 // RFC 8914 section 4.4
)

// Serve answers the queries that arrive on c until reading fails, and returns why. What is in the cache is answered at
// once, the rest as it is resolved; more than wait already are not answered.
func (r *Resolver) Serve(c net.PacketConn) error {
	b := make([]byte, 4096)
	waiting := make(chan struct{}, 2*r.options.MaxQuestions)
	for {
		n, from, err := c.ReadFrom(b)
		if err != nil {
			return err
		}
		select {
		case waiting <- struct{}{}:
		default:
			continue
		}
		query := slices.Clone(b[:n])
		addr, _ := netip.ParseAddrPort(from.String())
		go func() {
			defer func() { <-waiting }()
			if a := r.Answer(query, addr.Addr(), false); len(a) > 0 {
				c.WriteTo(a, from)
			}
		}()
	}
}

// HandleStream answers a query on a connection: the Handle of a dns.StreamServer, whose Concurrent should be some tens.
func (r *Resolver) HandleStream(s *dns.Stream, query []byte) {
	if a := r.Answer(query, s.From().Addr(), true); len(a) > 0 {
		s.Send(a)
	} else {
		s.End()
	}
}

// Answer answers a query that came from an address, on a stream or in a datagram. It returns nothing for what must not be
// answered.
func (r *Resolver) Answer(query []byte, from netip.Addr, stream bool) []byte {
	if len(query) < 12 || query[2]&0x80 != 0 {
		return nil
	}
	m, err := dns.ParseMessage(query)
	if err != nil || len(m.Questions) != 1 {
		return []byte{query[0], query[1], 0x80 | query[2]&0x79, byte(dns.RcodeFormatError), 0, 0, 0, 0, 0, 0, 0, 0}
	}
	a := &dns.Message{Header: dns.Header{ID: m.ID, Response: true, Opcode: m.Opcode, RecursionDesired: m.RecursionDesired,
		RecursionAvailable: true, CheckingDisabled: m.CheckingDisabled}, Questions: m.Questions}
	e, hasEDNS, err := m.EDNS()
	reply := dns.EDNS{UDPSize: udpSize}
	switch {
	case err != nil:
		a.Rcode = dns.RcodeFormatError
	case e.Version != 0: // RFC 6891 section 6.1.3
		reply.ExtendedRcode = uint8(dns.RcodeBadVersion >> 4)
	case !r.mayAsk(from):
		a.Rcode, a.RecursionAvailable = dns.RcodeRefused, false
	case m.Opcode != dns.OpcodeQuery:
		a.Rcode = dns.RcodeNotImplemented
	case m.Questions[0].Class != dns.ClassIN || !m.RecursionDesired: // whoever asks without RD looks into the cache
		a.Rcode = dns.RcodeRefused
	default:
		r.fill(a, &reply)
	}
	size := 512
	if hasEDNS {
		size = min(max(size, int(e.UDPSize)), udpSize)
		a.Additionals = []dns.Record{reply.Record()}
	}
	if stream {
		size = 0xffff
	}
	return fit(a, size)
}

// mayAsk reports whether an address is among those of Options.Allow. A prefix has no zone, and contains none that has.
func (r *Resolver) mayAsk(from netip.Addr) bool {
	from = from.Unmap().WithZone("")
	return slices.ContainsFunc(r.options.Allow, func(p netip.Prefix) bool { return p.Contains(from) })
}

// fill resolves a's question.
func (r *Resolver) fill(a *dns.Message, reply *dns.EDNS) {
	ctx, cancel := context.WithTimeout(context.Background(), perQuestion+time.Second)
	defer cancel()
	q := a.Questions[0]
	found, err := r.Resolve(ctx, q.Name, q.Type)
	switch {
	case err == errQuestion:
		a.Rcode = dns.RcodeNotImplemented
	case err != nil:
		a.Rcode = dns.RcodeServerFailure
	default:
		a.Rcode, a.Answers, a.Authorities = found.Rcode, found.Records, found.Authority
		if found.Stale {
			reply.Options = append(reply.Options, dns.Option{Code: dns.OptionError, Data: []byte{0, staleAnswer}})
		}
	}
}

// fit returns a in bytes, without records and with TC set if it is longer than size (RFC 2181 section 9).
func fit(a *dns.Message, size int) []byte {
	b, err := a.Append(nil)
	if err == nil && len(b) <= size {
		return b
	}
	a.Truncated = err == nil
	if err != nil {
		a.Rcode = dns.RcodeServerFailure
	}
	a.Answers, a.Authorities = nil, nil
	b, _ = a.Append(nil)
	return b
}
