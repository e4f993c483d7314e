package acpi

// MCFG: PCI Firmware Specification 3.2 section 4.1.2.
const (
	mcfgEntries = 44
	mcfgEntry   = 16
)

// An ECAM is a range of PCI configuration space in memory.
type ECAM struct {
	Base              uint64 // physical address of bus 0, whatever FirstBus
	Segment           uint16
	FirstBus, LastBus uint8
}

// ECAM calls yield for each range.
func (t *Tables) ECAM(yield func(ECAM)) {
	table := t.Find("MCFG")
	if len(table) < mcfgEntries {
		return
	}
	for e := table[mcfgEntries:]; len(e) >= mcfgEntry; e = e[mcfgEntry:] {
		if c := (ECAM{le64(e, 0), le16(e, 8), e[10], e[11]}); c.FirstBus <= c.LastBus {
			yield(c)
		}
	}
}
