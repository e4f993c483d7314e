package linuxabi

import (
	"internal/bytealg"
	"internal/mirage/clock"
	"internal/mirage/fat"
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
	"internal/mirage/volume"
	"internal/strconv"
	"internal/stringslite"
	"sync"
)

// Volumes that the command line mounts: when a disk has come that a word names, the volume is put in the tree, and from then on
// what programs leave unsynced is written by and by.

// A mountWord says what is mounted where: mount:/data=vda1:fat.
type mountWord struct {
	path, device, kind string
	readOnly           bool
}

// parseMount reads PATH=DEVICE:fat[,ro].
func parseMount(s string) (m mountWord, ok bool) {
	path, rest, ok := cut(s, '=')
	device, kind, ok2 := cut(rest, ':')
	kind, options, more := cut(kind, ',')
	for len(path) > 1 && path[len(path)-1] == '/' {
		path = path[:len(path)-1]
	}
	device = stringslite.TrimPrefix(device, "/dev/")
	if stringslite.HasPrefix(device, "mmc") && !stringslite.HasPrefix(device, "mmcblk") {
		device = "mmcblk" + device[len("mmc"):]
	}
	m = mountWord{path, device, kind, options == "ro"}
	return m, ok && ok2 && len(path) > 1 && path[0] == '/' && device != "" && kind == "fat" && (!more || m.readOnly)
}

// mount takes a word, or says why not. A volume that was mounted twice would be written by two who do not know of each other.
func (s *settings) mount(v string) (complaint string) {
	m, ok := parseMount(v)
	if !ok {
		return "is not mount:PATH=DEVICE:fat or mount:PATH=DEVICE:fat,ro"
	}
	for _, other := range s.mounts {
		if other.device == m.device || other.path == m.path {
			return "is left out: " + other.device + " is what is mounted at " + other.path
		}
	}
	s.mounts = append(s.mounts, m)
	return ""
}

// cut cuts s at the first c.
func cut(s string, c byte) (before, after string, found bool) {
	if i := bytealg.IndexByteString(s, c); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

// mountPatience is how long the beginning of main waits for a disk that is to be mounted.
const mountPatience = 10 * clock.Second

// mounts is which words wait for their disks, and what became of the others.
type mounts struct {
	mu      sync.Mutex
	waiting []mountWord
	settled chan struct{} // closed when none waits any more
	tending sync.Once
}

// expectMounts notes what is to be mounted, before disks are attached. Nothing can be made in a place until its volume is there: what a
// program believes to be on a disk must not end up in memory.
func (p *Process) expectMounts(words []mountWord) {
	p.mounts.waiting = words
	p.mounts.settled = make(chan struct{})
	if len(words) == 0 {
		close(p.mounts.settled)
	}
	for _, w := range words {
		if e := p.fs.Reserve(w.path); e != 0 {
			say("no volume can be mounted at " + w.path + ": error " + strconv.Itoa(int(e)))
		}
	}
}

// awaitMounts waits for the disks that are to be mounted.
func (p *Process) awaitMounts() {
	deadline, over := clock.NewTimer(mountPatience)
	defer deadline.Stop()
	select {
	case <-p.mounts.settled:
		return
	case <-over:
	}
	p.mounts.mu.Lock()
	defer p.mounts.mu.Unlock()
	for _, w := range p.mounts.waiting {
		say("mount:" + w.path + "=" + w.device + ":" + w.kind + " waits for its disk: see /proc/partitions for those that are there")
	}
}

// mountDevice mounts what a word says of a device that has come.
func (p *Process) mountDevice(b *blockDevice) {
	m := &p.mounts
	m.mu.Lock()
	var mine, others []mountWord
	for _, w := range m.waiting {
		if w.device == b.name {
			mine = append(mine, w)
		} else {
			others = append(others, w)
		}
	}
	m.waiting = others
	m.mu.Unlock()
	for _, w := range mine {
		if err := p.mount(w, b); err != "" {
			say(w.path + " cannot be mounted from " + b.name + ": " + err)
		}
	}
	if len(mine) > 0 && len(others) == 0 {
		close(m.settled)
	}
}

// mount mounts a volume and returns what went wrong, if anything.
func (p *Process) mount(w mountWord, b *blockDevice) string {
	v, err := fat.Mount(volumeDisk{b.Volume}, wallClock, w.readOnly || b.Geometry().ReadOnly)
	if err != nil {
		return err.Error()
	}
	if found := v.Found().String(); found != "" {
		say(b.name + ": " + found)
	}
	if e := p.fs.Mount(fs.Mount{Path: w.path, Device: b.number, Name: b.name, Volume: v}); e != 0 {
		return "error " + strconv.Itoa(int(e)) + " at " + w.path
	}
	p.mounts.tending.Do(func() { go p.tend() })
	return ""
}

// volumeDisk is what a volume lies on.
type volumeDisk struct{ *volume.Volume }

func (d volumeDisk) ReadAt(p []byte, off int64) error {
	n, err := d.Volume.ReadAt(p, off)
	return whole(n, len(p), err)
}

func (d volumeDisk) WriteAt(p []byte, off int64) error {
	n, err := d.Volume.WriteAt(p, off)
	return whole(n, len(p), err)
}

func whole(n, want int, err error) error {
	if err == nil && n < want {
		return fat.ErrTooLong
	}
	return err
}

// When what programs have not synced is written: what a cut of power may lose is this old, and a volume that is left alone for a
// while needs no check afterwards.
const (
	tendInterval = 5 * clock.Second
	tendSettled  = 6 // intervals
)

// tend writes what has changed, by and by.
func (p *Process) tend() {
	type state struct {
		changes uint64
		idle    int
	}
	states := map[*fs.Mount]*state{}
	for {
		clock.Sleep(tendInterval)
		p.mapped.save()
		for _, m := range p.fs.Mounts() {
			s := states[m]
			if s == nil {
				s = new(state)
				states[m] = s
			}
			if n := m.Changes(); n != s.changes {
				s.changes, s.idle = n, 0
				p.tended(m, m.Sync())
			} else if s.idle++; s.idle == tendSettled {
				p.tended(m, m.Settle())
			}
		}
	}
}

func (p *Process) tended(m *fs.Mount, e linux.Errno) {
	if e != 0 {
		say(m.Name + ": what was written to " + m.Path + " cannot be put on the disk: error " + strconv.Itoa(int(e)))
	}
}

// syncMounts makes all volumes survive a cut of power; settle says that they are not in use then.
func (p *Process) syncMounts(settle bool) {
	all := p.fs.Mounts()
	if len(all) == 0 {
		return
	}
	p.mapped.save()
	for _, m := range all {
		if settle {
			p.tended(m, m.Settle())
		} else {
			m.Sync()
		}
	}
}

// save gives volumes what mappings of their files have written.
func (m *mappedFiles) save() {
	m.mu.Lock()
	var all []*fs.Inode
	for _, n := range m.files {
		n.Acquire()
		all = append(all, n)
	}
	m.mu.Unlock()
	for _, n := range all {
		n.SavePages()
		n.Release()
	}
}

// syncMapped serves msync with MS_SYNC.
func (p *Process) syncMapped(start, end uintptr) linux.Errno {
	for start < end {
		r, ok := nextRange(start)
		if !ok || r.Start >= end {
			break
		}
		start = r.End
		if n := p.mapped.file(r.Object); n != nil {
			e := n.Sync()
			n.Release()
			if e != 0 {
				return e
			}
		}
	}
	return 0
}

// mountsText is /proc/mounts.
func mountsText(p *Process) string {
	s := "tmpfs / tmpfs rw 0 0\n"
	for _, m := range p.fs.Mounts() {
		s += "/dev/" + m.Name + " " + escaped(m.Path) + " vfat " + accessOfMount(m) + ",noatime,fmask=0022,dmask=0022,utf8 0 0\n"
	}
	return s
}

func accessOfMount(m *fs.Mount) string {
	if m.ReadOnly() {
		return "ro"
	}
	return "rw"
}

// mountInfoText is /proc/self/mountinfo (proc(5)).
func mountInfoText(p *Process) string {
	s := "1 0 0:1 / / rw - tmpfs tmpfs rw\n"
	for i, m := range p.fs.Mounts() {
		s += strconv.Itoa(i+2) + " 1 " + strconv.Itoa(int(major(m.Device))) + ":" + strconv.Itoa(int(minor(m.Device))) + " / " + escaped(m.Path) + " " + accessOfMount(m) + ",noatime - vfat /dev/" + m.Name + " " + accessOfMount(m) + "\n"
	}
	return s
}

// escaped is a path without blanks, as the kernel writes them (getmntent(3)).
func escaped(path string) string {
	var b []byte
	for i := range len(path) {
		switch c := path[i]; c {
		case ' ', '\t', '\n', '\\':
			b = append(b, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		default:
			b = append(b, c)
		}
	}
	return string(b)
}
