package image

import "golang.org/x/arch/x86/x86asm"

// instructionLength returns the length of the amd64 instruction that code begins with, 0 if it is none. What
// golang.org/x/arch does not know is measured here: the instructions with VEX and EVEX prefixes, and newer ones.
func instructionLength(code []byte) int {
	if n := vexLength(code); n > 0 {
		return n
	}
	if inst, err := x86asm.Decode(code, 64); err == nil && inst.Op != 0 {
		return inst.Len
	}
	return newerLength(code)
}

// newerLength returns the length of an instruction of the groups that grew with newer CPUs (RDSEED, CLAC, XSAVEC, SHA,
// ADX), 0 if code begins with another: appendix A, tables.
func newerLength(code []byte) int {
	n := 0
	for n < len(code) && isPrefix(code[n]) {
		n++
	}
	if len(code) < n+3 || code[n] != 0x0f {
		return 0
	}
	switch code[n+1] {
	case 0x01, 0xae, 0xc7:
		return n + 2 + operandLength(code[n+2:])
	case 0x38:
		return n + 3 + operandLength(code[n+3:])
	case 0x3a:
		return n + 4 + operandLength(code[n+3:])
	}
	return 0
}

// vexLength returns the length of an instruction with a VEX or EVEX prefix, 0 if code does not begin with one: Intel,
// Software Developer's Manual, volume 2, sections 2.3.5 and 2.7.1.
func vexLength(code []byte) int {
	if len(code) < 6 {
		return 0
	}
	var prefix int
	opcodeMap := byte(1)
	switch code[0] {
	case 0xc5:
		prefix = 2
	case 0xc4:
		prefix, opcodeMap = 3, code[1]&0x1f
	case 0x62:
		prefix, opcodeMap = 4, code[1]&7
	default:
		return 0
	}
	opcode := code[prefix]
	n := prefix + 1
	if opcodeMap == 1 && opcode == 0x77 { // VZEROUPPER and VZEROALL: no operands
		return n
	}
	n += operandLength(code[n:])
	if hasImmediate(opcodeMap, opcode) {
		n++
	}
	if n > len(code) {
		return 0
	}
	return n
}

// operandLength is the length of a ModR/M byte with what follows it: section 2.1.5, tables 2-2 and 2-3.
func operandLength(code []byte) int {
	if len(code) < 2 {
		return 2
	}
	mod, rm, sib := code[0]>>6, code[0]&7, code[1]
	n := 1
	if mod == 3 {
		return n
	}
	if rm == 4 {
		n++
	}
	switch {
	case mod == 1:
		n++
	case mod == 2, rm == 5, rm == 4 && sib&7 == 5:
		n += 4
	}
	return n
}

// hasImmediate reports whether an 8-bit immediate ends the instruction: appendix A, tables.
func hasImmediate(opcodeMap, opcode byte) bool {
	switch opcodeMap {
	case 1:
		return 0x70 <= opcode && opcode <= 0x73 || opcode == 0xc2 || 0xc4 <= opcode && opcode <= 0xc6
	case 3:
		return true
	}
	return false
}
