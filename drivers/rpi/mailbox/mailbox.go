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
	wordTag      = 8  // of the one tag that we send
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
)

var (
	errNone   = errors.New("mailbox: registers missing")
	errMemory = errors.New("mailbox: no memory")
	errValues = errors.New("mailbox: more than 32 values")
	errSilent = errors.New("mailbox: the firmware does not answer")
	errTag    = errors.New("mailbox: the firmware does not know this property")
)

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

// Property asks for a property: values are what the tag's request has and become what its answer has.
func (m *Mailbox) Property(tag uint32, values []uint32) error {
	if len(values) > maxValues {
		return errValues
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return errSilent
	}
	b := m.memory
	b.Store32(wordSize, uint32(wordValues+4*len(values)+4))
	b.Store32(wordCode, 0)
	b.Store32(wordTag, tag)
	b.Store32(wordRoom, uint32(4*len(values)))
	b.Store32(wordAnswered, 0)
	for i, v := range values {
		b.Store32(wordValues+4*i, v)
	}
	b.Store32(wordValues+4*len(values), 0) // no more tags
	if err := m.call(); err != nil {
		return err
	}
	// A firmware leaves an unknown tag as it is; QEMU's says that it has answered, with nothing.
	answered := b.Load32(wordAnswered)
	if b.Load32(wordCode) != codeSuccess || answered&tagAnswered == 0 || answered == tagAnswered && len(values) > 0 {
		return errTag
	}
	for i := range values {
		values[i] = b.Load32(wordValues + 4*i)
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
	for {
		if !m.wait(status0, empty) {
			m.dead = true
			return errSilent
		}
		if read.Load(m.regs) == message {
			return nil
		}
	}
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
