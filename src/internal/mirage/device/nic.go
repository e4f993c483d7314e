package device

// A NIC sends and receives Ethernet frames. All methods may be called from any goroutine.
type NIC interface {
	// MAC is the card's hardware address.
	MAC() [6]byte

	// MTU is the largest payload of an Ethernet frame that the card takes, in bytes.
	MTU() int

	// Offloads says what the card does for the stack.
	Offloads() Offloads

	// LinkUp reports whether the card has a carrier.
	LinkUp() bool

	// Alloc returns a frame with len(Bytes) == n in memory that the card can reach, its contents undefined, or
	// nil when the transmit queue is full: the caller drops or tries later. Of those longer than the MTU there are few. The frame must be given to Transmit
	// or to Discard.
	Alloc(n int) *Frame

	// Transmit queues f and takes it over; f.Bytes may have been cut shorter since Alloc, but starts where it did.
	// The card may hear of it only at the next Flush.
	Transmit(f *Frame)

	// Discard gives back a frame that Alloc returned and nobody wants sent.
	Discard(f *Frame)

	// Flush tells the card of all that Transmit has queued. While the receive function runs, the driver
	// flushes by itself once the batch is done.
	Flush()

	// Idle reports whether the card has sent all that Transmit queued. Asked rarely: when the machine ends.
	Idle() bool

	// Receive starts reception: f is called for each frame, in the driver's own goroutine, one at a time. The
	// frame and its Bytes are the driver's again when f returns: f copies what it keeps. Called once.
	Receive(f func(*Frame))
}

// Offloads is the set of things that a NIC does for the stack.
type Offloads uint32

const (
	// TxChecksum: the card finishes the transport checksum of a frame with Checksum == ChecksumPartial.
	TxChecksum Offloads = 1 << iota
	// RxChecksum: the card may say ChecksumValid of a received frame.
	RxChecksum
	// TxSegments4, TxSegments6: Alloc gives frames of up to MaxSegmented, and the card cuts those with TCP on IPv4 (IPv6) in
	// them into segments of Frame.Segment octets. They imply TxChecksum.
	TxSegments4
	TxSegments6
)

const (
	// MaxSegmented is the length of the longest frame that a card cuts: Xen's are told it in 16 bits.
	MaxSegmented = 65535
	// MaxMerged is the length of the longest frame that a card may give: one that it, or the host, has put together of many
	// that came one after the other is handed on as a single one, longer than the MTU.
	MaxMerged = 14 + 65535
)

// Checksum is what is known of a frame's transport checksum.
type Checksum uint8

const (
	// ChecksumNone: received: nothing is known, check it. To send: it is already right in Bytes.
	ChecksumNone Checksum = iota
	// ChecksumValid: received: the card or the host has checked it.
	ChecksumValid
	// ChecksumPartial: the field at Start+Offset holds the pseudo-header's sum (not complemented); the sum over
	// Bytes[Start:], complemented, goes there. To send: the card does it (only with TxChecksum). Received: the
	// frame never left the host; it is as good as valid.
	ChecksumPartial
)

// A Frame is one Ethernet frame without its FCS.
type Frame struct {
	Bytes    []byte // from the destination address on
	Checksum Checksum
	Start    uint16 // for ChecksumPartial: where summing starts, bytes from the frame's first
	Offset   uint16 // for ChecksumPartial: where the checksum goes, bytes from Start
	Segment  uint16 // to send: the TCP octets of each segment that the card is to make of it, with ChecksumPartial; 0: none
	Token    uint32 // the driver's own
}
