package fs

import (
	"internal/mirage/linuxabi/linux"
	"sync"
	"sync/atomic"
)

// Who wants to hear what happens to a node, or in a directory (inotify(7)).

// A Watch is such a wish. Its mask says which events it is for.
type Watch struct {
	node *Inode
	mask uint32
	hear func(events, cookie uint32, name string)
}

// watching is what a tree has for it. Its lock comes after the tree's, and before those that hear takes.
type watching struct {
	count  atomic.Int64 // of watches: nobody is told anything as long as there is none
	cookie atomic.Uint32
	mu     sync.Mutex // guards the watches of all nodes
}

// A home is where a node is: the directory and the name that it got last. What has more than one name is in none of
// the others, and what was removed stays where it was, as for Linux's open files.
type home struct {
	dir  *Inode
	name string
}

// NewWatch makes a watch that, once it is started, tells hear of the events of mask that happen to n, and in it if it is
// a directory. hear is called with locks held, must be quick and must not call the tree. The last call is for IN_IGNORED.
func (n *Inode) NewWatch(mask uint32, hear func(events, cookie uint32, name string)) *Watch {
	return &Watch{n, mask, hear}
}

// Start begins.
func (w *Watch) Start() {
	f := w.node.fs
	f.watching.mu.Lock()
	w.node.watches = append(w.node.watches, w)
	f.watching.mu.Unlock()
	f.watching.count.Add(1)
}

// Change gives w another mask, or adds to the one that it has.
func (w *Watch) Change(mask uint32, add bool) {
	f := w.node.fs
	f.watching.mu.Lock()
	if add {
		mask |= w.mask
	}
	w.mask = mask
	f.watching.mu.Unlock()
}

// Node is what w watches.
func (w *Watch) Node() *Inode { return w.node }

// Stop ends w, with IN_IGNORED.
func (w *Watch) Stop() {
	w.node.fs.watching.mu.Lock()
	w.stop()
	w.node.fs.watching.mu.Unlock()
}

// stop is Stop with the lock held. A watch that has ended stays so.
func (w *Watch) stop() {
	n := w.node
	for i := range n.watches {
		if n.watches[i] == w {
			n.watches = append(n.watches[:i], n.watches[i+1:]...)
			n.fs.watching.count.Add(-1)
			w.hear(linux.IN_IGNORED, 0, "")
			return
		}
	}
}

// Happened tells of something that happened to n.
func (n *Inode) Happened(events uint32) {
	if n.fs.watching.count.Load() != 0 {
		n.fs.mu.RLock()
		n.happened(events)
		n.fs.mu.RUnlock()
	}
}

// happened tells those who watch the directory that n is in, and those who watch n. fs.mu is held.
func (n *Inode) happened(events uint32) {
	if n.home.dir != nil {
		n.home.dir.tell(events|n.isDirEvent(), 0, n.home.name, n.nlink == 0)
	}
	n.tell(events|n.isDirEvent(), 0, "", false)
}

// happened tells those who watch the directory of p of something that happened to the name there. fs.mu is held.
func (p place) happened(events, cookie uint32, node *Inode) {
	p.dir.tell(events|node.isDirEvent(), cookie, p.name, false)
}

func (n *Inode) isDirEvent() uint32 {
	if n.IsDir() {
		return linux.IN_ISDIR
	}
	return 0
}

// tell tells those who watch n.
func (n *Inode) tell(events, cookie uint32, name string, unlinked bool) {
	f := n.fs
	if f.watching.count.Load() == 0 {
		return
	}
	f.watching.mu.Lock()
	defer f.watching.mu.Unlock()
	for i := len(n.watches) - 1; i >= 0; i-- { // backwards: one may end
		w := n.watches[i]
		if events&w.mask&linux.IN_ALL_EVENTS == 0 || unlinked && w.mask&linux.IN_EXCL_UNLINK != 0 {
			continue
		}
		w.hear(events, cookie, name)
		if w.mask&linux.IN_ONESHOT != 0 {
			w.stop()
		}
	}
}

// forget ends the watches of what is no more.
func (n *Inode) forget() {
	f := n.fs
	if f.watching.count.Load() == 0 {
		return
	}
	n.tell(linux.IN_DELETE_SELF, 0, "", false)
	f.watching.mu.Lock()
	defer f.watching.mu.Unlock()
	for len(n.watches) > 0 {
		n.watches[0].stop()
	}
}
