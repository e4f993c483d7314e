package rndis

// Messages: [MS-RNDIS] 2.2. All fields are of 32 bits, little-endian.
const (
	msgPacket     = 0x00000001 // 2.2.14
	msgInitialize = 0x00000002 // 2.2.2
	msgQuery      = 0x00000004 // 2.2.6
	msgSet        = 0x00000005 // 2.2.8
	msgIndicate   = 0x00000007 // 2.2.13
	msgKeepalive  = 0x00000008 // 2.2.11
	completion    = 0x80000000 // of one of these

	statusSuccess    = 0
	statusConnect    = 0x4001000b // 2.2.1
	statusDisconnect = 0x4001000c

	oidPacketFilter     = 0x0001010e // 2.2.3, and [MSDN-OIDs]
	oidPermanentAddress = 0x01010101

	filterDirected, filterMulticast, filterAllMulticast, filterBroadcast = 1, 2, 4, 8
)

// Offsets of fields. Those of buffers count from the request's number on, which stands at 8.
const (
	fieldType, fieldLength, fieldRequest, fieldStatus = 0, 4, 8, 12

	initMaxTransfer = 36 // of an initialize completion
	initAlignment   = 40
	initSize        = 52

	queryLength = 16 // of a query completion: of the answer, and where it is
	queryOffset = 20
	querySize   = 24

	packetOffset = 8 // of a packet message: of the frame, counted from here
	packetLength = 12
	packetSize   = 44

	minMessage = 8
)

func le32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func put32(b []byte, v uint32) {
	b[0], b[1], b[2], b[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
}

// message makes a message of its type and what follows its length.
func message(kind uint32, fields ...uint32) []byte {
	b := make([]byte, minMessage+4*len(fields))
	put32(b[fieldType:], kind)
	put32(b[fieldLength:], uint32(len(b)))
	for i, v := range fields {
		put32(b[minMessage+4*i:], v)
	}
	return b
}

// An answer is a completion of a request.
type answer []byte

// isAnswer reports whether b is the completion of a request of that kind and number, with at least size bytes.
func isAnswer(b []byte, kind, request uint32, size int) bool {
	return len(b) >= max(size, fieldStatus+4) && le32(b) == kind|completion && le32(b[fieldRequest:]) == request &&
		le32(b[fieldLength:]) <= uint32(len(b))
}

// information is what a query has found, nil when it does not lie in the message.
func (a answer) information() []byte {
	n, at := uint64(le32(a[queryLength:])), uint64(le32(a[queryOffset:]))+fieldRequest
	if at < querySize || at > uint64(len(a)) || n > uint64(len(a))-at {
		return nil
	}
	return a[at : at+n]
}

// framing is ether.Framing.
type framing struct {
	least   int // pad transfers to this
	maxSize int // of a transfer to the device
}

func (f *framing) Room() int        { return packetSize }
func (f *framing) Terminated() bool { return false } // a message says how long it is, and a byte more ends the transfer

// Wrap puts a packet message around a frame. A transfer that fills its last packet gets a byte of padding: the device knows the
// end of it so (2.2.14; no packet of its own is wanted).
func (f *framing) Wrap(b []byte, n int) int {
	total := packetSize + n
	if padded := min(f.least, f.maxSize, len(b)); padded > total {
		clear(b[total:padded])
		total = padded
	} else if total%64 == 0 && total < min(len(b), f.maxSize) {
		b[total] = 0
		total++
	}
	clear(b[:packetSize])
	put32(b[fieldType:], msgPacket)
	put32(b[fieldLength:], uint32(total))
	put32(b[packetOffset:], packetSize-packetOffset)
	put32(b[packetLength:], uint32(n))
	return total
}

// Unwrap finds the frames: a transfer may hold several messages, one after the other.
func (f *framing) Unwrap(b []byte, give func(frame []byte)) {
	for len(b) >= packetSize {
		total := uint64(le32(b[fieldLength:]))
		if total < packetSize || total > uint64(len(b)) {
			return
		}
		at, n := uint64(le32(b[packetOffset:]))+packetOffset, uint64(le32(b[packetLength:]))
		if le32(b) == msgPacket && at >= packetSize && at <= total && n <= total-at {
			give(b[at : at+n : at+n])
		}
		b = b[total:]
	}
}
