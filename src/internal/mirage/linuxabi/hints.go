package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"sync"
)

// A hint is an option of type int that asks for nothing that could be seen from outside: a queue's order, marks for rules that
// there are none of, when to wake. What was set is what is read (socket(7), ip(7), tcp(7)).
type hint struct {
	level, name          uintptr
	isBool               bool
	least, most, initial int32 // what Linux takes, and what it says as long as none was set
}

const leastInt32, mostInt32 = -1 << 31, 1<<31 - 1

// hintOptions are all hints. TCP Fast Open is among them: who has no cookie of an earlier connection, which nobody ever has
// here, goes through an ordinary handshake (RFC 7413 section 3), and Linux's servers give none unless net.ipv4.tcp_fastopen says
// that they should.
var hintOptions = [...]hint{
	{level: linux.SOL_SOCKET, name: linux.SO_DEBUG, isBool: true},
	{level: linux.SOL_SOCKET, name: linux.SO_PRIORITY, least: leastInt32, most: mostInt32},
	{level: linux.SOL_SOCKET, name: linux.SO_MARK, least: leastInt32, most: mostInt32},
	{level: linux.SOL_SOCKET, name: linux.SO_BUSY_POLL, most: mostInt32},
	{level: linux.SOL_SOCKET, name: linux.SO_INCOMING_CPU, least: leastInt32, most: mostInt32, initial: -1},
	{level: linux.SOL_SOCKET, name: linux.SO_PREFER_BUSY_POLL, isBool: true},
	{level: linux.IPPROTO_IP, name: linux.IP_BIND_ADDRESS_NO_PORT, isBool: true},
	{level: linux.IPPROTO_TCP, name: linux.TCP_THIN_LINEAR_TIMEOUTS, most: 1},
	{level: linux.IPPROTO_TCP, name: linux.TCP_FASTOPEN, most: mostInt32},
	{level: linux.IPPROTO_TCP, name: linux.TCP_NOTSENT_LOWAT, least: leastInt32, most: mostInt32},
	{level: linux.IPPROTO_TCP, name: linux.TCP_FASTOPEN_CONNECT, most: 1},
	{level: linux.IPPROTO_TCP, name: linux.TCP_FASTOPEN_NO_COOKIE, most: 1},
}

// hintFor returns the hint that an option is for sockets such as s, nil if it is none.
func (s *socketBase) hintFor(level, name uintptr) *hint {
	switch level {
	case linux.IPPROTO_IP:
		if s.domain != linux.AF_INET && s.domain != linux.AF_INET6 {
			return nil
		}
	case linux.IPPROTO_TCP:
		if s.protocol != linux.IPPROTO_TCP {
			return nil
		}
	}
	for i := range hintOptions {
		if h := &hintOptions[i]; h.level == level && h.name == name {
			return h
		}
	}
	return nil
}

// hints are those that a socket was given.
type hints struct {
	mu  sync.Mutex
	set map[*hint]int32
}

// take sets a hint. The error is EINVAL.
func (s *hints) take(h *hint, value []byte) linux.Errno {
	v, e := intOption(value)
	switch {
	case e != 0:
		return e
	case h.isBool && v != 0:
		v = 1
	case !h.isBool && (v < int(h.least) || v > int(h.most)):
		return linux.EINVAL
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.set == nil {
		s.set = map[*hint]int32{}
	}
	s.set[h] = int32(v)
	return 0
}

// taken returns what a hint was set to.
func (s *hints) taken(h *hint) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, isSet := s.set[h]; isSet {
		return intValue(int(v))
	}
	return intValue(int(h.initial))
}
