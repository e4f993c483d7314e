package boot

// A Range is physical memory from Start up to End.
type Range struct{ Start, End uint64 }

// Size is the number of bytes in r.
func (r Range) Size() uint64 { return r.End - r.Start }

// maxRanges bounds the memory map. QEMU gives 6, large PCs about 30.
const maxRanges = 64

// Info is what the loader said. Slices point into physical memory.
type Info struct {
	ram         [maxRanges]Range
	n           int
	CommandLine []byte
	Overwritten bool   // something lies where the command line was longer once
	Initrd      Range  // empty when there is none
	Kept        Range  // RAM that the loader has filled and that stays so; empty when there is none
	RSDP        uint64 // ACPI root pointer, 0 when there is none
	DeviceTree  []byte // flattened device tree, nil when there is none
	cpus        [MaxCPUs]uint32
	release     [MaxCPUs]uint64
	nCPUs       int
	Seed        []byte // random bytes from the loader, nil when there are none
	KASLRSeed   []byte // likewise, fewer
}

// RAM is the usable memory, in the loader's order.
func (i *Info) RAM() []Range { return i.ram[:i.n] }

// CPUs is the hardware's names of the CPUs: APIC IDs on amd64, MPIDR affinities on arm64.
func (i *Info) CPUs() []uint32 { return i.cpus[:i.nCPUs] }

// addRAM appends one range, rounded inwards to whole pages. It reports whether there was room.
func (i *Info) addRAM(start, size uint64) bool {
	const page = 4096
	end := start + size
	if end < start {
		end = ^uint64(0) &^ (page - 1)
	}
	start = (start + page - 1) &^ (page - 1)
	end &^= page - 1
	if start >= end {
		return true
	}
	if i.n == len(i.ram) {
		return false
	}
	i.ram[i.n] = Range{start, end}
	i.n++
	return true
}

// cut returns mem[addr:addr+size], or nil when that is not within mem.
func cut(mem []byte, addr, size uint64) []byte {
	if addr > uint64(len(mem)) || size > uint64(len(mem))-addr {
		return nil
	}
	return mem[addr : addr+size : addr+size]
}

// cutString returns the bytes at addr up to a NUL, nil when there is none within max bytes.
func cutString(mem []byte, addr uint64, max int) []byte {
	for n := 0; n < max; n++ {
		if addr+uint64(n) >= uint64(len(mem)) {
			return nil
		}
		if mem[addr+uint64(n)] == 0 {
			return mem[addr : addr+uint64(n) : addr+uint64(n)]
		}
	}
	return nil
}

func le32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func le64(b []byte) uint64 { return uint64(le32(b)) | uint64(le32(b[4:]))<<32 }
