package queue

import (
	"errors"
	"internal/mirage/dma"
)

// The ways in which a device breaks a queue.
var (
	ErrIndex  = errors.New("virtio: the device used more buffers than it was given")
	ErrID     = errors.New("virtio: the device used a descriptor that it was not given")
	ErrLength = errors.New("virtio: the device says that it wrote more than the buffer holds")
	errMemory = errors.New("virtio: no memory for a queue")
	errSize   = errors.New("virtio: a queue's size is not a power of 2 up to 32768")
	errSmall  = errors.New("virtio: the queue is too small for its chains")
)

// A Config says what a queue is to be.
type Config struct {
	Size       int  // descriptors: a power of 2
	Segments   int  // the most buffers that one chain will have; 0 means 1
	Indirect   bool // VIRTIO_F_INDIRECT_DESC is negotiated
	EventIndex bool // VIRTIO_F_EVENT_IDX is negotiated
	Legacy     bool // the device is from before virtio 1.0
	Notify     func()
}

// A Segment is a piece of memory that the device can reach.
type Segment struct {
	Addr uint64
	Len  uint32
}

// A chain is what the driver remembers of a descriptor: what chain it is the head of, if any, and which one follows it in
// its chain or in the free list.
type chain struct {
	token    uint32
	writable uint32 // bytes that the device may write
	count    uint16 // descriptors in the chain, 0 when this is not the head of one that the device has
	last     uint16 // of them
	next     uint16
}

// A Queue is a split virtqueue.
type Queue struct {
	config Config
	mem    *dma.Memory
	tables *dma.Memory // indirect tables, Segments descriptors for each head; nil without
	size   uint16
	avail  int // offsets in mem
	used   int

	chains   []chain
	free     uint16 // head of the free list, valid when nfree > 0
	nfree    uint16
	inFlight uint16 // chains that the device has

	added    uint16 // the next available index
	flushed  uint16 // the available index that the device was last told
	taken    uint16 // used entries taken, the next used index
	seen     uint16 // used entries known to be there
	err      error
	notified uint64
}

// New returns a queue with all descriptors free, its interrupts off.
func New(c Config) (*Queue, error) {
	if c.Size < 1 || c.Size > MaxSize || c.Size&(c.Size-1) != 0 {
		return nil, errSize
	}
	c.Segments = max(c.Segments, 1)
	c.Indirect = c.Indirect && c.Segments > 1
	if c.Segments > c.Size {
		// Section 2.7.5.3.1: not even an indirect chain may be longer than the queue.
		return nil, errSmall
	}
	q := &Queue{config: c, size: uint16(c.Size), avail: availOffset(c.Size), used: usedOffset(c.Size)}
	if q.mem = dma.Alloc(total(c.Size)); q.mem == nil {
		return nil, errMemory
	}
	if c.Indirect {
		if q.tables = dma.Alloc(c.Size * c.Segments * descSize); q.tables == nil {
			q.mem.Free()
			return nil, errMemory
		}
	}
	q.chains = make([]chain, c.Size)
	for i := range q.chains {
		q.chains[i].next = uint16(i + 1)
	}
	q.nfree = q.size
	if c.EventIndex {
		// Section 2.7.7.1: flags stays 0; an index that was just passed asks for an interrupt only 65,535 entries later.
		q.setUsedEvent(0xffff)
	} else {
		q.mem.Store16(q.avail+availFlags, noInterrupt)
	}
	return q, nil
}

// Close gives the queue's memory back. The device must have been reset before.
func (q *Queue) Close() {
	q.mem.Free()
	if q.tables != nil {
		q.tables.Free()
	}
}

// Size is the number of descriptors.
func (q *Queue) Size() int { return int(q.size) }

// Free is the number of chains of one segment that Add will take now.
func (q *Queue) Free() int { return int(q.nfree) }

// InFlight is the number of chains that the device has.
func (q *Queue) InFlight() int { return int(q.inFlight) }

// Notified is how often the device was notified.
func (q *Queue) Notified() uint64 { return q.notified }

// Descriptors is the physical address of the descriptor table.
func (q *Queue) Descriptors() uint64 { return q.mem.Addr() }

// Available is the physical address of the available ring.
func (q *Queue) Available() uint64 { return q.mem.Addr() + uint64(q.avail) }

// UsedRing is the physical address of the used ring.
func (q *Queue) UsedRing() uint64 { return q.mem.Addr() + uint64(q.used) }

// Err says how the device broke the queue, nil while it has not.
func (q *Queue) Err() error { return q.err }

// Fail breaks the queue for a reason that only the driver sees.
func (q *Queue) Fail(err error) { q.fail(err) }

func (q *Queue) setUsedEvent(v uint16) { q.mem.Store16(q.avail+availRing+2*int(q.size), v) }

func (q *Queue) availEvent() uint16 {
	return q.mem.Load16(q.used + usedRing + usedSize*int(q.size))
}
