//go:build !mirage

package linuxabi

import (
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
	"internal/mirage/ranges"
	"sync/atomic"
	"time"
)

// What stands in for the runtime in tests on the host.

// streamFamily is TCP: tests have it all.
var streamFamily = &tcpFamily

var (
	hostStart = time.Now()
	// hostReady and its kin are what tests see of the calls to the runtime.
	hostReady  atomic.Pointer[func(desc uintptr, mode int32)]
	hostSignal atomic.Pointer[func(sig uint32)]
	hostExit   atomic.Pointer[func(code int32)]
	hostSeed   atomic.Uint64
)

// hostMemory says what is mapped in a test that does not want all of memory to be.
var hostMemory atomic.Pointer[func(p, n uintptr, write bool) bool]

// accessible takes the first page for unmapped, and the rest of memory for good.
func accessible(p, n uintptr, write bool) bool {
	if f := hostMemory.Load(); f != nil {
		return (*f)(p, n, write)
	}
	return p >= pageSize
}

func nanotime() int64                     { return int64(time.Since(hostStart)) + 1 }
func wallClock() int64                    { return time.Now().UnixNano() }
func setWallClock(ns int64)               {}
func adjustWallClock(ns, over, ppb int64) {}
func addEntropy(p []byte)                 {}
func busy(cpu int) int64                  { return nanotime() / 2 }
func memory() (total, free uint64)        { return 256 << 20, 128 << 20 }
func lastResort(p []byte)                 {}

// random is a counter through a mixing function: different each time, and not random.
func random(p []byte) {
	for i := range p {
		p[i] = byte(hostSeed.Add(0x9e3779b97f4a7c15) >> 32)
	}
}

func pollReady(desc uintptr, mode int32) {
	if f := hostReady.Load(); f != nil {
		(*f)(desc, mode)
	}
}

func signalMachine(sig uint32) {
	if f := hostSignal.Load(); f != nil {
		(*f)(sig)
	}
}

func exitMachine(code int32) {
	if f := hostExit.Load(); f != nil {
		(*f)(code)
	}
	select {}
}

// On the host there is no memory to map.

const (
	mapAnywhere = iota
	mapOver
	mapFree
)

func mapMemory(r ranges.Range, how int) (uintptr, linux.Errno)          { return 0, linux.ENOMEM }
func unmapMemory(start, end uintptr) linux.Errno                        { return 0 }
func protectMemory(start, end uintptr, access ranges.Flags) linux.Errno { return linux.ENOMEM }
func discardMemory(start, end uintptr) linux.Errno                      { return 0 }
func populate(start, end uintptr, access ranges.Flags) linux.Errno      { return linux.ENOMEM }
func residentMemory(va uintptr) bool                                    { return false }
func extendMemory(start, end, newEnd uintptr) linux.Errno               { return linux.ENOMEM }
func moveMemory(start, n, to uintptr) linux.Errno                       { return linux.ENOMEM }
func newPages(base []byte) fs.Pages                                     { return nil }
func objectOf(p fs.Pages) uintptr                                       { return 0 }
func objectMapped(object uintptr) bool                                  { return false }
func unmappedObject() uintptr                                           { return 0 }

func cpuInterrupts(cpu int) (timer, others uint64) { return uint64(cpu) + 1, 2 }

func interruptLines() []interruptLine {
	return []interruptLine{{"MSI", "virtio-pci 0:3.0 queue 0", 0, 42}, {}, {"IO-APIC", "ttyS0", 4, 7}}
}

func arguments() (args, environment []string) {
	return []string{"/bin/program", "argument"}, []string{"NAME=value"}
}

// hostRanges are a text, a heap, and a part that may not be touched.
var hostRanges = []ranges.Range{
	{Start: 0x400000, End: 0x500000, Flags: ranges.Read | ranges.Exec},
	{Start: 0xc000000000, End: 0xc000400000, Flags: ranges.Read | ranges.Write},
	{Start: 0xc000400000, End: 0xc004000000},
}

func nextRange(addr uintptr) (r ranges.Range, ok bool) {
	for _, r := range hostRanges {
		if r.End > addr {
			return r, true
		}
	}
	return r, false
}

func processorLines() string { return "model name\t: host\n" }
