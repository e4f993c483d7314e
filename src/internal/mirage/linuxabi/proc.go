package linuxabi

import (
	"internal/bytealg"
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
	"internal/strconv"
)

// /proc and /sys: files whose contents are made when they are opened. Each folder's are a table, in the file named
// after it; what stands here puts them in the tree.

// A generated file is one line of such a table.
type generated struct {
	path string
	text func(p *Process) string
}

// says makes a text that never changes.
func says(s string) func(*Process) string { return func(*Process) string { return s } }

// plantSystem makes /proc and /sys.
func (p *Process) plantSystem() linux.Errno {
	steps := []func() linux.Errno{
		func() linux.Errno { return p.plantFiles("/proc/", systemFiles) },
		func() linux.Errno { return p.plantFiles("/proc/sys/", settingFiles) },
		func() linux.Errno { return p.plantFiles("/sys/", deviceFiles) },
		func() linux.Errno { return p.plantAbove("/sys/block/") },
		func() linux.Errno { return p.plantAbove("/sys/class/block/") },
		func() linux.Errno { return p.plantSelf("/proc/" + pidText) },
		func() linux.Errno { return p.plantSelf("/proc/" + pidText + "/task/" + pidText) },
		p.plantPointers,
		p.plantCPUs,
	}
	for _, step := range steps {
		if e := step(); e != 0 {
			return e
		}
	}
	for _, i := range p.net.stack.Interfaces() {
		if e := p.plantInterface(i.Name); e != 0 {
			return e
		}
	}
	return 0
}

func (p *Process) plantPointers() linux.Errno {
	for _, l := range []struct{ name, target string }{
		{"/proc/self", pidText}, {"/proc/thread-self", pidText + "/task/" + pidText},
		{"/proc/mounts", "self/mounts"}, {"/proc/net", "self/net"},
	} {
		if e := p.fs.Pointer(l.name, l.target); e != 0 {
			return e
		}
	}
	return 0
}

// plantFiles makes the folders of a table's files, which are found in them when somebody looks: the machine would be carrying
// some 300 nodes that hardly any program asks for, through each collection of garbage.
func (p *Process) plantFiles(folder string, files []generated) linux.Errno {
	numbers := p.fs.Numbers(len(files))
	planted := make(map[string]bool)
	for _, f := range files {
		at, _ := splitName(f.path)
		if planted[at] {
			continue
		}
		planted[at] = true
		if e := p.plantAbove(folder + at); e != 0 {
			return e
		}
		if e := p.fs.Fill(folder+at, &fileTable{p, at, files, numbers}); e != 0 {
			return e
		}
	}
	return 0
}

// splitName cuts a path after its last slash.
func splitName(path string) (folder, name string) {
	i := bytealg.LastIndexByteString(path, '/') + 1
	return path[:i], path[i:]
}

// plantDynamic makes a folder that has the names of d alone.
func (p *Process) plantDynamic(path string, mode uint32, d fs.Dynamic) linux.Errno {
	if e := p.fs.Fixed(path, mode); e != 0 {
		return e
	}
	return p.fs.Fill(path, d)
}

// A fileTable has those files of a table that are in one folder.
type fileTable struct {
	p       *Process
	folder  string // as the table's paths begin; it ends in a slash unless it is empty
	files   []generated
	numbers uint64 // the inode number of the first
}

// tableCookie is above the cookies of what a folder has besides.
const tableCookie = 1 << 32

// name returns the name of a file of this folder, "" if it is in another.
func (t *fileTable) name(i int) string {
	folder, name := splitName(t.files[i].path)
	if folder != t.folder {
		return ""
	}
	return name
}

func (t *fileTable) Lookup(name string) *fs.Inode {
	for i := range t.files {
		if t.name(i) == name {
			return t.p.fs.NewGenerated(t.numbers+uint64(i), 0o444, func() []byte { return []byte(t.files[i].text(t.p)) })
		}
	}
	return nil
}

func (t *fileTable) List() (all []fs.Dirent) {
	for i := range t.files {
		if name := t.name(i); name != "" {
			all = append(all, fs.Dirent{Name: name, Ino: t.numbers + uint64(i), Type: linux.S_IFREG, Next: tableCookie + int64(i)})
		}
	}
	return all
}

// plantAbove makes the folders that lead to a file.
func (p *Process) plantAbove(path string) linux.Errno {
	for i := 1; i < len(path); i++ {
		if path[i] == '/' {
			if e := p.fs.Fixed(path[:i], 0o555); e != 0 && e != linux.EEXIST {
				return e
			}
		}
	}
	return 0
}

// decimal is a number as text.
func decimal[T int | int64 | uint64 | uint32 | uint16](n T) string {
	if n < 0 {
		return strconv.FormatInt(int64(n), 10)
	}
	return strconv.FormatUint(uint64(n), 10)
}

// zeroPadded puts noughts before a number in a base until it has n digits.
func zeroPadded(v uint64, base, n int) string {
	s := strconv.FormatUint(v, base)
	for len(s) < n {
		s = "0" + s
	}
	return s
}

// padded puts blanks before s until it is n long.
func padded(s string, n int) string {
	for len(s) < n {
		s = " " + s
	}
	return s
}

// column puts blanks after s until it is n long.
func column(s string, n int) string {
	for len(s) < n {
		s += " "
	}
	return s
}
