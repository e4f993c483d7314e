package main

func ttbr0() uint64
func ttbr1() uint64
func tcr() uint64

func registers() []register {
	return []register{{"TTBR0", ttbr0()}, {"TTBR1", ttbr1()}, {"TCR", tcr()}}
}
