package main

func cr3() uint64
func cr4() uint64

func registers() []register { return []register{{"CR3", cr3()}, {"CR4", cr4()}} }
