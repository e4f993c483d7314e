package netstack

import (
	"internal/mirage/device"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// firstType is the lowest value that is a type; below are lengths: IEEE 802.3 section 3.2.6.
const firstType = 0x600

// HandleEther makes h receive the frames of a type; nil ends that. The errors are EADDRINUSE (somebody has it; IPv4, IPv6 and
// ARP are the stack's) and EINVAL (it is no type).
func (s *Stack) HandleEther(typ uint16, h EtherHandler) error {
	switch {
	case typ < firstType:
		return inet.EINVAL
	case typ == wire.TypeIPv4 || typ == wire.TypeIPv6 || typ == wire.TypeARP:
		return inet.EADDRINUSE
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[uint16]EtherHandler{}
	if old := s.ethers.Load(); old != nil {
		for t, h := range *old {
			all[t] = h
		}
	}
	switch {
	case h == nil:
		delete(all, typ)
	case all[typ] != nil:
		return inet.EADDRINUSE
	default:
		all[typ] = h
	}
	s.ethers.Store(&all)
	return nil
}

// receiveOther takes a frame of a type that is not the stack's.
func (i *Interface) receiveOther(e wire.Ethernet) {
	if all := i.stack.ethers.Load(); all != nil {
		if h := (*all)[e.Type()]; h != nil {
			h(i, e)
			return
		}
	}
	i.counters.rxDropped.Add(1)
}

// SendEther sends a frame with a type and a payload that are not the stack's. The errors are EMSGSIZE and EAGAIN (the card's queue is
// full).
func (i *Interface) SendEther(dst wire.MAC, typ uint16, payload []byte) error {
	return i.SendFrame(wire.EthernetLen+len(payload), func(frame []byte) {
		e := wire.Ethernet(frame)
		e.Put(dst, i.mac, typ)
		copy(e.Payload(), payload)
	})
}

// SendFrame sends a frame of n octets, its header among them, which fill writes. The errors are EINVAL (it holds no header), EMSGSIZE
// and EAGAIN (the card's queue is full).
func (i *Interface) SendFrame(n int, fill func(frame []byte)) error {
	switch {
	case n < wire.EthernetLen:
		return inet.EINVAL
	case n > int(i.mtu.Load())+wire.EthernetLen:
		return inet.EMSGSIZE
	}
	f := i.nic.Alloc(n)
	if f == nil {
		i.counters.txDropped.Add(1)
		return inet.EAGAIN
	}
	f.Checksum = device.ChecksumNone
	fill(f.Bytes)
	i.transmit(f, false)
	return nil
}

// HandleIP makes t the receiver of an IP protocol number, of both families; nil ends that. It is false if the number is somebody's,
// or is one of those that say what an IPv6 extension header is.
func (s *Stack) HandleIP(protocol uint8, t inet.Transport) bool {
	switch protocol {
	case wire.ProtoHopByHop, wire.ProtoRouting, wire.ProtoFragment, wire.ProtoDestOptions, wire.ProtoNoNext:
		return false
	}
	if t == nil {
		s.transports[protocol].Store(nil)
		return true
	}
	return s.transports[protocol].CompareAndSwap(nil, &t)
}
