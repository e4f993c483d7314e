package cdc

import (
	"internal/byteorder"
	"internal/mirage/drivers/usb"
	"internal/mirage/drivers/usb/ether"
)

// Blocks of frames: NCM 1.0, 3. All numbers are little-endian. Blocks with 32-bit numbers are not there: nobody needs them.

// The header of a block, NTH16: table 3-1.
const (
	headSignature = 0x484d434e // "NCMH"
	headLength    = 4          // of itself: 12
	headSequence  = 6
	headBlock     = 8  // bytes of the block; 0: the transfer's end is its own (3.2.1)
	headTable     = 10 // offset of the first table
	headSize      = 12
)

// A table of datagrams, NDP16: table 3-3. Pairs of offset and length follow, up to one that has a zero.
const (
	tableSignature = 0x304d434e // "NCM0": no checksums behind the datagrams
	tableLength    = 4
	tableNext      = 6 // offset of the next table, 0: none
	tableEntries   = 8
	entrySize      = 4
	minTable       = tableEntries + 2*entrySize

	maxTables = 32 // in a block; no more are looked at
)

// The answer to GetNtbParameters: table 6-3.
const (
	parameterFormats   = 2 // bit 1: blocks with 32-bit numbers too
	parameterMaxIn     = 4 // largest block to the host
	parameterMaxOut    = 16
	parameterDivisor   = 20 // of blocks to the device: where payloads lie
	parameterRemainder = 22
	parameterAlignment = 24 // where tables lie
	parametersSize     = 28

	leastMax = 2048 // both are no less: table 6-3. A block of one frame fits
)

const (
	capableCRC = 1 << 4 // SetCrcMode: table 5-2

	etherHeader = 14

	leastAlignment, maxAlignment = 4, 64
)

// negotiate tells the device which blocks it is to send, and learns which it wants: 7.2, while the first setting is in use.
func (c *card) negotiate() (*blocks, error) {
	p := make([]byte, parametersSize)
	n, err := c.dev.Control(usb.FromInterface, getNTBParameters, 0, uint16(c.control.Number), p)
	if err != nil {
		return nil, err
	}
	f, ok := parseParameters(p[:n])
	if !ok {
		return nil, errBlocks
	}
	if byteorder.LEUint16(p[parameterFormats:])&2 != 0 {
		if err := c.tell(setNTBFormat, 0, nil); err != nil {
			return nil, err
		}
	}
	if byteorder.LEUint32(p[parameterMaxIn:]) > ether.MaxIn {
		var size [4]byte
		byteorder.LEPutUint32(size[:], ether.MaxIn)
		if err := c.tell(setNTBInputSize, 0, size[:]); err != nil {
			return nil, err
		}
	}
	if d := c.control.Functional(functionalNCM, ncmSize); d != nil && d[5]&capableCRC != 0 {
		if err := c.tell(setCRCMode, 0, nil); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// blocks is ether.Framing. A block that is sent has one frame, and its table behind that, where any alignment can be kept.
type blocks struct {
	room     int // of the header, and up to the frame: a multiple of 4
	at       int // where the frame must lie in the block: at most 3 bytes further
	align    int // of the table
	sequence uint16
}

// parseParameters makes the framing that a device wants: 3.3.4 and table 6-3.
func parseParameters(p []byte) (f *blocks, ok bool) {
	if len(p) < parametersSize || byteorder.LEUint32(p[parameterMaxIn:]) < leastMax || byteorder.LEUint32(p[parameterMaxOut:]) < leastMax {
		return nil, false
	}
	power := func(v uint16) int {
		if n := int(v); n >= leastAlignment && n <= maxAlignment && n&(n-1) == 0 {
			return n
		}
		return leastAlignment // who says nonsense does not care
	}
	divisor, remainder := power(byteorder.LEUint16(p[parameterDivisor:])), int(byteorder.LEUint16(p[parameterRemainder:]))
	// What is aligned is what follows the Ethernet header.
	at := headSize
	for (at+etherHeader-remainder)%divisor != 0 {
		at++
	}
	return &blocks{room: at &^ 3, at: at, align: power(byteorder.LEUint16(p[parameterAlignment:]))}, true
}

func (f *blocks) Room() int        { return f.room }
func (f *blocks) Terminated() bool { return true }

// Wrap makes a block of a frame.
func (f *blocks) Wrap(b []byte, n int) int {
	if f.at != f.room {
		copy(b[f.at:], b[f.room:f.room+n])
	}
	table := (f.at + n + f.align - 1) &^ (f.align - 1)
	total := table + minTable
	clear(b[:f.at])
	clear(b[f.at+n : total])
	byteorder.LEPutUint32(b, headSignature)
	byteorder.LEPutUint16(b[headLength:], headSize)
	byteorder.LEPutUint16(b[headSequence:], f.sequence)
	byteorder.LEPutUint16(b[headBlock:], uint16(total))
	byteorder.LEPutUint16(b[headTable:], uint16(table))
	f.sequence++
	t := b[table:]
	byteorder.LEPutUint32(t, tableSignature)
	byteorder.LEPutUint16(t[tableLength:], minTable)
	byteorder.LEPutUint16(t[tableEntries:], uint16(f.at))
	byteorder.LEPutUint16(t[tableEntries+2:], uint16(n))
	return total
}

// Unwrap finds the frames of a block. All of them together are no longer than the block is, so that a table that has one many
// times costs no more than the frames would.
func (f *blocks) Unwrap(b []byte, give func(frame []byte)) {
	if len(b) < headSize || byteorder.LEUint32(b) != headSignature || byteorder.LEUint16(b[headLength:]) != headSize {
		return
	}
	total := int(byteorder.LEUint16(b[headBlock:]))
	if total == 0 {
		total = len(b)
	}
	if total < headSize || total > len(b) {
		return
	}
	b = b[:total]
	left := len(b)
	at := int(byteorder.LEUint16(b[headTable:]))
	for range maxTables {
		t, ok := tableAt(b, at)
		if !ok {
			return
		}
		for e := t[tableEntries:]; len(e) >= entrySize; e = e[entrySize:] {
			start, n := int(byteorder.LEUint16(e)), int(byteorder.LEUint16(e[2:]))
			if start == 0 || n == 0 {
				break
			}
			if start < headSize || n > len(b)-start || n > left {
				return
			}
			left -= n
			give(b[start : start+n : start+n])
		}
		if at = int(byteorder.LEUint16(t[tableNext:])); at == 0 {
			return
		}
	}
}

// tableAt is the table at an offset of a block, as long as it says.
func tableAt(b []byte, at int) (t []byte, ok bool) {
	if at < headSize || at%4 != 0 || len(b)-at < minTable {
		return nil, false
	}
	t = b[at:]
	n := int(byteorder.LEUint16(t[tableLength:]))
	if byteorder.LEUint32(t) != tableSignature || n < minTable || n%4 != 0 || n > len(t) {
		return nil, false
	}
	return t[:n], true
}
