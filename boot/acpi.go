package boot

// The few ACPI tables that are needed before there is a heap: the list of CPUs. ACPI Specification 6.4, 5.2.5 to 5.2.12.

// MaxCPUs bounds the CPUs that a machine is used with.
const MaxCPUs = 256

const (
	rsdpSize     = 36
	rsdpRevision = 15
	rsdpRSDT     = 16 // u32
	rsdpXSDT     = 24 // u64, revision 2 on

	tableHeader = 36
	tableLength = 4 // u32

	madtEntries = 44

	madtLocalAPIC   = 0 // u8 processor, u8 APIC ID, u32 flags
	madtLocalX2APIC = 9 // u16 reserved, u32 x2APIC ID, u32 flags
	madtEnabled     = 1
)

// ReadCPUs appends the APIC IDs of the CPUs that the firmware lists, in its order. Without a list there are none.
func (i *Info) ReadCPUs(mem []byte) {
	madt := findTable(mem, i.RSDP, "APIC")
	if len(madt) < madtEntries {
		return
	}
	for e := madt[madtEntries:]; len(e) >= 2; {
		n := int(e[1])
		if n < 2 || n > len(e) {
			return
		}
		switch {
		case e[0] == madtLocalAPIC && n >= 8 && le32(e[4:])&madtEnabled != 0:
			i.addCPU(uint32(e[3]))
		case e[0] == madtLocalX2APIC && n >= 12 && le32(e[8:])&madtEnabled != 0:
			i.addCPU(le32(e[4:]))
		}
		e = e[n:]
	}
}

func (i *Info) addCPU(id uint32) {
	if i.nCPUs < len(i.cpus) {
		i.cpus[i.nCPUs] = id
		i.nCPUs++
	}
}

// addSpinningCPU adds a CPU that waits in a loop until there is an address at release to go on at: Devicetree Specification
// v0.4, 3.8.1, spin-table.
func (i *Info) addSpinningCPU(id uint32, release uint64) {
	if release != 0 && i.nCPUs < len(i.cpus) {
		i.release[i.nCPUs] = release
		i.addCPU(id)
	}
}

// ReleaseAddress is where the n-th of CPUs is told where to go on, 0 when firmware starts it.
func (i *Info) ReleaseAddress(n int) uint64 { return i.release[n] }

// findTable returns the first ACPI table with a signature, nil when there is none that is whole.
func findTable(mem []byte, rsdp uint64, signature string) []byte {
	r := cut(mem, rsdp, rsdpSize)
	if rsdp == 0 || r == nil || string(r[:8]) != "RSD PTR " {
		return nil
	}
	at, width := uint64(le32(r[rsdpRSDT:])), uint64(4)
	if r[rsdpRevision] >= 2 {
		at, width = le64(r[rsdpXSDT:]), 8
	}
	list := wholeTable(mem, at)
	if list == nil {
		return nil
	}
	for p := uint64(tableHeader); p+width <= uint64(len(list)); p += width {
		a := uint64(le32(list[p:]))
		if width == 8 {
			a = le64(list[p:])
		}
		if t := wholeTable(mem, a); t != nil && string(t[:4]) == signature {
			return t
		}
	}
	return nil
}

// wholeTable returns the table at addr if it lies within mem and its bytes sum to zero.
func wholeTable(mem []byte, addr uint64) []byte {
	h := cut(mem, addr, tableHeader)
	if h == nil {
		return nil
	}
	n := uint64(le32(h[tableLength:]))
	t := cut(mem, addr, n)
	if n < tableHeader || n > 1<<20 || t == nil {
		return nil
	}
	sum := byte(0)
	for _, c := range t {
		sum += c
	}
	if sum != 0 {
		return nil
	}
	return t
}
