//go:build !mirage

package fat

import (
	"bytes"
	"fmt"
	"internal/mirage/linuxabi/linux"
	"slices"
	"strings"
	"testing"
)

// forKinds runs a test on a volume of each kind, and looks at it afterwards.
func forKinds(t *testing.T, test func(t *testing.T, v *Volume)) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			d := k.format()
			v := mount(t, d)
			test(t, v)
			ok(t, v.Settle())
			sound(t, d.b)
		})
	}
}

func contents(t testing.TB, f *File) []byte {
	t.Helper()
	a, e := f.Attr()
	ok(t, e)
	b := make([]byte, a.Size)
	for off := 0; off < len(b); {
		n, e := f.ReadAt(b[off:], int64(off))
		ok(t, e)
		if n == 0 {
			t.Fatalf("%d bytes of %d", off, len(b))
		}
		off += n
	}
	return b
}

func create(t testing.TB, f *File, name string, isDir bool) *File {
	t.Helper()
	g, e := f.Create(name, isDir)
	if e != 0 {
		t.Fatalf("%q: error %d", name, e)
	}
	return g
}

func text(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

func TestWriteAndRead(t *testing.T) {
	forKinds(t, func(t *testing.T, v *Volume) {
		f := create(t, v.Root(), "A file with a long name.text", false)
		want := text(300_001)
		for off := 0; off < len(want); {
			n, e := f.WriteAt(want[off:min(len(want), off+off/2+100)], int64(off))
			ok(t, e)
			off += n
		}
		if !bytes.Equal(contents(t, f), want) {
			t.Error("what was written is not there")
		}
		ok(t, v.Sync())
		again := mount(t, v.disk)
		if !bytes.Equal(contents(t, at(t, again, "a FILE with a long name.text")), want) {
			t.Error("what was synced is not there")
		}
	})
}

func TestGapIsZero(t *testing.T) {
	forKinds(t, func(t *testing.T, v *Volume) {
		for i := range 3 { // what was there before is not seen
			g := create(t, v.Root(), fmt.Sprint(i), false)
			_, e := g.WriteAt(bytes.Repeat([]byte{0xff}, 200_000), 0)
			ok(t, e)
			ok(t, v.Root().Remove(g))
			ok(t, g.Close())
			ok(t, v.Sync())
		}
		f := create(t, v.Root(), "f", false)
		_, e := f.WriteAt([]byte("x"), 100_001)
		ok(t, e)
		ok(t, f.Truncate(300_000))
		ok(t, f.Truncate(299_999))
		want := make([]byte, 299_999)
		want[100_001] = 'x'
		if !bytes.Equal(contents(t, f), want) {
			t.Error("what was not written is not zero")
		}
		ok(t, f.Truncate(10))
		ok(t, f.Truncate(1000))
		if !bytes.Equal(contents(t, f), make([]byte, 1000)) {
			t.Error("what was cut off is not zero")
		}
	})
}

func TestNames(t *testing.T) {
	forKinds(t, func(t *testing.T, v *Volume) {
		root := v.Root()
		long := strings.Repeat("ä", 255)
		names := []string{"A", "b", "README.TXT", "readme.text", "a.b.c", ".hidden", "x y", "mixed Case", "日本語", "😀.txt", long, "exactly13char", "+,;=[]", "~1"}
		for i := range 40 {
			names = append(names, fmt.Sprintf("similar name %d.txt", i))
		}
		for _, name := range names {
			create(t, root, name, false)
		}
		slices.Sort(names)
		got := list(t, root)
		slices.Sort(got)
		if !slices.Equal(got, names) {
			t.Errorf("%q, want %q", got, names)
		}
		for _, name := range names {
			if f := at(t, v, name); f.Name() != name {
				t.Errorf("%q is %q", name, f.Name())
			}
		}
		if at(t, v, "SIMILA~3.TXT") != at(t, v, "similar NAME 2.txt") {
			t.Error("the short name is another file")
		}
		if f, e := root.Create("ReadMe.Txt", false); e != linux.EEXIST {
			t.Errorf("%v, error %d", f, e)
		}
		for _, test := range []struct {
			name string
			want linux.Errno
		}{
			{"a:b", linux.EINVAL}, {"a?", linux.EINVAL}, {"a\x01", linux.EINVAL}, {"a ", linux.EINVAL}, {"\xff", linux.EINVAL}, {"...", linux.ENOENT},
			{long + "x", linux.ENAMETOOLONG}, {strings.Repeat("x", 256), linux.ENAMETOOLONG}, {strings.Repeat("x", 254) + "😀", linux.ENAMETOOLONG},
		} {
			if _, e := root.Create(test.name, false); e != test.want {
				t.Errorf("%q: error %d, want %d", test.name, e, test.want)
			}
		}
		create(t, root, "dots...", false)
		at(t, v, "dots")
		at(t, v, "dots.")
	})
}

func TestFolders(t *testing.T) {
	forKinds(t, func(t *testing.T, v *Volume) {
		d := create(t, v.Root(), "folder", true)
		for i := range 300 { // more than a cluster
			create(t, d, fmt.Sprintf("file number %d", i), i%50 == 0)
		}
		if n := len(list(t, d)); n != 300 {
			t.Errorf("%d names", n)
		}
		if a, e := d.Attr(); e != 0 || a.Links != 8 {
			t.Errorf("%+v, error %d", a, e)
		}
		if e := v.Root().Remove(d); e != linux.ENOTEMPTY {
			t.Errorf("error %d", e)
		}
		for _, name := range list(t, d) {
			f := at(t, v, "folder", name)
			ok(t, d.Remove(f))
			ok(t, f.Close())
		}
		ok(t, v.Root().Remove(d))
		ok(t, d.Close())
		_, all, free, e := v.Space()
		if used := all - free; e != 0 || used > 1 {
			t.Errorf("%d clusters are in use, error %d", used, e)
		}
	})
}

func TestRename(t *testing.T) {
	forKinds(t, func(t *testing.T, v *Volume) {
		root := v.Root()
		a, b := create(t, root, "folder a", true), create(t, root, "folder b", true)
		f, g := create(t, a, "f", false), create(t, b, "the target", false)
		f.WriteAt(text(5000), 0)
		g.WriteAt(text(9000)[4000:], 0)
		ok(t, a.Rename(f, b, "moved", nil))
		if at(t, v, "folder b", "moved") != f || len(list(t, a)) != 0 {
			t.Error("it was not moved")
		}
		ok(t, b.Rename(f, b, "THE TARGET", g))
		ok(t, g.Close())
		if at(t, v, "folder b", "the target") != f || len(list(t, b)) != 1 || !bytes.Equal(contents(t, f), text(5000)) {
			t.Error("it did not replace the target")
		}
		ok(t, root.Rename(a, b, "deeper", nil))
		full := create(t, root, "folder c", true)
		if e := root.Rename(full, root, "folder b", b); e != linux.ENOTEMPTY {
			t.Errorf("error %d", e)
		}
		if up, e := b.Attr(); e != 0 || up.Links != 3 {
			t.Errorf("%+v, error %d", up, e)
		}
	})
}

func TestRemovedFileStaysUntilClosed(t *testing.T) {
	forKinds(t, func(t *testing.T, v *Volume) {
		f := create(t, v.Root(), "f", false)
		f.WriteAt(text(5000), 0)
		ok(t, v.Root().Remove(f))
		create(t, v.Root(), "g", false).WriteAt(text(9000)[4000:], 0)
		if _, e := f.WriteAt(text(100), 5000); e != 0 || !bytes.Equal(contents(t, f)[:5000], text(5000)) {
			t.Errorf("it is another, error %d", e)
		}
		ok(t, f.Close())
	})
}

// What a removed file had is free, also if it is closed after the volume was settled, and the volume says that it is in use then.
func TestCloseAfterSettle(t *testing.T) {
	forKinds(t, func(t *testing.T, v *Volume) {
		f := create(t, v.Root(), "f", false)
		f.WriteAt(text(50_000), 0)
		ok(t, v.Root().Remove(f))
		ok(t, v.Settle())
		ok(t, f.Close())
		if !v.inUse {
			t.Error("a change begins unsaid")
		}
	})
}

func TestFull(t *testing.T) {
	forKinds(t, func(t *testing.T, v *Volume) {
		f := create(t, v.Root(), "f", false)
		piece := text(100_000)
		var off int64
		for {
			n, e := f.WriteAt(piece, off)
			off += int64(n)
			if e == linux.ENOSPC {
				break
			}
			ok(t, e)
		}
		cluster, all, free, e := v.Space()
		if e != 0 || free != 0 || off < (all-1)*cluster {
			t.Errorf("%d bytes in %d clusters, %d free, error %d", off, all, free, e)
		}
		if _, e := v.Root().Create("folder", true); e != linux.ENOSPC {
			t.Errorf("error %d", e)
		}
		if e := f.Truncate(off + 1<<20); e != linux.ENOSPC {
			t.Errorf("error %d", e)
		}
		ok(t, f.Truncate(off-cluster))
		ok(t, create(t, v.Root(), "folder", true).Close())
		if _, e := f.WriteAt(piece, MaxSize); e != linux.EFBIG {
			t.Errorf("error %d", e)
		}
		if e := f.Truncate(MaxSize + 1); e != linux.EFBIG {
			t.Errorf("error %d", e)
		}
	})
}

func TestReadOnly(t *testing.T) {
	for _, k := range kinds {
		d := k.format()
		v := mount(t, d)
		f := create(t, v.Root(), "f", false)
		f.WriteAt(text(5000), 0)
		create(t, v.Root(), "d", true)
		ok(t, v.Sync()) // and it says that it is in use
		d.fails = errRead
		v, err := Mount(d, now, true)
		if err != nil {
			t.Fatal(err)
		}
		f = at(t, v, "f")
		if !bytes.Equal(contents(t, f), text(5000)) {
			t.Error("it cannot be read")
		}
		_, made := v.Root().Create("x", false)
		_, written := f.WriteAt([]byte("x"), 0)
		for i, e := range []linux.Errno{made, written, f.Truncate(0), v.Root().Remove(f), v.Root().Rename(f, v.Root(), "g", nil), f.SetReadOnly(true)} {
			if e != linux.EROFS {
				t.Errorf("%d: error %d", i, e)
			}
		}
	}
}

func TestTimes(t *testing.T) {
	for _, test := range []struct{ set, want int64 }{
		{0, 315532800}, {315532800, 315532800}, {951782401, 951782400}, {951868801, 951868800}, {1764000001, 1764000000},
		{4107542399, 4107542398}, {4354819199, 4354819198}, {1 << 33, 4354819198},
	} {
		var s slot
		s.setChanged(test.set * second)
		if got := s.changed() / second; got != test.want {
			t.Errorf("%d is %d, want %d", test.set, got, test.want)
		}
		s.setMade(test.set*second + second/100)
		s.setUsed(test.set * second)
	}
	var s slot
	s.setMade(1764000001*second + 990*second/1000)
	s.setUsed(1764000001 * second)
	if s.made() != 1764000001*second+990*second/1000 || s.used() != 1763942400*second {
		t.Errorf("made %d, used %d", s.made(), s.used())
	}
}
