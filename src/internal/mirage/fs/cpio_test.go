//go:build !mirage

package fs

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"internal/mirage/linuxabi/linux"
	"slices"
	"strings"
	"testing"
)

// A file is a member of an archive that a test makes.
type file struct {
	name         string
	mode         uint32
	data         string
	ino, nlink   uint32
	major, minor uint32
}

// newc makes an archive: buffer-format.rst, "newc".
func newc(magic string, files ...file) []byte {
	var b bytes.Buffer
	for _, f := range append(files, file{name: trailer, nlink: 1}) {
		sum := uint32(0)
		if magic == "070702" {
			for i := range len(f.data) {
				sum += uint32(f.data[i])
			}
		}
		start := b.Len()
		fmt.Fprintf(&b, "%s%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", magic, f.ino, f.mode, 1, 2, f.nlink, 1000000000,
			len(f.data), 0, 0, f.major, f.minor, len(f.name)+1, sum)
		b.WriteString(f.name + "\x00")
		align := func() {
			for (b.Len()-start)%4 != 0 {
				b.WriteByte(0)
			}
		}
		align()
		b.WriteString(f.data)
		align()
	}
	return b.Bytes()
}

func newFS() *FS { return New(1<<20, func() int64 { return 5e9 }) }

// listing says what is in a tree, a line for each name.
func listing(f *FS) string {
	var lines []string
	var walk func(dir *Inode, path string)
	walk = func(dir *Inode, path string) {
		var entries []Dirent
		dir.ReadDir(dotdotCookie, func(e Dirent) bool {
			entries = append(entries, e)
			return true
		})
		for _, e := range entries {
			n, errno := f.Lookup(dir, e.Name, false)
			if errno != 0 {
				panic(errno)
			}
			a := n.Attr()
			line := fmt.Sprintf("%s%s %o %d", path, e.Name, a.Mode, a.Nlink)
			switch a.Mode & linux.S_IFMT {
			case linux.S_IFREG:
				b := make([]byte, min(a.Size, 1<<16))
				n.ReadAt(b, 0)
				line += " " + string(b)
			case linux.S_IFLNK:
				line += " -> " + n.target
			case linux.S_IFCHR:
				line += fmt.Sprintf(" %x", a.Rdev)
			}
			lines = append(lines, line)
			if e.Type == linux.S_IFDIR {
				walk(n, path+e.Name+"/")
			}
		}
	}
	walk(f.Root(), "")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestUnpack(t *testing.T) {
	one := newc("070701",
		file{name: ".", mode: 0o40700, nlink: 2},
		file{name: "dir", mode: 0o40755, nlink: 2},
		file{name: "dir/file", mode: 0o100644, data: "text", nlink: 1},
		file{name: "link", mode: 0o120777, data: "dir/file", nlink: 1},
		file{name: "null", mode: 0o20666, major: 1, minor: 3, nlink: 1},
		file{name: "a", mode: 0o100600, ino: 7, nlink: 2},
		file{name: "b", mode: 0o100600, ino: 7, nlink: 2, data: "shared"},
	)
	two := newc("070702",
		file{name: "dir/file", mode: 0o100600, data: "newer", nlink: 1},
		file{name: "/left/out/x", mode: 0o104755, data: "x", nlink: 1},
		file{name: "c", mode: 0o100600, ino: 7, nlink: 2, data: "another 7"},
	)
	image := slices.Concat(make([]byte, 512), one, make([]byte, 511), two, make([]byte, 3))
	before := slices.Clone(image)
	f := newFS()
	if err := f.Unpack(image, nil); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"a 100600 2 shared",
		"b 100600 2 shared",
		"c 100600 1 another 7",
		"dir 40755 2",
		"dir/file 100600 1 newer",
		"left 40755 3",
		"left/out 40755 2",
		"left/out/x 104755 1 x",
		"link 120777 1 -> dir/file",
		"null 20666 1 103",
	}, "\n")
	if got := listing(f); got != want {
		t.Errorf("the tree is\n%s\nwant\n%s", got, want)
	}
	n, _ := f.Lookup(f.Root(), "link", true)
	if a := n.Attr(); a.UID != 1 || a.GID != 2 || a.Mtime != 1e18 {
		t.Errorf("attributes %+v", a)
	}
	// Contents lie in the image until they are written to, and it never is.
	if &n.data.base[0] != &image[bytes.Index(image, []byte("newer"))] {
		t.Error("the contents were copied")
	}
	n.WriteAt([]byte("N"), 0)
	n.Truncate(3)
	n.Truncate(5)
	if got := listing(f); !strings.Contains(got, "dir/file 100600 1 New\x00\x00") {
		t.Errorf("after writing:\n%s", got)
	}
	if !bytes.Equal(image, before) {
		t.Error("the image has changed")
	}
}

func TestUnpackRefuses(t *testing.T) {
	ok := newc("070701", file{name: "f", mode: 0o100644, data: "text", nlink: 1})
	change := func(at int, with string) []byte {
		b := slices.Clone(ok)
		copy(b[at:], with)
		return b
	}
	for what, image := range map[string][]byte{
		"no archive":        []byte("MZ this is not a cpio archive, but long enough to have a header: " + strings.Repeat("x", 100)),
		"gzip":              []byte("\x1f\x8b\x08"),
		"short":             ok[:100],
		"ends in a name":    ok[:111],
		"ends in data":      ok[:114],
		"size":              change(6+8*6, "ffffffff"),
		"name size":         change(6+8*11, "00000000"),
		"long name":         change(6+8*11, "00001001"),
		"huge name":         change(6+8*11, "ffffffff"),
		"not hexadecimal":   change(6, "0000000g"),
		"type":              change(6+8, "0000f000"),
		"unended name":      change(110, "ff"),
		"checksum":          bytes.Replace(newc("070702", file{name: "f", mode: 0o100644, data: "text", nlink: 1}), []byte("text"), []byte("texT"), 1),
		"file as directory": newc("070701", file{name: "f", mode: 0o100644}, file{name: "f/g", mode: 0o100644}),
		"link without end":  newc("070701", file{name: "l", mode: 0o120777}),
		"circle of links":   newc("070701", file{name: "l", mode: 0o120777, data: "l"}, file{name: "l/x", mode: 0o100644}),
		"full directory":    newc("070701", file{name: "d/x", mode: 0o100644}, file{name: "d", mode: 0o100644}),
		"too much":          newc("070701", file{name: strings.Repeat("a/", 1500) + "x", mode: 0o100644}, file{name: strings.Repeat("b/", 1500) + "x", mode: 0o100644}),
	} {
		err := newFS().Unpack(image, nil)
		if err == nil {
			t.Errorf("%s: no error", what)
		} else if e := err.(*FormatError); e.What == "" || e.Offset < 0 || e.Offset > len(image) {
			t.Errorf("%s: %+v", what, e)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(newc("070701", file{name: "a/b", mode: 0o100644, data: "text", ino: 1, nlink: 2}, file{name: "c", mode: 0o100644, ino: 1, nlink: 2}))
	f.Add(newc("070702", file{name: "l", mode: 0o120777, data: "a", nlink: 1}, file{name: "n", mode: 0o20644, nlink: 1}))
	f.Fuzz(func(t *testing.T, image []byte) {
		tree := newFS()
		tree.Unpack(image, nil)
		if limit, used, _ := tree.Usage(); used > limit || used < 0 {
			t.Errorf("%d of %d bytes are used", used, limit)
		}
		listing(tree)
	})
}

// Archives may be compressed, each by itself, as Linux takes them: one that is not often comes first.
func TestUnpackGzip(t *testing.T) {
	plain := newc("070701", file{name: "plain", mode: 0o100644, data: "1", nlink: 1})
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(newc("070701", file{name: "packed", mode: 0o100644, data: strings.Repeat("2", 5000), nlink: 1}))
	w.Close()
	f := newFS()
	var spared []byte
	image := slices.Concat(plain, []byte{0, 0, 0, 0}, b.Bytes(), make([]byte, 500))
	if err := f.Unpack(image, func(part []byte) { spared = append(spared, part...); clear(part) }); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(spared, b.Bytes()) {
		t.Errorf("%d octets are not needed any more, want the %d that were compressed", len(spared), b.Len())
	}
	for name, want := range map[string]int64{"/plain": 1, "/packed": 5000} {
		n, e := f.Open(f.Root(), name, linux.O_RDONLY, 0)
		if e != 0 || n.Size() != want {
			t.Errorf("%s: %v", name, e)
		}
	}
	b.Bytes()[b.Len()-1] ^= 1
	if err := newFS().Unpack(b.Bytes(), nil); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("a wrong length: %v", err)
	}
}
