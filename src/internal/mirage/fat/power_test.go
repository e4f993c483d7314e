//go:build !mirage

package fat

import (
	"bytes"
	"errors"
	"fmt"
	"internal/mirage/linuxabi/linux"
	"math/rand/v2"
	"testing"
)

// A mortal is a disk that loses power: of the sectors that were written since the last flush some are there afterwards, and others
// are as they were.
type mortal struct {
	memory
	lasting []byte // what the last flush has made sure of
	since   []written
	left    int // writes and flushes until the cut
}

// written is a sector.
type written struct {
	at int64
	b  []byte
}

var errPower = errors.New("the power is cut")

func (d *mortal) WriteAt(p []byte, off int64) error {
	if d.left == 0 {
		return errPower
	}
	d.left--
	for i := 0; i < len(p); i += 512 { // the last write of all is cut off in the middle
		d.since = append(d.since, written{off + int64(i), bytes.Clone(p[i : i+512])})
	}
	return d.memory.WriteAt(p, off)
}

func (d *mortal) Flush() error {
	if d.left == 0 {
		return errPower
	}
	d.left--
	for _, w := range d.since {
		copy(d.lasting[w.at:], w.b)
	}
	d.since = nil
	return nil
}

// after is what is on the disk when power comes back.
func (d *mortal) after(r *rand.Rand) *memory {
	b := bytes.Clone(d.lasting)
	chance := []float64{0, 0.1, 0.5, 0.9, 1}[r.IntN(5)]
	for _, w := range d.since {
		if r.Float64() < chance {
			copy(b[w.at:], w.b)
		}
	}
	return &memory{b: b}
}

// A promise is what may be found under a name after a cut.
type promise struct {
	open bool     // anything, or nothing
	any  [][]byte // one of these; none: there is no such file
}

// A life is a program that uses a volume until the power is cut.
type life struct {
	r        *rand.Rand
	v        *Volume
	files    map[string][]byte // as the program has them
	promises map[string]*promise
}

func (l *life) name() string { return fmt.Sprintf("file number %d", l.r.IntN(12)) }

func (l *life) folder() (*File, linux.Errno) {
	f, e := l.v.Root().Lookup("folder")
	if e == 0 && f == nil {
		f, e = l.v.Root().Create("folder", true)
	}
	return f, e
}

// synced notes that all is on the disk.
func (l *life) synced() {
	l.promises = map[string]*promise{}
	for name, b := range l.files {
		l.promises[name] = &promise{any: [][]byte{b}}
	}
}

func (l *life) promise(name string) *promise {
	p := l.promises[name]
	if p == nil {
		p = &promise{}
		l.promises[name] = p
	}
	return p
}

// step does something, and reports whether there was power.
func (l *life) step() linux.Errno {
	dir, e := l.folder()
	if e != 0 {
		return e
	}
	name := l.name()
	f, e := dir.Lookup(name)
	if e != 0 {
		return e
	}
	switch l.r.IntN(8) {
	case 0, 1, 2:
		return l.write(dir, f, name)
	case 3:
		if f == nil {
			return 0
		}
		l.promise(name).open = true
		delete(l.files, name)
		if e := dir.Remove(f); e != 0 {
			return e
		}
		return f.Close()
	case 4, 5:
		return l.replace(dir, f, name)
	case 6:
		if f == nil {
			return 0
		}
		l.promise(name).open = true
		size := l.r.IntN(9000)
		b := append(bytes.Clone(l.files[name]), make([]byte, 9000)...)[:size]
		l.files[name] = b
		return f.Truncate(int64(size))
	}
	if e := l.v.Sync(); e != 0 {
		return e
	}
	l.synced()
	return 0
}

func (l *life) write(dir, f *File, name string) (e linux.Errno) {
	l.promise(name).open = true
	if f == nil {
		if f, e = dir.Create(name, false); e != 0 {
			return e
		}
	}
	off, n := l.r.IntN(9000), 1+l.r.IntN(9000)
	b := append([]byte(nil), l.files[name]...)
	if off+n > len(b) {
		b = append(b, make([]byte, off+n-len(b))...)
	}
	for i := range n {
		b[off+i] = byte(l.r.Uint32())
	}
	l.files[name] = b
	_, e = f.WriteAt(b[off:off+n], int64(off))
	return e
}

// replace is how programs change a file that must never be half: a new one is written beside it and takes its name.
func (l *life) replace(dir, f *File, name string) linux.Errno {
	old, e := dir.Lookup("new")
	if e == 0 && old == nil {
		old, e = dir.Create("new", false)
	}
	if e == 0 {
		e = old.Truncate(0)
	}
	b := text(l.r.IntN(5000))
	if e == 0 && len(b) > 0 {
		_, e = old.WriteAt(b, 0)
	}
	if e != 0 {
		return e
	}
	p := l.promise(name)
	if f == nil {
		p.open = true
	}
	p.any = append(p.any, b)
	if e = dir.Rename(old, dir, name, f); e != 0 {
		return e
	}
	l.files[name] = b
	if f != nil {
		return f.Close()
	}
	return 0
}

// kept fails unless the volume has what was promised.
func (l *life) kept(t *testing.T, v *Volume) {
	dir, e := v.Root().Lookup("folder")
	ok(t, e)
	for name, p := range l.promises {
		if p.open || len(p.any) == 0 {
			continue
		}
		f, e := dir.Lookup(name)
		ok(t, e)
		if f == nil {
			t.Fatalf("%s is gone", name)
		}
		b, found := contents(t, f), false
		for _, want := range p.any {
			found = found || bytes.Equal(b, want)
		}
		if !found {
			t.Fatalf("%s has %d bytes that it never had", name, len(b))
		}
	}
}

// Whenever the power is cut, and whatever of the writes that were under way is there, what was synced is there, a file that takes
// another's name does so at once, and the check leaves a sound volume.
func TestPowerCuts(t *testing.T) {
	rounds := 100
	if testing.Short() {
		rounds = 20
	}
	small := []kind{{"FAT12", 12, 1 << 20, 512}, {"FAT16", 16, 5 << 20, 1024}, {"FAT32", 32, 36 << 20, 512}}
	for _, k := range small {
		t.Run(k.name, func(t *testing.T) {
			d := k.format()
			for round := range rounds / int(1+k.size>>22) {
				r := rand.New(rand.NewPCG(uint64(round), 6))
				m := &mortal{memory: memory{b: d.b}, lasting: bytes.Clone(d.b), left: 20 + r.IntN(300)}
				v, err := Mount(m, now, false)
				if err != nil {
					t.Fatal(err)
				}
				v.cache.limit = 24 // so that blocks are written at any moment
				l := &life{r: r, v: v, files: map[string][]byte{}, promises: map[string]*promise{}}
				l.load(t)
				for m.left > 0 {
					if e := l.step(); e != 0 && m.left > 0 {
						t.Fatalf("round %d: error %d with power", round, e)
					}
				}
				d = m.after(r)
				l.kept(t, mount(t, d))
				if round%20 == 0 {
					sound(t, d.b)
				}
				if t.Failed() {
					t.Fatalf("in round %d", round)
				}
			}
		})
	}
}

// load takes the files that are there for the program's.
func (l *life) load(t *testing.T) {
	dir, e := l.v.Root().Lookup("folder")
	ok(t, e)
	if dir == nil {
		return
	}
	for _, name := range list(t, dir) {
		if name == "new" {
			continue
		}
		f, e := dir.Lookup(name)
		ok(t, e)
		l.files[name] = contents(t, f)
	}
	l.synced()
}
