package acpi

// MADT: section 5.2.12. Types of its structures.
const (
	madtEntries  = 44
	madtIOAPIC   = 1 // section 5.2.12.3
	madtOverride = 2 // section 5.2.12.5
)

// An IOAPIC is an I/O interrupt controller.
type IOAPIC struct {
	Addr uint32 // physical address of its registers
	Base uint32 // the global system interrupt of its first input
}

// An ISA is where an interrupt of the old bus arrives.
type ISA struct {
	GSI       uint32
	Level     bool
	ActiveLow bool
}

// IOAPICs calls yield for each I/O APIC.
func (t *Tables) IOAPICs(yield func(IOAPIC)) {
	t.madt(madtIOAPIC, 12, func(e []byte) { yield(IOAPIC{le32(e, 4), le32(e, 8)}) })
}

// ISAInterrupt is where interrupt number of the old bus arrives: unless a table says otherwise at the global system interrupt of
// the same number, active high and by edge (section 5.2.12.5).
func (t *Tables) ISAInterrupt(number uint8) ISA {
	in := ISA{GSI: uint32(number)}
	t.madt(madtOverride, 10, func(e []byte) {
		if e[3] == number {
			flags := le16(e, 8) // section 5.2.12.5, table of MPS INTI flags
			in = ISA{GSI: le32(e, 4), Level: flags>>2&3 == 3, ActiveLow: flags&3 == 3}
		}
	})
	return in
}

// madt calls yield for each structure of the MADT that is of the kind and has at least size bytes.
func (t *Tables) madt(kind byte, size int, yield func(e []byte)) {
	table := t.Find("APIC")
	if len(table) < madtEntries {
		return
	}
	for e := table[madtEntries:]; len(e) >= 2; {
		n := int(e[1])
		if n < 2 || n > len(e) {
			return // one that never ends, or leaves the table
		}
		if e[0] == kind && n >= size {
			yield(e[:n])
		}
		e = e[n:]
	}
}
