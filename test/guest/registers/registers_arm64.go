package main

func ttbr0() uint64
func ttbr1() uint64
func tcr() uint64
func sctlr() uint64
func features() uint64
func pan() uint64

func registers() []register {
	return []register{{"TTBR0", ttbr0()}, {"TTBR1", ttbr1()}, {"TCR", tcr()},
		{"SCTLR", sctlr()}, {"MMFR1", features()}, {"PAN", pan()}}
}
