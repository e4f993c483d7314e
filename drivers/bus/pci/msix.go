package pci

import (
	"errors"
	"internal/mirage/irq"
	"internal/mirage/mmio"
)

var (
	errNoMSIX    = errors.New("pci: the function has no MSI-X")
	errMSIXTable = errors.New("pci: the MSI-X table lies outside of its base address")
	errNoVector  = errors.New("pci: the function has no such MSI-X vector")
)

// MSIX is a function's message-signalled interrupts, enabled.
type MSIX struct {
	table mmio.Space
	count int
}

// MSIX enables the function's message-signalled interrupts, all vectors masked, and turns its pin off.
func (f *Function) MSIX() (*MSIX, error) {
	off := uintptr(0)
	f.Capabilities(func(id uint8, at uintptr) bool {
		if id == capMSIX && at+12 <= configSize {
			off = at
		}
		return off == 0
	})
	if off == 0 {
		return nil, errNoMSIX
	}
	control := f.config.Load16(off + msixControl)
	table := f.config.Load32(off + msixTable)
	bar, err := f.Map(int(table & 7))
	if err != nil {
		return nil, err
	}
	m := &MSIX{count: int(control&msixSizeMask) + 1}
	ok := false
	if m.table, ok = mmio.Sub(bar, uintptr(table&^7), uintptr(m.count)*msixEntry); !ok {
		return nil, errMSIXTable
	}
	// PCI section 6.8.2: the function is masked as a whole while the entries are, one by one.
	f.config.Store16(off+msixControl, control|msixEnable|msixMaskAll)
	command.Store(f.config, command.Load(f.config)|commandNoINTx|commandMemory)
	for i := range m.count {
		m.reg(i, entryVector).Store(m.table, entryMasked)
	}
	f.config.Store16(off+msixControl, control&^msixMaskAll|msixEnable)
	return m, nil
}

// Count is the number of vectors.
func (m *MSIX) Count() int { return m.count }

// Vector makes vector i raise a new line.
func (m *MSIX) Vector(i int) (irq.Line, error) {
	if i < 0 || i >= m.count {
		return nil, errNoVector
	}
	msg, err := irq.NewMessage()
	if err != nil {
		return nil, err
	}
	// PCI section 6.8.2: an entry changes only while it is masked.
	m.reg(i, entryVector).Store(m.table, entryMasked)
	m.reg(i, entryAddr).Store(m.table, uint32(msg.Addr))
	m.reg(i, entryAddr+4).Store(m.table, uint32(msg.Addr>>32))
	m.reg(i, entryData).Store(m.table, msg.Data)
	m.reg(i, entryVector).Store(m.table, 0)
	return msg.Line, nil
}

func (m *MSIX) reg(i int, off uintptr) mmio.Reg32 { return mmio.Reg32(uintptr(i)*msixEntry + off) }
