//go:build mirage

package xen

import (
	"errors"
	"internal/mirage/dma"
	"internal/mirage/irq"
	"internal/mirage/machine"
	"internal/strconv"
)

// Hypercalls, of xen/include/public/xen.h, and their commands.
const (
	memoryOp = 12
	grantOp  = 20
	eventOp  = 32

	eventSend   = 4
	eventStatus = 5
)

// Machine is the Xen that the machine runs on. It implements Hypervisor.
type Machine struct{}

// Suspend suspends the machine, and reports whether it has become another domain meanwhile: what it had of event channels and
// grants is void then. The error says that Xen refuses.
func Suspend() (restored bool, err error) {
	r := machine.XenSuspend()
	return r == 0, result("the machine was not suspended", r)
}

// result makes an error of a hypercall's result.
func result(what string, r int) error {
	if r >= 0 {
		return nil
	}
	return errors.New("xen: " + what + ": error " + strconv.Itoa(-r))
}

// Param implements Hypervisor.
func (Machine) Param(p Param) uint64 { return machine.XenParam(uint64(p)) }

// Shared implements Hypervisor.
func (Machine) Shared(frame uint64) *dma.Memory { return dma.Shared(frame * dma.PageSize) }

// Frame implements Hypervisor.
func (Machine) Frame(addr uint64) uint64 { return machine.XenFrame(addr) }

// Place implements Hypervisor.
func (Machine) Place(s Space, index int, mem *dma.Memory) error {
	return result("no page of a shared table", machine.XenPlace(uint32(s), uint64(index), mem.Addr()))
}

// Listen implements Hypervisor.
func (Machine) Listen(domain uint16) (port uint32, err error) {
	port, r := machine.XenListen(domain)
	return port, result("no event channel", r)
}

// Bind implements Hypervisor.
func (Machine) Bind(domain uint16, remote uint32) (port uint32, err error) {
	port, r := machine.XenBind(domain, remote)
	return port, result("no such event channel", r)
}

// Bound implements Hypervisor. The structure is evtchn_status.
func (Machine) Bound(port uint32) bool {
	const interdomain = 2 // EVTCHNSTAT_interdomain
	arg, r := machine.XenCall(eventOp, eventStatus, [4]uint64{Self | uint64(port)<<32}, 0)
	return r == 0 && uint32(arg[1]) == interdomain
}

// Line implements Hypervisor.
func (Machine) Line(port uint32) (irq.Line, error) { return irq.Channel(port) }

// Notify implements Hypervisor. It fails when nobody is at the other end.
func (Machine) Notify(port uint32) { machine.XenCall(eventOp, eventSend, [4]uint64{uint64(port)}, 0) }

// Close implements Hypervisor.
func (Machine) Close(port uint32) { machine.XenClose(port) }
