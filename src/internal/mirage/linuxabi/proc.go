package linuxabi

import (
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
	"internal/strconv"
	"runtime"
)

// /proc: files whose contents are made when they are opened (proc(5)).

func (p *Process) plantProc() linux.Errno {
	for _, path := range []string{"/proc", "/proc/self", "/proc/net", "/proc/sys", "/proc/sys/kernel", "/proc/sys/net", "/proc/sys/net/core", "/sys"} {
		if e := p.fs.Fixed(path, 0o555); e != 0 {
			return e
		}
	}
	if e := p.fs.Dynamic("/proc/self/fd", 0o500, descriptorLinks{p}); e != 0 {
		return e
	}
	files := []struct {
		path string
		text func() string
	}{
		{"/proc/meminfo", memoryText},
		{"/proc/cpuinfo", processorText},
		{"/proc/uptime", uptimeText},
		{"/proc/version", func() string { return "Linux version " + release + " (mirage) " + version + "\n" }},
		{"/proc/loadavg", func() string { return "0.00 0.00 0.00 1/1 1\n" }},
		{"/proc/self/mounts", func() string { return "tmpfs / tmpfs rw 0 0\n" }},
		{"/proc/net/dev", p.interfacesText},
		{"/proc/sys/kernel/hostname", func() string { return p.host.get() + "\n" }},
		{"/proc/sys/kernel/osrelease", func() string { return release + "\n" }},
		{"/proc/sys/kernel/ostype", func() string { return "Linux\n" }},
		{"/proc/sys/net/core/somaxconn", func() string { return "4096\n" }},
	}
	for _, f := range files {
		text := f.text
		if e := p.fs.Generated(f.path, 0o444, func() []byte { return []byte(text()) }); e != 0 {
			return e
		}
	}
	return 0
}

func memoryText() string {
	total, free := memory()
	line := func(name string, bytes uint64) string {
		return name + ":" + padded(strconv.Itoa(int(bytes/1024)), 15) + " kB\n"
	}
	return line("MemTotal", total) + line("MemFree", free) + line("MemAvailable", free)
}

// padded puts blanks before s until it is n long.
func padded(s string, n int) string {
	for len(s) < n {
		s = " " + s
	}
	return s
}

func processorText() (s string) {
	for i := range runtime.NumCPU() {
		s += "processor\t: " + strconv.Itoa(i) + "\n\n"
	}
	return s
}

// uptimeText says seconds since boot, with hundredths; how many of them were idle is not known.
func uptimeText() string {
	hundredths := nanotime() / 1e7
	digits := strconv.Itoa(int(hundredths % 100))
	if len(digits) < 2 {
		digits = "0" + digits
	}
	return strconv.Itoa(int(hundredths/100)) + "." + digits + " 0.00\n"
}

func (p *Process) interfacesText() string {
	s := "Inter-|   Receive                                                |  Transmit\n" +
		" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"
	for _, i := range p.net.stack.Interfaces() {
		c := i.Counters
		s += padded(i.Name, 6) + ":"
		for _, v := range [...]uint64{c.RxBytes, c.RxPackets, c.RxErrors, c.RxDropped, 0, 0, 0, c.RxMulticast,
			c.TxBytes, c.TxPackets, c.TxErrors, c.TxDropped, 0, 0, 0, 0} {
			s += " " + padded(strconv.Itoa(int(v)), 7)
		}
		s += "\n"
	}
	return s
}

// descriptorLinks is /proc/self/fd: a link for each descriptor, which leads to its file whether or not that has a name.
type descriptorLinks struct{ p *Process }

// firstLinkIno is where the inode numbers of those links begin: above all that the tree gives.
const firstLinkIno = 1 << 48

func (l descriptorLinks) Lookup(name string) *fs.Inode {
	n, err := strconv.Atoi(name)
	if err != nil || n < 0 || strconv.Itoa(n) != name {
		return nil
	}
	s := l.p.fds.at(n)
	if s == nil {
		return nil
	}
	d := s.d.Load() // without a reference: giving it back could need the lock that is held here
	if d == nil {
		return nil
	}
	return l.p.fs.NewLink(firstLinkIno+uint64(n), 0o700, descriptorLink{l.p, d})
}

// List gives descriptor n the cookie n+3, above those of the names that every directory has.
func (l descriptorLinks) List() (all []fs.Dirent) {
	l.p.fds.each(0, maxDescriptors, func(fd int, s *slot) {
		all = append(all, fs.Dirent{Name: strconv.Itoa(fd), Ino: firstLinkIno + uint64(fd), Type: linux.S_IFLNK, Next: int64(fd) + 3})
	})
	return all
}

// descriptorLink is one of them.
type descriptorLink struct {
	p *Process
	d *description
}

// Text is the path by which the file was opened, and what the file is if there was none.
func (l descriptorLink) Text() string {
	if l.d.opened.name != "" {
		return l.d.opened.path(l.p.fs)
	}
	n := l.p.inode(l.d)
	id := "[" + strconv.Itoa(int(n.Ino())) + "]"
	switch n.Type() {
	case linux.S_IFIFO:
		return "pipe:" + id
	case linux.S_IFSOCK:
		return "socket:" + id
	case linux.S_IFCHR:
		return "/dev/console"
	}
	return "anon_inode:" + id
}

// An origin is where and by which path a file was opened.
type origin struct {
	at   *fs.Inode
	name string
}

func (o origin) path(f *fs.FS) string {
	if o.name[0] == '/' {
		return o.name
	}
	dir, e := f.Path(o.at)
	if e != 0 {
		return o.name
	}
	if o.name == "." {
		return dir
	}
	if dir == "/" {
		return dir + o.name
	}
	return dir + "/" + o.name
}

func (l descriptorLink) Node() *fs.Inode { return l.p.inode(l.d) }
