package main

func cr0() uint64
func cr3() uint64
func cr4() uint64
func efer() uint64

// cpuid7 is leaf 7 of CPUID, 0 and 0 where there is none.
func cpuid7() (ebx, ecx uint64)

func registers() []register {
	ebx, ecx := cpuid7()
	return []register{
		{"CR0", cr0()}, {"CR3", cr3()}, {"CR4", cr4()}, {"EFER", efer()},
		{"CPUID7.EBX", ebx}, {"CPUID7.ECX", ecx},
	}
}
