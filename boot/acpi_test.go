//go:build !mirage

package boot

import (
	"encoding/binary"
	"slices"
	"testing"
)

// sealed sets the checksum of an ACPI table and puts it into mem.
func sealed(mem []byte, at int, signature string, body []byte) {
	table := append(make([]byte, tableHeader), body...)
	copy(table, signature)
	binary.LittleEndian.PutUint32(table[tableLength:], uint32(len(table)))
	sum := byte(0)
	for _, c := range table {
		sum += c
	}
	table[9] = -sum
	copy(mem[at:], table)
}

// acpi makes memory with a root pointer at 0x10, a root table at 0x100, and one at 0x200 with entries.
func acpi(revision byte, entries ...byte) []byte {
	mem := make([]byte, 0x1000)
	copy(mem[0x10:], "RSD PTR ")
	mem[0x10+rsdpRevision] = revision
	le := binary.LittleEndian
	if revision >= 2 {
		le.PutUint64(mem[0x10+rsdpXSDT:], 0x100)
		sealed(mem, 0x100, "XSDT", le.AppendUint64(le.AppendUint64(nil, 0xfffffff0), 0x200))
	} else {
		le.PutUint32(mem[0x10+rsdpRSDT:], 0x100)
		sealed(mem, 0x100, "RSDT", le.AppendUint32(le.AppendUint32(nil, 0xfffffff0), 0x200))
	}
	sealed(mem, 0x200, "APIC", append(make([]byte, madtEntries-tableHeader), entries...))
	return mem
}

// ACPI Specification 6.4, 5.2.12.2 and 5.2.12.12: enabled processors count, others and unknown entries do not.
func TestReadCPUs(t *testing.T) {
	entries := []byte{
		0, 8, 0, 0, 1, 0, 0, 0,
		1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 8, 1, 4, 0, 0, 0, 0,
		9, 16, 0, 0, 0x00, 0x01, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0,
		0, 8, 2, 2, 3, 0, 0, 0,
	}
	for revision := range byte(3) {
		i := Info{RSDP: 0x10}
		i.ReadCPUs(acpi(revision, entries...))
		if want := []uint32{0, 0x100, 2}; !slices.Equal(i.CPUs(), want) {
			t.Errorf("revision %d: %x, want %x", revision, i.CPUs(), want)
		}
	}
}

// What is not whole lists no CPU, or those before it.
func TestReadCPUsBad(t *testing.T) {
	good := []byte{0, 8, 0, 7, 1, 0, 0, 0}
	for name, c := range map[string]struct {
		mem  func() []byte
		want int
	}{
		"good":            {func() []byte { return acpi(2, good...) }, 1},
		"cut entry":       {func() []byte { return acpi(2, append(good, 0, 8, 0)...) }, 1},
		"empty entry":     {func() []byte { return acpi(2, append(good, 0, 0, 0, 0)...) }, 1},
		"short processor": {func() []byte { return acpi(2, 0, 4, 0, 0) }, 0},
		"checksum":        {func() []byte { m := acpi(2, good...); m[0x220]++; return m }, 0},
		"root's checksum": {func() []byte { m := acpi(2, good...); m[0x120]++; return m }, 0},
		"root pointer":    {func() []byte { m := acpi(2, good...); m[0x10] = 0; return m }, 0},
		"length":          {func() []byte { m := acpi(2, good...); m[0x207] = 0x7f; return m }, 0},
		"short table":     {func() []byte { m := acpi(2); sealed(m, 0x200, "APIC", nil); return m }, 0},
		"nothing":         {func() []byte { return nil }, 0},
	} {
		i := Info{RSDP: 0x10}
		i.ReadCPUs(c.mem())
		if len(i.CPUs()) != c.want {
			t.Errorf("%s: %x", name, i.CPUs())
		}
	}
	var many []byte
	for n := range MaxCPUs + 1 {
		many = append(many, 0, 8, 0, byte(n), 1, 0, 0, 0)
	}
	i := Info{RSDP: 0x10}
	i.ReadCPUs(acpi(2, many...))
	if len(i.CPUs()) != MaxCPUs {
		t.Errorf("%d CPUs of %d", len(i.CPUs()), MaxCPUs+1)
	}
}

func FuzzReadCPUs(f *testing.F) {
	f.Add(acpi(2, 0, 8, 0, 7, 1, 0, 0, 0), uint64(0x10))
	f.Add(acpi(0, 9, 16, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0), uint64(0x10))
	f.Fuzz(func(t *testing.T, mem []byte, rsdp uint64) {
		i := Info{RSDP: rsdp}
		i.ReadCPUs(mem)
		if len(i.CPUs()) > len(mem)/8 {
			t.Errorf("%d CPUs in %d bytes", len(i.CPUs()), len(mem))
		}
	})
}
