package dns

// resolve answers a query that the memo has no answer for, and gives it to the memo under k unless k is nil. via says
// whether it came on a stream.
func (s *Server) resolve(dst, query []byte, max int, st *state, k *memoKey, via transport) []byte {
	r := s.pool.Get().(*resolver)
	defer s.pool.Put(r)
	r.reset(st.index, s.options.Full)
	req := &r.req
	defer func() { req.msg = nil }()
	rcode := req.parse(query)
	if rcode == drop || max < headerLen {
		return dst
	}
	limit := minUDPSize
	if req.opt && int(req.size) > limit {
		limit = min(int(req.size), s.options.UDPSize)
	}
	if r.via = via; via.stream {
		limit = max
	}
	r.limit = min(limit, max)
	keep := s.respond(r, rcode)
	if len(r.buf) > max {
		return dst
	}
	// What was cut to a smaller size than others may get is not for them. What was cut to the largest size is for
	// all for whom it is not too long: a smaller limit would have cut at the same place.
	largest := via.stream || limit <= max && (!req.opt || limit == s.options.UDPSize)
	if k != nil && keep && (largest || !r.cutShort) {
		st.memo.add(k, r.buf)
	}
	return append(dst, r.buf...)
}

// reset makes r ready for a question; what it has allocated stays.
func (r *resolver) reset(ix *index, full bool) {
	*r = resolver{
		ix: ix, full: full, cut: noNode, items: r.items[:0], aliases: r.aliases[:0], made: r.made[:0],
		writer: writer{buf: r.buf[:0], places: r.places[:0]},
	}
}

// respond writes the answer to r.req, which is good if rcode says success, and reports whether it is worth
// keeping.
func (s *Server) respond(r *resolver, rcode Rcode) (keep bool) {
	req := &r.req
	flags := be16(req.msg[2:])
	switch rcode {
	case badCount:
		r.fail(flagQR, RcodeFormatError)
	case RcodeFormatError:
		r.fail(flags&(flagRD|0x7800)|flagQR, rcode)
	case onlyEDNS:
		r.fail(flags&flagRD|flagQR, RcodeSuccess)
		s.putOPT(r)
	case RcodeNotImplemented:
		r.fail(flags&^(flagAD|15)|flagQR, rcode)
	case RcodeRefused: // NOTIFY
		if n, left := r.ix.find(req.name()); left > 0 || r.ix.nodes[n].flags&nodeApex == 0 {
			rcode = RcodeNameError
		}
		r.fail(flags&^flagAD|flagQR, rcode)
	case RcodeNotAuth:
		r.fail(flags&^flagAD|flagQR, rcode)
		s.putOPT(r)
		r.buf = appendTSIGError(r.buf, req.msg, req.tsig)
		r.buf[11]++
	case RcodeBadVersion: // RFC 6891 section 6.1.3
		r.buf = append(r.buf, req.msg[:req.end]...)
		r.setHeader(flags&^flagAD|flagQR, [3]uint16{})
		s.putOPT(r)
	default:
		return s.lookUp(r)
	}
	return false
}

// fail writes an answer that is a header only.
func (r *resolver) fail(flags uint16, rcode Rcode) {
	r.buf = append(r.buf, r.req.msg[:headerLen]...)
	r.setHeader(flags|uint16(rcode), [3]uint16{})
	r.buf[5] = 0
}

// setHeader fills in the flags and the counts, that of questions being one.
func (r *resolver) setHeader(flags uint16, counts [3]uint16) {
	b := r.buf
	b[2], b[3], b[4], b[5] = byte(flags>>8), byte(flags), 0, 1
	for i, n := range counts {
		b[6+2*i], b[7+2*i] = byte(n>>8), byte(n)
	}
}

// lookUp answers a question.
func (s *Server) lookUp(r *resolver) (keep bool) {
	req := &r.req
	var counts [3]uint16
	var truncated bool
	r.buf = append(r.buf, req.msg[:req.end]...)
	flags := be16(req.msg[2:])&flagRD | flagQR
	switch {
	case req.class == ClassCH:
		counts[0] = s.chaos(r)
	case req.class != ClassIN && req.class != ClassANY:
		r.buf = r.buf[:0]
		r.err = errNotSupported
		r.fail(flags, RcodeRefused)
		s.putOPT(r)
		return false
	case req.typ == TypeAXFR && !r.via.stream: // not over UDP: RFC 5936 section 4.2
		r.rcode = RcodeNotImplemented
	case req.typ == TypeIXFR || req.typ == TypeAXFR: // package transfer transfers zones
		r.rcode = RcodeNotAuth
		if n, left := r.ix.find(req.name()); left == 0 && r.ix.nodes[n].flags&nodeApex != 0 {
			r.rcode, r.err = RcodeRefused, errProhibited
		}
	default:
		keep = true
		r.resolve()
		size := r.limit
		if req.opt {
			r.limit -= s.optLen(r)
		}
		counts, truncated = r.putSections()
		r.limit = size
	}
	flags |= uint16(r.rcode)
	if r.aa {
		flags |= flagAA
	}
	if truncated {
		flags |= flagTC
	}
	r.setHeader(flags, counts)
	s.putOPT(r)
	return keep
}

// optLen is the length of the answer's OPT record, an extended error left out: that goes in if there is room.
func (s *Server) optLen(r *resolver) int {
	req := &r.req
	n := optLength
	if req.nsid && s.options.NSID != "" {
		n += 4 + len(s.options.NSID)
	}
	if req.keepAlive && r.via.stream {
		n += 6
	}
	return n
}

// putOPT writes the OPT record that goes with the answer to a query with one (RFC 6891 section 6.1.1).
func (s *Server) putOPT(r *resolver) {
	req := &r.req
	if !req.opt {
		return
	}
	ttl := uint32(0)
	if req.do {
		ttl = flagDO
	}
	if req.version != 0 {
		ttl = uint32(RcodeBadVersion>>4) << 24
	}
	r.buf = appendBE16(appendBE16(append(r.buf, 0), uint16(TypeOPT)), uint16(s.options.UDPSize))
	r.buf = append(appendBE32(r.buf, ttl), 0, 0)
	start := len(r.buf)
	if id := s.options.NSID; req.nsid && id != "" && req.version == 0 {
		r.buf = append(appendBE16(appendBE16(r.buf, OptionNSID), uint16(len(id))), id...)
	}
	if req.keepAlive && r.via.stream && req.version == 0 { // RFC 7828 section 3.3.2; never over UDP: section 3.2.1
		r.buf = appendBE16(appendBE16(appendBE16(r.buf, OptionKeepAlive), 2), r.via.idle)
	}
	if len(r.buf)+r.err.len() <= r.limit {
		r.buf = r.err.append(r.buf)
	} else {
		r.cutShort = true
	}
	n := len(r.buf) - start
	r.buf[start-2], r.buf[start-1] = byte(n>>8), byte(n)
	r.buf[11]++
}

// chaos answers questions about the server itself (RFC 4892).
func (s *Server) chaos(r *resolver) (answers uint16) {
	text := ""
	switch name := Name(r.req.name()); {
	case r.req.typ != TypeTXT && r.req.typ != TypeANY:
		r.rcode, r.err = RcodeRefused, errNotSupported
		return 0
	case name.Equal("\x02id\x06server\x00"), name.Equal("\x08hostname\x04bind\x00"):
		text = s.options.Identity
	case name.Equal("\x07version\x06server\x00"), name.Equal("\x07version\x04bind\x00"):
		text = s.options.Version
	default:
		r.rcode, r.err = RcodeRefused, errNotSupported
		return 0
	}
	if text == "" {
		r.rcode, r.err = RcodeRefused, errProhibited
		return 0
	}
	r.buf = append(r.buf, 0xc0, headerLen)
	r.buf = appendBE16(appendBE16(r.buf, uint16(TypeTXT)), uint16(ClassCH))
	r.buf = append(r.buf, 0, 0, 0, 0, 0, byte(1+len(text)), byte(len(text)))
	r.buf = append(r.buf, text...)
	return 1
}
