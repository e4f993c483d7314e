package acpi

import "internal/bytealg"

// A few patterns of AML (section 20.2) are found by their bytes, because what they stand for is in constants on every machine
// served and running AML is worth more trouble than it saves. A definition block that has them in another form is as one
// that does not have them.
const (
	nameOp    = 0x08
	byteOp    = 0x0a
	wordOp    = 0x0b
	dwordOp   = 0x0c
	stringOp  = 0x0d
	bufferOp  = 0x11
	packageOp = 0x12
)

// find returns the offset behind the first pattern in b, -1 when there is none.
func find(b []byte, pattern string) int {
	for i := 0; i+len(pattern) <= len(b); i++ {
		k := bytealg.IndexByte(b[i:], pattern[0])
		if k < 0 {
			return -1
		}
		i += k
		if i+len(pattern) <= len(b) && string(b[i:i+len(pattern)]) == pattern {
			return i + len(pattern)
		}
	}
	return -1
}

// length reads a package length (section 20.2.4) and returns what it covers, behind it.
func length(b []byte) ([]byte, bool) {
	if len(b) == 0 {
		return nil, false
	}
	more := int(b[0] >> 6)
	n := int(b[0] & 0x3f)
	if more > 0 {
		if len(b) <= more {
			return nil, false
		}
		n = int(b[0] & 0xf)
		for i := range more {
			n |= int(b[1+i]) << (4 + 8*i)
		}
	}
	if n < 1+more || n > len(b) {
		return nil, false
	}
	return b[1+more : n], true
}

// integer reads a constant (section 20.2.3) and returns what is behind it.
func integer(b []byte) (v uint32, rest []byte, ok bool) {
	if len(b) == 0 {
		return 0, nil, false
	}
	size := 0
	switch b[0] {
	case 0, 1: // ZeroOp, OneOp
		return uint32(b[0]), b[1:], true
	case byteOp:
		size = 1
	case wordOp:
		size = 2
	case dwordOp:
		size = 4
	}
	if size == 0 || len(b) <= size {
		return 0, nil, false
	}
	for i := range size {
		v |= uint32(b[1+i]) << (8 * i)
	}
	return v, b[1+size:], true
}

// sleepType looks for Name(_S5, Package(n){type, ...}): section 7.4.2.
func sleepType(dsdt []byte) (uint8, bool) {
	for b := dsdt; ; {
		i := find(b, "_S5_")
		if i < 0 {
			return 0, false
		}
		at := i - len("_S5_") - 1
		named := at >= 0 && b[at] == nameOp || at >= 1 && b[at] == '\\' && b[at-1] == nameOp
		b = b[i:]
		if !named || len(b) == 0 || b[0] != packageOp {
			continue
		}
		elements, ok := length(b[1:])
		if !ok || len(elements) < 2 || elements[0] == 0 {
			continue
		}
		if v, _, ok := integer(elements[1:]); ok && v < 8 {
			return uint8(v), true
		}
	}
}

// Resources are what a device in the namespace occupies.
type Resources struct {
	Base, Size uint32 // of its registers in memory
	Interrupt  uint32 // global system interrupt
	Level      bool
	ActiveLow  bool
}

// Devices calls yield for each device with the hardware ID whose registers and interrupt are constants: Name(_HID, "ID"), then
// in the same device Name(_CRS, Buffer(n){descriptors}).
func (t *Tables) Devices(id string, yield func(Resources)) {
	b := t.DSDT()
	for {
		i := find(b, "_HID\x0d"+id+"\x00")
		if i < 0 {
			return
		}
		b = b[i:]
		scope := b
		if next := find(b, "_HID"); next >= 0 {
			scope = b[:next] // another device
		}
		if r, memory, interrupt := currentResources(scope); memory && interrupt {
			yield(r)
		}
	}
}

// currentResources reads the first Name(_CRS, Buffer(n){descriptors}) in b, and says whether it has memory and an interrupt.
func currentResources(b []byte) (r Resources, memory, interrupt bool) {
	i := find(b, "\x08_CRS\x11")
	if i < 0 {
		return r, false, false
	}
	b, ok := length(b[i:])
	if !ok {
		return r, false, false
	}
	n, b, ok := integer(b)
	if !ok {
		return r, false, false
	}
	return descriptors(b[:min(uint64(n), uint64(len(b)))])
}

// Resource descriptors: section 6.4.
const (
	descLarge     = 0x80 // 16 bits of length follow; else the low 3 bits are the length
	descEnd       = 0x0f << 3
	descMemory32  = 0x86 // section 6.4.3.4
	descInterrupt = 0x89 // section 6.4.3.6
)

// descriptors reads a list of resource descriptors, of each kind the first.
func descriptors(b []byte) (r Resources, memory, interrupt bool) {
	for len(b) > 0 {
		tag, head, n := b[0], 1, int(b[0]&7)
		if tag&descLarge != 0 {
			if len(b) < 3 {
				return r, false, false
			}
			head, n = 3, int(le16(b, 1))
		} else if tag&^7 == descEnd {
			break
		}
		if n > len(b)-head {
			return r, false, false
		}
		body := b[head : head+n]
		b = b[head+n:]
		switch {
		case tag == descMemory32 && n >= 9 && !memory:
			r.Base, r.Size, memory = le32(body, 1), le32(body, 5), true
		case tag == descInterrupt && n >= 6 && body[1] >= 1 && !interrupt:
			r.Level, r.ActiveLow, r.Interrupt, interrupt = body[0]&2 == 0, body[0]&4 != 0, le32(body, 2), true
		}
	}
	return r, memory, interrupt
}
