package wire

// Bounds of what a datagram's extension headers may be: RFC 8504 section 5.3 lets hosts drop what goes beyond such.
const (
	maxHeaders = 8 // extension headers of one datagram
	maxOptions = 8 // options of one header, padding not counted
	maxPadding = 7 // octets of padding in a row
)

// Option types (RFC 8200 section 4.2).
const (
	optPad1        = 0
	optPadN        = 1
	OptRouterAlert = 5 // RFC 2711
)

// A Chain is where a datagram's extension headers lead (RFC 8200 section 4).
type Chain struct {
	Next   uint8 // the first header that is none that Walk reads: an upper layer's, ProtoFragment, ProtoNoNext, or unknown
	At     int   // where it begins in the datagram
	NextAt int   // where the octet lies that says so
}

// A Verdict says what becomes of a datagram because of its extension headers.
type Verdict uint8

const (
	Accept      Verdict = iota
	Drop                // silently
	Tell                // drop it, and send a parameter problem message
	TellUnicast         // the same, unless the destination is a group
)

// A Problem is a Verdict with what a parameter problem message says (RFC 4443 section 3.4).
type Problem struct {
	Verdict Verdict
	Code    uint8
	Pointer int
}

// Walk reads a datagram's extension headers as far as a host does that is its destination: all but fragment headers and what
// is encrypted. Their order is the sender's (RFC 8200 section 4.1) but for hop-by-hop options, which come first.
func Walk(p IPv6) (c Chain, problem Problem) {
	c = Chain{Next: p.Next(), At: IPv6Len, NextAt: IPv6NextAt}
	for n := 0; ; n++ {
		switch c.Next {
		case ProtoHopByHop:
			if n > 0 {
				return c, Problem{Tell, CodeNextHeader, c.NextAt} // section 4.3, and section 4 on what to answer
			}
		case ProtoRouting, ProtoDestOptions:
		default:
			return c, Problem{}
		}
		h := p[c.At:]
		if n == maxHeaders || len(h) < 8 || len(h) < int(h[1])*8+8 {
			return c, Problem{Verdict: Drop}
		}
		h = h[:int(h[1])*8+8]
		if c.Next == ProtoRouting {
			if h[3] != 0 { // section 4.4: there are segments left, and this host forwards for nobody
				return c, Problem{TellUnicast, CodeField, c.At + 2}
			}
		} else if problem = walkOptions(h, c.At); problem.Verdict != Accept {
			return c, problem
		}
		c = Chain{Next: h[0], At: c.At + len(h), NextAt: c.At}
	}
}

// walkOptions reads the options of a header that begins at at. No option changes what a host does: a router alert is for
// routers.
func walkOptions(h []byte, at int) Problem {
	options, padding := 0, 0
	for i := 2; i < len(h); {
		if h[i] == optPad1 {
			i++
			if padding++; padding > maxPadding {
				return Problem{Verdict: Drop}
			}
			continue
		}
		if i+2 > len(h) || i+2+int(h[i+1]) > len(h) {
			return Problem{Verdict: Drop}
		}
		kind, n := h[i], 2+int(h[i+1])
		switch {
		case kind == optPadN:
			if padding += n; padding > maxPadding {
				return Problem{Verdict: Drop}
			}
			i += n
			continue
		case kind != OptRouterAlert && kind>>6 != 0: // section 4.2: what to do is in the first two bits
			return Problem{[...]Verdict{1: Drop, 2: Tell, 3: TellUnicast}[kind>>6], CodeOption, at + i}
		}
		if options++; options > maxOptions {
			return Problem{Verdict: Drop}
		}
		padding = 0
		i += n
	}
	return Problem{}
}
