//go:build !mirage

package fat

import (
	"bytes"
	"testing"
)

// A file without a name has its clusters as long as it is used. Who loses power meanwhile finds them free again: such a volume is not
// said to be in order.
func TestNamelessFile(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			d := k.format()
			v := mount(t, d)
			_, _, empty, e := v.Space()
			ok(t, e)
			f, e := v.Root().Create("a file", false)
			ok(t, e)
			_, e = f.WriteAt(bytes.Repeat([]byte("x"), 10*k.cluster), 0)
			ok(t, e)
			ok(t, v.Settle())
			ok(t, v.Root().Remove(f))
			ok(t, v.Settle())
			after := mount(t, &memory{b: bytes.Clone(d.b)})
			if r := after.Found(); r.Lost != 10 {
				t.Errorf("a cut of power: %+v, want 10 lost clusters", r)
			}
			if _, _, free, e := after.Space(); e != 0 || free != empty {
				t.Errorf("%d clusters are free, error %d, want %d", free, e, empty)
			}
			ok(t, f.Close())
			ok(t, f.Close())
			ok(t, v.Settle())
			if r := mount(t, &memory{b: bytes.Clone(d.b)}).Found(); r.Checked {
				t.Error("a volume on which all files have names is checked")
			}
			sound(t, d.b)
		})
	}
}
