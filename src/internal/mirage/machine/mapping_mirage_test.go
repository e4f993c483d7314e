//go:build mirage

package machine_test

import (
	"internal/mirage/machine"
	"runtime/debug"
	"strings"
	"testing"
	"unsafe"
)

// Sealed memory: what is writable is not executable, and the other way around. The walk reads the tables that the CPU
// uses, so it finds what the runtime's bookkeeping would hide.
func TestNothingIsWritableAndExecutable(t *testing.T) {
	text := 0
	machine.EachMapping(func(va, size uintptr, write, exec bool) {
		if write && exec {
			t.Errorf("%#x+%#x is writable and executable", va, size)
		}
		if exec {
			text++
		}
	})
	if text == 0 {
		t.Error("the walk found no executable page: it does not see the text that runs it")
	}
}

func TestPageZeroIsNotMapped(t *testing.T) {
	machine.EachMapping(func(va, size uintptr, write, exec bool) {
		if va == 0 {
			t.Errorf("page 0 is mapped, %#x bytes", size)
		}
	})
}

// Physical memory is mapped a second time, linearly. Text must not be writable there either.
func TestTextHasNoWritableAlias(t *testing.T) {
	text := map[uintptr]bool{}
	machine.EachMapping(func(va, size uintptr, write, exec bool) {
		if exec {
			for off := uintptr(0); off < size; off += 4096 {
				text[machine.PhysicalAddress(va+off)] = true
			}
		}
	})
	machine.EachMapping(func(va, size uintptr, write, exec bool) {
		if !write {
			return
		}
		for off := uintptr(0); off < size; off += 4096 {
			if text[machine.PhysicalAddress(va+off)] {
				t.Fatalf("text is writable at %#x", va+off)
			}
		}
	})
}

// Each stack that traps run on begins 64 KiB above the one before, a page after an unmapped one.
func TestTrapStacksHaveGuards(t *testing.T) {
	const stackBase, stackEnd, apart, page = 0x6000_0000_0000, 0x7000_0000_0000, 64 << 10, 4096
	stacks := 0
	machine.EachMapping(func(va, size uintptr, write, exec bool) {
		if va < stackBase || va >= stackEnd {
			return
		}
		if (va-stackBase)%apart == 0 {
			t.Errorf("the guard at %#x is mapped", va)
		}
		if (va-stackBase)%apart == page {
			stacks++
		}
	})
	if stacks < 3 { // the idle thread's two and main's
		t.Errorf("found %d trap stacks", stacks)
	}
}

// faults runs f and returns the error of the fault that it makes.
func faults(t *testing.T, f func()) (message string) {
	t.Helper()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if err, ok := recover().(error); ok {
			message = err.Error()
			return
		}
		t.Error("it did not fault")
	}()
	f()
	return
}

var readOnly = "in read-only data"

func TestWriteToTextFaults(t *testing.T) {
	f := TestWriteToTextFaults
	text := **(**uintptr)(unsafe.Pointer(&f))
	faults(t, func() { *(*byte)(unsafe.Pointer(text)) = 0 })
}

func TestWriteToReadOnlyDataFaults(t *testing.T) {
	faults(t, func() { *unsafe.StringData(readOnly) = 'X' })
}

func TestReadOfPageZeroFaults(t *testing.T) {
	var p *[4096]byte
	if m := faults(t, func() { readOnly = string(p[100:200]) }); !strings.Contains(m, "nil pointer") {
		t.Errorf("got %q", m)
	}
}

func TestJumpToDataFaults(t *testing.T) {
	code := new([64]byte)
	entry := uintptr(unsafe.Pointer(code))
	closure := &entry
	f := *(*func())(unsafe.Pointer(&closure))
	faults(t, f)
}
