package xen

import (
	"internal/mirage/dma"
	"internal/mirage/irq"
)

// A Param is the index of a parameter of the machine: xen/include/public/hvm/params.h.
type Param uint32

// Where the machine's xenstore and console are: a frame, and the port of an event channel.
const (
	StoreFrame   Param = 1
	StorePort    Param = 2
	ConsoleFrame Param = 17
	ConsolePort  Param = 18
)

// A Space is a kind of pages that Xen puts into the machine's memory: xen/include/public/memory.h.
type Space uint32

// GrantFrames are the frames of the grant table.
const GrantFrames Space = 1

// Self stands for the machine's own number: DOMID_SELF.
const Self = 0x7ff0

// A Hypervisor is Xen.
type Hypervisor interface {
	// Param returns a parameter of the machine, 0 when it has none.
	Param(Param) uint64

	// Shared returns the page at a frame that is not RAM, nil when there is no memory to map it.
	Shared(frame uint64) *dma.Memory

	// Frame is by which number Xen knows the page of ours at addr.
	Frame(addr uint64) uint64

	// Place puts page index of a space where mem, one page, is, whose contents are lost.
	Place(s Space, index int, mem *dma.Memory) error

	// Listen makes an event channel to which a domain may connect.
	Listen(domain uint16) (port uint32, err error)

	// Bind makes an event channel whose other end is a port at which a domain listens.
	Bind(domain uint16, remote uint32) (port uint32, err error)

	// Bound reports whether a port has another end: not before a domain has bound it, nor when that has closed it or is gone.
	Bound(port uint32) bool

	// Map maps the pages to which a domain has given rights, one behind the other. unmap gives them back, once, when nobody uses
	// them any more.
	Map(domain uint16, refs []uint32) (mem *dma.Memory, unmap func(), err error)

	// Line returns the line that the events of a port raise.
	Line(port uint32) (irq.Line, error)

	// Notify raises an event at the other end of the port.
	Notify(port uint32)

	// Close ends an event channel.
	Close(port uint32)
}
