package dns

// A request is what a query asks, checked in the order in which NSD checks it.
type request struct {
	msg   []byte
	end   int // of the question
	typ   Type
	class Class

	opt     bool // there is an OPT record
	version uint8
	size    uint16 // of OPT
	do      bool
	nsid    bool

	keepAlive bool // RFC 7828

	tsig int // offset of a TSIG record, 0 for none
}

// What parse returns besides rcodes.
const (
	drop     Rcode = 0xfff // no answer at all
	badCount Rcode = 0xffe // FORMERR, and no flag of the query is kept
	onlyEDNS Rcode = 0xffd // no question, but an OPT record to be answered (RFC 7873 section 5.4)
)

const optLength = 11 // owner, type, class, TTL, length

// parse reads msg and returns how it can be answered: RcodeSuccess when the question is one to be looked up.
// r.opt is set only if the answer is to have an OPT record, r.typ only if there is a question.
func (r *request) parse(msg []byte) Rcode {
	r.msg = msg
	if len(msg) < headerLen || msg[2]&0x80 != 0 {
		return drop // an answer to an answer could go on for ever
	}
	opcode := Opcode(msg[2] >> 3 & 15)
	if opcode != OpcodeQuery && opcode != OpcodeNotify {
		return RcodeNotImplemented
	}
	if msg[3]&15 != 0 || !r.question() {
		return RcodeFormatError
	}
	if opcode == OpcodeNotify {
		return RcodeRefused // RFC 1996 is between primaries and secondaries
	}
	qd, an, ns, ar := be16(msg[4:]), be16(msg[6:]), be16(msg[8:]), be16(msg[10:])
	if qd != 1 {
		if qd|an|ns == 0 && ar == 1 && r.options(headerLen) >= 0 && r.version == 0 {
			r.opt = true
			return onlyEDNS
		}
		return badCount
	}
	if an != 0 || ns != 0 && r.typ != TypeIXFR || ns > 64 {
		return RcodeFormatError
	}
	off := r.end
	for ; ns > 0; ns-- { // RFC 1995 section 3: the SOA record that the client has
		if off = skipRecord(msg, off); off < 0 {
			return RcodeFormatError
		}
	}
	return r.additional(off, ar)
}

// question reads the first question. Its name has no pointers: there is nothing before it to point to.
func (r *request) question() bool {
	i, msg := headerLen, r.msg
	for {
		if i >= len(msg) || msg[i] > maxLabel {
			return false
		}
		if msg[i] == 0 {
			break
		}
		i += 1 + int(msg[i])
	}
	i++
	if i-headerLen > maxName || i+4 > len(msg) {
		return false
	}
	r.end = i + 4
	r.typ, r.class = Type(be16(msg[i:])), Class(be16(msg[i+2:]))
	return true
}

// additional reads OPT and TSIG, in this order (RFC 6891 section 6.1.1); nothing else goes with a query.
func (r *request) additional(off int, count uint16) Rcode {
	if count > 0 {
		if next := r.options(off); next >= 0 {
			off, count, r.opt = next, count-1, true
		}
	}
	if count > 0 {
		next := skipTSIG(r.msg, off)
		if next < 0 {
			return RcodeFormatError
		}
		r.tsig, count = off, count-1
	}
	switch {
	case count > 0:
		return RcodeFormatError
	case r.tsig != 0:
		return RcodeNotAuth
	case r.opt && r.version != 0:
		return RcodeBadVersion
	}
	return RcodeSuccess
}

// options reads an OPT record at off and returns the offset behind it, -1 if there is none that is well-formed.
func (r *request) options(off int) int {
	msg := r.msg
	if len(msg) < off+optLength || msg[off] != 0 || Type(be16(msg[off+1:])) != TypeOPT {
		return -1
	}
	r.size, r.version, r.do = be16(msg[off+3:]), msg[off+6], msg[off+7]&0x80 != 0
	end := off + optLength + int(be16(msg[off+9:]))
	off += optLength
	if r.version != 0 { // its data may be anything
		r.do = false
		return off
	}
	if end > len(msg) {
		return -1
	}
	for off < end {
		if end-off < 4 || end-off < 4+int(be16(msg[off+2:])) {
			return -1
		}
		switch be16(msg[off:]) {
		case OptionNSID:
			r.nsid = true
		case OptionKeepAlive:
			r.keepAlive = true
		}
		off += 4 + int(be16(msg[off+2:]))
	}
	return off
}

// name is the question's name.
func (r *request) name() []byte { return r.msg[headerLen : r.end-4] }

// skipName returns the offset behind the name at off, -1 if there is none.
func skipName(msg []byte, off int) int {
	for off < len(msg) {
		switch c := msg[off]; {
		case c == 0:
			return off + 1
		case c >= 0xc0 && off+2 <= len(msg):
			return off + 2
		case c > maxLabel:
			return -1
		default:
			off += 1 + int(c)
		}
	}
	return -1
}

// skipRecord returns the offset behind the record at off, -1 if there is none.
func skipRecord(msg []byte, off int) int {
	off = skipName(msg, off)
	if off < 0 || len(msg) < off+10 {
		return -1
	}
	off += 10 + int(be16(msg[off+8:]))
	if off > len(msg) {
		return -1
	}
	return off
}
