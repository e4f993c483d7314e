package linuxabi

import (
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
	"internal/mirage/ranges"
	"sync"
)

// mappedFiles keeps a reference to each file that is mapped, by the object that its contents are in.
type mappedFiles struct {
	mu    sync.Mutex
	files map[uintptr]*fs.Inode
}

// place makes a mapping of n, whose reference it takes over, or of anonymous memory if that is nil.
func (m *mappedFiles) place(r ranges.Range, how int, n *fs.Inode) (uintptr, linux.Errno) {
	defer m.releaseUnmapped()
	if n == nil {
		r.Offset = 0
		return mapMemory(r, how)
	}
	defer n.Release()
	pages, e := n.Map()
	if e != 0 {
		return 0, e
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r.Object = objectOf(pages)
	at, e := mapMemory(r, how)
	if e == 0 && m.files[r.Object] == nil {
		if m.files == nil {
			m.files = make(map[uintptr]*fs.Inode)
		}
		n.Acquire()
		m.files[r.Object] = n
	}
	return at, e
}

// file returns the file that a mapping shows, with a reference; nil if it is not mapped any more.
func (m *mappedFiles) file(object uintptr) *fs.Inode {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.files[object]
	if n != nil {
		n.Acquire()
	}
	return n
}

// releaseUnmapped gives back the references to files that are not mapped any more.
func (m *mappedFiles) releaseUnmapped() {
	for {
		m.mu.Lock()
		object := unmappedObject()
		n := m.files[object]
		if n != nil && !objectMapped(object) {
			delete(m.files, object)
		} else {
			n = nil
		}
		m.mu.Unlock()
		if object == 0 {
			return
		}
		if n != nil {
			n.Release()
		}
	}
}
