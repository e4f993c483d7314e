package linuxabi

import "internal/mirage/linuxabi/linux"

// Options of packet sockets (packet(7), socket(7)).

func (s *packetSocket) setOption(p *Process, level, name uintptr, value []byte) linux.Errno {
	switch level {
	case linux.SOL_PACKET:
		return s.setPacketOption(name, value)
	case linux.SOL_SOCKET:
		return s.setSocketOption(name, value)
	}
	return linux.ENOPROTOOPT
}

func (s *packetSocket) setPacketOption(name uintptr, value []byte) linux.Errno {
	switch name {
	case linux.PACKET_ADD_MEMBERSHIP, linux.PACKET_DROP_MEMBERSHIP:
		return s.member(value)
	case linux.PACKET_AUXDATA:
		v, e := intOption(value)
		if e == 0 {
			s.want(wantAuxiliary, wantAuxiliary, v != 0)
		}
		return e
	}
	return linux.ENOPROTOOPT
}

// member takes a struct packet_mreq. No card is asked to leave frames out, so that there is nothing to ask of one.
func (s *packetSocket) member(value []byte) linux.Errno {
	switch {
	case len(value) < linux.SizeofPacketMreq, get16(value[4:]) > linux.PACKET_MR_UNICAST:
		return linux.EINVAL
	case s.stack.Interface(int(int32(get32(value)))) == nil:
		return linux.ENODEV
	}
	return 0
}

func (s *packetSocket) setSocketOption(name uintptr, value []byte) linux.Errno {
	switch name {
	case linux.SO_ATTACH_FILTER:
		return s.attach(value)
	case linux.SO_DETACH_FILTER:
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.program == nil {
			return linux.ENOENT
		}
		s.program = nil
		return 0
	}
	v, e := intOption(value)
	switch name {
	case linux.SO_TIMESTAMP:
		s.want(wantTime|wantTimeNS, wantTime, e == 0 && v != 0)
	case linux.SO_TIMESTAMPNS:
		s.want(wantTime|wantTimeNS, wantTimeNS, e == 0 && v != 0)
	case linux.SO_RCVBUF, linux.SO_RCVBUFFORCE:
		if e == 0 {
			s.mu.Lock()
			s.room = receiveBuffer(v)
			s.mu.Unlock()
		}
	default:
		return s.setBase(name, value)
	}
	return e
}

// want puts one of some wishes in the place of all, or none.
func (s *packetSocket) want(all, one int, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wanted &^= all; on {
		s.wanted |= one
	}
}

// attach takes a struct sock_fprog: the number of instructions and where they are.
func (s *packetSocket) attach(value []byte) linux.Errno {
	if len(value) != linux.SizeofSockFprog {
		return linux.EINVAL
	}
	n := uintptr(get16(value))
	if n == 0 || n > linux.BPF_MAXINSNS {
		return linux.EINVAL
	}
	b, e := userBytes(uintptr(get64(value[8:])), n*linux.SizeofSockFilter, false)
	if e != 0 {
		return e
	}
	program := parseBPF(b)
	if program == nil {
		return linux.EINVAL
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.program = program
	return 0
}

func (s *packetSocket) option(p *Process, level, name uintptr) ([]byte, linux.Errno) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case level == linux.SOL_PACKET && name == linux.PACKET_STATISTICS:
		b := make([]byte, linux.SizeofTpacketStats)
		put32(b, s.seen)
		put32(b[4:], s.dropped)
		s.seen, s.dropped = 0, 0
		return b, 0
	case level == linux.SOL_PACKET && name == linux.PACKET_AUXDATA:
		return boolValue(s.wanted&wantAuxiliary != 0), 0
	case level != linux.SOL_SOCKET:
		return nil, linux.ENOPROTOOPT
	}
	switch name {
	case linux.SO_TIMESTAMP:
		return boolValue(s.wanted&wantTime != 0), 0
	case linux.SO_TIMESTAMPNS:
		return boolValue(s.wanted&wantTimeNS != 0), 0
	case linux.SO_RCVBUF:
		return intValue(s.room), 0
	}
	return s.base(name)
}
