package volume

import "internal/byteorder"

// The table of a PC's disks: UEFI 2.10 section 5.2.1, and for nested tables what everybody does.
const (
	mbrDisk      = 440 // le32, the disk's number
	mbrTable     = 446 // of four entries
	mbrSignature = 510
	mbrEntry     = 16

	entryBoot  = 0 // 0, or 0x80: boot from it
	entryKind  = 4
	entryFirst = 8 // le32, sectors
	entryCount = 12

	kindProtective = 0xee // the whole disk, whose table is a GPT
)

// maxNested is how many tables of an extended partition are followed.
const maxNested = 100

// An mbrPart is an entry of a table.
type mbrPart struct {
	kind         byte
	first, count uint64
}

// extended reports whether it has a table of its own.
func (e mbrPart) extended() bool { return e.kind == 0x05 || e.kind == 0x0f || e.kind == 0x85 }

// parseMBR reads the table in a sector. A sector may look like one and be the beginning of a file system: then the bytes
// for booting are others.
func parseMBR(b []byte) (table [4]mbrPart, ok bool) {
	if b[mbrSignature] != 0x55 || b[mbrSignature+1] != 0xaa {
		return table, false
	}
	for i := range table {
		e := b[mbrTable+i*mbrEntry:]
		if e[entryBoot]&0x7f != 0 {
			return table, false
		}
		table[i] = mbrPart{e[entryKind], uint64(byteorder.LEUint32(e[entryFirst:])), uint64(byteorder.LEUint32(e[entryCount:]))}
	}
	return table, true
}

// mbr returns the partitions of the table in sector 0.
func (r *reader) mbr(table [4]mbrPart) (all []Partition, err error) {
	b, err := r.at(0)
	if err != nil {
		return nil, err
	}
	disk := byteorder.LEUint32(b[mbrDisk:])
	add := func(number int, first, count uint64) {
		if p, ok := r.partition(number, first, count); ok {
			p.ID = mbrID(disk, number)
			all = append(all, p)
		}
	}
	for i, e := range table {
		switch {
		case e.kind == 0:
		case e.extended():
			add(i+1, e.first, min(e.count, 2)) // enough to see the table, and not to overwrite what is in it
		default:
			add(i+1, e.first, e.count)
		}
	}
	for _, e := range table {
		if e.extended() {
			err = r.nested(e, add)
			break // Linux follows others too; there is one on any disk that was made with care
		}
	}
	return all, err
}

// nested follows the tables in an extended partition: each has one partition, counted from its own sector, and the next table,
// counted from the extended partition's first.
func (r *reader) nested(outer mbrPart, add func(number int, first, count uint64)) error {
	at := outer.first
	for number := 5; number < 5+maxNested; number++ {
		b, err := r.at(at)
		if err != nil {
			return nil // beyond the disk's end
		}
		table, ok := parseMBR(b)
		if !ok {
			return nil
		}
		next := uint64(0)
		for _, e := range table {
			switch {
			case e.kind == 0 || e.count == 0:
			case e.extended():
				next = e.first
			default:
				add(number, at+e.first, e.count)
			}
		}
		if next == 0 {
			return nil
		}
		at = outer.first + next
	}
	return errNested
}

// mbrID is what Linux makes a partition's UUID of: the disk's number and the partition's.
func mbrID(disk uint32, number int) string {
	if disk == 0 {
		return ""
	}
	return hex(uint64(disk), 8) + "-" + hex(uint64(number), 2)
}

// hex is a number of so many digits.
func hex(v uint64, digits int) string {
	b := make([]byte, digits)
	for i := range b {
		b[i] = "0123456789abcdef"[v>>(4*(digits-1-i))&15]
	}
	return string(b)
}
