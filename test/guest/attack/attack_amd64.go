package main

import _ "unsafe" // for go:linkname

//go:linkname idt runtime.idt
var idt *[256][2]uint64

func init() {
	attacks["interrupts"] = func() { idt[14][0] = 0 }
}
