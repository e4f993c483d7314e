// Command faults does what a CPU does not allow: its first argument says what. With a second argument it is under
// debug.SetPanicOnFault and says what it recovers.
package main

import (
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"unsafe"
)

var faults = map[string]func(){
	"nil":       func() { *(*int)(nil) = 1 },
	"unmapped":  func() { sink = *(*byte)(pointer(unmapped)) },
	"high":      func() { sink = *(*byte)(pointer(1 << 63)) },
	"call nil":  func() { call(0) },
	"call data": func() { call(address(unsafe.Pointer(&data))) },
	"rodata":    func() { *unsafe.StringData("constant") = 'C' },
	"text":      func() { *(*byte)(pointer(**(**uintptr)(unsafe.Pointer(&code)))) = 0 },
	"overflow":  func() { debug.SetMaxStack(1 << 20); sink = code(1) },
	"divide":    func() { sink = byte(1 / zero) },
	"trap":      runtime.Breakpoint,
	"illegal":   illegal,
	"align":     func() { misalign(unsafe.Pointer(&data)) },
	"int":       divide,
}

// unmapped is an address that nothing is ever mapped at: where the runtime would see the RAM at 15 TiB.
const unmapped = 0x4f00_0000_0000

var (
	sink byte
	zero int
	data [64]byte
	code = overflow
)

func main() {
	log.SetFlags(0)
	f := faults[os.Args[1]]
	if f == nil {
		log.Fatalf("no such fault: %q", os.Args)
	}
	fmt.Printf("data %#x\n", address(unsafe.Pointer(&data)))
	if len(os.Args) > 2 {
		debug.SetPanicOnFault(true)
		defer func() {
			err := recover()
			fmt.Println("recovered:", err)
			if a, ok := err.(interface{ Addr() uintptr }); ok {
				fmt.Printf("at %#x\n", a.Addr())
			}
		}()
	}
	f()
	fmt.Println("went on")
}

// pointer and address go round vet, which knows that such pointers are wrong.
func pointer(a uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&a)) }
func address(p unsafe.Pointer) uintptr { return uintptr(p) }

// call calls the code at pc: a function value points to a word that points to code.
//
//go:noinline
func call(pc uintptr) {
	word := &pc
	(*(*func())(unsafe.Pointer(&word)))()
}

//go:noinline
func overflow(n int) byte {
	var frame [128]byte
	frame[n%128] = overflow(n + 1)
	return frame[(n+1)%128]
}

func illegal()
func divide()
func misalign(p unsafe.Pointer)
