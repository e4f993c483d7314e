package linuxabi

import (
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

// plantFiles makes the files of a table below a folder, and the folders in which they are.
func (p *Process) plantFiles(folder string, files []generated) linux.Errno {
	for _, f := range files {
		path := folder + f.path
		if e := p.plantAbove(path); e != 0 {
			return e
		}
		if e := p.fs.Generated(path, 0o444, func() []byte { return []byte(f.text(p)) }); e != 0 {
			return e
		}
	}
	return 0
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
