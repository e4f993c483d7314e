package fs

import (
	"internal/bytealg"
	"internal/mirage/linuxabi/linux"
)

// A Link is a symbolic link that leads to a node rather than along a path, as those of /proc/self/fd do.
type Link interface {
	// Text is what readlink gives.
	Text() string
	// Node is where it leads, nil if nowhere. It is called with the tree's lock held.
	Node() *Inode
}

// A place is where a path ends.
type place struct {
	dir   *Inode // that holds the last name, nil if the path does not end in a name
	name  string // the last name
	node  *Inode // what is there, nil if nothing is
	slash bool   // slashes follow the last name
	kind  ending
}

// An ending is what the last component of a path is, for calls that treat the special ones in their own ways.
type ending uint8

const (
	endName ending = iota
	endRoot        // the path is / alone, or one of a Link
	endDot
	endDotDot
	endLong  // a name that is too long: the error comes with it
	endOther // it goes on in another tree: from node on, with the path that is in name
)

// existing returns the node at p. The errors are ENOENT and ENOTDIR (slashes after what is not a directory).
func (p place) existing() (*Inode, linux.Errno) {
	if p.node == nil {
		return nil, linux.ENOENT
	}
	if p.slash && !p.node.IsDir() {
		return nil, linux.ENOTDIR
	}
	return p.node, 0
}

// walk resolves path from the directory at, as path_resolution(7) says. A symbolic link in the last place is followed
// if follow is set or slashes follow it. create says that a regular file is to be made there if nothing is: then
// slashes after the last name are EISDIR, whatever it is. fs.mu is held.
func (f *FS) walk(at *Inode, path string, follow, create bool) (place, linux.Errno) {
	if path == "" {
		return place{}, linux.ENOENT
	}
	dir, links := at, 0
	if path[0] == '/' {
		dir = f.root
	}
	for {
		for path != "" && path[0] == '/' {
			path = path[1:]
		}
		if path == "" {
			return place{node: dir, kind: endRoot}, 0
		}
		if dir.dir == nil {
			return place{}, linux.ENOTDIR
		}
		name := path
		if i := bytealg.IndexByteString(path, '/'); i >= 0 {
			name = path[:i]
		}
		path = path[len(name):]
		last := onlySlashes(path)
		if create && last && path != "" && name != "." && name != ".." {
			return place{}, linux.EISDIR
		}
		if name == ".." && dir == f.root && f.covers != nil {
			return place{node: f.covers, name: name + path, kind: endOther}, 0
		}
		node, kind, e := f.step(dir, name)
		if e == linux.ENAMETOOLONG && last {
			return place{dir: dir, slash: path != "", kind: endLong}, e
		} else if e != 0 {
			return place{}, e
		}
		if node != nil && node.covered != nil {
			return place{node: node.covered.root, name: within(path), kind: endOther}, 0
		}
		if node != nil && node.Type() == linux.S_IFLNK && (!last || follow || path != "") {
			if links++; links > linux.MAXSYMLINKS {
				return place{}, linux.ELOOP
			}
			if node.link == nil {
				node.accessed()
				path = node.target + path
				if path[0] == '/' {
					dir = f.root
				}
				continue
			}
			if node, kind = node.link.Node(), endRoot; node == nil {
				return place{}, linux.ENOENT
			}
		}
		if last {
			return place{dir, name, node, path != "", kind}, 0
		}
		if node == nil {
			return place{}, linux.ENOENT
		}
		dir = node
	}
}

// within is what is left of a path behind the name of a volume's place: from the volume's root on.
func within(path string) string {
	for path != "" && path[0] == '/' {
		path = path[1:]
	}
	if path == "" {
		return "/"
	}
	return path
}

// step looks up one name in dir; a name that does not exist is node nil.
func (f *FS) step(dir *Inode, name string) (node *Inode, kind ending, e linux.Errno) {
	switch name {
	case ".":
		return dir, endDot, 0
	case "..":
		return dir.dir.parent, endDotDot, 0
	}
	if dir.isDead() {
		return nil, 0, linux.ENOENT
	}
	if dir.file != nil {
		node, e = dir.lookupFile(name)
		return node, endName, e
	}
	if len(name) > linux.NAME_MAX {
		return nil, 0, linux.ENAMETOOLONG
	}
	return dir.dir.lookup(name), endName, 0
}

// walkParent is walk for calls that make, remove or move the last name: a symbolic link there is not followed even if
// slashes come after it (filename_parentat). A last name that is too long is no error yet.
func (f *FS) walkParent(at *Inode, path string) (place, linux.Errno) {
	end := len(path)
	for end > 1 && path[end-1] == '/' {
		end--
	}
	p, e := f.walk(at, path[:end], false, false)
	p.slash = end < len(path)
	if p.kind == endLong {
		e = 0
	}
	return p, e
}

func onlySlashes(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] != '/' {
			return false
		}
	}
	return true
}

// Lookup returns what path leads to from the directory at. follow says whether a symbolic link in the last place is
// followed. The errors are ENOENT, ENOTDIR, ELOOP and ENAMETOOLONG.
func (f *FS) Lookup(at *Inode, path string, follow bool) (*Inode, linux.Errno) {
	at, path = f.reach(at, path, follow, false)
	f = at.fs
	f.mu.RLock()
	defer f.mu.RUnlock()
	p, e := f.walk(at, path, follow, false)
	if e != 0 {
		return nil, e
	}
	return p.existing()
}
