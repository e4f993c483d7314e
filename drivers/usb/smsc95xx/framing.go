package smsc95xx

import "internal/byteorder"

// framing is ether.Framing.
type framing struct{}

func (framing) Room() int        { return txRoom }
func (framing) Terminated() bool { return true }

// Wrap puts the two words in front of a frame: DS, "TX Command Format".
func (framing) Wrap(b []byte, n int) int {
	byteorder.LEPutUint32(b, txFirst|txLast|uint32(n))
	byteorder.LEPutUint32(b[4:], uint32(n))
	return txRoom + n
}

// Unwrap finds the frames: each has a word before it and four bytes of checksum behind it, and the next begins at a multiple of
// four (DS, "RX Status Format").
func (framing) Unwrap(b []byte, f func(frame []byte)) {
	for len(b) >= rxRoom {
		status := byteorder.LEUint32(b)
		n := int(status >> 16 & rxLengthMask)
		if b = b[rxRoom:]; n < rxChecksum || n > len(b) {
			return
		}
		if status&rxError == 0 {
			f(b[: n-rxChecksum : n-rxChecksum])
		}
		b = b[min((n+3)&^3, len(b)):]
	}
}
