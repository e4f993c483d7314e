package boot

// struct hvm_start_info and its tables: Xen, xen/include/public/arch-x86/hvm/start_info.h.
const (
	pvhMagic = 0x336ec578

	pvhVersion  = 4  // u32
	pvhNModules = 12 // u32
	pvhModules  = 16 // u64, physical address of the module list
	pvhCmdline  = 24 // u64, physical address of a NUL-terminated string
	pvhRSDP     = 32 // u64
	pvhMemmap   = 40 // u64, physical address, version 1 on
	pvhNMemmap  = 48 // u32, version 1 on
	pvhSize     = 56

	pvhModuleSize = 32 // u64 address, u64 size, u64 command line, u64 reserved
	pvhEntrySize  = 24 // u64 address, u64 size, u32 type, u32 reserved

	pvhTypeRAM = 1 // XEN_HVM_MEMMAP_TYPE_RAM, numbered as E820
)

// maxCommandLine bounds the command line; Linux on x86 takes 2048 bytes.
const maxCommandLine = 64 << 10

// ReadPVH reads the start info at addr in mem, which is physical memory from 0 on. The error says what is wrong,
// "" when nothing is.
func (i *Info) ReadPVH(mem []byte, addr uint64) (problem string) {
	s := cut(mem, addr, pvhSize)
	if s == nil || le32(s) != pvhMagic {
		return "the loader passed no PVH start info"
	}
	if le32(s[pvhVersion:]) < 1 {
		return "PVH start info of version 0: it has no memory map"
	}
	i.RSDP = le64(s[pvhRSDP:])
	if a := le64(s[pvhCmdline:]); a != 0 {
		i.CommandLine = cutString(mem, a, maxCommandLine)
		if i.CommandLine == nil {
			return "PVH command line is longer than 64 KiB or lies outside the first 4 GiB"
		}
	}
	if le32(s[pvhNModules:]) > 0 {
		m := cut(mem, le64(s[pvhModules:]), pvhModuleSize)
		if m == nil {
			return "PVH module list lies outside the first 4 GiB"
		}
		i.Initrd = Range{le64(m), le64(m) + le64(m[8:])}
		if i.Initrd.End < i.Initrd.Start {
			return "PVH module wraps around the address space"
		}
	}
	n := uint64(le32(s[pvhNMemmap:]))
	t := cut(mem, le64(s[pvhMemmap:]), n*pvhEntrySize)
	if t == nil || n == 0 {
		return "PVH memory map is missing or lies outside the first 4 GiB"
	}
	for ; len(t) > 0; t = t[pvhEntrySize:] {
		if le32(t[16:]) == pvhTypeRAM && !i.addRAM(le64(t), le64(t[8:])) {
			return "PVH memory map has more than 64 ranges of RAM"
		}
	}
	if i.n == 0 {
		return "PVH memory map has no RAM"
	}
	return ""
}
