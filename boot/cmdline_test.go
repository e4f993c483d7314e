//go:build !mirage

package boot

import (
	"slices"
	"testing"
	"unsafe"
)

// words splits a line and checks that each word is followed by a NUL.
func words(t *testing.T, line string) []string {
	t.Helper()
	buf := make([]byte, len(line)+1)
	w := SplitWords([]byte(line), buf)
	var all []string
	for {
		word, ok := w.Next()
		if !ok {
			return all
		}
		if behind := (*byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(word)), len(word))); *behind != 0 {
			t.Errorf("%q: behind %q stands %#x", line, word, *behind)
		}
		all = append(all, string(word))
	}
}

func TestWords(t *testing.T) {
	for line, want := range map[string][]string{
		"":                 nil,
		" \t\r\n":          nil,
		"a":                {"a"},
		"  ip=dhcp\tx\n":   {"ip=dhcp", "x"},
		`"a b" c`:          {"a b", "c"},
		`env:A="b c"d`:     {"env:A=b cd"},
		`""`:               {""},
		`"" a ""`:          {"", "a", ""},
		`a\b \`:            {`a\b`, `\`},
		`"\"\\\n\t\x41\q"`: {"\"\\\n\tAq"},
		`"\x4"`:            {"x4"},
		`"\xzz"`:           {"xzz"},
		`"\xfF"`:           {"\xff"},
		`"no end`:          {"no end"},
		`"no end\`:         {`no end\`},
		`"\x`:              {"x"},
		"größe \x01":       {"größe", "\x01"},
		`a -- "b c" virtio_mmio.device=512@0x1:5`: {"a", "--", "b c", "virtio_mmio.device=512@0x1:5"},
	} {
		if got := words(t, line); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

// Raw gives each word as it stands, so that what stood between them is blanks alone.
func TestRaw(t *testing.T) {
	const line = `  a "b c"d  "e\"f"` + "\t\"no end"
	w := SplitWords([]byte(line), make([]byte, len(line)+1))
	for _, want := range []string{"a", `"b c"d`, `"e\"f"`, `"no end`} {
		if _, ok := w.Next(); !ok || string(w.Raw()) != want {
			t.Errorf("%q, want %q", w.Raw(), want)
		}
	}
}

func TestValue(t *testing.T) {
	if v, ok := Value([]byte("env:A=b"), "env:"); !ok || string(v) != "A=b" {
		t.Errorf("%q, %v", v, ok)
	}
	if v, ok := Value([]byte("env:"), "env:"); !ok || len(v) != 0 {
		t.Errorf("%q, %v", v, ok)
	}
	for _, word := range []string{"", "env", "xenv:"} {
		if _, ok := Value([]byte(word), "env:"); ok {
			t.Errorf("%q has a value", word)
		}
	}
}

// QEMU appends its devices to the line (docs/system/i386/microvm.rst).
func TestIsAppended(t *testing.T) {
	if !IsAppended([]byte("virtio_mmio.device=512@0xfeb00e00:12")) || IsAppended([]byte("virtio_mmio.devices")) || IsAppended(nil) {
		t.Error("IsAppended")
	}
}

// A buffer of len(line)+1 bytes is enough for any line.
func FuzzWords(f *testing.F) {
	f.Add(`a "b\x41 c" -- ""`)
	f.Fuzz(func(t *testing.T, line string) {
		n := 0
		for _, w := range words(t, line) {
			n += len(w) + 1
		}
		if n > len(line)+1 {
			t.Errorf("%q: %d bytes", line, n)
		}
	})
}
