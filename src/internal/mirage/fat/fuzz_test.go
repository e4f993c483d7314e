//go:build !mirage

package fat

import (
	"bytes"
	"encoding/binary"
	"internal/mirage/linuxabi/linux"
	"testing"
)

// used makes a volume with files and directories, small so that the fuzzer is quick.
func used(t testing.TB, k kind) *memory {
	d := k.format()
	v := mount(t, d)
	dir := create(t, v.Root(), "a directory", true)
	for _, name := range []string{"SHORT.TXT", "a long name.text", "ümläut", "another one"} {
		f := create(t, dir, name, false)
		f.WriteAt(text(3000), 0)
	}
	create(t, create(t, dir, "deeper", true), "EMPTY", false)
	ok(t, v.Settle())
	return d
}

// smallKinds are volumes of which little lies before their files. FAT32's are as small as no driver of others takes them.
var smallKinds = []kind{{"FAT12", 12, 64 << 10, 512}, {"FAT16", 16, 3 << 20, 512}, {"FAT32", 32, 128 << 10, 512}}

// FuzzVolume changes bytes of a volume, at places that lead somewhere, and does everything that there is with it, before and after
// it is checked. Nothing panics, and everything ends.
func FuzzVolume(f *testing.F) {
	f.Add(byte(0), true, []byte{0, 0, 11, 0xff})
	f.Add(byte(1), false, []byte{2, 0, 8, 3, 0, 5, 26, 4})
	f.Add(byte(2), true, []byte{1, 0, 9, 2, 3, 0, 26, 2})
	f.Add(byte(2), false, []byte{3, 0, 0, 0xe5, 3, 0, 11, 8})
	f.Fuzz(func(t *testing.T, which byte, dirty bool, edits []byte) {
		d := used(t, smallKinds[int(which)%len(smallKinds)])
		l, err := parseLayout(d.b, d.Size())
		if err != nil {
			t.Fatal(err)
		}
		if dirty {
			d.b[l.stateAt] |= stateInUse
		}
		for ; len(edits) >= 4 && len(edits) <= 4096; edits = edits[4:] {
			base := []int64{0, l.tableAt, l.rootAt, l.dataAt}[edits[0]&3]
			d.b[(base+int64(binary.BigEndian.Uint16(edits[1:])))%int64(len(d.b))] = edits[3]
		}
		exercise(t, d)
	})
}

// exercise does with a volume what programs may do.
func exercise(t *testing.T, d *memory) {
	v, err := Mount(d, now, false)
	if err != nil {
		return
	}
	left := 200
	var visit func(f *File)
	visit = func(f *File) {
		f.List(0, func(e Dirent) bool { return len(e.Name) > 0 })
		for _, name := range names(f) {
			if left--; left < 0 {
				return
			}
			g, e := f.Lookup(name)
			if e != 0 || g == nil {
				continue
			}
			g.Attr()
			if g.IsDir() {
				visit(g)
				continue
			}
			b := make([]byte, 5000)
			g.ReadAt(b, 0)
			g.ReadAt(b, 1<<31)
			g.WriteAt([]byte("written"), 2999)
			g.Append([]byte("appended"))
			g.Truncate(1000)
		}
		made, e := f.Create("made just now", false)
		if e == 0 {
			made.WriteAt(text(2000), 0)
			f.Rename(made, v.Root(), "moved just now", nil)
		}
	}
	visit(v.Root())
	v.Space()
	v.Sync()
	for _, name := range names(v.Root()) {
		if g, e := v.Root().Lookup(name); e == 0 && g != nil && v.Root().Remove(g) == 0 {
			g.Close()
		}
	}
	v.Settle()
	// What was checked and is not in use is sound for our own check.
	d.b[v.stateAt] |= stateInUse
	if again, err := Mount(d, now, false); err == nil && !again.suspect {
		d.b[v.stateAt] |= stateInUse
		third := mount(t, d)
		if r := third.Found(); r != (Report{Checked: true}) {
			t.Errorf("a second check finds %+v, after %+v", r, again.Found())
		}
	}
}

func names(f *File) (all []string) {
	f.List(0, func(e Dirent) bool {
		all = append(all, e.Name)
		return len(all) < 100
	})
	return all
}

// FuzzName gives names of all kinds: what is taken is found again, and shown as it was given.
func FuzzName(f *testing.F) {
	for _, s := range []string{"a", "A.B", "...", "日本語", "😀", "a b ", "\xff", "CON", "x~1", ".a.b.c"} {
		f.Add(s)
	}
	k := kind{"FAT12", 12, 64 << 10, 512}
	empty := k.format()
	f.Fuzz(func(t *testing.T, name string) {
		v := mount(t, &memory{b: bytes.Clone(empty.b)})
		g, e := v.Root().Create(name, false)
		if e != 0 {
			if e != linux.EINVAL && e != linux.ENOENT && e != linux.ENAMETOOLONG {
				t.Fatalf("%q: error %d", name, e)
			}
			return
		}
		if found, e := v.Root().Lookup(name); e != 0 || found != g {
			t.Fatalf("%q is not found: error %d", name, e)
		}
		ok(t, v.Settle())
		again := mount(t, v.disk)
		if all := names(again.Root()); len(all) != 1 || all[0] != g.Name() {
			t.Fatalf("%q is %q", name, all)
		}
	})
}
