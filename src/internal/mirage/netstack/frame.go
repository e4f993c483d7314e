package netstack

import (
	"internal/mirage/device"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// receive takes a frame from the card. It runs in the driver's goroutine; the frame is the driver's again when it
// returns.
func (i *Interface) receive(f *device.Frame) {
	i.counters.rxPackets.Add(1)
	i.counters.rxBytes.Add(uint64(len(f.Bytes)))
	if h := i.stack.hooks.Load(); h != nil && !h.come(i, f.Bytes) {
		i.counters.rxDropped.Add(1)
		return
	}
	e, ok := wire.ParseEthernet(f.Bytes)
	if !ok {
		i.counters.rxErrors.Add(1)
		return
	}
	dst := e.Dst()
	group := dst.IsGroup()
	if group {
		i.counters.rxMulticast.Add(1)
	} else if dst != i.mac {
		i.counters.rxDropped.Add(1) // for another station
		return
	}
	switch e.Type() {
	case wire.TypeIPv4:
		i.receiveIPv4(e.Payload(), f.Checksum != device.ChecksumNone, group)
	case wire.TypeIPv6:
		i.receiveIPv6(e.Payload(), f.Checksum != device.ChecksumNone, group)
	case wire.TypeARP:
		i.receiveARP(e.Payload())
	default:
		i.receiveOther(e)
	}
}

// send gives a frame, complete but for its Ethernet header, to the card, or to ARP until the neighbour is known.
func (i *Interface) send(f *device.Frame, r *inet.Route, batch bool) {
	var dst wire.MAC
	switch known := true; {
	case i.loopback:
	case r.To == inet.Broadcast:
		dst = wire.BroadcastMAC
	case r.To == inet.Multicast:
		dst = wire.MulticastMAC(r.Dst)
	default:
		if dst, known = i.neighbours.Lookup(r.Next); !known {
			if dst, known = i.resolve(f, r, batch); !known {
				return
			}
		}
	}
	wire.Ethernet(f.Bytes).Put(dst, i.mac, wire.TypeIPv4)
	i.transmit(f, batch)
}

func (i *Interface) transmit(f *device.Frame, batch bool) {
	if h := i.stack.hooks.Load(); h != nil && !h.goes(i, f.Bytes) {
		i.counters.txDropped.Add(1)
		i.nic.Discard(f)
		if !batch { // what came before it waits for this
			i.nic.Flush()
		}
		return
	}
	i.counters.txPackets.Add(1)
	i.counters.txBytes.Add(uint64(len(f.Bytes)))
	i.nic.Transmit(f)
	if !batch {
		i.nic.Flush()
	}
}
