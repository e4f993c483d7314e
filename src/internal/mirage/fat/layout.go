package fat

import (
	"errors"
	"internal/byteorder"
	"math/bits"
)

// A Disk is where a volume lies. Offsets and lengths are bytes, multiples of 512, from the volume's beginning on.
type Disk interface {
	ReadAt(p []byte, off int64) error
	// WriteAt writes p. What it has written may be lost, in any part and order, until Flush.
	WriteAt(p []byte, off int64) error
	Flush() error
	Size() int64
}

// Why a volume is refused.
var (
	ErrNotFAT  = errors.New("there is no FAT volume: make one with mkfs.vfat")
	ErrTooLong = errors.New("the volume is longer than the disk or partition that it is on")

	errRead   = errors.New("the volume cannot be read")
	errRepair = errors.New("the volume was not ended properly and cannot be put right: the disk reports errors")
)

// Fields of the boot sector: "Boot Sector and BPB".
const (
	bpbSectorSize = 11 // le16
	bpbPerCluster = 13 // sectors
	bpbReserved   = 14 // le16, sectors before the first table
	bpbTables     = 16
	bpbRootSlots  = 17 // le16, 0 on FAT32
	bpbSectors16  = 19 // le16
	bpbMedia      = 21
	bpbTable16    = 22 // le16, sectors of a table
	bpbSectors32  = 32 // le32
	bpbTable32    = 36 // le32
	bpbFlags32    = 40 // le16: bit 7, only the table in bits 0 to 3 is in use
	bpbVersion32  = 42 // le16, 0
	bpbRoot32     = 44 // le32, cluster
	bpbInfo32     = 48 // le16, sector
	bpbState32    = 65 // of BS_Reserved1: bit 0, the volume is in use
	bpbState16    = 37

	stateInUse = 1

	bootSector = 512 // bytes of it that say something
	infoSize   = 512
)

// maxClusters of each kind: "FAT Type Determination".
const (
	maxClusters12 = 4084
	maxClusters16 = 65524
	maxClusters32 = 0x0ffffff5
)

// A layout is where things lie on a volume. Offsets and lengths are bytes.
type layout struct {
	bits      int   // of an entry of the table: 12, 16 or 32
	sector    int64 // size
	cluster   int64 // size
	tableAt   int64
	tableSize int64
	tables    int64 // how many are kept alike
	rootAt    int64 // of the root directory on FAT12 and FAT16
	rootSize  int64
	dataAt    int64
	clusters  uint32 // their numbers are 2 to clusters+1
	root      uint32 // the root directory's first cluster on FAT32
	infoAt    int64  // 0: there is none
	stateAt   int64  // in the boot sector
}

// end is the first number that is no cluster's.
func (l *layout) end() uint32 { return l.clusters + 2 }

// valid reports whether a number is a cluster's.
func (l *layout) valid(c uint32) bool { return c >= 2 && c < l.end() }

// offset is where a cluster lies.
func (l *layout) offset(c uint32) int64 { return l.dataAt + int64(c-2)*l.cluster }

// parseLayout reads a boot sector. size is the disk's.
func parseLayout(b []byte, size int64) (l layout, err error) {
	u16 := func(at int) int64 { return int64(byteorder.LEUint16(b[at:])) }
	u32 := func(at int) int64 { return int64(byteorder.LEUint32(b[at:])) }
	l.sector = u16(bpbSectorSize)
	perCluster, reserved, tables := int64(b[bpbPerCluster]), u16(bpbReserved), int64(b[bpbTables])
	media := b[bpbMedia]
	switch {
	case b[510] != 0x55 || b[511] != 0xaa,
		l.sector < 512 || l.sector > 4096 || l.sector&(l.sector-1) != 0,
		perCluster == 0 || perCluster&(perCluster-1) != 0,
		reserved == 0 || tables == 0 || media < 0xf8 && media != 0xf0:
		return l, ErrNotFAT
	}
	l.cluster = perCluster * l.sector
	sectors, tableSectors := u16(bpbSectors16), u16(bpbTable16)
	if sectors == 0 {
		sectors = u32(bpbSectors32)
	}
	is32 := tableSectors == 0
	if is32 {
		tableSectors = u32(bpbTable32)
	}
	l.tableAt, l.tableSize, l.tables = reserved*l.sector, tableSectors*l.sector, tables
	l.rootAt = l.tableAt + tables*l.tableSize
	l.rootSize = (u16(bpbRootSlots)*slotSize + l.sector - 1) &^ (l.sector - 1)
	l.dataAt = l.rootAt + l.rootSize
	switch {
	case tableSectors == 0 || sectors*l.sector <= l.dataAt:
		return l, ErrNotFAT
	case sectors*l.sector > size:
		return l, ErrTooLong
	}
	return l, l.count(b, (sectors*l.sector-l.dataAt)/l.cluster, is32)
}

// count sets what depends on how many clusters there are.
func (l *layout) count(b []byte, clusters int64, is32 bool) error {
	switch {
	case is32:
		l.bits, l.stateAt = 32, bpbState32
	case clusters <= maxClusters12:
		l.bits, l.stateAt = 12, bpbState16
	default:
		l.bits, l.stateAt = 16, bpbState16
	}
	limit := map[int]int64{12: maxClusters12, 16: maxClusters16, 32: maxClusters32}[l.bits]
	l.clusters = uint32(min(clusters, limit, l.tableSize*8/int64(l.bits)-2))
	switch {
	case clusters == 0 || l.tableSize*8/int64(l.bits) <= 2 || bits.LeadingZeros32(l.clusters) == 0:
		return ErrNotFAT
	case !is32:
		if l.rootSize == 0 {
			return ErrNotFAT
		}
		return nil
	}
	l.root = byteorder.LEUint32(b[bpbRoot32:])
	if !l.valid(l.root) || l.rootSize != 0 || byteorder.LEUint16(b[bpbVersion32:]) != 0 {
		return ErrNotFAT
	}
	if flags := int64(byteorder.LEUint16(b[bpbFlags32:])); flags&0x80 != 0 { // one table alone is in use
		if flags&15 >= l.tables {
			return ErrNotFAT
		}
		l.tableAt += flags & 15 * l.tableSize
		l.tables = 1
	}
	if info := int64(byteorder.LEUint16(b[bpbInfo32:])); info != 0 && info*l.sector < l.tableAt {
		l.infoAt = info * l.sector
	}
	return nil
}
