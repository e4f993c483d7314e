package fs

import (
	"internal/bytealg"
	"internal/mirage/inflate"
	"internal/mirage/linuxabi/linux"
)

// Unpack puts the files of an initrd into the tree, over what is there. Their contents stay in image, which must
// not change any more, but for the compressed parts: spare, if it is not nil, is called with each that is not needed any more. After
// an error the files before it are in the tree.
func (f *FS) Unpack(image []byte, spare func(part []byte)) error {
	u := &unpacker{fs: f, links: make(map[linkKey]*Inode)}
	defer u.setTimes()
	r := &reader{image: image}
	for {
		if err := u.archive(r); err != nil || r.at == len(image) {
			return err
		}
		plain, n, what := inflate.Gzip(image[r.at:], int(f.limit))
		if what != "" {
			return r.fail("the initrd is compressed with gzip, and " + what)
		}
		inside := &reader{image: plain}
		if err := u.archive(inside); err != nil {
			return err
		}
		if inside.at < len(plain) {
			return r.fail("the initrd is compressed twice")
		}
		if spare != nil {
			spare(image[r.at : r.at+n])
		}
		r.at += n
	}
}

// archive makes the files of members until there is none.
func (u *unpacker) archive(r *reader) error {
	for ; ; u.count++ {
		m, err := r.next()
		if m == nil || err != nil {
			return err
		}
		if u.count == maxMembers {
			return &FormatError{m.offset, "the initrd has too many files"}
		}
		if m.name == trailer {
			clear(u.links) // inode numbers are those of one archive
			continue
		}
		if what := u.member(m); what != "" {
			return &FormatError{m.offset, what}
		}
	}
}

type linkKey struct{ ino, major, minor uint32 }

type unpacker struct {
	fs    *FS
	links map[linkKey]*Inode // files that have more than one name
	count int
	times []folderTime // set last: a directory's time changes with each name in it
}

type folderTime struct {
	folder *Inode
	mtime  int64
}

// setTimes gives directories the times that the archive says.
func (u *unpacker) setTimes() {
	for _, t := range u.times {
		t.folder.mtime.Store(t.mtime)
	}
}

// member makes one file and returns what is wrong, if anything.
func (u *unpacker) member(m *member) string {
	if m.crc && m.mode&linux.S_IFMT == linux.S_IFREG && sum(m.data) != m.checked {
		return "a file's checksum is wrong"
	}
	f := u.fs
	f.mu.Lock()
	defer f.mu.Unlock()
	p, what := u.place(m.name)
	if what != "" || p.kind != endName && p.node == nil {
		return what
	}
	n, what := u.node(m, p)
	if what != "" {
		return what
	}
	n.mode.Store(n.Type() | m.mode&linux.S_IALL)
	n.uid.Store(m.uid)
	n.gid.Store(m.gid)
	mtime := int64(m.mtime) * 1e9
	n.mtime.Store(mtime)
	n.atime.Store(mtime)
	if n.Type() == linux.S_IFDIR {
		u.times = append(u.times, folderTime{n, mtime})
	}
	return ""
}

func sum(b []byte) (s uint32) {
	for _, c := range b {
		s += uint32(c)
	}
	return s
}

// place finds where a member goes, and makes the directories above it that the archive left out.
func (u *unpacker) place(name string) (place, string) {
	for i := 1; i < len(name); i++ {
		if name[i] != '/' || name[i-1] == '/' {
			continue
		}
		p, e := u.fs.walk(u.fs.root, name[:i], true, false)
		if e == 0 && p.node == nil {
			_, e = u.fs.create(p, linux.S_IFDIR|0o755, 0)
		}
		if e != 0 {
			return p, problem(e)
		}
	}
	p, e := u.fs.walkParent(u.fs.root, name)
	if p.kind == endLong {
		e = linux.ENAMETOOLONG
	}
	if e != 0 {
		return p, problem(e)
	}
	return p, ""
}

func problem(e linux.Errno) string {
	switch e {
	case linux.ENOSPC:
		return "the initrd's files do not fit in memory"
	case linux.ENAMETOOLONG:
		return "a name is too long"
	}
	return "a name's directory is no directory"
}

// node makes what m is at p, in place of what is there.
func (u *unpacker) node(m *member, p place) (*Inode, string) {
	kind := m.mode & linux.S_IFMT
	switch {
	case p.node != nil && p.node.IsDir() && kind == linux.S_IFDIR:
		return p.node, ""
	case p.kind != endName:
		return nil, "a file has the name of a directory"
	case p.node != nil && p.node.IsDir():
		if e := u.fs.rmdir(p); e != 0 {
			return nil, "a file has the name of a directory that is not empty"
		}
		p.node = nil
	}
	key := linkKey{m.ino, m.devmajor, m.devminor}
	if first := u.links[key]; m.nlink > 1 && kind == linux.S_IFREG && first != nil && first.nlink > 0 {
		return u.another(m, p, first)
	}
	if p.node != nil {
		u.fs.unlink(p)
	}
	n, what := u.make(m, p, kind)
	if what == "" && m.nlink > 1 && kind == linux.S_IFREG {
		u.links[key] = n
	}
	return n, what
}

// another makes p one more name of first. In newc form the data come with any one of the names.
func (u *unpacker) another(m *member, p place, first *Inode) (*Inode, string) {
	if p.node != first {
		if p.node != nil {
			u.fs.unlink(p)
		}
		if e := u.fs.link(p, first); e != 0 {
			return nil, problem(e)
		}
	}
	if len(m.data) > 0 {
		first.place(m.data)
	}
	return first, ""
}

func (u *unpacker) make(m *member, p place, kind uint32) (*Inode, string) {
	switch kind {
	case linux.S_IFREG, linux.S_IFDIR, linux.S_IFIFO, linux.S_IFSOCK:
	case linux.S_IFLNK:
		if len(m.data) == 0 || len(m.data) >= linux.PATH_MAX || bytealg.IndexByte(m.data, 0) >= 0 {
			return nil, "a symbolic link's target is wrong"
		}
	case linux.S_IFCHR, linux.S_IFBLK:
	default:
		return nil, "a file is of a type that does not exist"
	}
	n, e := u.fs.create(p, kind|m.mode&linux.S_IALL, linux.Makedev(m.rdevmajor, m.rdevminor))
	if e != 0 {
		return nil, problem(e)
	}
	switch kind {
	case linux.S_IFREG:
		n.place(m.data)
	case linux.S_IFLNK:
		n.target = string(m.data)
	}
	return n, ""
}

// place makes data, in memory that does not change, the contents of n.
func (n *Inode) place(data []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.data.truncate(n.fs, 0)
	n.data.base = data[:len(data):len(data)]
	n.data.size = int64(len(data))
}
