//go:build !mirage

package boot

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

const pvAt = 0x501000

// pvPage makes a start info of 128 MiB, as Xen's toolstack lays a guest out: image, module, list of frames, start info, and
// the pages of xenstore and console, page tables.
func pvPage() []byte {
	page := make([]byte, 4096)
	le := binary.LittleEndian
	copy(page, "xen-3.0-x86_64")
	for at, v := range map[int]uint64{
		32: 128 << 8, 40: 0x123456000, 56: 0x7001, 64: 1, 72: 0x7002, 80: 2, 88: 0x504000, 96: 7, 104: 0x4c1000, 112: 0x4c0000, 120: 0x123,
	} {
		le.PutUint64(page[at:], v)
	}
	copy(page[128:], "ip=off -- a\x00")
	return page
}

func TestPV(t *testing.T) {
	var i Info
	var pv PV
	if problem := i.ReadPV(&pv, pvPage(), pvAt); problem != "" {
		t.Fatal(problem)
	}
	if want := []Range{{0, 128 << 20}}; !slices.Equal(i.RAM(), want) {
		t.Errorf("RAM %x, want %x", i.RAM(), want)
	}
	if i.Initrd != (Range{0x4c0000, 0x4c0123}) || i.Kept != (Range{0x4c1000, 0x50b000}) || string(i.CommandLine) != "ip=off -- a" {
		t.Errorf("%x %x %q", i.Initrd, i.Kept, i.CommandLine)
	}
	want := PV{Pages: 128 << 8, SharedInfo: 0x123456000, Store: 0x7001, StorePort: 1, Console: 0x7002, ConsolePort: 2,
		Tables: Range{0x504000, 0x50b000}, Frames: 0x4c1000}
	if pv != want {
		t.Errorf("%+v, want %+v", pv, want)
	}
}

// The toolstack that saves a guest wants numbers of pages where frames are, and puts other frames there (libxenguest's
// process_start_info); a guest that stays what it was puts back what it had.
func TestPVSaved(t *testing.T) {
	var i Info
	var pv PV
	page := pvPage()
	if problem := i.ReadPV(&pv, page, pvAt); problem != "" {
		t.Fatal(problem)
	}
	was := pv
	pv.Save(page, 0x502, 0x503)
	le := binary.LittleEndian
	if le.Uint64(page[56:]) != 0x502 || le.Uint64(page[72:]) != 0x503 {
		t.Errorf("frames are saved: % x", page[56:80])
	}
	if pv.Restore(page, true); pv != was || !slices.Equal(page, pvPage()) {
		t.Errorf("called off: %+v, and was %+v", pv, was)
	}
	pv.Save(page, 0x502, 0x503)
	for at, v := range map[int]uint64{40: 0x654321000, 56: 0x9001, 64: 3, 72: 0x9002, 80: 4} {
		le.PutUint64(page[at:], v)
	}
	was.SharedInfo, was.Store, was.StorePort, was.Console, was.ConsolePort = 0x654321000, 0x9001, 3, 0x9002, 4
	if pv.Restore(page, false); pv != was {
		t.Errorf("restored: %+v, want %+v", pv, was)
	}
}

func TestPVProblems(t *testing.T) {
	for name, change := range map[string]struct {
		at int
		v  uint64
	}{
		"no start info":     {0, 0},
		"no memory":         {32, 0},
		"endless memory":    {32, 1 << 40},
		"tables beyond":     {88, 128 << 20},
		"tables askew":      {88, 0x504001},
		"no tables":         {96, 0},
		"tables wrap":       {96, 1 << 52},
		"frames beyond":     {104, 128<<20 - 8},
		"frames wrap":       {104, 1<<64 - 8},
		"module beyond":     {112, 128 << 20},
		"module wraps":      {120, 1<<64 - 0x1000},
		"start info beyond": {-1, 128 << 20},
	} {
		page, at := pvPage(), uint64(pvAt)
		if change.at < 0 {
			at = change.v
		} else {
			binary.LittleEndian.PutUint64(page[change.at:], change.v)
		}
		var i Info
		var pv PV
		if problem := i.ReadPV(&pv, page, at); problem == "" {
			t.Errorf("%s: no problem", name)
		}
	}
	page := pvPage()
	copy(page[128:], strings.Repeat("x", 1024))
	var i Info
	var pv PV
	if problem := i.ReadPV(&pv, page, pvAt); problem == "" {
		t.Error("command line endless: no problem")
	}
}

func FuzzPV(f *testing.F) {
	f.Add(pvPage(), uint64(pvAt))
	f.Fuzz(func(t *testing.T, page []byte, at uint64) {
		var i Info
		var pv PV
		if i.ReadPV(&pv, page, at) != "" {
			return
		}
		end := i.RAM()[0].End
		for _, r := range []Range{i.Kept, pv.Tables, i.Initrd, {pv.Frames, pv.Frames + 8*pv.Pages}} {
			if r.Start > r.End || r.End > end {
				t.Errorf("%x in %x", r, end)
			}
		}
	})
}
