//go:build mirage

package linuxabi

import (
	"internal/cpu"
	"internal/mirage/machine"
	"runtime"
)

// featureNames are what /proc/cpuinfo calls the bits of CPUID leaf 1's EDX and ECX and leaf 7's EBX (Intel SDM, volume
// 2A, table 3-10 and 3-11; arch/x86/include/asm/cpufeatures.h), "" what has no name there.
var featureNames = [3][32]string{
	{"fpu", "vme", "de", "pse", "tsc", "msr", "pae", "mce", "cx8", "apic", "", "sep", "mtrr", "pge", "mca", "cmov",
		"pat", "pse36", "pn", "clflush", "", "dts", "acpi", "mmx", "fxsr", "sse", "sse2", "ss", "ht", "tm", "ia64", "pbe"},
	{"pni", "pclmulqdq", "dtes64", "monitor", "ds_cpl", "vmx", "smx", "est", "tm2", "ssse3", "cid", "sdbg", "fma", "cx16", "xtpr", "pdcm",
		"", "pcid", "dca", "sse4_1", "sse4_2", "x2apic", "movbe", "popcnt", "tsc_deadline_timer", "aes", "xsave", "", "avx", "f16c", "rdrand", "hypervisor"},
	{"fsgsbase", "tsc_adjust", "sgx", "bmi1", "hle", "avx2", "", "smep", "bmi2", "erms", "invpcid", "rtm", "", "", "mpx", "",
		"avx512f", "avx512dq", "rdseed", "adx", "smap", "avx512ifma", "", "clflushopt", "clwb", "", "avx512pf", "avx512er", "avx512cd", "sha_ni", "avx512bw", "avx512vl"},
}

// processorLines says in /proc/cpuinfo what is the same of every CPU.
func processorLines() string {
	last, b, c, d := machine.CPUID(0, 0)
	vendor := make([]byte, 12)
	put32(vendor, b)
	put32(vendor[4:], d)
	put32(vendor[8:], c)
	signature, _, ecx, edx := machine.CPUID(1, 0)
	extended := uint32(0)
	if last >= 7 {
		_, extended, _, _ = machine.CPUID(7, 0)
	}
	family, model := signature>>8&0xf, signature>>4&0xf // SDM, "Version Information Returned by CPUID in EAX"
	if family == 6 || family == 15 {
		model |= signature >> 16 & 0xf << 4
	}
	if family == 15 {
		family += signature >> 20 & 0xff
	}
	flags := ""
	for i, bits := range [3]uint32{edx, ecx, extended} {
		for bit, name := range featureNames[i] {
			if name != "" && bits>>bit&1 != 0 {
				flags += " " + name
			}
		}
	}
	cores := decimal(runtime.NumCPU())
	return "vendor_id\t: " + string(vendor) + "\ncpu family\t: " + decimal(family) + "\nmodel\t\t: " + decimal(model) +
		"\nmodel name\t: " + cpu.Name() + "\nstepping\t: " + decimal(signature&0xf) + "\nphysical id\t: 0\nsiblings\t: " + cores +
		"\ncpu cores\t: " + cores + "\nflags\t\t:" + flags + "\n"
}
