//go:build mirage

package linuxabi_test

import (
	"bytes"
	"internal/mirage/machine"
	"runtime/debug"
	"syscall"
	"testing"
	"unsafe"
)

const (
	page      = 4096
	large     = 2 << 20
	readWrite = syscall.PROT_READ | syscall.PROT_WRITE
	anonymous = syscall.MAP_ANON | syscall.MAP_PRIVATE

	mapFixedNoReplace = 0x100000
	madvFree          = 8
	madvHugepage      = 14
)

// mapped maps anonymous memory for a test.
func mapped(t *testing.T, n int, prot, flags int) []byte {
	t.Helper()
	b, err := syscall.Mmap(-1, 0, n, prot, flags)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(b) })
	return b
}

func addressOf(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

func bytesAt(p uintptr, n int) []byte {
	return unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&p))), n)
}

// want checks what a system call answers.
func want(t *testing.T, what string, got, want syscall.Errno) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, and Linux says %q", what, got, want)
	}
}

func errnoOf(number, a1, a2, a3 uintptr) syscall.Errno {
	_, _, e := syscall.Syscall(number, a1, a2, a3)
	return e
}

func mmapErrno(addr, n uintptr, prot, flags int, fd int, off uintptr) syscall.Errno {
	_, _, e := syscall.Syscall6(syscall.SYS_MMAP, addr, n, uintptr(prot), uintptr(flags), uintptr(fd), off)
	return e
}

// faultOf runs f and returns where it faulted.
func faultOf(f func()) (addr uintptr, faulted bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if e, ok := recover().(interface{ Addr() uintptr }); ok {
			addr, faulted = e.Addr(), true
		}
	}()
	f()
	return
}

func wantFault(t *testing.T, what string, b []byte, i int, f func()) {
	t.Helper()
	addr, ok := faultOf(f)
	if !ok {
		t.Errorf("%s: no fault", what)
	} else if at := addressOf(b) + uintptr(i); addr != at {
		t.Errorf("%s: fault at %#x, not %#x", what, addr, at)
	}
}

var sink byte

func TestAnonymousMemoryIsZeroAndWritable(t *testing.T) {
	for _, n := range []int{1, page, 3*page + 1, 3 * large} {
		b := mapped(t, n, readWrite, anonymous)
		for i := 0; i < len(b); i += page / 2 {
			if b[i] != 0 {
				t.Fatalf("byte %d of %d is %d", i, n, b[i])
			}
			b[i] = byte(i / page)
		}
		for i := 0; i < len(b); i += page / 2 {
			if b[i] != byte(i/page) {
				t.Fatalf("byte %d of %d is %d", i, n, b[i])
			}
		}
	}
}

// What munmap took is gone, and its memory is given back.
func TestUnmapped(t *testing.T) {
	debug.FreeOSMemory()
	_, before := machine.Memory()
	b, err := syscall.Mmap(-1, 0, 4*large, readWrite, anonymous)
	if err != nil {
		t.Fatal(err)
	}
	clear(b)
	want(t, "munmap", errnoOf(syscall.SYS_MUNMAP, addressOf(b)+large+page, large, 0), 0) // a hole in the middle
	b[large+page-1], b[2*large+page] = 1, 1
	wantFault(t, "hole", b, large+page, func() { b[large+page] = 1 })
	wantFault(t, "hole", b, 2*large+page-1, func() { sink = b[2*large+page-1] })
	if err := syscall.Munmap(b); err != nil {
		t.Fatal(err)
	}
	_, after := machine.Memory()
	if after+large < before {
		t.Errorf("%d KiB free before and %d after", before>>10, after>>10)
	}
	want(t, "munmap again", errnoOf(syscall.SYS_MUNMAP, addressOf(b), 4*large, 0), 0)
}

// mprotect keeps what is in memory, also where nobody may touch it (mprotect(2)).
func TestProtection(t *testing.T) {
	for _, n := range []int{4 * page, 2 * large} { // small pages, and parts of a large one
		b := mapped(t, n, readWrite, anonymous)
		for i := range b {
			b[i] = byte(i>>12) + 1
		}
		middle := b[page : 3*page]
		for _, prot := range []int{syscall.PROT_NONE, syscall.PROT_READ} {
			if err := syscall.Mprotect(middle, prot); err != nil {
				t.Fatal(err)
			}
			wantFault(t, "write", b, page, func() { b[page] = 0 })
			wantFault(t, "write", b, 3*page-1, func() { b[3*page-1] = 0 })
			if prot == syscall.PROT_NONE {
				wantFault(t, "read", b, page+5, func() { sink = b[page+5] })
			} else if b[page] != 2 || b[2*page] != 3 {
				t.Errorf("the pages hold %d, %d", b[page], b[2*page])
			}
			b[page-1], b[3*page] = 1, 4
		}
		if err := syscall.Mprotect(middle, readWrite); err != nil {
			t.Fatal(err)
		}
		for i := range b {
			if b[i] != byte(i>>12)+1 {
				t.Fatalf("byte %d is %d", i, b[i])
			}
		}
		middle[0] = 9
	}
}

func TestDiscarded(t *testing.T) {
	for _, advice := range []int{syscall.MADV_DONTNEED, madvFree} {
		b := mapped(t, 3*large, readWrite, anonymous)
		for i := range b {
			b[i] = 1
		}
		from, to := large/2, large*2+page
		if err := syscall.Madvise(b[from:to], advice); err != nil {
			t.Fatal(err)
		}
		for i, c := range b {
			if (c == 0) != (i >= from && i < to) {
				t.Fatalf("byte %d is %d after advice %d", i, c, advice)
			}
		}
	}
	b := mapped(t, page, readWrite, syscall.MAP_ANON|syscall.MAP_SHARED)
	b[0] = 1
	if err := syscall.Madvise(b, syscall.MADV_DONTNEED); err != nil || b[0] != 1 {
		t.Errorf("shared memory holds %d (%v): nobody throws it away", b[0], err)
	}
	want(t, "MADV_FREE of shared memory", errnoOf(syscall.SYS_MADVISE, addressOf(b), page, madvFree), syscall.EINVAL)
}

// Nothing becomes executable: the page tables are sealed.
func TestNothingBecomesExecutable(t *testing.T) {
	want(t, "mmap", mmapErrno(0, page, readWrite|syscall.PROT_EXEC, anonymous, -1, 0), syscall.EACCES)
	want(t, "mmap", mmapErrno(0, page, syscall.PROT_EXEC, anonymous, -1, 0), syscall.EACCES)
	b := mapped(t, page, readWrite, anonymous)
	want(t, "mprotect", errnoOf(syscall.SYS_MPROTECT, addressOf(b), page, syscall.PROT_READ|syscall.PROT_EXEC), syscall.EACCES)
	b[0] = 0xc3 // RET
	entry := addressOf(b)
	closure := &entry
	if _, ok := faultOf(*(*func())(unsafe.Pointer(&closure))); !ok {
		t.Error("it ran")
	}
}

var global = bytes.Repeat([]byte{1}, 3*page)

// What the runtime has mapped is sealed.
func TestRuntimesMemoryIsSealed(t *testing.T) {
	heap := make([]byte, 4*page)
	inHeap := (addressOf(heap) + page) &^ (page - 1)
	f := TestRuntimesMemoryIsSealed
	text := **(**uintptr)(unsafe.Pointer(&f)) &^ (page - 1)
	data := uintptr(unsafe.Pointer(&global)) &^ (page - 1)
	for _, p := range []uintptr{inHeap, text, data} {
		want(t, "munmap", errnoOf(syscall.SYS_MUNMAP, p, page, 0), syscall.EPERM)
		want(t, "mprotect", errnoOf(syscall.SYS_MPROTECT, p, page, syscall.PROT_READ), syscall.EPERM)
		want(t, "madvise", errnoOf(syscall.SYS_MADVISE, p, page, syscall.MADV_DONTNEED), syscall.EPERM)
		want(t, "mmap over it", mmapErrno(p, page, readWrite, anonymous|syscall.MAP_FIXED, -1, 0), syscall.EPERM)
		want(t, "mmap beside it", mmapErrno(p, page, readWrite, anonymous|mapFixedNoReplace, -1, 0), syscall.EEXIST)
		want(t, "mlock", errnoOf(syscall.SYS_MLOCK, p, page, 0), 0)
		want(t, "huge pages", errnoOf(syscall.SYS_MADVISE, p, page, madvHugepage), 0)
	}
	for _, p := range []uintptr{0x4000_0000_0000, 0x6000_0000_0000, 0x7000_0000_0000} { // all RAM, trap stacks, the table of ranges
		if e := mmapErrno(p, page, readWrite, anonymous|syscall.MAP_FIXED, -1, 0); e == 0 {
			t.Errorf("%#x is mapped anew", p)
		}
		if e := errnoOf(syscall.SYS_MPROTECT, p, page, 0); e == 0 {
			t.Errorf("%#x is protected", p)
		}
		errnoOf(syscall.SYS_MUNMAP, p, 4*large, 0) // nothing there to unmap, or EPERM: no matter if we live
		errnoOf(syscall.SYS_MADVISE, p, 4*large, syscall.MADV_DONTNEED)
	}
	if heap[page] != 0 {
		t.Error("the heap has changed")
	}
}

// A fixed address within the program's own memory is where the mapping is, over what was there (mmap(2), MAP_FIXED).
func TestFixed(t *testing.T) {
	b := mapped(t, 4*page, readWrite, anonymous)
	b[page], b[2*page] = 1, 2
	at := addressOf(b) + page
	want(t, "MAP_FIXED_NOREPLACE", mmapErrno(at, page, readWrite, anonymous|mapFixedNoReplace, -1, 0), syscall.EEXIST)
	want(t, "MAP_FIXED", mmapErrno(at, page, syscall.PROT_READ, anonymous|syscall.MAP_FIXED, -1, 0), 0)
	if b[page] != 0 || b[2*page] != 2 {
		t.Errorf("the pages hold %d, %d", b[page], b[2*page])
	}
	wantFault(t, "write", b, page, func() { b[page] = 1 })
	want(t, "munmap", errnoOf(syscall.SYS_MUNMAP, at, page, 0), 0)
	want(t, "MAP_FIXED_NOREPLACE", mmapErrno(at, page, readWrite, anonymous|mapFixedNoReplace, -1, 0), 0)
	b[page] = 1
	want(t, "half a page off", mmapErrno(at+page/2, page, readWrite, anonymous|syscall.MAP_FIXED, -1, 0), syscall.EINVAL)
}

// There may be as many mappings as on Linux (vm.max_map_count), and then it is ENOMEM.
func TestManyMappings(t *testing.T) {
	const most = 65530
	area := mapped(t, 2*most*page, syscall.PROT_NONE, anonymous|syscall.MAP_NORESERVE)
	made := 0
	var e syscall.Errno
	for ; made < most && e == 0; made++ {
		e = errnoOf(syscall.SYS_MPROTECT, addressOf(area)+uintptr(2*made)*page, page, readWrite)
	}
	if want(t, "the last", e, syscall.ENOMEM); made < most/2-1000 { // each of them leaves a range before the next
		t.Errorf("%d mappings could be made", made)
	}
	area[2*page] = 1
	want(t, "all again", errnoOf(syscall.SYS_MPROTECT, addressOf(area), uintptr(len(area)), readWrite), 0)
	if area[page], area[4*page] = 1, 1; area[2*page] != 1 {
		t.Error("a page is lost")
	}
}
