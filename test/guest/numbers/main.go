// Numbers makes a TCP socket by the number of the system call, which nothing in the program tells of, and exits with the errno.
package main

import (
	"os"
	"syscall"
)

func main() {
	_, _, e := syscall.Syscall(syscall.SYS_SOCKET, syscall.AF_INET, syscall.SOCK_STREAM, 0)
	os.Exit(int(e))
}
