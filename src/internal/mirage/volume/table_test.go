//go:build !mirage

package volume

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"reflect"
	"testing"
	"unicode/utf16"
)

// The tables here are made from UEFI 2.10 chapter 5, and share no code with what reads them.

type mbrEntryOf struct {
	kind         byte
	first, count uint32
}

// putMBR writes a table into a sector.
func putMBR(sector []byte, disk uint32, entries ...mbrEntryOf) {
	binary.LittleEndian.PutUint32(sector[440:], disk)
	for i, e := range entries {
		b := sector[446+16*i:]
		b[4] = e.kind
		binary.LittleEndian.PutUint32(b[8:], e.first)
		binary.LittleEndian.PutUint32(b[12:], e.count)
	}
	sector[510], sector[511] = 0x55, 0xaa
}

type gptEntryOf struct {
	first, last uint64
	label       string
}

// putGPT writes a table and its copy.
func putGPT(disk []byte, sector int, entries ...gptEntryOf) {
	le := binary.LittleEndian
	sectors := uint64(len(disk) / sector)
	putMBR(disk, 0, mbrEntryOf{0xee, 1, uint32(sectors - 1)})
	table := make([]byte, 128*128)
	for i, e := range entries {
		b := table[i*128:]
		b[0], b[16] = 0xaf, byte(i+1)
		le.PutUint64(b[32:], e.first)
		le.PutUint64(b[40:], e.last)
		for k, u := range utf16.Encode([]rune(e.label)) {
			le.PutUint16(b[56+2*k:], u)
		}
	}
	length := uint64((len(table) + sector - 1) / sector)
	for _, at := range []struct{ here, other, table uint64 }{{1, sectors - 1, 2}, {sectors - 1, 1, sectors - 1 - length}} {
		copy(disk[at.table*uint64(sector):], table)
		h := disk[at.here*uint64(sector):][:92]
		copy(h, "EFI PART\x00\x00\x01\x00\x5c\x00\x00\x00")
		le.PutUint64(h[24:], at.here)
		le.PutUint64(h[32:], at.other)
		le.PutUint64(h[40:], 2+length)
		le.PutUint64(h[48:], sectors-2-length)
		le.PutUint64(h[72:], at.table)
		le.PutUint32(h[80:], 128)
		le.PutUint32(h[84:], 128)
		le.PutUint32(h[88:], crc32.ChecksumIEEE(table))
		le.PutUint32(h[16:], 0)
		le.PutUint32(h[16:], crc32.ChecksumIEEE(h))
	}
}

func partitionsOf(disk []byte, sector int) ([]Partition, error) {
	return newDisk(&memory{data: disk, sector: sector}).Partitions()
}

func TestMBR(t *testing.T) {
	disk := make([]byte, 1<<20)
	putMBR(disk, 0xdeadbeef, mbrEntryOf{0x83, 8, 100}, mbrEntryOf{}, mbrEntryOf{0x07, 200, 5000}, mbrEntryOf{0x0f, 300, 1000})
	putMBR(disk[300*512:], 0, mbrEntryOf{0x83, 2, 50}, mbrEntryOf{0x05, 100, 60})
	putMBR(disk[400*512:], 0, mbrEntryOf{0x82, 3, 7})
	got, err := partitionsOf(disk, 512)
	want := []Partition{
		{Number: 1, Start: 8 * 512, Size: 100 * 512, ID: "deadbeef-01"},
		{Number: 3, Start: 200 * 512, Size: 1848 * 512, ID: "deadbeef-03"}, // to the disk's end
		{Number: 4, Start: 300 * 512, Size: 2 * 512, ID: "deadbeef-04"},    // enough to see its table
		{Number: 5, Start: 302 * 512, Size: 50 * 512, ID: "deadbeef-05"},
		{Number: 6, Start: 403 * 512, Size: 7 * 512, ID: "deadbeef-06"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\n got %+v\nwant %+v", err, got, want)
	}
}

// A disk without a table, the beginning of a file system that ends like one, and partitions that are nowhere.
func TestNoMBR(t *testing.T) {
	disk := make([]byte, 64<<10)
	if _, err := partitionsOf(disk, 512); err != ErrNone {
		t.Error("nothing:", err)
	}
	putMBR(disk, 1, mbrEntryOf{0x83, 8, 10})
	disk[446] = 0x63
	if _, err := partitionsOf(disk, 512); err != ErrNone {
		t.Error("text where a table would be:", err)
	}
	putMBR(disk, 1, mbrEntryOf{0x83, 128, 10}, mbrEntryOf{0x83, 0, 10}, mbrEntryOf{0x83, 1 << 31, 1 << 31}, mbrEntryOf{0x83, 5, 0})
	disk[446] = 0
	if got, err := partitionsOf(disk, 512); err != nil || len(got) != 0 {
		t.Errorf("partitions beyond the end: %+v, %v", got, err)
	}
	if _, err := partitionsOf(nil, 512); err != ErrNone {
		t.Error("an empty disk:", err)
	}
}

// Tables that lead to each other, and back, end.
func TestNestedForEver(t *testing.T) {
	disk := make([]byte, 64<<10)
	putMBR(disk, 1, mbrEntryOf{0x05, 10, 100})
	putMBR(disk[10*512:], 0, mbrEntryOf{0x83, 1, 1}, mbrEntryOf{0x05, 10, 60})
	putMBR(disk[20*512:], 0, mbrEntryOf{0x83, 1, 1}, mbrEntryOf{0x05, 10, 60})
	if got, err := partitionsOf(disk, 512); err != errNested || len(got) != 1+maxNested {
		t.Errorf("%d partitions, %v", len(got), err)
	}
}

func TestGPT(t *testing.T) {
	for _, sector := range []int{512, 4096} {
		disk := make([]byte, 4<<20)
		putGPT(disk, sector, gptEntryOf{100, 199, "boot"}, gptEntryOf{}, gptEntryOf{200, 200, "größe"}, gptEntryOf{5, 20, "in the table"},
			gptEntryOf{300, 299, "backwards"}, gptEntryOf{900, 1 << 40, "too long"})
		// UEFI 2.10 appendix A: the first three groups of a GUID are little-endian.
		want := []Partition{
			{Number: 1, Start: 100 * int64(sector), Size: 100 * int64(sector), Label: "boot", ID: "00000001-0000-0000-0000-000000000000"},
			{Number: 3, Start: 200 * int64(sector), Size: int64(sector), Label: "gr??e", ID: "00000003-0000-0000-0000-000000000000"},
		}
		check := func(what string) {
			t.Helper()
			if got, err := partitionsOf(disk, sector); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s, sectors of %d: %v\n got %+v\nwant %+v", what, sector, err, got, want)
			}
		}
		check("whole")
		whole := bytes.Clone(disk)
		disk[sector+60]++ // section 5.3.2: a header whose sum is wrong is none; its copy counts
		check("header damaged")
		disk = bytes.Clone(whole)
		disk[2*sector+3]++
		check("table damaged")
		disk[len(disk)-sector+20]++
		if _, err := partitionsOf(disk, sector); err != errProtective {
			t.Error("both damaged:", err)
		}
	}
}

func FuzzPartitions(f *testing.F) {
	disk := make([]byte, 64<<10)
	putGPT(disk, 512, gptEntryOf{50, 60, "a"})
	f.Add(bytes.Clone(disk))
	putMBR(disk, 1, mbrEntryOf{0x83, 8, 10}, mbrEntryOf{0x05, 10, 100})
	putMBR(disk[10*512:], 0, mbrEntryOf{0x83, 1, 1}, mbrEntryOf{0x05, 10, 60})
	f.Add(disk)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, disk []byte) {
		disk = disk[:len(disk)&^511]
		all, _ := partitionsOf(disk, 512)
		if len(all) > maxPartitions+maxNested {
			t.Errorf("%d partitions", len(all))
		}
		for _, p := range all {
			if p.Number < 1 || p.Start <= 0 || p.Size <= 0 || p.Start > int64(len(disk)) || p.Size > int64(len(disk))-p.Start || (p.Start|p.Size)&511 != 0 {
				t.Errorf("%+v of %d bytes", p, len(disk))
			}
		}
	})
}
