package mailbox

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/dma"
	"internal/mirage/mmio"
	"sync"
)

// Registers, from 0x7e00b880 on: mailbox 0 is for what comes, mailbox 1 for what goes. Wiki, "Mailboxes".
const (
	read    mmio.Reg32 = 0x00 // RO, an address with a channel in bits 0-3
	status0 mmio.Reg32 = 0x18 // RO
	write   mmio.Reg32 = 0x20 // WO
	status1 mmio.Reg32 = 0x38 // RO
	size               = 0x40

	full  = 1 << 31 // of either status
	empty = 1 << 30

	channelProperty = 8 // from ARM to VC
)

// A request: wiki, "Mailbox property interface". Words from the buffer's begin on.
const (
	wordSize     = 0  // bytes of the buffer
	wordCode     = 4  // 0; then whether the request succeeded
	wordTag      = 8  // of the first tag; others follow its values
	wordRoom     = 12 // bytes of its values
	wordAnswered = 16 // 0; then bit 31, and how many bytes the answer has
	wordValues   = 20

	codeSuccess = 1 << 31
	tagAnswered = 1 << 31

	maxValues = 32
)

// Tags.
const (
	TagMACAddress  = 0x00010003 // 6 bytes
	TagPower       = 0x00028001 // device, state
	TagClockRate   = 0x00030002 // clock, Hz
	TagTemperature = 0x00030006 // 0, thousandths of a degree Celsius
	TagGPIOState   = 0x00038041 // pin of the firmware's own, from 128 on; state (Linux, raspberrypi-firmware.h)
	TagDMAChannels = 0x00060001 // becomes a mask of those that the firmware leaves
)

var (
	errNone   = errors.New("mailbox: registers missing")
	errMemory = errors.New("mailbox: no memory")
	errValues = errors.New("mailbox: more than 32 values")
	errSilent = errors.New("mailbox: the firmware does not answer")
	errTag    = errors.New("mailbox: the firmware does not know this property")
)

// depth is how many messages a mailbox holds: the firmware's wiki, "Mailboxes".
const depth = 8

// limit is how long an answer may take.
const limit = 1 * clock.Second

// A Mailbox is the way to the firmware.
type Mailbox struct {
	regs mmio.Space
	bus  uint32 // added to addresses of RAM

	mu     sync.Mutex
	memory *dma.Memory
	dead   bool // an answer has not come, and may still be written
}

// Open makes the mailbox at regs ready; the GPU sees memory at bus.
func Open(regs mmio.Space, bus uint32) (*Mailbox, error) {
	if regs.Size() < size {
		return nil, errNone
	}
	m := &Mailbox{regs: regs, bus: bus, memory: dma.AllocUncached(dma.PageSize)}
	if m.memory == nil {
		return nil, errMemory
	}
	return m, nil
}

// A Tag is a property with values: those that the request has, which become those that the answer has.
type Tag struct {
	Number uint32
	Values []uint32
}

// Property asks for one property.
func (m *Mailbox) Property(tag uint32, values []uint32) error { return m.Properties(Tag{tag, values}) }

// Properties asks for several, in one message, in their order.
func (m *Mailbox) Properties(tags ...Tag) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return errSilent
	}
	if err := m.fill(tags); err != nil {
		return err
	}
	if err := m.call(); err != nil {
		return err
	}
	return m.take(tags)
}

// fill writes the request.
func (m *Mailbox) fill(tags []Tag) error {
	b, at := m.memory, wordTag
	for _, t := range tags {
		if len(t.Values) > maxValues || at > m.memory.Len()-sizeOf(t)-4 {
			return errValues
		}
		b.Store32(at, t.Number)
		b.Store32(at+wordRoom-wordTag, uint32(4*len(t.Values)))
		b.Store32(at+wordAnswered-wordTag, 0)
		for i, v := range t.Values {
			b.Store32(at+wordValues-wordTag+4*i, v)
		}
		at += sizeOf(t)
	}
	b.Store32(at, 0) // no more tags
	b.Store32(wordSize, uint32(at+4))
	b.Store32(wordCode, 0)
	return nil
}

// sizeOf is how many bytes a tag takes in a buffer.
func sizeOf(t Tag) int { return wordValues - wordTag + 4*len(t.Values) }

// take reads the answer. A firmware leaves an unknown tag as it is; QEMU's says that it has answered, with nothing.
func (m *Mailbox) take(tags []Tag) error {
	b, at := m.memory, wordTag
	if b.Load32(wordCode) != codeSuccess {
		return errTag
	}
	for _, t := range tags {
		answered := b.Load32(at + wordAnswered - wordTag)
		if answered&tagAnswered == 0 || answered == tagAnswered && len(t.Values) > 0 {
			return errTag
		}
		for i := range t.Values {
			t.Values[i] = b.Load32(at + wordValues - wordTag + 4*i)
		}
		at += sizeOf(t)
	}
	return nil
}

// call sends the buffer's address and waits until it comes back.
func (m *Mailbox) call() error {
	message := uint32(m.memory.Addr()) | m.bus | channelProperty
	if !m.wait(status1, full) {
		return errSilent
	}
	write.Store(m.regs, message)
	for range depth + 1 { // what has been there before, and the answer
		if !m.wait(status0, empty) {
			break
		}
		if read.Load(m.regs) == message {
			return nil
		}
	}
	m.dead = true
	return errSilent
}

// wait waits until a bit of a status is clear, and reports whether it is.
func (m *Mailbox) wait(status mmio.Reg32, bit uint32) bool {
	if status.Load(m.regs)&bit == 0 {
		return true
	}
	t, over := clock.NewTimer(limit)
	defer t.Stop()
	for status.Load(m.regs)&bit != 0 {
		select {
		case <-over:
			return false
		default:
			clock.Sleep(50e3)
		}
	}
	return true
}
