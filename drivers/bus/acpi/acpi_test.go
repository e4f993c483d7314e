//go:build !mirage

package acpi

import (
	"encoding/binary"
	"strings"
	"testing"
)

// A machine is memory with tables in it.
type machine struct {
	b    []byte
	next int
}

const base = 0x7fe0000

func newMachine() *machine { return &machine{b: make([]byte, 1<<16), next: 64} }

func (m *machine) memory(phys, size uint64) []byte {
	if phys < base || phys-base > uint64(len(m.b)) || size > uint64(len(m.b))-(phys-base) {
		return nil
	}
	return m.b[phys-base:][:size]
}

// table adds a table and returns its address.
func (m *machine) table(signature string, body ...byte) uint64 {
	t := append(make([]byte, headerSize), body...)
	copy(t, signature)
	binary.LittleEndian.PutUint32(t[4:], uint32(len(t)))
	t[9] = -sum(t)
	at := m.next
	copy(m.b[at:], t)
	m.next += len(t)
	return base + uint64(at)
}

// root adds the root table and pointer.
func (m *machine) root(wide bool, tables ...uint64) *machine {
	var body []byte
	for _, t := range tables {
		if wide {
			body = binary.LittleEndian.AppendUint64(body, t)
		} else {
			body = binary.LittleEndian.AppendUint32(body, uint32(t))
		}
	}
	p := m.b[:rsdpSize2]
	copy(p, "RSD PTR ")
	if wide {
		p[15] = 2
		binary.LittleEndian.PutUint64(p[24:], m.table("XSDT", body...))
	} else {
		binary.LittleEndian.PutUint32(p[16:], uint32(m.table("RSDT", body...)))
	}
	p[8] = -sum(p[:rsdpSize1])
	p[32] = -sum(p)
	return m
}

func (m *machine) open(t *testing.T) *Tables {
	t.Helper()
	tables, err := Open(base, m.memory)
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

func TestRoot(t *testing.T) {
	for _, wide := range []bool{false, true} {
		m := newMachine()
		m.root(wide, m.table("AAAA", 1), base+1<<20, m.table("BBBB", 2, 3))
		tables := m.open(t)
		if b := tables.Find("BBBB"); len(b) != headerSize+2 || b[headerSize] != 2 {
			t.Errorf("wide %v: %x", wide, b)
		}
		if tables.Find("CCCC") != nil {
			t.Error("a table that is not there")
		}
		at := strings.Index(string(m.b), "BBBB")
		m.b[at+20]++
		if tables.Find("BBBB") != nil {
			t.Error("section 5.2.6: a wrong checksum")
		}
		m.b[at+20]--
		for _, n := range []uint32{0, headerSize - 1, maxTable + 1, 1 << 16, 0xffffffff} {
			binary.LittleEndian.PutUint32(m.b[at+4:], n)
			if tables.Find("BBBB") != nil {
				t.Error("a table of length", n)
			}
		}
		m.b[3]++
		if _, err := Open(base, m.memory); err == nil {
			t.Error("a root pointer with a wrong signature")
		}
		m.b[3]--
		m.b[17]++
		if _, err := Open(base, m.memory); err == nil {
			t.Error("section 5.2.5.3: a root pointer with a wrong checksum")
		}
	}
	if _, err := Open(1, newMachine().memory); err == nil {
		t.Error("a root pointer that is nowhere")
	}
}

func TestMADT(t *testing.T) {
	m := newMachine()
	madt := make([]byte, 8)
	madt = append(madt, 0, 8, 0, 0, 1, 0, 0, 0)                    // a processor
	madt = append(madt, 1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0) // section 5.2.12.3
	madt = append(madt, 1, 12, 1, 0, 0, 0, 0xc1, 0xfe, 24, 0, 0, 0)
	madt = append(madt, 2, 10, 0, 0, 2, 0, 0, 0, 0, 0) // section 5.2.12.5
	madt = append(madt, 2, 10, 0, 9, 9, 0, 0, 0, 0xf, 0)
	madt = append(madt, 2, 10, 0, 10, 10, 0, 0, 0, 0xd, 0)
	madt = append(madt, 1, 4, 0, 0) // too short
	madt = append(madt, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	m.root(true, m.table("APIC", madt...))
	tables := m.open(t)
	var got []IOAPIC
	tables.IOAPICs(func(a IOAPIC) { got = append(got, a) })
	if len(got) != 2 || got[0] != (IOAPIC{0xfec00000, 0}) || got[1] != (IOAPIC{0xfec10000, 24}) {
		t.Errorf("%+v", got)
	}
	for n, want := range map[uint8]ISA{0: {GSI: 2}, 4: {GSI: 4}, 9: {9, true, true}, 10: {10, true, false}} {
		if got := tables.ISAInterrupt(n); got != want {
			t.Errorf("interrupt %d: %+v, want %+v", n, got, want)
		}
	}
}

func TestMCFG(t *testing.T) {
	m := newMachine()
	body := make([]byte, 8)
	body = append(body, 0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0)
	body = append(body, 0, 0, 0, 0xc0, 0, 0, 0, 0, 1, 0, 2, 1, 0, 0, 0, 0) // no bus
	body = append(body, 0, 0, 0, 0xc0)                                     // half an entry
	m.root(false, m.table("MCFG", body...))
	var got []ECAM
	m.open(t).ECAM(func(e ECAM) { got = append(got, e) })
	if len(got) != 1 || got[0] != (ECAM{0xb0000000, 0, 0, 255}) {
		t.Errorf("%+v", got)
	}
}

// The definition blocks of QEMU's q35 (cut) and microvm.
const (
	q35DSDT     = "\x10\x41\x04_SB_\x5b\x82_S5_\x08_S5_\x12\x06\x04\x00\x00\x00\x00"
	microvmDSDT = "\x5b\x82\x25RTC_\x08_HID\x0c\x41\xd0\x0b\x00\x08_CRS\x11\x10\x0a\x0d\x47\x01\x70\x00\x70\x00\x01\x08\x22\x00\x01\x79\x00" +
		"\x5b\x82\x42\x04VR23\x08_HID\x0dLNRO0005\x00\x08_UID\x0a\x17\x08_CCA\x01\x08_CRS\x11\x1a\x0a\x17" +
		"\x86\x09\x00\x01\x00\x2e\xb0\xfe\x00\x02\x00\x00\x89\x06\x00\x01\x01\x2f\x00\x00\x00\x79\x00" +
		"\x5b\x82\x42\x04VR22\x08_HID\x0dLNRO0005\x00\x08_UID\x0a\x16\x08_CCA\x01" + // no resources of its own
		"\x5b\x82\x42\x04NEXT\x08_HID\x0dLNRO0006\x00\x08_CRS\x11\x1a\x0a\x17" +
		"\x86\x09\x00\x01\x00\x2c\xb0\xfe\x00\x02\x00\x00\x89\x06\x00\x07\x01\x2e\x00\x00\x00\x79\x00" +
		"\x10\x0c\x5c\x00\x08_S5_\x12\x07\x04\x0a\x05\x00\x00\x00"
	gedDSDT = "[\x82L\x06GED_" +
		"\x08_HID\x0dACPI0013\x00\x08_UID\x0dGED\x00\x08_CRS\x11\x0e\x0a\x0b\x89\x06\x00\x03\x01\x09\x00\x00\x00y\x00" +
		"[\x80EREG\x00\x0c\x00\x00\xa0\xfe\x0a\x04" +
		"[\x81\x0bEREGCESEL " +
		"\x14\x1d_EVT\x09pESEL`\xa0\x10\x93{`\x0a\x02\x00\x0a\x02\x86PWRB\x0a\x80" +
		"[\x82\x19PWRB\x08_HID\x0dPNP0C0C\x00\x08_UID\x00"
)

func fadt(m *machine, size int, fill func(f []byte)) uint64 {
	f := make([]byte, size)
	fill(f)
	return m.table("FACP", f[headerSize:]...)
}

func TestPower(t *testing.T) {
	m := newMachine()
	dsdt := m.table("DSDT", []byte(q35DSDT)...)
	m.root(false, fadt(m, 244, func(f []byte) {
		binary.LittleEndian.PutUint32(f[fadtDSDT:], uint32(dsdt))
		binary.LittleEndian.PutUint32(f[fadtPM1aControl:], 0x604)
		binary.LittleEndian.PutUint32(f[fadtFlags:], flagResetSupported)
		copy(f[fadtReset:], []byte{1, 8, 0, 0, 0xf9, 0x0c})
		f[fadtResetValue] = 0x0f
	}))
	want := Power{PM1aControl: 0x604, HasSleepType: true, Reset: Register{true, 0xcf9}, ResetValue: 0x0f}
	if got := m.open(t).Power(); got != want {
		t.Errorf("%+v\n%+v", got, want)
	}
	m = newMachine()
	dsdt = m.table("DSDT", []byte(microvmDSDT)...)
	m.root(true, fadt(m, 268, func(f []byte) {
		binary.LittleEndian.PutUint32(f[fadtDSDT:], 1) // the wider one counts
		binary.LittleEndian.PutUint64(f[fadtXDSDT:], dsdt)
		binary.LittleEndian.PutUint32(f[fadtPM1aControl:], 0x604)
		binary.LittleEndian.PutUint32(f[fadtFlags:], flagHardwareReduced)
		copy(f[fadtSleepControl:], []byte{0, 8, 0, 0, 0, 2, 0xa0, 0xfe})
	}))
	want = Power{SleepControl: Register{false, 0xfea00200}, SleepType: 5, HasSleepType: true}
	if got := m.open(t).Power(); got != want {
		t.Errorf("%+v\n%+v", got, want)
	}
	m = newMachine()
	m.root(true, fadt(m, 100, func(f []byte) {}))
	if got := m.open(t).Power(); got != (Power{}) {
		t.Errorf("a FADT that is too short: %+v", got)
	}
}

func TestDevices(t *testing.T) {
	m := newMachine()
	dsdt := m.table("DSDT", []byte(microvmDSDT)...)
	m.root(true, fadt(m, 148, func(f []byte) { binary.LittleEndian.PutUint64(f[fadtXDSDT:], dsdt) }))
	var got []Resources
	m.open(t).Devices("LNRO0005", func(r Resources) { got = append(got, r) })
	if len(got) != 1 || got[0] != (Resources{Base: 0xfeb02e00, Size: 0x200, Interrupt: 0x2f, Level: true}) {
		t.Errorf("%+v", got)
	}
	got = nil
	m.open(t).Devices("LNRO0006", func(r Resources) { got = append(got, r) })
	if len(got) != 1 || got[0] != (Resources{Base: 0xfeb02c00, Size: 0x200, Interrupt: 0x2e, ActiveLow: true}) {
		t.Errorf("%+v", got)
	}
}

// FuzzTables: whatever is in the tables, reading them ends and stays inside.
func FuzzTables(f *testing.F) {
	f.Add([]byte(microvmDSDT), make([]byte, 232), []byte("\x01\x0c0000000000"))
	f.Add([]byte(gedDSDT), make([]byte, 232), []byte(nil))
	f.Fuzz(func(t *testing.T, aml, fixed, madt []byte) {
		if len(aml)+len(fixed)+len(madt) > 30000 {
			return
		}
		m := newMachine()
		dsdt := m.table("DSDT", aml...)
		if len(fixed) > fadtXDSDT+8-headerSize {
			binary.LittleEndian.PutUint64(fixed[fadtXDSDT-headerSize:], dsdt)
		}
		m.root(true, m.table("FACP", fixed...), m.table("APIC", madt...), m.table("MCFG", madt...))
		tables := m.open(t)
		if p := tables.Power(); p.SleepType > 7 || p.Reset.Port && p.Reset.Addr > 0xffff {
			t.Errorf("%+v", p)
		}
		if b, ok := tables.FixedButton(); ok && (int(b.Event)+int(b.EventSize) > 1<<16 || b.EventSize < 4) {
			t.Errorf("%+v", b)
		}
		if b, ok := tables.EventButton(); ok && b.Mask == 0 {
			t.Errorf("%+v", b)
		}
		tables.Devices("LNRO0005", func(Resources) {})
		tables.IOAPICs(func(IOAPIC) {})
		tables.ISAInterrupt(4)
		tables.ECAM(func(ECAM) {})
	})
}
