package linuxabi

import (
	"internal/bytealg"
	"internal/mirage/linuxabi/linux"
	"internal/mirage/netstack"
	"internal/mirage/netstack/wire"
)

// Network interfaces through ioctl (netdevice(7)).

// ifreqSize is the size of a struct ifreq: a name of IFNAMSIZ bytes and a union of 24.
const ifreqSize = 40

// interfaceControl serves SIOCGIF... on any socket. The errors are EFAULT, ENODEV, EADDRNOTAVAIL, and ENOTTY for what
// is not served.
func (p *Process) interfaceControl(command uint32, ptr uintptr) linux.Errno {
	switch command {
	case linux.SIOCGIFCONF:
		return p.listInterfaces(ptr)
	case linux.SIOCGIFNAME, linux.SIOCGIFFLAGS, linux.SIOCGIFADDR, linux.SIOCGIFBRDADDR, linux.SIOCGIFNETMASK, linux.SIOCGIFMTU,
		linux.SIOCGIFHWADDR, linux.SIOCGIFINDEX, linux.SIOCGIFTXQLEN:
	default:
		return linux.ENOTTY
	}
	r, e := load[[ifreqSize]byte](ptr)
	if e != 0 {
		return e
	}
	p.net.wait()
	if command == linux.SIOCGIFNAME {
		name := p.net.nameOf(int(int32(get32(r[linux.IFNAMSIZ:]))))
		if name == "" {
			return linux.ENODEV
		}
		clear(r[copy(r[:linux.IFNAMSIZ], name):linux.IFNAMSIZ])
		return store(ptr, r)
	}
	name := r[:linux.IFNAMSIZ]
	if n := bytealg.IndexByte(name, 0); n >= 0 {
		name = name[:n]
	}
	info, ok := p.net.byName(string(name))
	if !ok {
		return linux.ENODEV
	}
	if e := describe(info, command, r[linux.IFNAMSIZ:]); e != 0 {
		return e
	}
	return store(ptr, r)
}

// describe puts what is asked for in the union.
func describe(i netstack.InterfaceInfo, command uint32, u []byte) linux.Errno {
	clear(u)
	switch command {
	case linux.SIOCGIFFLAGS:
		put16(u, uint16(interfaceFlags(i)))
		return 0
	case linux.SIOCGIFMTU:
		put32(u, uint32(i.MTU))
		return 0
	case linux.SIOCGIFINDEX:
		put32(u, uint32(i.Index))
		return 0
	case linux.SIOCGIFTXQLEN:
		put32(u, 1000)
		return 0
	case linux.SIOCGIFHWADDR:
		put16(u, hardwareType(i))
		copy(u[2:], i.MAC[:])
		return 0
	}
	for _, a := range i.Addrs {
		if !a.Prefix.Addr.Is4() {
			continue
		}
		addr := a.Prefix.Addr
		switch command {
		case linux.SIOCGIFNETMASK:
			addr = wire.V4From(^(^uint32(0) >> a.Prefix.Bits))
		case linux.SIOCGIFBRDADDR:
			addr = a.Broadcast
		}
		b := putInet(wire.AddrPort{Addr: addr})
		copy(u, b[:])
		return 0
	}
	return linux.EADDRNOTAVAIL
}

// listInterfaces serves SIOCGIFCONF: a struct ifconf with the length of a buffer and where it is, which is filled with
// a struct ifreq for each IPv4 address, or, if it is nowhere, is only said to have to be so long.
func (p *Process) listInterfaces(ptr uintptr) linux.Errno {
	type ifconf struct {
		length int32
		_      int32
		buffer uintptr
	}
	c, e := load[ifconf](ptr)
	if e != 0 {
		return e
	}
	p.net.wait()
	used := int32(0)
	for _, i := range p.net.stack.Interfaces() {
		for _, a := range i.Addrs {
			if !a.Prefix.Addr.Is4() || c.buffer != 0 && c.length-used < ifreqSize {
				continue
			}
			if c.buffer != 0 {
				var r [ifreqSize]byte
				copy(r[:linux.IFNAMSIZ-1], i.Name)
				b := putInet(wire.AddrPort{Addr: a.Prefix.Addr})
				copy(r[linux.IFNAMSIZ:], b[:])
				if e := store(c.buffer+uintptr(used), r); e != 0 {
					return e
				}
			}
			used += ifreqSize
		}
	}
	c.length = used
	return store(ptr, c)
}
