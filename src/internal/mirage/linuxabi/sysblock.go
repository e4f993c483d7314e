package linuxabi

import "internal/mirage/linuxabi/linux"

// What /sys and /proc say of disks (Documentation/ABI/stable/sysfs-block, proc(5)).

// A blockText is a file in the folder of a disk or a partition.
type blockText struct {
	name string
	text func(b *blockDevice) string
}

// blockFiles are in the folders of both.
var blockFiles = []blockText{
	{"dev", (*blockDevice).dev},
	{"size", func(b *blockDevice) string { return decimal(b.Size() / 512) }},
	{"ro", func(b *blockDevice) string { return decimal(bit(b.Geometry().ReadOnly)) }},
	{"alignment_offset", func(*blockDevice) string { return "0" }},
	{"inflight", func(b *blockDevice) string { return padded(decimal(b.Counts.UnderWay()), 8) + padded("0", 9) }},
	{"stat", (*blockDevice).counted},
	{"uevent", (*blockDevice).event},
}

// diskFiles are in a disk's folder alone.
var diskFiles = []blockText{
	{"removable", func(*blockDevice) string { return "0" }},
	{"hidden", func(*blockDevice) string { return "0" }},
	{"range", func(*blockDevice) string { return decimal(minorsOf) }},
	{"ext_range", func(*blockDevice) string { return "256" }},
	{"serial", func(b *blockDevice) string { return b.Geometry().Serial }},
	{"queue/logical_block_size", func(b *blockDevice) string { return decimal(b.Geometry().Sector) }},
	{"queue/hw_sector_size", func(b *blockDevice) string { return decimal(b.Geometry().Sector) }},
	{"queue/physical_block_size", func(b *blockDevice) string { return decimal(b.physical()) }},
	{"queue/minimum_io_size", func(b *blockDevice) string { return decimal(b.physical()) }},
	{"queue/optimal_io_size", func(b *blockDevice) string { return decimal(b.Geometry().Optimal) }},
	{"queue/rotational", func(*blockDevice) string { return "0" }},
	{"queue/read_ahead_kb", func(*blockDevice) string { return "0" }},
	{"queue/scheduler", func(*blockDevice) string { return "[none]" }},
	{"queue/discard_granularity", func(b *blockDevice) string { return decimal(b.Geometry().DiscardUnit) }},
	{"queue/discard_max_bytes", func(b *blockDevice) string { return decimal(b.Geometry().MaxDiscard) }},
	{"queue/write_cache", func(b *blockDevice) string {
		if b.Geometry().Volatile {
			return "write back"
		}
		return "write through"
	}},
}

// partitionFiles are in a partition's folder alone.
var partitionFiles = []blockText{
	{"partition", func(b *blockDevice) string { return decimal(b.partition.Number) }},
	{"start", func(b *blockDevice) string { return decimal(b.partition.Start / 512) }},
}

func (b *blockDevice) isDisk() bool { return b == b.disk.whole }

func (b *blockDevice) physical() int { g := b.Geometry(); return max(g.Physical, g.Sector) }

// numbers are the device's, as text.
func (b *blockDevice) numbers() (major, minor string) {
	return decimal(b.number >> 8 & 0xfff), decimal(b.number&0xff | b.number>>12&0xfff00)
}

func (b *blockDevice) dev() string {
	major, minor := b.numbers()
	return major + ":" + minor
}

// folder is where the device's files are.
func (b *blockDevice) folder() string {
	disk := b.disk.whole.name
	path := "devices/platform/" + disk + "/block/" + disk
	if !b.isDisk() {
		path += "/" + b.name
	}
	return path
}

// links are the names by which programs find the folder.
func (b *blockDevice) links() []string {
	all := []string{"/sys/class/block/" + b.name, "/sys/dev/block/" + b.dev()}
	if b.isDisk() {
		all = append(all, "/sys/block/"+b.name)
	}
	return all
}

// plantBlock makes a device's folder.
func (p *Process) plantBlock(b *blockDevice) linux.Errno {
	files := append([]blockText{}, blockFiles...)
	if b.isDisk() {
		files = append(files, diskFiles...)
	} else {
		files = append(files, partitionFiles...)
	}
	table := make([]generated, len(files))
	for i, f := range files {
		table[i] = generated{f.name, func(*Process) string { return f.text(b) + "\n" }}
	}
	if e := p.plantFiles("/sys/"+b.folder()+"/", table); e != 0 {
		return e
	}
	for _, l := range b.links() {
		if e := p.plantAbove(l); e != 0 {
			return e
		}
		up := "" // from the link's folder to /sys
		for _, c := range l[len("/sys/"):] {
			if c == '/' {
				up += "../"
			}
		}
		if e := p.fs.Pointer(l, up+b.folder()); e != 0 {
			return e
		}
	}
	return 0
}

// event is what udev is told.
func (b *blockDevice) event() string {
	major, minor := b.numbers()
	s := "MAJOR=" + major + "\nMINOR=" + minor + "\nDEVNAME=" + b.name
	if b.isDisk() {
		return s + "\nDEVTYPE=disk"
	}
	s += "\nDEVTYPE=partition\nPARTN=" + decimal(b.partition.Number)
	if l := b.partition.Label; l != "" {
		s += "\nPARTNAME=" + l
	}
	if id := b.partition.ID; id != "" {
		s += "\nPARTUUID=" + id
	}
	return s
}

// counted is Documentation/admin-guide/iostats.rst: reads, merged ones, sectors, milliseconds; the same of writes; what is under
// way, and milliseconds, and what is discarded and flushed, which is not counted.
func (b *blockDevice) counted() string {
	const perSector, perMillisecond = 512, 1e6
	r, w := b.Counts.Reads(), b.Counts.Writes()
	ms := (r.Nanoseconds + w.Nanoseconds) / perMillisecond
	s := ""
	for _, n := range []uint64{
		r.Done, 0, r.Bytes / perSector, r.Nanoseconds / perMillisecond,
		w.Done, 0, w.Bytes / perSector, w.Nanoseconds / perMillisecond,
		uint64(b.Counts.UnderWay()), ms, ms, 0, 0, 0, 0, 0, 0,
	} {
		s += " " + decimal(n)
	}
	return s[1:]
}

// partitionsText is /proc/partitions.
func partitionsText(p *Process) string {
	s := "major minor  #blocks  name\n\n"
	p.disks.each(func(b *blockDevice) {
		major, minor := b.numbers()
		s += padded(major, 4) + padded(minor, 9) + padded(decimal(b.Size()/1024), 11) + " " + b.name + "\n"
	})
	return s
}

// diskText is /proc/diskstats.
func diskText(p *Process) (s string) {
	p.disks.each(func(b *blockDevice) {
		major, minor := b.numbers()
		s += padded(major, 4) + padded(minor, 8) + " " + b.name + " " + b.counted() + "\n"
	})
	return s
}
