//go:build mirage

package machine_test

import (
	"internal/mirage/machine"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"
)

// CPUs that touch the same fresh pages at the same time get the same memory: nothing that one wrote is lost, and no page that
// came too late is. The mapping holds whole blocks of 2 MiB and, at its ends, small pages; another is unmapped meanwhile.
func TestFaultsAtOnce(t *testing.T) {
	const page, size, rounds = 4096, 5<<20 + 3*4096, 20
	touchers := max(2, runtime.NumCPU())
	round := func() {
		b, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
		if err != nil {
			t.Fatal(err)
		}
		var ready atomic.Int32
		var all sync.WaitGroup
		for range touchers {
			all.Go(func() {
				for ready.Add(1); ready.Load() < int32(touchers); {
					runtime.Gosched()
				}
				other, err := syscall.Mmap(-1, 0, 2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
				if err != nil {
					t.Error(err)
					return
				}
				for i := 0; i < size; i += page {
					atomic.AddInt64((*int64)(unsafe.Pointer(&b[i])), 1)
				}
				other[page] = 1
				syscall.Munmap(other)
			})
		}
		all.Wait()
		for i := 0; i < size; i += page {
			if n := *(*int64)(unsafe.Pointer(&b[i])); n != int64(touchers) {
				t.Fatalf("page %d was written %d times and holds %d", i/page, touchers, n)
			}
		}
		if err := syscall.Munmap(b); err != nil {
			t.Fatal(err)
		}
	}
	round() // the tables are there now
	_, before := machine.Memory()
	for range rounds {
		round()
	}
	if _, after := machine.Memory(); after+1<<20 < before {
		t.Errorf("%d KiB were free before and %d after", before>>10, after>>10)
	}
}
