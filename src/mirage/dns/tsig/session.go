package tsig

import (
	"crypto/hmac"
	"errors"
	"hash"
	"internal/byteorder"
	"mirage/dns"
	"time"
)

// Fudge is how many seconds two clocks may differ (RFC 8945 section 10).
const Fudge = 300

// maxUnsigned is how many messages of an answer may be unsigned in a row (RFC 8945 section 5.3.1).
const maxUnsigned = 99

// Errors of Verify. A server answers the last three as Reject says.
var (
	ErrUnsigned = errors.New("tsig: not signed")
	ErrFormat   = errFormat
	ErrKey      = errors.New("tsig: signed with another key")
	ErrMAC      = errors.New("tsig: the signature is wrong")
	ErrTime     = errors.New("tsig: signed too long ago, or a clock is wrong")
)

// Extended rcodes (RFC 8945 section 3).
const (
	badSig  dns.Rcode = 16
	badKey  dns.Rcode = 17
	badTime dns.Rcode = 18
)

// A Session signs and verifies the messages of one query and its answer, in their order.
type Session struct {
	Key *Key

	messages int       // signed or verified
	mac      []byte    // of the last
	digest   hash.Hash // of the messages since, which are not signed
	unsigned int
	failed   *record // of the query that was refused
}

// begin returns a hash that has what came before the message (RFC 8945 sections 5.3 and 5.3.1).
func (s *Session) begin() hash.Hash {
	if s.digest != nil {
		return s.digest
	}
	h := s.Key.newHash()
	if s.messages > 0 {
		h.Write(byteorder.BEAppendUint16(nil, uint16(len(s.mac))))
		h.Write(s.mac)
	}
	return h
}

// finish adds what is signed behind the message: in all but the first two messages the timers alone.
func (s *Session) finish(h hash.Hash, r *record) []byte {
	if s.messages < 2 {
		h.Write(r.variables())
	} else {
		h.Write(appendTimers(nil, r))
	}
	return h.Sum(nil)
}

// accept notes that a message with mac has been signed or verified.
func (s *Session) accept(mac []byte) {
	s.mac, s.digest, s.unsigned = append([]byte(nil), mac...), nil, 0
	s.messages++
}

// Sign returns msg with a signature, appended where msg has room. The key's algorithm must be one of this package.
func (s *Session) Sign(msg []byte, now time.Time) []byte {
	r := &record{name: s.Key.Name, algorithm: s.Key.Algorithm, time: uint64(now.Unix()), fudge: Fudge, id: byteorder.BEUint16(msg)}
	return s.sign(msg, r)
}

func (s *Session) sign(msg []byte, r *record) []byte {
	h := s.begin()
	h.Write(msg)
	r.mac = s.finish(h, r)
	s.accept(r.mac)
	return r.appendTo(msg)
}

// Verify returns msg without its signature; the copy shares nothing with msg. For answers of many messages it accepts
// some that are not signed, which Complete must confirm.
func (s *Session) Verify(msg []byte, now time.Time) ([]byte, error) {
	r, err := find(msg)
	if err != nil {
		return nil, err
	}
	if r == nil {
		if s.messages < 2 || s.unsigned == maxUnsigned {
			return nil, ErrUnsigned
		}
		s.digest = s.begin()
		s.digest.Write(msg)
		s.unsigned++
		return append([]byte(nil), msg...), nil
	}
	body := append([]byte(nil), msg[:r.off]...)
	byteorder.BEPutUint16(body[10:], byteorder.BEUint16(body[10:])-1)
	id := byteorder.BEUint16(body)
	byteorder.BEPutUint16(body, r.id) // RFC 8945 section 5.2: a forwarder may have changed it
	if err := s.check(r, body, now); err != nil {
		s.failed = r
		return nil, err
	}
	byteorder.BEPutUint16(body, id)
	return body, nil
}

// check checks in the order of RFC 8945 section 5.2: the key, the MAC, the time.
func (s *Session) check(r *record, body []byte, now time.Time) error {
	if !s.Key.Name.Equal(r.name) || !s.Key.Algorithm.Equal(r.algorithm) {
		return ErrKey
	}
	h := s.begin()
	h.Write(body)
	mac := s.finish(h, r)
	if len(r.mac) > len(mac) { // RFC 8945 section 5.2.2.1
		return errFormat
	}
	if !hmac.Equal(mac, r.mac) { // shortened ones are not accepted
		return ErrMAC
	}
	s.accept(mac)
	if d := now.Unix() - int64(r.time); d > int64(r.fudge) || -d > int64(r.fudge) { // RFC 8945 section 5.2.3
		return ErrTime
	}
	return nil
}

// Complete reports whether the last message was signed: those before it are not to be believed without that (RFC 8945
// section 5.3.1).
func (s *Session) Complete() bool { return s.unsigned == 0 && s.messages > 0 }

// Reject returns the answer of a server to msg, which Verify has refused with err (RFC 8945 section 5.2), nil if it is
// not well-formed.
func (s *Session) Reject(msg []byte, err error, now time.Time) []byte {
	if s.failed == nil || len(msg) < headerLen {
		return nil
	}
	b := append([]byte(nil), msg[:headerLen]...)
	b[2] |= 0x80
	b[3] = byte(dns.RcodeNotAuth)
	clear(b[4:])
	r := *s.failed
	r.mac, r.other = nil, nil
	switch err {
	case ErrKey:
		r.err = badKey
	case ErrMAC:
		r.err = badSig
	case ErrTime: // RFC 8945 section 5.2.3: signed, the client's time and ours
		r.err = badTime
		t := uint64(now.Unix())
		r.other = byteorder.BEAppendUint32(byteorder.BEAppendUint16(nil, uint16(t>>32)), uint32(t))
		return s.sign(b, &r)
	default:
		return nil
	}
	return r.appendTo(b)
}
