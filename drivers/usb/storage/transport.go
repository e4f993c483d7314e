package storage

import (
	"errors"
	"internal/byteorder"
	"internal/mirage/clock"
	"internal/mirage/dma"
	"internal/mirage/drivers/usb"
	"sync"
)

// Wrappers: BOT 5.1 and 5.2.
const (
	commandSignature = 0x43425355
	commandSize      = 31
	statusSignature  = 0x53425355
	statusSize       = 13

	fromDevice = 0x80 // bmCBWFlags

	passed     = 0 // bCSWStatus
	failed     = 1
	phaseError = 2
)

// Requests of the class, to the interface: BOT 3.
const (
	massStorageReset = 0xff
	getMaxLUN        = 0xfe
)

// patience is how long one transfer may take: a disk may have to spin up for it.
const patience = 30 * clock.Second

// A memory of a transport has a wrapper at its beginning and data at dataAt.
const (
	dataAt  = dma.PageSize
	maxData = 64 << 10
)

var (
	errMemory = errors.New("usb storage: no memory that the controller reaches")
	errPhase  = errors.New("usb storage: the device's answer is not to what it was asked")
	errFailed = errors.New("usb storage: the device says that a command failed")
)

// A transport moves commands to a device and data both ways. One command at a time.
type transport struct {
	dev     *usb.Device
	number  uint16 // of the interface
	in, out *usb.Pipe

	mu     sync.Mutex
	memory *dma.Memory // nil once the device is gone
	tag    uint32
}

// A command is what a unit is asked: a SCSI command block, and the data that goes with it.
type command struct {
	lun     uint8
	block   []byte // 6 to 16 bytes
	n       int    // of data
	toHost  bool
	partial bool // less data may come
}

// do runs a command, with the lock held. Data is in t.data. It returns how much was moved; errFailed is the device's own word, after
// which it can be asked why.
func (t *transport) do(c command) (int, error) {
	if t.memory == nil {
		return 0, usb.ErrGone
	}
	moved, err := t.try(c)
	if err != nil && err != errFailed && err != usb.ErrGone {
		if reset := t.reset(); reset != nil {
			return 0, reset
		}
	}
	return moved, err
}

// data is room for n bytes of data.
func (t *transport) data(n int) []byte { return t.memory.Bytes()[dataAt:][:n] }

// try is BOT 5.3: command, data if there is any, status.
func (t *transport) try(c command) (int, error) {
	t.tag++
	t.wrap(c)
	if n, err := t.out.Transfer(t.memory, 0, commandSize); err != nil || n != commandSize {
		return 0, broken(err)
	}
	sent := 0
	if c.n > 0 {
		var err error
		if sent, err = t.moveData(c); err != nil && err != usb.ErrStall {
			return 0, err // a stall has been cleared, and the status tells why it was: 5.3.3
		}
	}
	return t.status(c, sent)
}

func broken(err error) error {
	if err == nil {
		err = errPhase
	}
	return err
}

// wrap writes the command's wrapper: BOT 5.1.
func (t *transport) wrap(c command) {
	b := t.memory.Bytes()[:commandSize]
	clear(b)
	byteorder.LEPutUint32(b, commandSignature)
	byteorder.LEPutUint32(b[4:], t.tag)
	byteorder.LEPutUint32(b[8:], uint32(c.n))
	if c.toHost {
		b[12] = fromDevice
	}
	b[13] = c.lun
	b[14] = byte(len(c.block))
	copy(b[15:], c.block)
}

func (t *transport) moveData(c command) (int, error) {
	if !c.toHost {
		return t.out.Transfer(t.memory, dataAt, c.n)
	}
	n, err := t.in.Transfer(t.memory, dataAt, t.whole(c.n))
	if err == nil && n > c.n {
		err = usb.ErrBabble // BOT 6.7.2, case 7: it has more than it was asked for
	}
	return n, err
}

// whole is how many bytes there are in the packets that n bytes come in.
func (t *transport) whole(n int) int {
	return (n + t.in.MaxPacket - 1) / t.in.MaxPacket * t.in.MaxPacket
}

// status reads the status wrapper, again if the pipe was stalled the first time: BOT 5.3.3 and figure 2.
func (t *transport) status(c command, sent int) (int, error) {
	n, err := t.in.Transfer(t.memory, 0, t.whole(statusSize))
	if err == usb.ErrStall {
		n, err = t.in.Transfer(t.memory, 0, t.whole(statusSize))
	}
	if err != nil {
		return 0, err
	}
	status, residue, ok := parseStatus(t.memory.Bytes()[:n], t.tag)
	if !ok || status > failed || int64(residue) > int64(c.n) {
		return 0, errPhase
	}
	if status == failed {
		return 0, errFailed
	}
	// What was moved is what the device has used of it. Some leave residue at 0 though less came.
	used := min(c.n-int(residue), sent)
	if used < c.n && !c.partial {
		return 0, errPhase
	}
	return used, nil
}

// parseStatus reads a status wrapper, which must be whole and an answer to a tag: BOT 6.3.
func parseStatus(b []byte, tag uint32) (status uint8, residue uint32, ok bool) {
	if len(b) != statusSize || byteorder.LEUint32(b) != statusSignature || byteorder.LEUint32(b[4:]) != tag {
		return 0, 0, false
	}
	return b[12], byteorder.LEUint32(b[8:]), true
}

// reset has the device expect a command: BOT 5.3.4, reset recovery.
func (t *transport) reset() error {
	if _, err := t.dev.Control(usb.ToInterface, massStorageReset, 0, t.number, nil); err != nil {
		return err
	}
	if err := t.in.ClearHalt(); err != nil {
		return err
	}
	return t.out.ClearHalt()
}

// units is how many there are: BOT 3.2. A device with one may stall the question.
func (t *transport) units() int {
	var last [1]byte
	n, err := t.dev.Control(usb.FromInterface, getMaxLUN, 0, t.number, last[:])
	if err != nil || n == 0 || last[0] > maxLUN {
		return 1
	}
	return int(last[0]) + 1
}
