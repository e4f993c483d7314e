package linuxabi

import "internal/mirage/linuxabi/linux"

// The programs that SO_ATTACH_FILTER takes: the machine of McCanne and Jacobson's "The BSD Packet Filter" (1993), with Linux'
// additions (Documentation/networking/filter.rst). A program is checked when it comes, and then cannot but end: it jumps forwards
// alone, and reads nothing but the frame and its own memory.

// A bpfProgram is one that was checked.
type bpfProgram []bpfInstruction

type bpfInstruction struct {
	code    uint16
	yes, no uint8
	k       uint32
}

// bpfFacts are what a program may ask about a frame besides what is in it, by loads from bpfOutside on.
type bpfFacts struct{ protocol, kind, iface uint32 }

const (
	bpfOutside  = 0xfffff000 // SKF_AD_OFF
	bpfProtocol = bpfOutside + 0
	bpfKind     = bpfOutside + 4
	bpfIface    = bpfOutside + 8

	bpfMemory = 16 // words

	// An instruction's class, and what else its code says.
	bpfLoad, bpfLoadX, bpfStore, bpfStoreX = 0, 1, 2, 3
	bpfALU, bpfJump, bpfReturn, bpfMisc    = 4, 5, 6, 7

	bpfWord, bpfHalf, bpfByte                                     = 0x00, 0x08, 0x10
	bpfImm, bpfAbs, bpfInd, bpfMem, bpfLen, bpfMsh                = 0x00, 0x20, 0x40, 0x60, 0x80, 0xa0
	bpfAdd, bpfSub, bpfMul, bpfDiv, bpfOr, bpfAnd, bpfLsh, bpfRsh = 0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70
	bpfNeg, bpfMod, bpfXor                                        = 0x80, 0x90, 0xa0
	bpfAlways, bpfEqual, bpfGreater, bpfNotLess, bpfSet           = 0x00, 0x10, 0x20, 0x30, 0x40
	bpfX                                                          = 0x08 // the operand is X and not k
	bpfRetA                                                       = 0x10
	bpfTAX, bpfTXA                                                = 0x00, 0x80
)

// parseBPF reads an array of struct sock_filter. It is nil for a program that Linux would not take (EINVAL), or that asks for facts
// that there are none of.
func parseBPF(b []byte) bpfProgram {
	p := make(bpfProgram, len(b)/linux.SizeofSockFilter)
	for i := range p {
		w := b[i*linux.SizeofSockFilter:]
		p[i] = bpfInstruction{get16(w), w[2], w[3], get32(w[4:])}
		if !p[i].valid(len(p) - i - 1) {
			return nil
		}
	}
	if p[len(p)-1].code&7 != bpfReturn {
		return nil
	}
	return p
}

// valid reports whether an instruction is one, that behind it has left others.
func (i bpfInstruction) valid(left int) bool {
	rest := i.code &^ 7
	switch i.code & 7 {
	case bpfLoad:
		return i.validLoad()
	case bpfLoadX:
		return rest == bpfImm || rest == bpfLen || rest == bpfMsh|bpfByte || rest == bpfMem && i.k < bpfMemory
	case bpfStore, bpfStoreX:
		return rest == 0 && i.k < bpfMemory
	case bpfALU:
		switch op := rest &^ bpfX; {
		case rest == bpfNeg:
			return true
		case op > bpfXor, op == bpfNeg:
			return false
		case rest == bpfDiv, rest == bpfMod:
			return i.k != 0
		case rest == bpfLsh, rest == bpfRsh:
			return i.k < 32
		}
		return true
	case bpfJump:
		if rest == bpfAlways {
			return uint64(i.k) < uint64(left)
		}
		return rest&^bpfX >= bpfEqual && rest&^bpfX <= bpfSet && int(i.yes) < left && int(i.no) < left
	case bpfReturn:
		return rest == 0 || rest == bpfRetA
	}
	return rest == bpfTAX || rest == bpfTXA
}

func (i bpfInstruction) validLoad() bool {
	switch i.code {
	case bpfImm, bpfLen:
		return true
	case bpfMem:
		return i.k < bpfMemory
	case bpfAbs | bpfWord, bpfAbs | bpfHalf, bpfAbs | bpfByte:
		return i.k < 1<<31 || i.k == bpfProtocol || i.k == bpfKind || i.k == bpfIface
	case bpfInd | bpfWord, bpfInd | bpfHalf, bpfInd | bpfByte:
		return true
	}
	return false
}

// run returns how many octets of a frame the program wants: 0 for none of it, and perhaps more than there are.
func (p bpfProgram) run(b []byte, facts *bpfFacts) uint32 {
	var a, x uint32
	var memory [bpfMemory]uint32
	for pc := 0; ; pc++ {
		i := p[pc]
		operand := i.k
		if i.code&bpfX != 0 {
			operand = x
		}
		ok := true
		switch i.code & 7 {
		case bpfLoad:
			a, ok = i.load(b, x, &memory, facts)
		case bpfLoadX:
			x, ok = i.loadX(b, &memory)
		case bpfStore:
			memory[i.k] = a
		case bpfStoreX:
			memory[i.k] = x
		case bpfALU:
			a, ok = i.compute(a, operand)
		case bpfJump:
			pc += i.jump(a, operand)
		case bpfReturn:
			if i.code&bpfRetA != 0 {
				return a
			}
			return i.k
		case bpfMisc:
			if i.code&bpfTXA != 0 {
				a = x
			} else {
				x = a
			}
		}
		if !ok {
			return 0
		}
	}
}

// load is what an instruction loads into A. It is false for what lies beyond the frame, which ends the program.
func (i bpfInstruction) load(b []byte, x uint32, memory *[bpfMemory]uint32, facts *bpfFacts) (uint32, bool) {
	at := uint64(i.k)
	switch i.code & 0xe0 {
	case bpfImm:
		return i.k, true
	case bpfMem:
		return memory[i.k], true
	case bpfLen:
		return uint32(len(b)), true
	case bpfInd:
		at = uint64(i.k + x)
	case bpfAbs:
		switch i.k {
		case bpfProtocol:
			return facts.protocol, true
		case bpfKind:
			return facts.kind, true
		case bpfIface:
			return facts.iface, true
		}
	}
	size := uint64(4)
	switch i.code & 0x18 {
	case bpfHalf:
		size = 2
	case bpfByte:
		size = 1
	}
	if at+size > uint64(len(b)) {
		return 0, false
	}
	var v uint32
	for _, octet := range b[at : at+size] {
		v = v<<8 | uint32(octet)
	}
	return v, true
}

// loadX is load for X.
func (i bpfInstruction) loadX(b []byte, memory *[bpfMemory]uint32) (uint32, bool) {
	switch i.code & 0xe0 {
	case bpfMem:
		return memory[i.k], true
	case bpfLen:
		return uint32(len(b)), true
	case bpfMsh: // the length of an IPv4 header that begins at k
		if uint64(i.k) >= uint64(len(b)) {
			return 0, false
		}
		return uint32(b[i.k]&0xf) * 4, true
	}
	return i.k, true
}

// compute is what an instruction makes of A. It is false for a division by zero, which ends the program.
func (i bpfInstruction) compute(a, by uint32) (uint32, bool) {
	switch i.code & 0xf0 {
	case bpfAdd:
		return a + by, true
	case bpfSub:
		return a - by, true
	case bpfMul:
		return a * by, true
	case bpfOr:
		return a | by, true
	case bpfAnd:
		return a & by, true
	case bpfXor:
		return a ^ by, true
	case bpfNeg:
		return -a, true
	case bpfLsh:
		return a << (by % 32), true
	case bpfRsh:
		return a >> (by % 32), true
	}
	switch {
	case by == 0:
		return 0, false
	case i.code&0xf0 == bpfMod:
		return a % by, true
	}
	return a / by, true
}

// jump is how many instructions are left out.
func (i bpfInstruction) jump(a, operand uint32) int {
	var yes bool
	switch i.code & 0xf0 {
	case bpfAlways:
		return int(i.k)
	case bpfEqual:
		yes = a == operand
	case bpfGreater:
		yes = a > operand
	case bpfNotLess:
		yes = a >= operand
	case bpfSet:
		yes = a&operand != 0
	}
	if yes {
		return int(i.yes)
	}
	return int(i.no)
}
