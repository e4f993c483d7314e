//go:build mirage

package machine_test

import (
	"internal/mirage/machine"
	"runtime"
	"runtime/debug"
	"syscall"
	"testing"
)

const testMiB = 48

//go:noinline
func touch(mib int) [][]byte {
	var blocks [][]byte
	for range mib {
		b := make([]byte, 1<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		blocks = append(blocks, b)
	}
	return blocks
}

func TestFreedMemoryIsGivenBack(t *testing.T) {
	debug.FreeOSMemory()
	_, before := machine.Memory()
	blocks := touch(testMiB)
	_, during := machine.Memory()
	runtime.KeepAlive(blocks)
	blocks = nil
	debug.FreeOSMemory()
	_, after := machine.Memory()
	if before-during < (testMiB-4)<<20 {
		t.Errorf("touching %d MiB took %d MiB", testMiB, (before-during)>>20)
	}
	if after < before-8<<20 {
		t.Errorf("%d MiB were free before and %d after", before>>20, after>>20)
	}
}

// Address space costs nothing until it is touched.
func TestUntouchedMemoryCostsNothing(t *testing.T) {
	_, before := machine.Memory()
	b := make([]byte, testMiB<<20)
	_, after := machine.Memory()
	if before-min(after, before) > 8<<20 {
		t.Errorf("an untouched slice of %d MiB took %d MiB", len(b)>>20, (before-after)>>20)
	}
	runtime.KeepAlive(b)
}

func TestFreshMemoryIsZero(t *testing.T) {
	for range 3 {
		for _, b := range touchZero(testMiB / 2) {
			for i := 1; i < len(b); i += 512 {
				if b[i] != 0 {
					t.Fatal("fresh memory is not zero")
				}
				b[i] = 0xff
			}
		}
		debug.FreeOSMemory()
	}
}

func touchZero(mib int) [][]byte {
	blocks := make([][]byte, mib)
	for i := range blocks {
		blocks[i] = make([]byte, 1<<20)
	}
	return blocks
}

// What the allocator tells of its free blocks goes to memory that has no pages yet, which come from that allocator.
func TestTakeUnusedIntoFreshMemory(t *testing.T) {
	fresh := make([]uint64, 4<<20)
	blocks := fresh[len(fresh)/2:][:4]
	n := machine.TakeUnused(blocks)
	for n == 0 { // the host has been told of all: these are new
		runtime.KeepAlive(touch(8))
		debug.FreeOSMemory()
		n = machine.TakeUnused(blocks)
	}
	machine.GiveUnused(blocks[:n])
}

// The memory limit of a program that sets none leaves room for what is not package runtime's, such as mappings.
func TestMemoryLimitFollows(t *testing.T) {
	total, _ := machine.Memory()
	size := int64(total / 4)
	debug.FreeOSMemory() // what is package runtime's and was never touched would count against the rest
	before := debug.SetMemoryLimit(-1)
	b, err := syscall.Mmap(-1, 0, int(size), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(b); i += 4096 {
		b[i] = 1
	}
	during := debug.SetMemoryLimit(-1)
	if err := syscall.Munmap(b); err != nil {
		t.Fatal(err)
	}
	after := debug.SetMemoryLimit(-1)
	if before-during < size/2 || after-during < size/2 {
		t.Errorf("the limit is %d MiB, with %d MiB mapped %d, without them %d", before>>20, size>>20, during>>20, after>>20)
	}
}

// A program's own limit stays as it is.
func TestMemoryLimitOfTheProgram(t *testing.T) {
	const limit = 1 << 40
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(limit))
	runtime.KeepAlive(touch(8))
	debug.FreeOSMemory()
	if got := debug.SetMemoryLimit(-1); got != limit {
		t.Errorf("the limit is %d, want %d", got, int64(limit))
	}
}
