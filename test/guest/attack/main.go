// Command attack tries what a machine must not let it do, or says what an attacker would like to know. Its first
// argument says which. What is tried here ends the program; what does not is tried in internal/mirage/machine's tests.
//
// It is built with -ldflags=-checklinkname=0: it calls what the runtime offers to nobody.
package main

import (
	"fmt"
	"os"
	"time"
	_ "unsafe" // for go:linkname
)

//go:linkname vmMapPages runtime.vmMapPages
func vmMapPages(va, pa, n uintptr, prot uint8, device bool) bool

//go:linkname vmProtect runtime.vmProtect
func vmProtect(start, end uintptr, prot uint8) bool

//go:linkname systemstack runtime.systemstack
func systemstack(f func())

//go:linkname onTrapStack runtime.onTrapStack
func onTrapStack(f func())

// Where the runtime has put things.
//
//go:linkname trapStackBase runtime.trapStackBase
//go:linkname vmGeneral runtime.vmGeneral
//go:linkname vmTables runtime.vmTables
var (
	trapStackBase, vmGeneral uintptr
	vmTables                 struct{ window uintptr }
)

// overflow pushes until it is stopped.
func overflow()

const read, write, execute = 1, 2, 4 // runtime.vmProt

// attacks are by name; those of one architecture add themselves.
var attacks = map[string]func(){
	"map":     func() { vmMapPages(0x10_0000, 0x4000_0000, 4096, read|execute, false) },
	"map-wx":  func() { vmMapPages(0x10_0000, 0x4000_0000, 4096, read|write|execute, false) },
	"protect": func() { vmProtect(1<<40, 1<<40+4096, read|execute) },
	"thread":  func() { systemstack(overflow) },
	"trap":    func() { onTrapStack(overflow) },
	"layout":  layout,
	"wait":    wait,
}

func main() {
	attack := attacks[os.Args[1]]
	if attack == nil {
		fmt.Fprintf(os.Stderr, "no such attack: %q\n", os.Args)
		os.Exit(1)
	}
	attack()
	fmt.Println("not stopped")
}

// layout says where things are.
func layout() {
	object, heap := new(int), make([]byte, 1<<20)
	fmt.Printf("object=%p\nheap=%p\n", object, &heap[0])
	fmt.Printf("stacks=%#x\ntables=%#x\nwindow=%#x\n", trapStackBase, vmGeneral, vmTables.window)
}

func wait() {
	fmt.Println("waiting")
	time.Sleep(time.Hour)
}
