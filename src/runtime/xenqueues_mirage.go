//go:build mirage

package runtime

import (
	"internal/runtime/atomic"
	"internal/runtime/sys"
	"unsafe"
)

// Events by queues, which Xen calls FIFO (xen/include/public/event_channel.h): each port has a word, and the words of those that have
// news are a list, one for each priority. So they come in their order, which the bits of the 2-level interface do not tell. Xen
// before 4.4 has bits alone; a PV guest keeps to them, where each CPU has events of its own.

const (
	eventInitControl = 11 // EVTCHNOP_init_control
	eventExpandArray = 12

	queueLink    = 1<<17 - 1 // the next port: EVTCHN_FIFO_LINK_MASK
	queueLinked  = 1 << 29
	queueMasked  = 1 << 30
	queuePending = 1 << 31

	xenQueueCount = 16 // EVTCHN_FIFO_MAX_QUEUES
	xenQueueWords = pageSize4K / 4
)

// xenQueueControl is evtchn_fifo_control_block.
type xenQueueControl struct {
	_     sys.NotInHeap
	ready uint32 // the queues that have something, a bit each
	_     uint32
	heads [xenQueueCount]uint32
}

// xenQueueArray is a page of the event array.
type xenQueueArray struct {
	_     sys.NotInHeap
	words [xenQueueWords]uint32
}

// xenQueues are the first CPU's, to which all events come.
var xenQueues xenQueueSet

type xenQueueSet struct {
	on      bool
	control *xenQueueControl
	arrays  [xenPorts / xenQueueWords]*xenQueueArray
	next    [xenQueueCount]uint32 // the first port of a queue, 0 when its control block says that
}

// xenQueue has events come by queues, with all masked, if Xen can do that. A machine that has become another domain calls it anew.
func xenQueue() {
	q := &xenQueues
	q.on = false
	if xenPV {
		return
	}
	if q.control == nil {
		q.allocate()
	}
	*q.control = xenQueueControl{}
	clear(q.next[:])
	if _, r := xenCall(xenEventOp, eventInitControl, xenArg{xenFrameOf(unsafe.Pointer(q.control))}, 0); r != 0 {
		return
	}
	for _, a := range q.arrays {
		for i := range a.words {
			a.words[i] = queueMasked
		}
		// Xen has gone over to queues: without the array no event would come.
		if _, r := xenCall(xenEventOp, eventExpandArray, xenArg{xenFrameOf(unsafe.Pointer(a))}, 0); r != 0 {
			throw("boot: Xen does not take a page of the event array")
		}
	}
	q.on = true
}

// allocate gets the pages, once.
func (q *xenQueueSet) allocate() {
	page := func() unsafe.Pointer {
		pa := vmZeroPage()
		if pa == 0 {
			throw("boot: no memory for Xen's events")
		}
		return physPointer(pa)
	}
	q.control = (*xenQueueControl)(page())
	for i := range q.arrays {
		q.arrays[i] = (*xenQueueArray)(page())
	}
}

// xenFrameOf is the frame of a page of the linear map.
func xenFrameOf(page unsafe.Pointer) uint64 { return uint64(uintptr(page)-physBase) / pageSize4K }

// word is a port's.
func (q *xenQueueSet) word(port uint32) *uint32 {
	return &q.arrays[port/xenQueueWords].words[port%xenQueueWords]
}

// fire fires the lines of all ports that have news.
//
//go:nowritebarrierrec
func (q *xenQueueSet) fire() {
	for ready := uint32(0); ; {
		ready |= atomic.Xchg(&q.control.ready, 0)
		if ready == 0 {
			return
		}
		first := uint32(sys.TrailingZeros32(ready)) // the most urgent
		if first >= xenQueueCount || !q.fireNext(first) {
			ready &^= 1 << first
		}
	}
}

// fireNext fires the line of a queue's first port, and reports whether there is another.
func (q *xenQueueSet) fireNext(queue uint32) (more bool) {
	port := q.next[queue]
	if port == 0 {
		port = atomic.Load(&q.control.heads[queue])
	}
	if port == 0 || port >= xenPorts {
		return false // Xen never says so
	}
	word := q.word(port)
	old := atomic.Load(word)
	for !atomic.Cas(word, old, old&^(queueLinked|queueLink)) {
		old = atomic.Load(word)
	}
	q.next[queue] = old & queueLink
	// What comes after this is another event, for which Xen puts the port into the list again.
	if old&(queuePending|queueMasked) == queuePending {
		atomic.And(word, ^uint32(queuePending))
		xenFire(port)
	}
	return old&queueLink != 0
}
