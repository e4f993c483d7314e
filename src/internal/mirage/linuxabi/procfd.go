package linuxabi

import (
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
	"internal/strconv"
)

// Descriptors in /proc/self/fd and /proc/self/fdinfo.

// descriptorLinks is /proc/self/fd: a link for each descriptor, which leads to its file whether or not that has a name.
type descriptorLinks struct{ p *Process }

// Where the inode numbers of those links, and of what is told of the descriptors, begin: above all that the tree gives.
const (
	firstLinkIno = 1 << 48
	firstInfoIno = 2 << 48
)

// named returns the description of the descriptor that has this name in the folders, nil if there is none. It comes
// without a reference: giving that back could need the tree's lock, which is held.
func (p *Process) named(name string) (int, *description) {
	n, err := strconv.Atoi(name)
	if err != nil || n < 0 || strconv.Itoa(n) != name {
		return 0, nil
	}
	s := p.fds.at(n)
	if s == nil {
		return 0, nil
	}
	return n, s.d.Load()
}

// list gives descriptor n the cookie n+3, above those of the names that every directory has.
func (p *Process) list(ino uint64, kind uint32) (all []fs.Dirent) {
	p.fds.each(0, maxDescriptors, func(fd int, s *slot) {
		all = append(all, fs.Dirent{Name: strconv.Itoa(fd), Ino: ino + uint64(fd), Type: kind, Next: int64(fd) + 3})
	})
	return all
}

func (l descriptorLinks) Lookup(name string) *fs.Inode {
	n, d := l.p.named(name)
	if d == nil {
		return nil
	}
	return l.p.fs.NewLink(firstLinkIno+uint64(n), 0o700, descriptorLink{l.p, d})
}

func (l descriptorLinks) List() []fs.Dirent { return l.p.list(firstLinkIno, linux.S_IFLNK) }

// descriptorInfos is /proc/self/fdinfo.
type descriptorInfos struct{ p *Process }

func (l descriptorInfos) Lookup(name string) *fs.Inode {
	n, d := l.p.named(name)
	if d == nil {
		return nil
	}
	return l.p.fs.NewGenerated(firstInfoIno+uint64(n), 0o444, func() []byte {
		d.pos.Lock()
		offset := d.offset
		d.pos.Unlock()
		return []byte("pos:\t" + decimal(offset) + "\nflags:\t0" + zeroPadded(uint64(d.flags.Load()|linux.O_LARGEFILE), 8, 6) +
			"\nmnt_id:\t1\nino:\t" + decimal(l.p.inode(d).Ino()) + "\n")
	})
}

func (l descriptorInfos) List() []fs.Dirent { return l.p.list(firstInfoIno, linux.S_IFREG) }

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
