//go:build !mirage

package ranges

import (
	"slices"
	"testing"
)

const testPages = 64

// model is what each page of a small address space is.
type model [testPages]Range

func (m *model) set(r Range) {
	for i := r.Start; i < r.End; i++ {
		p := r.from(i)
		p.End = i + 1
		m[i] = p
	}
}

// list is what a table must hold: as few ranges as there can be.
func (m *model) list() (all []Range) {
	for _, p := range m {
		if p.End == 0 {
			continue
		}
		if len(all) > 0 && p.joins(&all[len(all)-1]) {
			all[len(all)-1].End = p.End
			continue
		}
		all = append(all, p)
	}
	return all
}

// run does to a table and to the model what the bytes say: four bytes an operation.
func run(t *testing.T, room int, script []byte) {
	table := &Table{List: make([]Range, room)}
	table.More = func() bool {
		full := table.Room == room
		table.Room = min(table.Room+3, room)
		return !full
	}
	var m model
	for ; len(script) >= 4; script = script[4:] {
		start := uintptr(script[0]) % testPages
		end := min(start+uintptr(script[1])%16, testPages)
		r := Range{Start: start, End: end, Flags: Flags(script[2] & 3)}
		if script[2]&4 != 0 {
			r.Object, r.Offset = 8, start+uintptr(script[2]>>3&1)
		}
		if start == end {
			continue
		}
		before := slices.Clone(m[:])
		ok := true
		switch script[3] % 4 {
		case 0, 1:
			ok = table.Set(r)
			m.set(r)
		case 2:
			ok = table.Clear(start, end)
			clear(m[start:end])
		case 3:
			ok = table.Change(start, end, 3, r.Flags)
			for i := range m[start:end] {
				if p := &m[int(start)+i]; p.End != 0 {
					p.Flags = r.Flags
				}
			}
		}
		if !ok { // for want of room: nothing is different
			copy(m[:], before)
			if table.Len() < room-3 {
				t.Fatalf("no room with %d of %d", table.Len(), room)
			}
		}
		check(t, table, &m, ok)
	}
}

func check(t *testing.T, table *Table, m *model, merged bool) {
	t.Helper()
	var got []Range
	for i := range table.Len() {
		got = append(got, *table.At(i))
	}
	want := m.list()
	if merged && room(table) && !slices.Equal(got, want) {
		t.Fatalf("the table holds\n%v, and should hold\n%v", got, want)
	}
	for i := range m {
		r := table.Find(uintptr(i))
		if (r != nil) != (m[i].End != 0) {
			t.Fatalf("Find(%d) is %v, and the page %v", i, r, m[i])
		}
		if r != nil {
			p := r.from(uintptr(i))
			p.End = p.Start + 1
			if p != m[i] {
				t.Fatalf("page %d is %v and should be %v", i, p, m[i])
			}
		}
	}
	checkGaps(t, table, m)
}

// room reports whether no operation can have left a cut for want of room.
func room(table *Table) bool { return table.Room >= testPages+3 }

func checkGaps(t *testing.T, table *Table, m *model) {
	t.Helper()
	for _, n := range []uintptr{1, 3, 8} {
		at := table.Gap(n, 4, testPages, 2)
		want := uintptr(0)
		for lo := uintptr(4); lo+n <= testPages && want == 0; lo += 2 {
			if !slices.ContainsFunc(m[lo:lo+n], func(p Range) bool { return p.End != 0 }) {
				want = lo
			}
		}
		if at != want {
			t.Fatalf("Gap(%d) is %d and should be %d", n, at, want)
		}
		if at != 0 && !table.Free(at, at+n) {
			t.Fatalf("the gap at %d is not free", at)
		}
	}
}

func FuzzTable(f *testing.F) {
	f.Add([]byte{8, 15, 1, 0, 20, 15, 1, 0, 12, 3, 2, 3, 13, 1, 0, 2, 12, 4, 1, 3})
	f.Add([]byte{8, 15, 5, 0, 10, 2, 5, 0, 10, 2, 13, 0, 0, 15, 0, 2, 4, 4, 0, 3})
	f.Fuzz(func(t *testing.T, script []byte) {
		run(t, testPages+3, script)
		run(t, 8, script)
	})
}

// A table grows by More, and says so when it cannot.
func TestMore(t *testing.T) {
	table := &Table{List: make([]Range, 10)}
	table.More = func() bool {
		if table.Room+4 > len(table.List) {
			return false
		}
		table.Room += 4
		return true
	}
	made := 0
	for table.Set(Range{Start: uintptr(made) * 2, End: uintptr(made)*2 + 1}) {
		made++
	}
	if made != 6 { // Set wants room for what it may cut besides
		t.Errorf("%d ranges in a table of %d", made, table.Room)
	}
	if table.Len() != made {
		t.Errorf("Len is %d", table.Len())
	}
}
