package image

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mirage.build/test/harness"
)

// What a booted machine's page tables map: something executable and something writable, never both, not page 0.
func TestPageTables(t *testing.T) {
	for _, m := range harness.Machines {
		t.Run(m.Name, func(t *testing.T) {
			c := m.Config(harness.Build(t, m.Arch, "./test/guest/registers"))
			monitor := harness.AddMonitor(t, &c)
			b := harness.Boot(t, c)
			b.WaitFor("done\n")
			pages := mapped(t, m.Arch, monitor, uint64(c.Memory)<<20, registers(t, b.Stdout.String()))
			for _, p := range problems(pages) {
				t.Error(p)
			}
			if !slices.ContainsFunc(pages, func(p page) bool { return p.executable }) || !slices.ContainsFunc(pages, func(p page) bool { return p.writable }) {
				t.Errorf("of %d pages none is executable or none is writable: this walk proves nothing", len(pages))
			}
		})
	}
}

// registers reads what test/guest/registers writes.
func registers(t *testing.T, text string) map[string]uint64 {
	values := make(map[string]uint64)
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			var v uint64
			if _, err := fmt.Sscanf(value, "%v", &v); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			values[name] = v
		}
	}
	return values
}

// mapped returns all that a machine's page tables map.
func mapped(t *testing.T, arch string, monitor *harness.Monitor, size uint64, r map[string]uint64) []page {
	t.Helper()
	if arch == "amd64" {
		if r["CR4"]&(1<<12) != 0 {
			t.Fatal("five levels of page tables (CR4.LA57): this test knows four")
		}
		ram := memory{0, monitor.Memory(0, size)}
		pages, err := ram.walk(amd64Format, r["CR3"]&^0xfff, 4, 0)
		if err != nil {
			t.Fatal(err)
		}
		return pages
	}
	const armRAM = 0x4000_0000 // QEMU's virt
	ram := memory{armRAM, monitor.Memory(armRAM, size)}
	var all []page
	for _, half := range []struct {
		root, zeros, disabled, top uint64
	}{
		{r["TTBR0"], r["TCR"] & 63, r["TCR"] >> 7 & 1, 0},                // T0SZ, EPD0
		{r["TTBR1"], r["TCR"] >> 16 & 63, r["TCR"] >> 23 & 1, 1<<64 - 1}, // T1SZ, EPD1
	} {
		if half.disabled != 0 {
			continue
		}
		level := int(64-half.zeros-12+8) / 9
		pages, err := ram.walk(arm64Format, half.root&0xffff_ffff_f000, level, half.top<<(64-half.zeros))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, pages...)
	}
	return all
}

// A table that breaks each rule is found out.
func TestProblems(t *testing.T) {
	for name, entry := range map[string]struct {
		format  format
		entries map[int]uint64 // of the last level
		want    string
	}{
		"amd64 good":  {amd64Format, map[int]uint64{1: 0x5001, 2: 1<<63 | 0x6003}, ""},
		"amd64 W+X":   {amd64Format, map[int]uint64{1: 0x5003}, "0x1000 is writable and executable"},
		"amd64 zero":  {amd64Format, map[int]uint64{0: 1<<63 | 0x5001}, "page 0 is mapped"},
		"amd64 twice": {amd64Format, map[int]uint64{1: 0x5001, 2: 1<<63 | 0x5003}, "0x1000 is executable and writable as 0x2000"},
		"arm64 good":  {arm64Format, map[int]uint64{1: 1<<7 | 0x5003, 2: 1<<53 | 0x6003}, ""},
		"arm64 W+X":   {arm64Format, map[int]uint64{1: 0x5003}, "0x1000 is writable and executable"},
		"arm64 zero":  {arm64Format, map[int]uint64{0: 1<<53 | 1<<7 | 0x5003}, "page 0 is mapped"},
	} {
		t.Run(name, func(t *testing.T) {
			ram := memory{bytes: make([]byte, 4*4096)}
			for level := range 3 { // tables at 0, 0x1000 and 0x2000 lead to the last at 0x3000
				binary.LittleEndian.PutUint64(ram.bytes[level*4096:], uint64(level+1)*4096|3)
			}
			for i, e := range entry.entries {
				binary.LittleEndian.PutUint64(ram.bytes[3*4096+8*i:], e)
			}
			pages, err := ram.walk(entry.format, 0, 4, 0)
			if err != nil || len(pages) != len(entry.entries) {
				t.Fatalf("walk finds %v, %v, want %d pages", pages, err, len(entry.entries))
			}
			if got := strings.Join(problems(pages), "; "); got != entry.want {
				t.Errorf("problems: %q, want %q", got, entry.want)
			}
		})
	}
}
