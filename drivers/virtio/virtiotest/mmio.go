//go:build !mirage

package virtiotest

import (
	"internal/mirage/irq"
	"internal/mirage/mmio"
	"internal/mirage/mmio/mmiotest"
)

// An mmioFront is a device's registers as virtio 1.2 section 4.2 has them.
type mmioFront struct {
	*Device
	number   uint32 // input of the interrupt controller
	reasons  uint32
	pageSize uint32
	align    uint32
}

// MMIO gives d registers in memory, of version 1 or 2, and the interrupt input number.
func (d *Device) MMIO(version int, number uint32) mmio.Space {
	d.legacy = version == 1
	d.init()
	f := &mmioFront{Device: d, number: number}
	d.interrupt = f.raise
	return &mmiotest.Model{Read: f.read, Write: f.write, Length: 0x200}
}

func (f *mmioFront) raise(queue int) {
	f.mu.Lock()
	if queue < 0 {
		f.reasons |= 2
	} else {
		f.reasons |= 1
	}
	f.mu.Unlock()
	irq.Fire(f.number)
}

func (f *mmioFront) read(off uintptr, width int) uint32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if off >= 0x100 {
		return f.config(off-0x100, width)
	}
	if width != 4 {
		f.fault("register %#x read with %d bytes", off, width)
	}
	s := f.current()
	switch off {
	case 0x000:
		return 0x74726976
	case 0x004:
		if f.legacy {
			return 1
		}
		return 2
	case 0x008:
		return f.ID
	case 0x00c:
		return 0x554d4551
	case 0x010:
		return f.offer()
	case 0x034:
		if s == nil {
			return 0
		}
		return uint32(f.Max[f.queueSel])
	case 0x040:
		if f.legacy && s != nil && f.rings[f.queueSel] != nil {
			return uint32(s.desc / 4096)
		}
		return 0
	case 0x044:
		if s != nil && f.rings[f.queueSel] != nil {
			return 1
		}
		return 0
	case 0x060:
		return f.reasons
	case 0x070:
		return uint32(f.status)
	case 0x0fc:
		return uint32(f.generation)
	}
	f.fault("register %#x read", off)
	return 0
}

func (f *mmioFront) write(off uintptr, width int, v uint32) {
	if off == 0x050 {
		f.notify(int(v))
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if off >= 0x100 {
		f.setConfig(off-0x100, width, v)
		return
	}
	if width != 4 {
		f.fault("register %#x written with %d bytes", off, width)
	}
	switch off {
	case 0x014:
		f.offerSel = v
	case 0x020:
		f.accept(v)
	case 0x024:
		f.acceptSel = v
	case 0x030:
		f.queueSel = int(v)
	case 0x064:
		f.reasons &^= v
	case 0x070:
		f.setStatus(uint8(v))
	default:
		f.writeQueue(off, v)
	}
}

// writeQueue is the registers that place a queue, which differ between the versions.
func (f *mmioFront) writeQueue(off uintptr, v uint32) {
	s := f.current()
	if s == nil {
		s = &queueSetup{}
	}
	low := func(at *uint64) { *at = *at&^0xffffffff | uint64(v) }
	high := func(at *uint64) { *at = *at&0xffffffff | uint64(v)<<32 }
	switch {
	case off == 0x038:
		s.size = int(v)
	case off == 0x028 && f.legacy:
		f.pageSize = v
	case off == 0x03c && f.legacy:
		f.align = v
	case off == 0x040 && f.legacy:
		if f.pageSize == 0 || f.align == 0 {
			f.fault("queue placed without a page size or an alignment")
			return
		}
		s.desc = uint64(v) * uint64(f.pageSize)
		s.avail = s.desc + 16*uint64(s.size)
		end := s.avail + 6 + 2*uint64(s.size)
		s.used = (end + uint64(f.align) - 1) &^ (uint64(f.align) - 1)
		f.enable()
	case off == 0x044 && !f.legacy && v == 1:
		f.enable()
	case off == 0x080 && !f.legacy:
		low(&s.desc)
	case off == 0x084 && !f.legacy:
		high(&s.desc)
	case off == 0x090 && !f.legacy:
		low(&s.avail)
	case off == 0x094 && !f.legacy:
		high(&s.avail)
	case off == 0x0a0 && !f.legacy:
		low(&s.used)
	case off == 0x0a4 && !f.legacy:
		high(&s.used)
	default:
		f.fault("register %#x written", off)
	}
}
