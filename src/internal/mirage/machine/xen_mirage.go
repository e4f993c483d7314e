//go:build mirage

package machine

// Xen reports whether the machine is a guest of Xen's.
func Xen() bool { return runtime_xen() }

// XenPV reports whether the machine is a guest of Xen's of the kind PV.
func XenPV() bool { return runtime_xenPV() }

// XenParam is a parameter of a guest of Xen's, by its index in Xen's hvm/params.h; 0 when there is none.
func XenParam(index uint64) uint64 { return runtime_xenParam(index) }

// XenFrame is by which number Xen knows the page at phys.
func XenFrame(phys uint64) uint64 { return runtime_xenFrame(phys) }

// XenUnmap takes the page at phys, which AllocPages has returned or the balloon has, out of the guest's page tables. It and
// XenReplace are for guests of the kind PV, whose page tables hold frames.
func XenUnmap(phys uint64) { runtime_xenUnmap(phys) }

// XenReplace makes a frame of Xen's be the page at phys, whose own frame is lost unless it is known; with ^0 there is none: Xen has
// taken the frame of a page that is unmapped.
func XenReplace(phys, frame uint64) { runtime_xenReplace(phys, frame) }

// XenCall makes a hypercall of Xen with a structure of at most 32 bytes, little-endian, and a count where it has one. It
// returns what became of the structure, and Xen's result: an errno, negative, for failure.
func XenCall(op, command uint32, arg [4]uint64, n int) ([4]uint64, int) {
	return runtime_xenCall(op, command, arg, n)
}

// XenPlace has Xen put page index of a space of its own where phys is, whose page it frees, and returns Xen's result. It does so
// again when the machine has become another domain.
func XenPlace(space uint32, index, phys uint64) int { return runtime_xenPlace(space, index, phys) }

// XenSuspend suspends the machine, with all its CPUs, and returns when it goes on: 0 as another domain, where nothing is left of
// event channels and rights to pages; 1 as it was; an errno, negative, when Xen refuses. One goroutine at a time calls it.
func XenSuspend() int { return runtime_xenSuspend() }

// XenLives is how often the machine has become another domain.
func XenLives() uint32 { return runtime_xenLives() }

// XenReboot has the machine's end, when it comes, be a reboot to Xen.
func XenReboot() { runtime_xenReboot() }

// XenListen makes an event channel to which a domain may connect, and returns its port and Xen's result. While the machine has it,
// nobody else gets the port, though the channel is gone when the machine becomes another domain.
func XenListen(domain uint16) (port uint32, result int) { return runtime_xenListen(domain) }

// XenBind is XenListen for an event channel to a port at which a domain listens.
func XenBind(domain uint16, remote uint32) (port uint32, result int) {
	return runtime_xenBind(domain, remote)
}

// XenClose ends an event channel that XenListen or XenBind has made, once.
func XenClose(port uint32) { runtime_xenClose(port) }

// XenLine returns a Line that fires on events of an event channel of this machine, and lets them come. It is negative
// when there is no line left.
func XenLine(port uint32) Line { return note(Line(runtime_xenLine(port)), "Xen", port) }

// FreeXenLine gives back the line of an event channel, which is closed, and on which nobody waits.
func FreeXenLine(l Line, port uint32) {
	note(l, "", 0)
	runtime_freeXenLine(int32(l), port)
}

// MapShared maps the page at phys, which is not RAM but memory that the hypervisor has put there, and returns where; 0
// when there is no memory for page tables.
func MapShared(phys uint64) uintptr { return runtime_mapShared(phys) }

func runtime_xen() bool
func runtime_xenPV() bool
func runtime_xenParam(index uint64) uint64
func runtime_xenFrame(phys uint64) uint64
func runtime_xenUnmap(phys uint64)
func runtime_xenReplace(phys, frame uint64)
func runtime_xenCall(op, command uint32, arg [4]uint64, n int) ([4]uint64, int)
func runtime_xenPlace(space uint32, index, phys uint64) int
func runtime_xenSuspend() int
func runtime_xenLives() uint32
func runtime_xenReboot()
func runtime_xenListen(domain uint16) (uint32, int)
func runtime_xenBind(domain uint16, remote uint32) (uint32, int)
func runtime_xenClose(port uint32)
func runtime_xenLine(port uint32) int32
func runtime_freeXenLine(line int32, port uint32)
func runtime_mapShared(phys uint64) uintptr
