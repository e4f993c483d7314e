package image

import (
	"testing"

	"mirage.build/test/harness"
)

// What a CPU has against use of memory by the wrong side is on, on CPUs that have it and on those that do not.
func TestProtectionIsOn(t *testing.T) {
	for _, m := range []harness.Machine{
		{Name: "max", Arch: "amd64", Machine: "microvm"},
		{Name: "qemu64", Arch: "amd64", Machine: "microvm", CPU: "qemu64"},
		{Name: "all", Arch: "arm64", Machine: "virt", CPU: "max"},
		{Name: "cortex-a53", Arch: "arm64", Machine: "virt"},
	} {
		t.Run(m.Arch+"/"+m.Name, func(t *testing.T) {
			b := harness.Boot(t, m.Config(harness.Build(t, m.Arch, "./test/guest/registers")))
			b.WaitFor("done\n")
			r := registers(t, b.Stdout.String())
			protections := amd64Protections
			if m.Arch == "arm64" {
				protections = arm64Protections
			}
			for _, p := range protections {
				has := p.feature == "" || r[p.feature]>>p.at&p.mask != 0
				if on := r[p.register]>>p.bit&1 != 0; on != (has != p.zero) {
					t.Errorf("%s: the CPU has it: %v; %s is %#x", p.name, has, p.register, r[p.register])
				}
			}
		})
	}
}

// A protection is a bit of a register, 1 (or 0, if zero is set) where the CPU has it: where a field of another register
// is not 0.
type protection struct {
	name, register string
	bit            int
	feature        string // always there if empty
	at             int
	mask           uint64
	zero           bool
}

// Intel SDM volume 3, 2.2.1 and 2.5; volume 2, CPUID.
var amd64Protections = []protection{
	{name: "read-only pages", register: "CR0", bit: 16}, // WP
	{name: "no-execute pages", register: "EFER", bit: 11},
	{name: "UMIP", register: "CR4", bit: 11, feature: "CPUID7.ECX", at: 2, mask: 1},
	{name: "SMEP", register: "CR4", bit: 20, feature: "CPUID7.EBX", at: 7, mask: 1},
	{name: "SMAP", register: "CR4", bit: 21, feature: "CPUID7.EBX", at: 20, mask: 1},
}

// Arm DDI 0487, D17.2: SCTLR_EL1, ID_AA64MMFR1_EL1, TCR_EL1.
var arm64Protections = []protection{
	{name: "nothing writable is executed", register: "SCTLR", bit: 19}, // WXN
	{name: "stack alignment", register: "SCTLR", bit: 3},
	{name: "nothing in the upper half", register: "TCR", bit: 23}, // EPD1
	{name: "PAN", register: "PAN", bit: 22, feature: "MMFR1", at: 20, mask: 15},
	{name: "PAN in traps", register: "SCTLR", bit: 23, feature: "MMFR1", at: 20, mask: 15, zero: true}, // SPAN
}
