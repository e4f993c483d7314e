package volume

import "errors"

// Why there are no partitions although there is a table.
var (
	errProtective = errors.New("the disk's partition table (GPT) is damaged, and so is its copy: repair it with gdisk")
	errNested     = errors.New("the disk's extended partition does not end: its table is damaged")
)

// ErrNone says that a disk has no partition table that we know.
var ErrNone = errors.New("the disk has no partition table")

// maxPartitions is how many are taken of a table, whatever it says.
const maxPartitions = 256

// A reader reads sectors of a disk: those from number n on, into p.
type reader struct {
	sector int
	size   int64 // bytes of the disk, whole sectors
	read   func(p []byte, off int64) error
}

// sectors is how many there are.
func (r *reader) sectors() uint64 { return uint64(r.size) / uint64(r.sector) }

// at reads sector n.
func (r *reader) at(n uint64) ([]byte, error) { return r.many(n, 1) }

// many reads count sectors from n on.
func (r *reader) many(n uint64, count int) ([]byte, error) {
	if n >= r.sectors() || uint64(count) > r.sectors()-n {
		return nil, ErrNone
	}
	b := make([]byte, count*r.sector)
	return b, r.read(b, int64(n)*int64(r.sector))
}

// Partitions returns the partitions that the disk's table names. The error is ErrNone, that the table is damaged, or the disk's.
func (d *Disk) Partitions() ([]Partition, error) {
	g := d.Geometry()
	return partitions(&reader{g.Sector, g.Size, d.Block.ReadAt})
}

func partitions(r *reader) ([]Partition, error) {
	b, err := r.at(0)
	if err != nil {
		return nil, err
	}
	table, ok := parseMBR(b)
	if !ok {
		return nil, ErrNone
	}
	for _, e := range table {
		if e.kind == kindProtective { // UEFI 2.10, section 5.2.3
			return parseGPT(r)
		}
	}
	return r.mbr(table)
}

// partition makes a partition of sectors from first on, as far as they lie on the disk.
func (r *reader) partition(number int, first, count uint64) (p Partition, ok bool) {
	if first == 0 || first >= r.sectors() || count == 0 {
		return p, false
	}
	count = min(count, r.sectors()-first)
	return Partition{Number: number, Start: int64(first) * int64(r.sector), Size: int64(count) * int64(r.sector)}, true
}
