// Command inplace maps the file that it is given, reads it all, and prints its checksum, whether that took memory, and how many
// octets were free before.
package main

import (
	"fmt"
	"hash/crc32"
	"log"
	"os"
	"runtime/debug"
	"syscall"
)

func main() {
	f, err := os.Open(os.Args[1])
	check(err)
	info, err := f.Stat()
	check(err)
	debug.FreeOSMemory() // of what it took to unpack
	before := free()
	b, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	check(err)
	sum := crc32.ChecksumIEEE(b)
	fmt.Printf("%08x %v %d\n", sum, before-min(before, free()) > uint64(info.Size())/2, before)
}

func free() uint64 {
	var s syscall.Sysinfo_t
	check(syscall.Sysinfo(&s))
	return s.Freeram * uint64(s.Unit)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
