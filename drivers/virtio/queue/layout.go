package queue

// Where things lie in a queue's memory (virtio 1.2 section 2.7). The layout is that of legacy devices (section 2.7.2):
// the used ring starts at the next page. It meets the alignment that modern ones want: 16, 2 and 4 bytes (section 2.7).
const (
	descSize = 16 // le64 address, le32 length, le16 flags, le16 next: section 2.7.5
	descLen  = 8
	descFlag = 12
	descNext = 14

	availFlags = 0 // le16 flags, le16 index, le16 ring[size], le16 used_event: section 2.7.6
	availIndex = 2
	availRing  = 4

	usedFlags = 0 // le16 flags, le16 index, {le32 id, le32 length} ring[size], le16 avail_event: section 2.7.8
	usedIndex = 2
	usedRing  = 4
	usedSize  = 8

	// Alignment is that of the used ring, what a legacy device is told as its queue's alignment.
	Alignment = 4096

	// MaxSize is the largest queue there can be: section 2.7.
	MaxSize = 32768
)

// Flags of a descriptor: section 2.7.5.
const (
	flagNext     = 1 << 0 // the chain goes on at next
	flagWrite    = 1 << 1 // for the device to write, else to read
	flagIndirect = 1 << 2 // the buffer is a table of descriptors
)

const (
	noInterrupt = 1 << 0 // of the available ring: section 2.7.7
	noNotify    = 1 << 0 // of the used ring: section 2.7.10
)

// availOffset is where the available ring of a queue of size descriptors starts.
func availOffset(size int) int { return size * descSize }

// usedOffset is where the used ring starts.
func usedOffset(size int) int {
	end := availOffset(size) + availRing + 2*size + 2
	return (end + Alignment - 1) &^ (Alignment - 1)
}

// total is the number of bytes that a queue takes.
func total(size int) int { return usedOffset(size) + usedRing + usedSize*size + 2 }
