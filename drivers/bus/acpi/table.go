package acpi

import "errors"

var (
	errRSDP  = errors.New("acpi: no valid root pointer")
	errTable = errors.New("acpi: no valid root table")
)

const (
	rsdpSize1 = 20 // section 5.2.5.3, the part that revision 0 has
	rsdpSize2 = 36

	headerSize = 36 // section 5.2.6
	// maxTable bounds a table's size; the largest seen are DSDTs of a few hundred KiB.
	maxTable = 4 << 20
)

// Tables are the tables that a root pointer leads to.
type Tables struct {
	memory  func(phys, size uint64) []byte
	root    []byte // entries of the XSDT or RSDT
	pointer int    // bytes in an entry: 8 or 4
}

// Open finds the tables from the root pointer at rsdp. memory gives size bytes of physical memory at phys, nil where there is
// none.
func Open(rsdp uint64, memory func(phys, size uint64) []byte) (*Tables, error) {
	t := &Tables{memory: memory}
	p := memory(rsdp, rsdpSize1)
	if len(p) < rsdpSize1 || string(p[:8]) != "RSD PTR " || sum(p[:rsdpSize1]) != 0 {
		return nil, errRSDP
	}
	at, signature := uint64(le32(p, 16)), "RSDT"
	t.pointer = 4
	if p[15] >= 2 { // revision: section 5.2.5.3
		p = memory(rsdp, rsdpSize2)
		if len(p) < rsdpSize2 || sum(p[:rsdpSize2]) != 0 {
			return nil, errRSDP
		}
		// The XSDT is to be used where there is one.
		if x := le64(p, 24); x != 0 {
			at, signature = x, "XSDT"
			t.pointer = 8
		}
	}
	table := t.read(at, signature)
	if table == nil {
		return nil, errTable
	}
	t.root = table[headerSize:]
	return t, nil
}

// Find returns the first table with the signature, whole, nil when there is none that is valid.
func (t *Tables) Find(signature string) []byte {
	for r := t.root; len(r) >= t.pointer; r = r[t.pointer:] {
		at := uint64(le32(r, 0))
		if t.pointer == 8 {
			at = le64(r, 0)
		}
		if table := t.read(at, signature); table != nil {
			return table
		}
	}
	return nil
}

// read returns the table at phys if it has the signature and is valid.
func (t *Tables) read(phys uint64, signature string) []byte {
	h := t.memory(phys, headerSize)
	if len(h) < headerSize || string(h[:4]) != signature {
		return nil
	}
	n := le32(h, 4)
	if n < headerSize || n > maxTable {
		return nil
	}
	table := t.memory(phys, uint64(n))
	if uint64(len(table)) < uint64(n) || sum(table[:n]) != 0 {
		return nil
	}
	return table[:n]
}

func sum(b []byte) (s byte) {
	for _, c := range b {
		s += c
	}
	return s
}

func le16(b []byte, off int) uint16 { return uint16(b[off]) | uint16(b[off+1])<<8 }
func le32(b []byte, off int) uint32 { return uint32(le16(b, off)) | uint32(le16(b, off+2))<<16 }
func le64(b []byte, off int) uint64 { return uint64(le32(b, off)) | uint64(le32(b, off+4))<<32 }
