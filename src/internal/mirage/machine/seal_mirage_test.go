//go:build mirage

package machine_test

import (
	"internal/mirage/machine"
	"runtime"
	"testing"
	"unsafe"
)

const (
	page     = 4096
	physBase = 0x4000_0000_0000 // all RAM, linearly
)

// ret is the instruction that returns to the caller: what is executed by mistake does no more.
var ret = map[string]string{"amd64": "\xc3\xc3\xc3\xc3", "arm64": "\xc0\x03\x5f\xd6"}[runtime.GOARCH]

var (
	inData = [4]byte{1}
	inBSS  [4]byte
)

// call calls the code at p.
func call(p uintptr) {
	closure := &p
	(*(*func())(unsafe.Pointer(&closure)))()
}

// linear is where the byte at p is in the linear mapping of RAM.
func linear(p uintptr) uintptr { return physBase + machine.PhysicalAddress(p) }

func TestOnlyTextIsExecutable(t *testing.T) {
	heap, onStack := new([4]byte), [4]byte{}
	copy(inData[:], ret)
	copy(inBSS[:], ret)
	copy(heap[:], ret)
	copy(onStack[:], ret)
	readOnly := uintptr(unsafe.Pointer(unsafe.StringData(ret)))
	here := TestOnlyTextIsExecutable
	text := **(**uintptr)(unsafe.Pointer(&here))
	for name, p := range map[string]uintptr{
		"data":             uintptr(unsafe.Pointer(&inData)),
		"zeroed data":      uintptr(unsafe.Pointer(&inBSS)),
		"read-only data":   readOnly,
		"heap":             uintptr(unsafe.Pointer(heap)),
		"a stack":          uintptr(unsafe.Pointer(&onStack)),
		"RAM":              linear(uintptr(unsafe.Pointer(heap))),
		"the text's alias": linear(text),
	} {
		t.Run(name, func(t *testing.T) { faults(t, func() { call(p) }) })
	}
	runtime.KeepAlive(heap)
}

// What is read-only where it is linked to be is read-only in the linear mapping of RAM.
func TestWriteThroughLinearMappingFaults(t *testing.T) {
	here := TestWriteThroughLinearMappingFaults
	for name, p := range map[string]uintptr{
		"text":           **(**uintptr)(unsafe.Pointer(&here)),
		"read-only data": uintptr(unsafe.Pointer(unsafe.StringData(readOnlyText))),
	} {
		t.Run(name, func(t *testing.T) { faults(t, func() { *(*byte)(unsafe.Pointer(linear(p))) = 0 }) })
	}
}

const readOnlyText = "this is never written"

// Every page table that the machine uses.
func TestWriteToPageTableFaults(t *testing.T) {
	tables := 0
	machine.EachTable(func(phys uintptr) {
		if tables++; t.Failed() {
			return // the machine will not last
		}
		p := (*uint64)(unsafe.Pointer(physBase + phys))
		faults(t, func() { *p = 0 })
	})
	if tables < 8 {
		t.Errorf("found %d page tables", tables)
	}
}

func TestFirstPageFaults(t *testing.T) {
	for _, at := range []uintptr{0, 1, 8, 64, 2048, page - 8, page - 1} {
		p := (*byte)(unsafe.Pointer(at))
		faults(t, func() { inBSS[0] = *p })
		faults(t, func() { *p = 1 })
		faults(t, func() { call(at &^ 3) })
	}
}

// Stacks of traps and of threads each lie above a page that faults.
func TestStackGuardsFault(t *testing.T) {
	found := eachStack(func(lo uintptr) {
		faults(t, func() { *(*byte)(unsafe.Pointer(lo - 1)) = 1 })
		faults(t, func() { inBSS[0] = *(*byte)(unsafe.Pointer(lo - page)) })
	})
	if found < 5 { // the CPU's for traps in traps, its idle thread's two, main's; another thread's two
		t.Errorf("found %d stacks", found)
	}
}

// eachStack calls f for each stack of traps or of a thread, with its lower end, and returns how many there are.
func eachStack(f func(lo uintptr)) (found int) {
	const stacks, stacksEnd = 0x6000_0000_0000, 0x7000_0000_0000
	last := uintptr(0)
	machine.EachMapping(func(va, size uintptr, write, exec bool) {
		if va < stacks || va >= stacksEnd {
			return
		}
		if va != last {
			found++
			f(va)
		}
		last = va + size
	})
	return found
}

// The first thread's stack lies in the image; the page below it is the image's only hole.
func TestBootStackGuardFaults(t *testing.T) {
	last, holes := uintptr(0), 0
	machine.EachMapping(func(va, size uintptr, write, exec bool) {
		if va >= 4<<30 {
			return
		}
		if last != 0 && va == last+page {
			holes++
			faults(t, func() { *(*byte)(unsafe.Pointer(va - 1)) = 1 })
		}
		last = va + size
	})
	if holes != 1 {
		t.Errorf("the image has %d holes of a page", holes)
	}
}

// A goroutine that ends locked ends its thread; the next one gets its stacks.
func TestThreadsAreReused(t *testing.T) {
	end := func() {
		done := make(chan bool)
		go func() {
			runtime.LockOSThread()
			close(done)
		}()
		<-done
	}
	for range 20 {
		end()
	}
	before := eachStack(func(uintptr) {})
	for range 500 {
		end()
	}
	if after := eachStack(func(uintptr) {}); after > before+40 {
		t.Errorf("500 threads left %d stacks", after-before)
	}
}
