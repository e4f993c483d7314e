package gicv2m

import (
	"errors"
	"internal/mirage/irq"
	"internal/mirage/mmio"
)

const (
	typer    mmio.Reg32 = 0x008 // RO, bits 25-16 the first interrupt ID, 9-0 how many
	setSPI              = 0x040 // WO, where a device writes the interrupt ID
	size                = 0x1000
	firstSPI            = 32
	lastSPI             = 1019
)

var errFrame = errors.New("gicv2m: the frame has no interrupts")

// A Frame gives out its interrupts, one after the other.
type Frame struct {
	addr  uint64
	next  uint32
	end   uint32
	wired func(irq.Input) (irq.Line, error)
}

// Open uses the frame whose registers are regs, at physical address addr. wired makes lines.
func Open(regs mmio.Space, addr uint64, wired func(irq.Input) (irq.Line, error)) (*Frame, error) {
	if regs.Size() < size {
		return nil, errFrame
	}
	t := typer.Load(regs)
	f := &Frame{addr: addr, next: t >> 16 & 0x3ff, wired: wired}
	f.end = f.next + t&0x3ff
	if f.next < firstSPI || f.end == f.next || f.end > lastSPI+1 {
		return nil, errFrame
	}
	return f, nil
}

// Message returns a message that nobody else has. It is a source for irq.SetMessages, which calls it one at a time.
func (f *Frame) Message() (irq.Message, error) {
	if f.next == f.end {
		return irq.Message{}, irq.ErrNoMessage
	}
	// A message is an event: by edge.
	l, err := f.wired(irq.Input{Number: f.next})
	if err != nil {
		return irq.Message{}, err
	}
	m := irq.Message{Line: l, Addr: f.addr + setSPI, Data: f.next}
	f.next++
	return m, nil
}
