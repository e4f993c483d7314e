//go:build mirage

package linuxabi

import (
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
	"internal/mirage/machine"
	"internal/mirage/ranges"
)

// What the runtime does for this package.

func accessible(p, n uintptr, write bool) bool { return machine.Accessible(p, n, write) }
func nanotime() int64                          { return machine.Nanotime() }
func wallClock() int64                         { return machine.WallClock() }
func setWallClock(ns int64)                    { machine.SetWallClock(ns) }
func adjustWallClock(ns, over, ppb int64)      { machine.AdjustWallClock(ns, over, ppb) }
func random(p []byte)                          { machine.Random(p) }
func addEntropy(p []byte)                      { machine.AddEntropy(p) }
func memory() (total, free uint64)             { return machine.Memory() }
func busy(cpu int) int64                       { return machine.Busy(cpu) }
func lastResort(p []byte)                      { machine.ConsoleWrite(p) }
func pollReady(desc uintptr, mode int32)       { machine.Ready(desc, mode) }
func signalMachine(sig uint32)                 { machine.Signal(sig) }
func exitMachine(code int32)                   { machine.Exit(code) }

const (
	mapAnywhere = machine.MapAnywhere
	mapOver     = machine.MapOver
	mapFree     = machine.MapFree
)

func mapMemory(r ranges.Range, how int) (uintptr, linux.Errno) {
	at, errno := machine.Map(r, how)
	return at, linux.Errno(errno)
}

func unmapMemory(start, end uintptr) linux.Errno { return linux.Errno(machine.Unmap(start, end)) }

func protectMemory(start, end uintptr, access ranges.Flags) linux.Errno {
	return linux.Errno(machine.Protect(start, end, access))
}

func discardMemory(start, end uintptr) linux.Errno { return linux.Errno(machine.Discard(start, end)) }

func populate(start, end uintptr, access ranges.Flags) linux.Errno {
	return linux.Errno(machine.Populate(start, end, access))
}

func residentMemory(va uintptr) bool              { return machine.Resident(va) }
func nextRange(addr uintptr) (ranges.Range, bool) { return machine.NextRange(addr) }

func extendMemory(start, end, newEnd uintptr) linux.Errno {
	return linux.Errno(machine.Extend(start, end, newEnd))
}

func moveMemory(start, n, to uintptr) linux.Errno { return linux.Errno(machine.Move(start, n, to)) }

// newPages makes pages that can be mapped.
func newPages(base []byte) fs.Pages {
	if o := machine.NewObject(base); o != 0 {
		return o
	}
	return nil
}

func objectOf(p fs.Pages) uintptr      { return uintptr(p.(machine.Object)) }
func objectMapped(object uintptr) bool { return machine.Object(object).Mapped() }
func unmappedObject() uintptr          { return uintptr(machine.UnmappedObject()) }

func cpuInterrupts(cpu int) (timer, others uint64) { return machine.Interrupts(cpu) }

func interruptLines() []interruptLine {
	all := machine.Lines()
	lines := make([]interruptLine, len(all))
	for i, l := range all {
		lines[i] = interruptLine{kind: l.Kind, name: l.Name, number: l.Number, count: l.Count}
	}
	return lines
}

func arguments() (args, environment []string) { return machine.Arguments() }
