// Command mmaps maps memory in random ways, by mmap(2) and its kin, and prints what each call answers and what memory and
// a file hold then. It prints the same on Linux and on mirage: the arguments are seeds.
package main

import (
	"fmt"
	"hash/crc32"
	"log"
	"math/rand"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"syscall"
	"unsafe"
)

const (
	page   = 4096
	window = 32 // pages of address space that the calls are about
	steps  = 1500

	fixedNoReplace = 0x100000
	stack          = 0x20000
	sharedValidate = 3
)

// A world is where the calls go: an area of addresses, and a file.
type world struct {
	*rand.Rand
	base   uintptr
	file   *os.File
	reader *os.File // the same file, open for reading only
	writer *os.File // and for writing only
}

func main() {
	log.SetFlags(0)
	debug.SetPanicOnFault(true)
	for _, arg := range os.Args[1:] {
		seed, err := strconv.ParseInt(arg, 10, 64)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("seed", seed)
		run(seed)
	}
}

func run(seed int64) {
	w := &world{Rand: rand.New(rand.NewSource(seed))}
	// Twice the window, for what mremap moves; where nobody else maps into the holes.
	const size = 2 * window * page
	w.base = must(syscall.Syscall6(syscall.SYS_MMAP, 0x2100_0000_0000, size, 0, syscall.MAP_ANON|syscall.MAP_PRIVATE, ^uintptr(0), 0))
	path := filepath.Join(os.TempDir(), "mmaps-"+strconv.Itoa(os.Getpid()))
	w.file = open(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	w.reader, w.writer = open(path, os.O_RDONLY), open(path, os.O_WRONLY)
	w.file.Truncate(5*page + 100)
	for i := range steps {
		fmt.Println(i, w.step())
		if i%20 == 0 {
			w.show()
		}
	}
	for _, f := range []*os.File{w.file, w.reader, w.writer} {
		f.Close()
	}
	os.Remove(path)
	must(syscall.Syscall(syscall.SYS_MUNMAP, w.base, size, 0))
}

func open(path string, flags int) *os.File {
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		log.Fatal(err)
	}
	return f
}

func must(r, _ uintptr, e syscall.Errno) uintptr {
	if e != 0 {
		log.Fatal(e)
	}
	return r
}

// place picks pages of the window; now and then not quite.
func (w *world) place() (at, n uintptr) {
	first := w.Intn(window)
	at, n = w.base+uintptr(first)*page, uintptr(1+w.Intn(min(8, window-first)))*page
	switch w.Intn(30) {
	case 0:
		at += 8
	case 1:
		n = 0
	case 2:
		n -= 100
	case 3:
		n = 1 << 62
	case 4:
		n = ^uintptr(0) - 5
	}
	return at, n
}

var (
	protections = []uintptr{0, 1, 3, 3, 3, 2}
	kinds       = []uintptr{syscall.MAP_PRIVATE, syscall.MAP_SHARED, syscall.MAP_PRIVATE, syscall.MAP_SHARED, sharedValidate, 0, 5}
	others      = []uintptr{0, 0, 0, stack, syscall.MAP_NORESERVE, syscall.MAP_POPULATE}
	advices     = []uintptr{0, 1, 2, 3, 4, 4, 4, 9, // not MADV_FREE: when it frees is not said
		10, 11, 14, 15, 16, 17, 18, 19, 99}
)

func pick(w *world, from []uintptr) uintptr { return from[w.Intn(len(from))] }

func (w *world) call(what string, number uintptr, a ...uintptr) string {
	var v [6]uintptr
	copy(v[:], a)
	r, _, e := syscall.Syscall6(number, v[0], v[1], v[2], v[3], v[4], v[5])
	answer := e.Error()
	if e == 0 {
		answer = "0"
		if r != 0 {
			answer = fmt.Sprintf("%#x", r-w.base)
		}
	}
	if v[0] >= w.base {
		v[0] -= w.base
	}
	return fmt.Sprintf("%s %#x: %s", what, v[:min(len(a), 4)-1], answer)
}

// step does one thing, and says what came of it.
func (w *world) step() string {
	at, n := w.place()
	switch w.Intn(14) {
	case 0, 1:
		return w.mapAnonymous(at, n)
	case 2, 3, 4:
		return w.mapFile(at, n)
	case 5:
		return w.call("munmap", syscall.SYS_MUNMAP, at, n, 0)
	case 6, 7:
		return w.call("mprotect", syscall.SYS_MPROTECT, at, here(n), pick(w, protections), 0)
	case 8:
		return w.call("madvise", syscall.SYS_MADVISE, at, here(n), pick(w, advices), 0)
	case 9:
		return w.remap(at, n)
	case 10:
		// How much may be locked is the machine's affair.
		return w.call("msync", syscall.SYS_MSYNC, at, n, uintptr(w.Intn(9)), 0) + w.call("; munlock", syscall.SYS_MUNLOCK, at, n, 0)
	case 11:
		return w.changeFile()
	case 12:
		return w.store(at)
	}
	vec := make([]byte, window)
	return w.call("mincore", syscall.SYS_MINCORE, at, min(n, window*page), uintptr(unsafe.Pointer(&vec[0])))
}

// here is n for calls that change whatever is mapped so far.
func here(n uintptr) uintptr {
	if n == 1<<62 {
		return 0
	}
	return n
}

func (w *world) mapAnonymous(at, n uintptr) string {
	flags := pick(w, kinds) | syscall.MAP_ANON | syscall.MAP_FIXED | pick(w, others)
	if w.Intn(5) == 0 {
		flags = flags&^syscall.MAP_FIXED | fixedNoReplace
	}
	return w.call(fmt.Sprintf("mmap %#x", flags), syscall.SYS_MMAP, at, n, pick(w, protections), flags, ^uintptr(0), 0)
}

func (w *world) mapFile(at, n uintptr) string {
	f, mode := w.file, "file"
	switch w.Intn(8) {
	case 0, 1:
		f, mode = w.reader, "read-only file"
	case 2:
		f, mode = w.writer, "write-only file"
	}
	off := uintptr(w.Intn(8)) * page
	switch w.Intn(30) {
	case 0:
		off += 512
	case 1:
		off = 1<<63 - page
	}
	flags := pick(w, kinds) | syscall.MAP_FIXED | pick(w, others)
	return w.call(fmt.Sprintf("mmap of %s %#x %#x", mode, flags, off), syscall.SYS_MMAP, at, n, pick(w, protections), flags, f.Fd(), off)
}

func (w *world) remap(at, n uintptr) string {
	_, longer := w.place()
	longer = here(longer) // versions of Linux differ in what is wrong with one that is too long
	const mayMove, fixed = 1, 2
	if w.Intn(2) == 0 {
		if longer > n {
			n = page // longer ranges may be of mappings that Linux keeps apart
		}
		return w.call("mremap", syscall.SYS_MREMAP, at, n, longer, uintptr(w.Intn(2))*8, 0)
	}
	to := w.base + uintptr(window+w.Intn(window-8))*page
	if w.Intn(4) == 0 {
		to, _ = w.place()
	}
	// One page: some versions of Linux move several mappings at once, others do not.
	return w.call(fmt.Sprintf("mremap to %#x", to-w.base), syscall.SYS_MREMAP, at, page, longer, mayMove|fixed, to)
}

func (w *world) changeFile() string {
	off := int64(w.Intn(10 * page))
	if w.Intn(2) == 0 {
		return fmt.Sprint("truncate ", off, " ", w.file.Truncate(off))
	}
	b := make([]byte, w.Intn(2*page))
	w.Read(b)
	n, err := w.file.WriteAt(b, off)
	return fmt.Sprint("write ", off, " ", n, " ", err)
}

// store writes to memory.
func (w *world) store(at uintptr) (what string) {
	at += uintptr(w.Intn(page))
	defer func() {
		if e, ok := recover().(interface{ Addr() uintptr }); ok {
			what = fmt.Sprintf("store %#x faults at %#x", at-w.base, e.Addr()-w.base)
		}
	}()
	b := byte(w.Intn(255) + 1)
	*(*byte)(pointer(at)) = b
	return fmt.Sprintf("store %#x", at-w.base)
}

func pointer(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

// show prints what each page holds, and the file.
func (w *world) show() {
	for i := range uintptr(2 * window) {
		fmt.Print(" ", w.sum(w.base+i*page))
	}
	info, _ := w.file.Stat()
	b := make([]byte, info.Size())
	w.file.ReadAt(b, 0)
	fmt.Printf("\nfile %d %08x\n", len(b), crc32.ChecksumIEEE(b))
}

// sum is the checksum of a page, - if it cannot be read.
func (w *world) sum(at uintptr) (s string) {
	defer func() {
		if recover() != nil {
			s = "-"
		}
	}()
	return fmt.Sprintf("%08x", crc32.ChecksumIEEE(unsafe.Slice((*byte)(pointer(at)), page)))
}
