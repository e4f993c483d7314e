// Command xsysunix enters the kernel as third-party assembly does: golang.org/x/sys/unix's SyscallNoError executes
// SYSCALL or SVC itself.
package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func main() {
	fmt.Println("pid", unix.Getpid() == os.Getpid())
	unix.Umask(0o027)
	fmt.Printf("umask %#o\n", unix.Umask(0))
	n, err := unix.Write(1, []byte("written\n"))
	fmt.Println("write", n, err)
	_, err = unix.FcntlInt(99, unix.F_GETFD, 0)
	fmt.Println("fcntl", err)
}
