package image

import (
	"encoding/binary"
	"fmt"
)

// A page is a mapping in a page table.
type page struct {
	virtual, physical, size uint64
	writable, executable    bool
}

// A format is how an architecture's page tables are read. All have 512 entries of 8 bytes a table.
type format struct {
	// decode says of an entry at a level (4 is the root's, 1 the last) what it leads to: nothing, a table, or a page.
	// For a table, writable and executable say whether what lies below may be.
	decode func(entry uint64, level int) (kind entryKind, address uint64, writable, executable bool)
}

type entryKind int

const (
	nothing entryKind = iota
	table
	leaf
)

// amd64Format is Intel, Software Developer's Manual, volume 3, section 4.5.
var amd64Format = format{func(e uint64, level int) (entryKind, uint64, bool, bool) {
	const (
		present   = 1 << 0
		write     = 1 << 1
		large     = 1 << 7
		noExecute = 1 << 63
		address   = 0x000f_ffff_ffff_f000
	)
	kind := table
	switch {
	case e&present == 0:
		return nothing, 0, false, false
	case level == 1 || level < 4 && e&large != 0:
		kind = leaf
	}
	return kind, e & address &^ lowBits(kind, level), e&write != 0, e&noExecute == 0
}}

// arm64Format is Arm Architecture Reference Manual, D8.3, for the 4 KiB granule and EL1.
var arm64Format = format{func(e uint64, level int) (entryKind, uint64, bool, bool) {
	const (
		valid          = 1 << 0
		tableOrPage    = 1 << 1
		readOnly       = 1 << 7  // AP[2]
		noExecute      = 1 << 53 // PXN
		tableNoExecute = 1 << 59 // PXNTable
		tableReadOnly  = 1 << 62 // APTable[1]
		address        = 0x0000_ffff_ffff_f000
	)
	switch {
	case e&valid == 0, level == 1 && e&tableOrPage == 0:
		return nothing, 0, false, false
	case level > 1 && e&tableOrPage != 0:
		return table, e & address, e&tableReadOnly == 0, e&tableNoExecute == 0
	}
	return leaf, e & address &^ lowBits(leaf, level), e&readOnly == 0, e&noExecute == 0
}}

// lowBits are those of a large page's address that the table has for other things.
func lowBits(kind entryKind, level int) uint64 {
	if kind != leaf {
		return 0
	}
	return levelSize(level) - 1
}

// levelSize is what one entry of a level maps, in bytes.
func levelSize(level int) uint64 { return 1 << (12 + 9*(level-1)) }

// A memory is a machine's RAM from physical address base on.
type memory struct {
	base  uint64
	bytes []byte
}

// walk returns the pages below the table at root, which has level levels and maps virtual addresses from start on.
func (m memory) walk(f format, root uint64, level int, start uint64) ([]page, error) {
	return m.walkTable(f, root, level, start, true, true)
}

func (m memory) walkTable(f format, at uint64, level int, start uint64, writable, executable bool) ([]page, error) {
	if at < m.base || at-m.base+4096 > uint64(len(m.bytes)) {
		return nil, fmt.Errorf("a table at %#x is not in RAM", at)
	}
	var pages []page
	entries := m.bytes[at-m.base:][:4096]
	for i := range uint64(512) {
		kind, address, w, x := f.decode(binary.LittleEndian.Uint64(entries[8*i:]), level)
		virtual := signExtend(start + i*levelSize(level))
		w, x = w && writable, x && executable
		switch kind {
		case leaf:
			pages = append(pages, page{virtual, address, levelSize(level), w, x})
		case table:
			below, err := m.walkTable(f, address, level-1, virtual, w, x)
			if err != nil {
				return nil, err
			}
			pages = append(pages, below...)
		}
	}
	return pages, nil
}

// signExtend makes a 48-bit virtual address canonical.
func signExtend(a uint64) uint64 { return uint64(int64(a<<16) >> 16) }

// problems says what is wrong with a machine's mappings: a page that is writable and executable, one that is
// executable here and writable elsewhere, something mapped at address 0.
func problems(pages []page) []string {
	var bad []string
	for _, p := range pages {
		if p.writable && p.executable {
			bad = append(bad, fmt.Sprintf("%#x is writable and executable", p.virtual))
		}
		if p.virtual == 0 {
			bad = append(bad, "page 0 is mapped")
		}
	}
	for _, x := range pages {
		for _, w := range pages {
			if x.executable && !x.writable && w.writable && !w.executable && overlap(x, w) {
				bad = append(bad, fmt.Sprintf("%#x is executable and writable as %#x", x.virtual, w.virtual))
			}
		}
	}
	return bad
}

func overlap(a, b page) bool {
	return a.physical < b.physical+b.size && b.physical < a.physical+a.size
}
