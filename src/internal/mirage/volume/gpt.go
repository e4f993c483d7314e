package volume

import (
	"internal/byteorder"
	"internal/mirage/inflate"
)

// The GUID partition table: UEFI 2.10 section 5.3.
const (
	gptSignature   = "EFI PART"
	gptHeaderSize  = 12 // le32
	gptHeaderSum   = 16 // le32
	gptHere        = 24 // le64, the sector that this is
	gptFirstUsable = 40 // le64
	gptLastUsable  = 48 // le64
	gptTable       = 72 // le64, its first sector
	gptCount       = 80 // le32, entries
	gptEntrySize   = 84 // le32
	gptTableSum    = 88 // le32
	gptLeast       = 92 // bytes of the header

	gptType  = 0 // a GUID, all zero: no partition
	gptID    = 16
	gptFirst = 32 // le64
	gptLast  = 40 // le64, it is the partition's too
	gptLabel = 56 // 36 units of UTF-16
	gptUnits = 36

	gptEntry    = 128
	gptMaxTable = 1 << 20 // bytes
)

// A gpt is a header that was checked.
type gpt struct {
	first, last uint64 // sectors for partitions
	entry       int
	entries     []byte
}

// parseGPT reads the table, or its copy at the end of the disk where that is damaged.
func parseGPT(r *reader) ([]Partition, error) {
	t, err := r.gpt(1)
	if err == ErrNone {
		t, err = r.gpt(r.sectors() - 1)
	}
	if err == ErrNone {
		return nil, errProtective
	}
	if err != nil {
		return nil, err
	}
	return r.gptPartitions(t), nil
}

// gpt reads the header in sector at and its table. The error is ErrNone when that is none, or the disk's.
func (r *reader) gpt(at uint64) (t gpt, err error) {
	b, err := r.at(at)
	if err != nil {
		return t, err
	}
	size := byteorder.LEUint32(b[gptHeaderSize:])
	if string(b[:len(gptSignature)]) != gptSignature || size < gptLeast || size > uint32(len(b)) {
		return t, ErrNone
	}
	sum := byteorder.LEUint32(b[gptHeaderSum:])
	clear(b[gptHeaderSum : gptHeaderSum+4])
	if inflate.Checksum(b[:size]) != sum || byteorder.LEUint64(b[gptHere:]) != at {
		return t, ErrNone
	}
	t.first, t.last = byteorder.LEUint64(b[gptFirstUsable:]), byteorder.LEUint64(b[gptLastUsable:])
	count, entry := uint64(byteorder.LEUint32(b[gptCount:])), uint64(byteorder.LEUint32(b[gptEntrySize:]))
	if entry < gptEntry || entry > 4096 || entry&(entry-1) != 0 || count > gptMaxTable/entry || t.last >= r.sectors() {
		return t, ErrNone
	}
	length := int(count * entry)
	if t.entries, err = r.many(byteorder.LEUint64(b[gptTable:]), (length+r.sector-1)/r.sector); err != nil {
		return t, err
	}
	t.entries = t.entries[:length]
	if inflate.Checksum(t.entries) != byteorder.LEUint32(b[gptTableSum:]) {
		return t, ErrNone
	}
	t.entry = int(entry)
	return t, nil
}

func (r *reader) gptPartitions(t gpt) (all []Partition) {
	for i := 0; (i+1)*t.entry <= len(t.entries) && len(all) < maxPartitions; i++ {
		e := t.entries[i*t.entry:][:gptEntry]
		first, last := byteorder.LEUint64(e[gptFirst:]), byteorder.LEUint64(e[gptLast:])
		if [16]byte(e[gptType:]) == [16]byte{} || first < t.first || last > t.last || first > last {
			continue
		}
		if p, ok := r.partition(i+1, first, last-first+1); ok {
			p.ID, p.Label = guid(e[gptID:]), label(e[gptLabel:])
			all = append(all, p)
		}
	}
	return all
}

// guid is a GUID as text: UEFI 2.10 appendix A, where the first three groups are little-endian.
func guid(b []byte) string {
	return hex(uint64(byteorder.LEUint32(b)), 8) + "-" + hex(uint64(byteorder.LEUint16(b[4:])), 4) + "-" +
		hex(uint64(byteorder.LEUint16(b[6:])), 4) + "-" + hex(uint64(byteorder.BEUint16(b[8:])), 4) + "-" +
		hex(byteorder.BEUint64(b[8:])&(1<<48-1), 12)
}

// label is a partition's label: what is not printable ASCII is a question mark.
func label(b []byte) string {
	var s []byte
	for i := range gptUnits {
		u := byteorder.LEUint16(b[2*i:])
		if u == 0 {
			break
		}
		if u < ' ' || u > '~' {
			u = '?'
		}
		s = append(s, byte(u))
	}
	return string(s)
}
