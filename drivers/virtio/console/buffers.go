package console

import (
	"internal/mirage/dma"
	"internal/mirage/drivers/virtio/queue"
)

// buffers are a page in equal pieces.
type buffers struct {
	*dma.Memory
	size uint32
}

// newBuffers makes count buffers, a power of 2.
func newBuffers(count int) (b buffers, err error) {
	if b.Memory = dma.Alloc(dma.PageSize); b.Memory == nil {
		return b, errMemory
	}
	b.size = uint32(dma.PageSize / count)
	return b, nil
}

func (b buffers) bytes(i uint32) []byte { return b.Bytes()[i*b.size:][:b.size] }

// segment is the first n bytes of buffer i.
func (b buffers) segment(i uint32, n uint32) queue.Segment {
	return queue.Segment{Addr: b.Addr() + uint64(i*b.size), Len: n}
}
