//go:build mirage

package runtime

import "internal/runtime/atomic"

// The event channels that drivers have made. A machine that becomes another domain has none of them any more, while its drivers still
// close them by their ports: xenReserve (xensuspend_mirage_amd64.go) has nobody get those before. So a port is noted while
// interrupts are off from the moment that Xen gives it, and a suspension comes before both or behind both.

const (
	eventBind  = 0 // EVTCHNOP_bind_interdomain, xen/include/public/event_channel.h
	eventClose = 3
	eventAlloc = 6 // EVTCHNOP_alloc_unbound
)

var xenHeld [xenPorts / 64]uint64

// xenListen makes a channel to which a domain may connect. The structure is evtchn_alloc_unbound.
func xenListen(domain uint16) (port uint32, r int) {
	return xenNewPort(eventAlloc, xenArg{domainSelf | uint64(domain)<<16})
}

// xenBind makes a channel to a port at which a domain listens. The structure is evtchn_bind_interdomain.
func xenBind(domain uint16, remote uint32) (port uint32, r int) {
	return xenNewPort(eventBind, xenArg{uint64(domain) | uint64(remote)<<32})
}

// xenNewPort has Xen give a port, and notes it.
func xenNewPort(command uintptr, arg xenArg) (port uint32, r int) {
	onTrapStack(func() {
		arg, r = xenCall(xenEventOp, command, arg, 0)
		port = uint32(arg[0] >> 32)
		if command == eventBind {
			port = uint32(arg[1])
		}
		if r == 0 && port < xenPorts {
			atomic.Or64(&xenHeld[port/64], 1<<(port%64))
		}
	})
	return port, r
}

// xenClose ends a channel. Its port may be another's as soon as Xen has done so.
func xenClose(port uint32) {
	onTrapStack(func() {
		if port < xenPorts {
			atomic.And64(&xenHeld[port/64], ^(1 << (port % 64)))
		}
		xenCall(xenEventOp, eventClose, xenArg{uint64(port)}, 0)
	})
}
