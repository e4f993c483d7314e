package image

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"mirage.build/test/harness"
)

// The notes of the entry points, for PVH and for PV, stand in a PT_NOTE segment, whatever other notes the linker writes:
// loaders look nowhere else (Xen, docs/misc/pvh.pandoc).
func TestBootNote(t *testing.T) {
	const pvhEntry, pvEntry = 18, 1 // XEN_ELFNOTE_PHYS32_ENTRY, XEN_ELFNOTE_ENTRY
	for _, ldflags := range []string{"", "-buildid=", "-buildid=test", "-B=none", "-B=none -buildid="} {
		t.Run(ldflags, func(t *testing.T) {
			f, err := elf.Open(harness.Build(t, "amd64", "./test/guest/hello", "-ldflags="+ldflags))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			var entries []uint64
			for _, p := range f.Progs {
				if p.Type != elf.PT_NOTE {
					continue
				}
				notes, err := readNotes(p.Open(), f.ByteOrder)
				if err != nil {
					t.Fatal(err)
				}
				for _, n := range notes {
					if n.name == "Xen\x00" && (n.kind == pvhEntry || n.kind == pvEntry) && len(n.value) == 8 {
						entries = append(entries, f.ByteOrder.Uint64(n.value))
					}
				}
			}
			if len(entries) != 2 || entries[0] != f.Entry || entries[1] != f.Entry {
				t.Errorf("the entry points in notes are %#x, want %#x", entries, f.Entry)
			}
		})
	}
}

type note struct {
	name  string
	kind  uint32
	value []byte
}

// readNotes reads a segment's notes: gABI 4.1, chapter 5, with names and values padded to 4 bytes.
func readNotes(in io.Reader, order binary.ByteOrder) ([]note, error) {
	var all []note
	for {
		var head struct{ NameSize, ValueSize, Kind uint32 }
		if err := binary.Read(in, order, &head); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		text := make([]byte, (head.NameSize+3)&^3+(head.ValueSize+3)&^3)
		if _, err := io.ReadFull(in, text); err != nil {
			return nil, err
		}
		value := text[(head.NameSize+3)&^3:]
		all = append(all, note{string(text[:head.NameSize]), head.Kind, value[:head.ValueSize]})
	}
}
