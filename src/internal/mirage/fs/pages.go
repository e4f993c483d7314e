package fs

import "internal/mirage/linuxabi/linux"

// pageSize is the size of the pages that contents are kept in once a file is mapped, bytes.
const pageSize = 4096

// Pages are the contents of a file that is mapped, or was. Whoever maps it reads and writes them without asking, and may
// make pages of a hole. Methods that change them are called with the inode locked.
type Pages interface {
	// Page returns page index to be read, nil if it has none of its own: then it is the base's, or zero.
	Page(index int64) []byte
	// Own returns it to be written, and makes it if need be; nil when there is no memory.
	Own(index int64) []byte
	// Resize sets the size in bytes. What lies behind is gone, for those who map it too.
	Resize(size int64)
	// Drop forgets the pages from first to before last.
	Drop(first, last int64)
	// Held returns how many bytes the pages take.
	Held() int64
	// Written reports whether a mapping has written since it was last asked.
	Written() bool
	// Free ends them. Nobody maps them any more.
	Free()
}

// A Pager makes the pages of a file that holds base, nil when there is no memory.
type Pager func(base []byte) Pages

// SetPager lets files be mapped: pager makes their pages. It is called before there are files.
func (f *FS) SetPager(pager Pager) { f.pager = pager }

// Map returns the pages of a regular file, whose contents are in them from now on. The errors are ENODEV, and ENOMEM.
func (n *Inode) Map() (Pages, linux.Errno) {
	if n.Type() != linux.S_IFREG || n.generate != nil || n.fs.pager == nil {
		return nil, linux.ENODEV
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.data.pages == nil && n.file != nil {
		if e := n.loadPages(); e != 0 {
			return nil, e
		}
	} else if n.data.pages == nil && !n.data.page(n.fs) {
		return nil, linux.ENOMEM
	}
	return n.data.pages, 0
}

// page moves the contents from chunks to pages, and reports whether there was memory.
func (c *content) page(f *FS) bool {
	pages := f.pager(c.base)
	if pages == nil {
		return false
	}
	for index, chunk := range c.chunks {
		for at := 0; at < len(chunk); at += pageSize {
			p := pages.Own((index*chunkSize + int64(at)) / pageSize)
			if p == nil {
				pages.Free()
				return false
			}
			clear(p[copy(p, chunk[at:]):])
		}
	}
	pages.Resize(c.size)
	c.pages, c.chunks = pages, nil
	c.account(f)
	return true
}

// account reserves what the pages take: mappings make some without asking, up to all of memory.
func (c *content) account(f *FS) {
	bytes := c.pages.Held()
	f.used.Add(bytes - c.bytes)
	c.bytes = bytes
}

// part cuts what lies within one page off b, which is at off.
func part(b []byte, off int64) (index int64, at int, rest []byte) {
	at = int(off % pageSize)
	return off / pageSize, at, b[:min(len(b), pageSize-at)]
}

func (c *content) readPages(p []byte, off int64) {
	for len(p) > 0 {
		index, at, to := part(p, off)
		src := c.pages.Page(index)
		if src == nil && index*pageSize < int64(len(c.base)) {
			src = c.base[index*pageSize : min((index+1)*pageSize, int64(len(c.base)))]
		}
		n := 0
		if at < len(src) {
			n = copy(to, src[at:])
		}
		clear(to[n:])
		p, off = p[len(to):], off+int64(len(to))
	}
}

func (c *content) writePages(f *FS, p []byte, off int64) (int, linux.Errno) {
	done := 0
	for done < len(p) {
		index, at, from := part(p[done:], off+int64(done))
		to, e := c.ownPage(f, index)
		if e != 0 {
			if done > 0 {
				break
			}
			return 0, e
		}
		copy(to[at:], from)
		done += len(from)
		if end := off + int64(done); end > c.size {
			c.size = end
			c.pages.Resize(end)
		}
	}
	return done, 0
}

// ownPage returns a page to be written. The error is ENOSPC.
func (c *content) ownPage(f *FS, index int64) ([]byte, linux.Errno) {
	if p := c.pages.Page(index); p != nil {
		return p, 0
	}
	if !f.reserve(pageSize) {
		return nil, linux.ENOSPC
	}
	p := c.pages.Own(index)
	if p == nil {
		f.unreserve(pageSize)
		return nil, linux.ENOSPC
	}
	c.bytes += pageSize
	return p, 0
}

func (c *content) zeroPages(f *FS, off, end int64) linux.Errno {
	defer c.account(f)
	for off < end {
		index, at := off/pageSize, off%pageSize
		to := min(end, (index+1)*pageSize)
		inBase := index*pageSize < int64(len(c.base))
		switch {
		case at == 0 && to-off == pageSize && !inBase: // whole pages
			last := end / pageSize
			c.pages.Drop(index, last)
			to = last * pageSize
		case inBase || c.pages.Page(index) != nil:
			p, e := c.ownPage(f, index)
			if e != 0 {
				return e
			}
			clear(p[at : to-index*pageSize])
		}
		off = to
	}
	return 0
}

// fillPages gives memory to every page of [off, end) that has none.
func (c *content) fillPages(f *FS, off, end int64) linux.Errno {
	for index := off / pageSize; index <= (end-1)/pageSize; index++ {
		if (index+1)*pageSize <= int64(len(c.base)) {
			continue
		}
		if _, e := c.ownPage(f, index); e != 0 {
			return e
		}
	}
	return 0
}
