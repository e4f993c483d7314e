package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// An entry is an instruction that enters a kernel.
type entry struct {
	symbol string
	offset uint64 // from the symbol's start
	name   string
}

// kernelEntries returns the instructions in an image's text that enter a kernel, by symbol. The image must have a
// symbol table. Text that cannot be read as instructions is an error: something might hide there.
func kernelEntries(file string) ([]entry, error) {
	f, err := elf.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text := f.Section(".text")
	if text == nil {
		return nil, errors.New("no .text")
	}
	code, err := text.Data()
	if err != nil {
		return nil, err
	}
	symbols, err := functions(f, text)
	if err != nil {
		return nil, err
	}
	scan := scanAMD64
	if f.Machine == elf.EM_AARCH64 {
		scan = scanARM64
	}
	var found []entry
	for _, s := range symbols {
		start := s.Value - text.Addr
		entries, err := scan(code[start : start+s.Size])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		for _, e := range entries {
			e.symbol = s.Name
			found = append(found, e)
		}
	}
	return found, nil
}

// functions returns the symbols of text, in order and without those that only mark its ends. They must cover it: what
// lies between two of them is padding.
func functions(f *elf.File, text *elf.Section) ([]elf.Symbol, error) {
	all, err := f.Symbols()
	if err != nil {
		return nil, err
	}
	var symbols []elf.Symbol
	var covered uint64
	for _, s := range all {
		inText := s.Value >= text.Addr && s.Value+s.Size <= text.Addr+text.Size
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC && s.Size > 0 && inText {
			symbols = append(symbols, s)
			covered += s.Size
		}
	}
	slices.SortFunc(symbols, func(a, b elf.Symbol) int { return int(int64(a.Value - b.Value)) })
	if covered < text.Size*9/10 {
		return nil, fmt.Errorf("symbols cover %d of %d bytes of text", covered, text.Size)
	}
	return symbols, nil
}

// scanAMD64 finds SYSCALL, SYSENTER and INT 0x80.
func scanAMD64(code []byte) ([]entry, error) {
	var found []entry
	for at := 0; at < len(code); {
		n := instructionLength(code[at:])
		if n == 0 {
			return nil, fmt.Errorf("no instruction at +%#x: % x", at, code[at:min(at+8, len(code))])
		}
		if name := entersKernel(code[at : at+n]); name != "" {
			found = append(found, entry{offset: uint64(at), name: name})
		}
		at += n
	}
	return found, nil
}

// entersKernel returns the name of an amd64 instruction that enters a kernel, "" for any other. Prefixes before the
// opcode make no difference to these.
func entersKernel(inst []byte) string {
	for len(inst) > 2 && isPrefix(inst[0]) {
		inst = inst[1:]
	}
	if len(inst) != 2 {
		return ""
	}
	return map[[2]byte]string{{0x0f, 0x05}: "SYSCALL", {0x0f, 0x34}: "SYSENTER", {0xcd, 0x80}: "INT $0x80"}[[2]byte(inst)]
}

// isPrefix reports whether b is a legacy or REX prefix: Intel, Software Developer's Manual, volume 2, section 2.1.1
// and 2.2.1.
func isPrefix(b byte) bool {
	return b&0xf0 == 0x40 || bytes.IndexByte([]byte{0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3}, b) >= 0
}

// scanARM64 finds SVC: Arm Architecture Reference Manual, C6.2, SVC. A pool of constants between functions is read as
// instructions too.
func scanARM64(code []byte) ([]entry, error) {
	var found []entry
	for at := 0; at+4 <= len(code); at += 4 {
		if binary.LittleEndian.Uint32(code[at:])&0xffe0001f == 0xd4000001 {
			found = append(found, entry{offset: uint64(at), name: "SVC"})
		}
	}
	return found, nil
}
