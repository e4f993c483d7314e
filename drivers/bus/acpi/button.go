package acpi

// A FixedButton is the power button in the fixed registers: section 4.8.2.2.1.1. Registers are I/O ports.
type FixedButton struct {
	Event     uint16 // the first of EventSize bytes
	EventSize uint8
	Control   uint16
	Command   uint16 // 0 where there is none: the machine is always in ACPI mode (section 5.2.9, SMI_CMD)
	Enable    uint8  // what enters ACPI mode there
	Interrupt uint8  // of the old bus
}

// FixedButton says where the power button is, false when there is none in the fixed registers.
func (t *Tables) FixedButton() (b FixedButton, ok bool) {
	f := t.Find("FACP")
	if len(f) < fadtMin || le32(f, fadtFlags)&(flagHardwareReduced|flagControlButton) != 0 {
		return b, false
	}
	event, control, command, sci := le32(f, fadtPM1aEvent), le32(f, fadtPM1aControl), le32(f, fadtCommand), le16(f, fadtInterrupt)
	size := f[fadtPM1EventSize]
	if event == 0 || control == 0 || size < 4 || sci > 255 || event > 1<<16-uint32(size) || control > 1<<16-2 || command >= 1<<16 {
		return b, false
	}
	return FixedButton{uint16(event), size, uint16(control), uint16(command), f[fadtEnable], uint8(sci)}, true
}

// An EventButton is the power button among the events of a generic event device: section 5.6.9.
type EventButton struct {
	Register uint32 // physical address of 32 bits that say which events have come
	Mask     uint32
	Resources
}

// EventButton looks for a generic event device that tells of a power button, in the form that QEMU gives it, with constants
// alone:
//
//	Name(_HID, "ACPI0013") Name(_CRS, Buffer(n){interrupt})
//	OperationRegion(R, SystemMemory, address, 4) Field(R, DWordAcc, ...) { F, 32 }
//	Method(_EVT, 1) { Store(F, Local0) ... If (LEqual(And(Local0, mask), mask)) { Notify(B, 0x80) } }
//
// where B is a device with the hardware ID of a power button (section 4.8.2.2.1.2).
func (t *Tables) EventButton() (b EventButton, ok bool) {
	dsdt := t.DSDT()
	i := find(dsdt, "_HID\x0dACPI0013\x00")
	if i < 0 {
		return b, false
	}
	ged := dsdt[i:]
	if next := find(ged, "_HID"); next >= 0 {
		ged = ged[:next]
	}
	var interrupt bool
	if b.Resources, _, interrupt = currentResources(ged); !interrupt {
		return b, false
	}
	field, ok := b.register(ged)
	if !ok {
		return b, false
	}
	i = find(ged, "_EVT\x09\x70"+field+"\x60") // one argument, serialized; Store(F, Local0)
	if i < 0 {
		return b, false
	}
	return b, b.event(ged[i:], dsdt)
}

// nameSize is that of a name segment: section 20.2.2.
const nameSize = 4

// register finds the operation region and its one field, whose name it returns.
func (b *EventButton) register(ged []byte) (field string, ok bool) {
	i := find(ged, "\x5b\x80") // section 20.2.5.2, OpRegionOp
	if i < 0 || len(ged) < i+nameSize+1 || ged[i+nameSize] != 0 {
		return "", false
	}
	region := string(ged[i : i+nameSize])
	b.Register, ged, ok = integer(ged[i+nameSize+1:])
	if !ok {
		return "", false
	}
	size, ged, ok := integer(ged)
	if !ok || size != 4 {
		return "", false
	}
	i = find(ged, "\x5b\x81\x0b"+region) // FieldOp, and its length with one field
	const doubleWord = 3                 // section 19.6.48, AccessType
	if i < 0 || len(ged) < i+1+nameSize+1 || ged[i]&0xf != doubleWord || ged[i+1+nameSize] != 32 {
		return "", false
	}
	return string(ged[i+1 : i+1+nameSize]), true
}

// event finds the condition under which the method tells of a power button, and with it the mask.
func (b *EventButton) event(method, dsdt []byte) bool {
	for {
		i := find(method, "\x93\x7b\x60") // LEqual(And(Local0,
		if i < 0 {
			return false
		}
		method = method[i:]
		mask, rest, ok := integer(method)
		if !ok || len(rest) == 0 || rest[0] != 0 { // the sum goes nowhere else
			continue
		}
		value, rest, ok := integer(rest[1:])
		if !ok || value != mask || mask == 0 || len(rest) < 1+nameSize+2 || rest[0] != 0x86 || string(rest[1+nameSize:][:2]) != "\x0a\x80" {
			continue // no Notify of 0x80, "pressed": section 5.6.6, table of power button notifications
		}
		if find(dsdt, string(rest[1:1+nameSize])+"\x08_HID\x0dPNP0C0C\x00") >= 0 {
			b.Mask = mask
			return true
		}
	}
}
