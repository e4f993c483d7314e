package fat

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	sector       = 512
	reserved     = 32 // sectors before the first FAT: "Boot Sector and BPB", BPB_RsvdSecCnt
	fats         = 2
	infoSector   = 1
	backupSector = 6
	rootCluster  = 2

	// minClusters is how many make a FAT32: "FAT Type Determination". Some drivers are off by a few.
	minClusters = 65525 + 16

	endOfChain = 0x0fffffff
	media      = 0xf8
	entrySize  = 32
)

// A File is what goes into a volume. Names are separated by slashes; folders are made.
type File struct {
	Name string
	Data []byte
}

// A node is a file or a folder on its way into the volume.
type node struct {
	name     string
	short    [11]byte
	data     []byte
	children []*node
	isFolder bool
	parent   *node
	first    uint32 // cluster
}

// A volume is the numbers of one.
type volume struct {
	w          io.WriterAt
	at         int64 // where it begins in w
	hidden     uint32
	sectors    uint32
	perCluster uint32
	fatSectors uint32
	clusters   uint32
	next       uint32
	table      []uint32
}

// Format writes an empty volume of size bytes at offset at of w, with files in it. What it does not write must be zeroes. told is
// called with how many bytes of files have been written.
func Format(w io.WriterAt, at, size int64, label string, serial uint32, files []File, told func(n int64)) error {
	v := &volume{w: w, at: at, hidden: uint32(at / sector), sectors: uint32(size / sector), next: rootCluster}
	if err := v.measure(); err != nil {
		return err
	}
	root := &node{isFolder: true}
	for _, f := range files {
		if err := root.add(f); err != nil {
			return err
		}
	}
	v.table = []uint32{0x0fffff00 | media, endOfChain}
	if err := v.place(root); err != nil {
		return err
	}
	var written int64
	if err := v.write(root, label, func(n int) { written += int64(n); told(written) }); err != nil {
		return err
	}
	return errors.Join(v.writeTables(), v.writeBoot(label, serial))
}

// measure chooses the size of clusters: the largest, up to 4 KiB, that gives enough of them, so that tables are small.
func (v *volume) measure() error {
	for v.perCluster = 8; v.perCluster > 0; v.perCluster /= 2 {
		// The table has a word a cluster, and lies in what clusters cannot have.
		room := v.sectors - reserved
		v.fatSectors = (room/v.perCluster + 2 + sector/4 - 1) / (sector / 4)
		if room <= fats*v.fatSectors {
			continue
		}
		if v.clusters = (room - fats*v.fatSectors) / v.perCluster; v.clusters >= minClusters {
			return nil
		}
	}
	return fmt.Errorf("%d MiB are too small for FAT32: 40 at least", v.sectors/2048)
}

// add puts a file into the tree.
func (n *node) add(f File) error {
	folder, rest, deeper := strings.Cut(f.Name, "/")
	if folder == "" || len(folder) > 255 || strings.ContainsAny(folder, `"*:<>?\|`) {
		return fmt.Errorf("%q cannot be a name on FAT", f.Name)
	}
	for _, c := range n.children {
		if strings.EqualFold(c.name, folder) {
			if !deeper || !c.isFolder {
				return fmt.Errorf("%s is there twice", f.Name)
			}
			return c.add(File{rest, f.Data})
		}
	}
	c := &node{name: folder, parent: n, isFolder: deeper}
	c.short = n.shortName(folder)
	n.children = append(n.children, c)
	if deeper {
		return c.add(File{rest, f.Data})
	}
	c.data = f.Data
	return nil
}

// slots is how many directory entries a node takes: its own, and those of a long name.
func (n *node) slots() int {
	if n.isShort() {
		return 1
	}
	return 1 + (len(n.name)+12)/13
}

// bytes is how long a node is.
func (n *node) bytes(isRoot bool) int {
	if !n.isFolder {
		return len(n.data)
	}
	count := 2 // . and ..
	if isRoot {
		count = 1 // the label
	}
	for _, c := range n.children {
		count += c.slots()
	}
	return count * entrySize
}

// place gives a node and what is below it their clusters, one behind the other.
func (v *volume) place(n *node) error {
	clusters := (uint32(n.bytes(n.parent == nil)) + v.clusterSize() - 1) / v.clusterSize()
	if n.isFolder {
		clusters = max(clusters, 1)
	}
	if uint64(v.next)+uint64(clusters) > uint64(v.clusters)+2 {
		return errors.New("the files do not fit")
	}
	if clusters > 0 {
		n.first = v.next
		for i := range clusters {
			next := v.next + i + 1
			if i == clusters-1 {
				next = endOfChain
			}
			v.table = append(v.table, next)
		}
		v.next += clusters
	}
	for _, c := range n.children {
		if err := v.place(c); err != nil {
			return err
		}
	}
	return nil
}

func (v *volume) clusterSize() uint32 { return v.perCluster * sector }

// offset is where a cluster lies.
func (v *volume) offset(cluster uint32) int64 {
	data := int64(reserved + fats*v.fatSectors)
	return v.at + (data+int64(cluster-2)*int64(v.perCluster))*sector
}

// write writes a node and what is below it.
func (v *volume) write(n *node, label string, told func(int)) error {
	data := n.data
	if n.isFolder {
		data = n.entries(label)
	}
	const piece = 1 << 20
	for off := 0; off < len(data); off += piece {
		b := data[off:min(off+piece, len(data))]
		if _, err := v.w.WriteAt(b, v.offset(n.first)+int64(off)); err != nil {
			return err
		}
		told(len(b))
	}
	for _, c := range n.children {
		if err := v.write(c, label, told); err != nil {
			return err
		}
	}
	return nil
}

// writeTables writes both FATs.
func (v *volume) writeTables() error {
	b := make([]byte, 4*len(v.table))
	for i, e := range v.table {
		binary.LittleEndian.PutUint32(b[4*i:], e)
	}
	for i := range int64(fats) {
		if _, err := v.w.WriteAt(b, v.at+(reserved+i*int64(v.fatSectors))*sector); err != nil {
			return err
		}
	}
	return nil
}

// writeBoot writes the boot sector and the information about free clusters, each with its copy: "Boot Sector and BPB", "FAT32 FSInfo".
func (v *volume) writeBoot(label string, serial uint32) error {
	le := binary.LittleEndian
	b := make([]byte, sector)
	copy(b, "\xeb\x58\x90mirage  ")
	le.PutUint16(b[11:], sector)
	b[13] = byte(v.perCluster)
	le.PutUint16(b[14:], reserved)
	b[16], b[21] = fats, media
	le.PutUint16(b[24:], 32) // sectors a track, heads: of no meaning
	le.PutUint16(b[26:], 64)
	le.PutUint32(b[28:], v.hidden)
	le.PutUint32(b[32:], v.sectors)
	le.PutUint32(b[36:], v.fatSectors)
	le.PutUint32(b[44:], rootCluster)
	le.PutUint16(b[48:], infoSector)
	le.PutUint16(b[50:], backupSector)
	b[64], b[66] = 0x80, 0x29
	le.PutUint32(b[67:], serial)
	copy(b[71:], padded(label))
	copy(b[82:], "FAT32   ")
	b[510], b[511] = 0x55, 0xaa

	info := make([]byte, sector)
	le.PutUint32(info, 0x41615252)
	le.PutUint32(info[484:], 0x61417272)
	le.PutUint32(info[488:], v.clusters+2-v.next)
	le.PutUint32(info[492:], v.next)
	le.PutUint32(info[508:], 0xaa550000)
	for _, at := range []int64{0, backupSector} {
		if _, err := v.w.WriteAt(append(b[:sector:sector], info...), v.at+at*sector); err != nil {
			return err
		}
	}
	return nil
}

// padded is a label of eleven bytes.
func padded(label string) string { return (strings.ToUpper(label) + "           ")[:11] }
