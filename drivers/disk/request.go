package disk

// An Op is what a request is for.
type Op uint8

// The operations.
const (
	Read Op = iota
	Write
	Flush
	Discard
	Zero
	ZeroFree // Zero that may give up the room
	Identify // read the disk's name, at most len(Data) bytes
)

// A Request is one thing that a device is asked for.
type Request struct {
	Op   Op
	Off  int64  // bytes, as Len
	Len  int64  // of Read, Write and Identify: len(Data)
	Data []byte // to fill, or to be written
}

// A Ring is requests under way to a device. A slot is the place of one, from 0 on, and is used by one goroutine at a time.
type Ring interface {
	// Slots is how many there are.
	Slots() int

	// Prepare puts the request that is to be in a slot, and its data, where the device can reach it.
	Prepare(slot int, r *Request) error

	// Finish takes what the device has read from where Prepare made room for it.
	Finish(slot int, r *Request) error

	// Add puts a slot's request into the ring, in which there is room for all slots, and Flush shows the device all that were added.
	// Add is false when the ring is broken, and Err says how. Of these and those below, but for Wait, one is called at a time.
	Add(slot int) bool
	Flush()

	// Take returns a slot whose request the device has answered, and what it said. One that Add did not put there, or that
	// was taken already, it must not return.
	Take() (slot int, err error, ok bool)

	// Arm asks for an interrupt at the next answer, and reports whether there is one already.
	Arm() (pending bool)

	// Err says how the device broke the ring, nil while it has not.
	Err() error

	// Wait waits for the interrupt; false: there will be none any more.
	Wait() bool
}
