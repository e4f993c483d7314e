package linuxabi

import (
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
	"internal/mirage/volume"
	"internal/stringslite"
	"sync"
)

// Disks: which there are, and their nodes in /dev.

// scanPatience is how long the beginning of main waits for a disk's partition table.
const scanPatience = 5 * clock.Second

// A disk is a disk and its partitions.
type disk struct {
	*volume.Disk
	whole      *blockDevice
	scanning   sync.Mutex
	partitions []*blockDevice // guarded by disks.mu
}

// A blockDevice is a disk or a partition of one, as /dev has it.
type blockDevice struct {
	*volume.Volume
	disk      *disk
	name      string
	number    uint64 // as linux.Makedev makes it
	partition volume.Partition
}

// disks are the machine's.
type disks struct {
	mu       sync.Mutex
	all      []*disk
	byNumber map[uint64]*blockDevice
	extended uint32 // minor numbers given of MajorExtended
}

// minorsOf is how many minor numbers a disk has: its own, and those of 15 partitions.
const minorsOf = 16

// attachDisk makes b known, with its partitions.
func (p *Process) attachDisk(b device.Block) {
	d := &disk{Disk: volume.New(b, nanotime)}
	d.whole = &blockDevice{Volume: &d.Whole, disk: d, name: b.Name()}
	s := &p.disks
	s.mu.Lock()
	d.whole.number = s.numberOf(d.whole)
	s.all = append(s.all, d)
	s.mu.Unlock()
	p.plantDevice(d.whole)
	found := make(chan error, 1)
	go func() { found <- p.scan(d) }()
	deadline, over := clock.NewTimer(scanPatience)
	defer deadline.Stop()
	select {
	case err := <-found:
		if err != nil && err != volume.ErrNone {
			say(d.whole.name + ": " + err.Error())
		}
	case <-over:
		say(d.whole.name + ": the disk does not answer; its partitions may come later")
	}
}

// detachDisk makes b, which is gone, unknown. Who has it open gets errors.
func (p *Process) detachDisk(b device.Block) {
	s := &p.disks
	s.mu.Lock()
	var gone []*blockDevice
	var kept []*disk
	for _, d := range s.all {
		if d.Block != b {
			kept = append(kept, d)
			continue
		}
		gone = append(d.partitions, d.whole)
	}
	s.all = kept
	for _, d := range gone {
		delete(s.byNumber, d.number)
	}
	s.mu.Unlock()
	for _, d := range gone {
		p.uproot(d)
	}
}

// numberOf returns a device number for a new device. mu is held.
func (s *disks) numberOf(b *blockDevice) uint64 {
	disk, major := b.disk.whole.name, uint32(0)
	switch {
	case stringslite.HasPrefix(disk, "xvd"):
		major = linux.MajorXen
		disk = disk[len("xvd"):]
	case stringslite.HasPrefix(disk, "vd"):
		major = linux.MajorVirtio
		disk = disk[len("vd"):]
	}
	if n, ok := letterNumber(disk); ok && major != 0 && b.partition.Number < minorsOf {
		return linux.Makedev(major, n*minorsOf+uint32(b.partition.Number))
	}
	s.extended++
	return linux.Makedev(linux.MajorExtended, s.extended-1)
}

// letterNumber is which disk is meant by letters: a is 0, z 25, aa 26.
func letterNumber(s string) (n uint32, ok bool) {
	if s == "" || len(s) > 3 {
		return 0, false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < 'a' || s[i] > 'z' {
			return 0, false
		}
		n = n*26 + uint32(s[i]-'a') + 1
	}
	return n - 1, true
}

// scan reads a disk's partition table, and has /dev show what it names: what it named before, and has changed, goes.
func (p *Process) scan(d *disk) error {
	d.scanning.Lock()
	defer d.scanning.Unlock()
	found, err := d.Partitions()
	if err != nil && err != volume.ErrNone {
		return err
	}
	gone, fresh := p.disks.replace(d, found)
	for _, b := range gone {
		p.uproot(b)
	}
	for _, b := range fresh {
		p.plantDevice(b)
	}
	return err
}

// replace makes the partitions of d those that were found, and returns which are there no more and which are new.
func (s *disks) replace(d *disk, found []volume.Partition) (gone, fresh []*blockDevice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := map[volume.Partition]*blockDevice{}
	for _, b := range d.partitions {
		old[b.partition] = b
	}
	d.partitions = nil
	for _, part := range found {
		b := old[part]
		if delete(old, part); b == nil {
			b = &blockDevice{Volume: d.Volume(part), disk: d, partition: part, name: partitionName(d.whole.name, part.Number)}
			b.number = s.numberOf(b)
			fresh = append(fresh, b)
		}
		d.partitions = append(d.partitions, b)
	}
	for _, b := range old {
		delete(s.byNumber, b.number)
		gone = append(gone, b)
	}
	return gone, fresh
}

// partitionName is vda1, or where the disk's name ends in a digit nvme0p1.
func partitionName(disk string, n int) string {
	if last := disk[len(disk)-1]; last >= '0' && last <= '9' {
		disk += "p"
	}
	return disk + decimal(n)
}

// plantDevice makes a device's node in /dev and its folder in /sys. What was there before, from the initrd, makes room.
func (p *Process) plantDevice(b *blockDevice) {
	s := &p.disks
	s.mu.Lock()
	if s.byNumber == nil {
		s.byNumber = map[uint64]*blockDevice{}
	}
	s.byNumber[b.number] = b
	s.mu.Unlock()
	p.fs.Uproot("/dev/" + b.name)
	_, e := p.fs.Mknod(p.fs.Root(), "/dev/"+b.name, linux.S_IFBLK|0o660, b.number)
	if e == 0 {
		e = p.plantBlock(b)
	}
	if e != 0 {
		say("no room for /dev/" + b.name)
	}
	p.mountDevice(b)
}

// uproot takes away what plantDevice made. Who has the device open goes on using it.
func (p *Process) uproot(b *blockDevice) {
	p.fs.Uproot("/dev/" + b.name)
	for _, l := range b.links() {
		p.fs.Uproot(l)
	}
	p.fs.Uproot("/sys/" + b.folder())
}

// openBlock opens the disk or partition that a node stands for.
func (p *Process) openBlock(n *fs.Inode) (file, linux.Errno) {
	s := &p.disks
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.byNumber[n.Rdev()]; b != nil {
		return &blockFile{b}, 0
	}
	return nil, linux.ENXIO
}

// each calls f for each disk and partition, in order.
func (s *disks) each(f func(*blockDevice)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.all {
		f(d.whole)
		for _, b := range d.partitions {
			f(b)
		}
	}
}

// flush makes what was written to any disk survive a crash.
func (s *disks) flush() (e linux.Errno) {
	s.mu.Lock()
	all := s.all
	s.mu.Unlock()
	for _, d := range all {
		if err := d.Flush(); err != nil {
			e = blockErrno(err)
		}
	}
	return e
}

// blockErrno is what Linux says for what a disk says.
func blockErrno(err error) linux.Errno {
	switch err {
	case nil:
		return 0
	case device.ErrReadOnly:
		return linux.EPERM
	case device.ErrUnsupported:
		return linux.EOPNOTSUPP
	case device.ErrRange:
		return linux.EINVAL
	case device.ErrNoSpace:
		return linux.ENOSPC
	case device.ErrGone:
		return linux.ENXIO
	}
	return linux.EIO
}
