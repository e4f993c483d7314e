//go:build !mirage

package fat

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A stored disk is a file, which mtools have too.
type stored struct{ *os.File }

func (d stored) ReadAt(p []byte, off int64) error  { _, err := d.File.ReadAt(p, off); return err }
func (d stored) WriteAt(p []byte, off int64) error { _, err := d.File.WriteAt(p, off); return err }
func (d stored) Flush() error                      { return nil }
func (d stored) Size() int64 {
	info, err := d.Stat()
	if err != nil {
		panic(err)
	}
	return info.Size()
}

// A hand does things to a volume's files, whose paths begin with a slash. What is made was not there.
type hand interface {
	write(path string, b []byte) // a new file, or instead of one that is there
	remove(path string)          // a file, or an empty folder
	folder(path string)
	rename(from, to string)
	all() map[string][]byte // contents by path; a folder's path ends in a slash
}

// ours is this package.
type ours struct {
	t *testing.T
	v *Volume
}

func (o ours) at(p string) *File {
	o.t.Helper()
	return at(o.t, o.v, strings.FieldsFunc(p, func(r rune) bool { return r == '/' })...)
}

func (o ours) write(p string, b []byte) {
	dir := o.at(path.Dir(p))
	f, e := dir.Lookup(path.Base(p))
	ok(o.t, e)
	if f == nil {
		f = create(o.t, dir, path.Base(p), false)
	}
	ok(o.t, f.Truncate(0))
	for off := 0; off < len(b); {
		n, e := f.WriteAt(b[off:], int64(off))
		ok(o.t, e)
		off += n
	}
	ok(o.t, f.Close())
}

func (o ours) remove(p string) {
	f := o.at(p)
	ok(o.t, o.at(path.Dir(p)).Remove(f))
	ok(o.t, f.Close()) // nobody has it open: what it took is free
}

func (o ours) folder(p string) { create(o.t, o.at(path.Dir(p)), path.Base(p), true) }
func (o ours) rename(from, to string) {
	ok(o.t, o.at(path.Dir(from)).Rename(o.at(from), o.at(path.Dir(to)), path.Base(to), nil))
}

func (o ours) all() map[string][]byte {
	found := map[string][]byte{}
	var walk func(p string, f *File)
	walk = func(p string, f *File) {
		for _, name := range list(o.t, f) {
			if name == "." || name == ".." {
				continue
			}
			if g := o.at(p + name); g.IsDir() {
				found[p+name+"/"] = nil
				walk(p+name+"/", g)
			} else {
				found[p+name] = contents(o.t, g)
			}
		}
	}
	walk("/", o.v.Root())
	return found
}

// theirs is mtools.
type theirs struct {
	t           *testing.T
	volume, dir string
}

func (m theirs) run(name string, args ...string) {
	m.t.Helper()
	cmd := exec.Command(name, append([]string{"-i", m.volume}, args...)...)
	cmd.Env = append(os.Environ(), "MTOOLS_SKIP_CHECK=1", "LC_ALL=C")
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}

func (m theirs) write(p string, b []byte) {
	from := filepath.Join(m.dir, "from")
	if err := os.WriteFile(from, b, 0o666); err != nil {
		m.t.Fatal(err)
	}
	m.run("mcopy", "-o", from, "::"+p)
}

func (m theirs) remove(p string) { m.run("mdeltree", "::"+p) }
func (m theirs) folder(p string) { m.run("mmd", "::"+p) }

func (m theirs) rename(from, to string) {
	if path.Dir(from) == path.Dir(to) {
		m.run("mren", "::"+from, "::"+to)
		return
	}
	m.run("mmove", "::"+from, "::"+path.Dir(to)) // its name stays
}

func (m theirs) all() map[string][]byte {
	to, err := os.MkdirTemp(m.dir, "to")
	if err != nil {
		m.t.Fatal(err)
	}
	defer os.RemoveAll(to)
	m.run("mcopy", "-s", "-n", "::/", to)
	found := map[string][]byte{}
	err = filepath.WalkDir(to, func(name string, d fs.DirEntry, err error) error {
		p := strings.TrimPrefix(name, to)
		switch {
		case err != nil || p == "":
		case d.IsDir():
			found[p+"/"] = nil
		default:
			found[p], err = os.ReadFile(name)
		}
		return err
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return found
}

// wanted is what is to be on the volume.
type wanted struct {
	r     *rand.Rand
	files map[string][]byte
}

// pick returns one that is there: a folder, with the root among them, or a file; "" if there is none.
func (w *wanted) pick(isDir bool) string {
	var some []string
	for _, p := range slices.Sorted(maps.Keys(w.files)) {
		if strings.HasSuffix(p, "/") == isDir {
			some = append(some, p)
		}
	}
	if isDir {
		some = append(some, "/")
	}
	if len(some) == 0 {
		return ""
	}
	return some[w.r.IntN(len(some))]
}

// name makes one that is not in a folder yet. mtools keep no case of one that is short and has small letters alone (mtools(1), "Long file
// names"), so that there is none such: some are short and large, all others begin with a letter of each case. Nor is there a tilde, from
// which version 4.0.32 makes a short name that does not belong to the long one; brackets it takes for patterns.
func (w *wanted) name(dir string) string {
	const large, small, digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789"
	const more = large + small + digits + "     ....---___+=,;#&"
	any := func(of string) byte { return of[w.r.IntN(len(of))] }
	for {
		b := []byte{any(large)}
		if w.r.IntN(4) == 0 {
			for n := w.r.IntN(8); len(b) <= n; {
				b = append(b, any(large+digits))
			}
		} else {
			// Up to five slots of 13 letters each ("Directory Structure", long names).
			b = append(b, any(small))
			for n := w.r.IntN(60); len(b) < n; {
				b = append(b, any(more))
			}
			b = append(b, any(large+small+digits))
		}
		name := dir + string(b)
		taken := slices.ContainsFunc(slices.Collect(maps.Keys(w.files)), func(p string) bool {
			return strings.EqualFold(strings.TrimSuffix(p, "/"), name)
		})
		if !taken {
			return name
		}
	}
}

// step has a hand do something at random.
func (w *wanted) step(h hand) {
	what := w.r.IntN(8)
	if w.isMuch() {
		what = 5
	}
	switch what {
	case 0, 1, 2:
		p, b := w.name(w.pick(true)), w.contents()
		h.write(p, b)
		w.files[p] = b
	case 3:
		if p := w.pick(false); p != "" {
			b := w.contents()
			h.write(p, b)
			w.files[p] = b
		}
	case 4:
		if strings.Count(w.pick(true), "/") < 5 {
			p := w.name(w.pick(true))
			h.folder(p)
			w.files[p+"/"] = nil
		}
	case 5:
		if p := w.pick(w.r.IntN(2) == 0); p != "" && !w.isFull(p) {
			h.remove(strings.TrimSuffix(p, "/"))
			delete(w.files, p)
		}
	default:
		w.rename(h)
	}
}

// isMuch reports whether the smallest of the volumes would soon be full.
func (w *wanted) isMuch() bool {
	sum := 0
	for _, b := range w.files {
		sum += len(b) + 2048
	}
	return sum > 1<<20
}

// rename gives a file or a folder another name, or has it go to another folder.
func (w *wanted) rename(h hand) {
	p := w.pick(w.r.IntN(3) == 0)
	from := strings.TrimSuffix(p, "/")
	if from == "" {
		return
	}
	to := w.name(strings.TrimSuffix(path.Dir(from), "/") + "/")
	if dir := w.pick(true); w.r.IntN(2) == 0 && !strings.HasPrefix(dir, from+"/") && dir != path.Dir(from)+"/" {
		to = dir + path.Base(from)
		for other := range w.files {
			if strings.EqualFold(strings.TrimSuffix(other, "/"), to) {
				return
			}
		}
	}
	h.rename(from, to)
	for old, b := range maps.Clone(w.files) {
		if rest, below := strings.CutPrefix(old, from); below && (rest == "" || rest[0] == '/') {
			delete(w.files, old)
			w.files[to+rest] = b
		}
	}
}

// isFull reports whether a path is that of a folder that has something in it.
func (w *wanted) isFull(p string) bool {
	for other := range w.files {
		if p == "/" || other != p && strings.HasSuffix(p, "/") && strings.HasPrefix(other, p) {
			return true
		}
	}
	return p == "/"
}

func (w *wanted) contents() []byte {
	n := w.r.IntN(100)
	if w.r.IntN(2) == 0 {
		n = w.r.IntN(20_000)
	}
	return text(n)
}

// check compares what somebody finds with what is wanted.
func (w *wanted) check(who string, found map[string][]byte) error {
	for p, b := range w.files {
		got, there := found[p]
		if !there || !bytes.Equal(got, b) {
			return fmt.Errorf("%s: %q has %d bytes, want %d (there: %v)", who, p, len(got), len(b), there)
		}
	}
	for p := range found {
		if _, there := w.files[p]; !there {
			return fmt.Errorf("%s: %q is there, which nobody made", who, p)
		}
	}
	return nil
}

// We and mtools do things at random to the same volume, in turns, and each finds what the other has left. FAT_ROUNDS makes it longer.
func TestMtools(t *testing.T) {
	for _, tool := range []string{"mcopy", "mmd", "mdeltree", "mren", "mmove"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("mtools are not installed")
		}
	}
	rounds, err := strconv.Atoi(os.Getenv("FAT_ROUNDS"))
	if err != nil {
		rounds = 4
	}
	for seed, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			m := theirs{t, filepath.Join(t.TempDir(), "volume"), t.TempDir()}
			if err := os.WriteFile(m.volume, k.format().b, 0o666); err != nil {
				t.Fatal(err)
			}
			f, err := os.OpenFile(m.volume, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			w := &wanted{rand.New(rand.NewPCG(uint64(seed), 7)), map[string][]byte{}}
			for round := range rounds {
				v := mount(t, stored{f})
				if r := v.Found(); r.Checked {
					t.Errorf("round %d: our check found %+v", round, r)
				}
				o := ours{t, v}
				for range 20 {
					w.step(o)
				}
				if err := w.check("we", o.all()); err != nil {
					t.Fatal(err)
				}
				ok(t, v.Settle())
				for range 10 {
					w.step(m)
				}
				if err := w.check("mtools", m.all()); err != nil {
					t.Fatal(err)
				}
				if err := w.check("we, after mtools", ours{t, mount(t, stored{f})}.all()); err != nil {
					t.Fatal(err)
				}
			}
			b, err := os.ReadFile(m.volume)
			if err != nil {
				t.Fatal(err)
			}
			sound(t, b)
		})
	}
}
