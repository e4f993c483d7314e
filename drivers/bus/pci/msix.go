package pci

import (
	"errors"
	"internal/mirage/irq"
	"internal/mirage/mmio"
)

var (
	errNoMSIX    = errors.New("pci: the function has no MSI-X")
	errMSIXTable = errors.New("pci: the MSI-X table lies outside of its base address")
	errNoVector  = errors.New("pci: the function has fewer MSI-X vectors")
)

// MSIX is a function's message-signalled interrupts, enabled.
type MSIX struct {
	table mmio.Space
	count int
}

// MSIX enables the function's message-signalled interrupts, all vectors masked, and turns its pin off.
func (f *Function) MSIX() (*MSIX, error) {
	off := f.msixCapability()
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

// msixCapability is the offset of the capability, 0 when there is none.
func (f *Function) msixCapability() (off uintptr) {
	f.Capabilities(func(id uint8, at uintptr) bool {
		if id == capMSIX && at+12 <= configSize {
			off = at
		}
		return off == 0
	})
	return off
}

// UsePin turns the function's message-signalled interrupts off and its pin on.
func (f *Function) UsePin() {
	if off := f.msixCapability(); off != 0 {
		f.config.Store16(off+msixControl, f.config.Load16(off+msixControl)&^msixEnable)
	}
	command.Store(f.config, command.Load(f.config)&^commandNoINTx)
}

// Count is the number of vectors.
func (m *MSIX) Count() int { return m.count }

// Vectors makes each of the first n vectors raise a new line. It leaves none working when it cannot for all.
func (m *MSIX) Vectors(n int) ([]irq.Line, error) {
	if n > m.count {
		return nil, errNoVector
	}
	lines := make([]irq.Line, n)
	for i := range lines {
		msg, err := irq.NewMessage()
		if err != nil {
			for k := range i {
				m.reg(k, entryVector).Store(m.table, entryMasked)
				lines[k].Close()
			}
			return nil, err
		}
		// PCI section 6.8.2: an entry changes only while it is masked.
		m.reg(i, entryAddr).Store(m.table, uint32(msg.Addr))
		m.reg(i, entryAddr+4).Store(m.table, uint32(msg.Addr>>32))
		m.reg(i, entryData).Store(m.table, msg.Data)
		m.reg(i, entryVector).Store(m.table, 0)
		lines[i] = msg.Line
	}
	return lines, nil
}

func (m *MSIX) reg(i int, off uintptr) mmio.Reg32 { return mmio.Reg32(uintptr(i)*msixEntry + off) }
