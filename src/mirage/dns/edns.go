package dns

import "errors"

// EDNS is what a message's OPT record says (RFC 6891 section 6.1).
type EDNS struct {
	UDPSize       uint16 // largest datagram that the sender takes, bytes
	ExtendedRcode uint8  // upper eight bits of the rcode
	Version       uint8
	DNSSECOK      bool // RFC 3225
	Options       []Option
}

// An Option is one of OPT's options.
type Option struct {
	Code uint16
	Data []byte
}

// Codes of options, IANA's.
const (
	OptionNSID      = 3  // RFC 5001
	OptionCookie    = 10 // RFC 7873
	OptionKeepAlive = 11 // RFC 7828
	OptionError     = 15 // RFC 8914
)

const flagDO = 1 << 15

var errOPT = errors.New("an OPT record is not well-formed, or there are two")

// EDNS returns what m's OPT record says, ok false when there is none.
func (m *Message) EDNS() (e EDNS, ok bool, err error) {
	for _, r := range m.Additionals {
		if r.Type != TypeOPT {
			continue
		}
		if ok || r.Name != Root { // RFC 6891 section 6.1.1
			return EDNS{}, false, errOPT
		}
		ok = true
		e = EDNS{UDPSize: uint16(r.Class), ExtendedRcode: uint8(r.TTL >> 24), Version: uint8(r.TTL >> 16), DNSSECOK: r.TTL&flagDO != 0}
		for d := r.Data; len(d) > 0; {
			if len(d) < 4 || len(d) < 4+int(be16(d[2:])) {
				return EDNS{}, false, errOPT
			}
			n := 4 + int(be16(d[2:]))
			e.Options = append(e.Options, Option{be16(d), d[4:n:n]})
			d = d[n:]
		}
	}
	return e, ok, nil
}

// Record returns the OPT record that says e.
func (e EDNS) Record() Record {
	r := Record{Name: Root, Type: TypeOPT, Class: Class(e.UDPSize), TTL: uint32(e.ExtendedRcode)<<24 | uint32(e.Version)<<16}
	if e.DNSSECOK {
		r.TTL |= flagDO
	}
	for _, o := range e.Options {
		r.Data = appendBE16(appendBE16(r.Data, o.Code), uint16(len(o.Data)))
		r.Data = append(r.Data, o.Data...)
	}
	return r
}
