package image

import (
	"debug/elf"
	"debug/gosym"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A program is an image's functions and which of them calls which.
type program struct {
	arch    elf.Machine
	text    *elf.Section
	code    []byte
	lines   *gosym.Table
	symbols []elf.Symbol // by address
}

func openProgram(file string) (*program, error) {
	f, err := elf.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p := &program{arch: f.Machine, text: f.Section(".text")}
	lines := f.Section(".gopclntab")
	if p.text == nil || lines == nil {
		return nil, errors.New("no .text or no .gopclntab")
	}
	if p.code, err = p.text.Data(); err != nil {
		return nil, err
	}
	if p.symbols, err = functions(f, p.text); err != nil {
		return nil, err
	}
	table, err := lines.Data()
	if err != nil {
		return nil, err
	}
	p.lines, err = gosym.NewTable(nil, gosym.NewLineTable(table, p.text.Addr))
	return p, err
}

// find returns the functions that are a closure.
func (p *program) find(c closure) []elf.Symbol {
	var found []elf.Symbol
	for _, s := range p.symbols {
		if file, line, fn := p.lines.PCToLine(s.Value); fn != nil && c.is(s.Name, file, line) {
			found = append(found, s)
		}
	}
	return found
}

// at returns the function that addr lies in.
func (p *program) at(addr uint64) (elf.Symbol, bool) {
	i, exact := slices.BinarySearchFunc(p.symbols, addr, func(s elf.Symbol, addr uint64) int { return int(int64(s.Value - addr)) })
	if !exact {
		i--
	}
	if i < 0 || addr >= p.symbols[i].Value+p.symbols[i].Size {
		return elf.Symbol{}, false
	}
	return p.symbols[i], true
}

// calls returns the functions that s calls or jumps to directly.
func (p *program) calls(s elf.Symbol) ([]elf.Symbol, error) {
	code := p.code[s.Value-p.text.Addr:][:s.Size]
	targets := targetsARM64(code)
	if p.arch == elf.EM_X86_64 {
		var err error
		if targets, err = targetsAMD64(code); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	var called []elf.Symbol
	for _, offset := range targets {
		if to, ok := p.at(s.Value + uint64(offset)); ok && to.Value != s.Value {
			called = append(called, to)
		}
	}
	return called, nil
}

// targetsAMD64 returns where calls and jumps go (CALL rel32, JMP rel32), relative to the code's start.
func targetsAMD64(code []byte) ([]int64, error) {
	var targets []int64
	for at := 0; at < len(code); {
		n := instructionLength(code[at:])
		if n == 0 {
			return nil, fmt.Errorf("no instruction at +%#x", at)
		}
		if op := code[at]; n == 5 && (op == 0xe8 || op == 0xe9) {
			targets = append(targets, int64(at+n)+int64(int32(binary.LittleEndian.Uint32(code[at+1:]))))
		}
		at += n
	}
	return targets, nil
}

// targetsARM64 does it for BL and B: Arm Architecture Reference Manual, C6.2.
func targetsARM64(code []byte) []int64 {
	var targets []int64
	for at := 0; at+4 <= len(code); at += 4 {
		if inst := binary.LittleEndian.Uint32(code[at:]); inst>>26&0x1f == 0b00101 {
			targets = append(targets, int64(at)+int64(int32(inst<<6)>>6)*4)
		}
	}
	return targets
}

// barriers are the functions that a write barrier is made of.
var barriers = regexp.MustCompile(`^runtime\.(gcWriteBarrier.*|wb(Zero|Move)|typedmem(move|clr)|typedslicecopy|bulkBarrier.*)$`)

// dying are those that end the program, below which anything goes, and what makes stacks larger, which a trap stack,
// being large enough, does not come to.
var dying = regexp.MustCompile(`^runtime\.(throw|fatal.*|panic.*|goPanic.*|gopanic|trapFatal|morestack.*)$`)

// barrierBelow returns the way from s to a write barrier by direct calls, "" if there is none. What seen holds has none.
func (p *program) barrierBelow(s elf.Symbol, seen map[string]bool) (string, error) {
	switch {
	case barriers.MatchString(s.Name):
		return s.Name, nil
	case seen[s.Name] || dying.MatchString(strings.TrimSuffix(s.Name, ".abi0")):
		return "", nil
	}
	seen[s.Name] = true
	called, err := p.calls(s)
	if err != nil {
		return "", err
	}
	for _, to := range called {
		if way, err := p.barrierBelow(to, seen); way != "" || err != nil {
			return s.Name + " > " + way, err
		}
	}
	return "", nil
}
