// Package linuxabi serves Linux's system calls as function calls: what package os, net and syscall, and everybody
// who uses golang.org/x/sys/unix, believe to be a kernel.
//
// The runtime calls Serve for each system call, on the goroutine that makes it where that is safe for its buffers and on one of
// its own otherwise, many at once. A table says which function
// serves which number; each lives in the file named after its concern (files.go, pipes.go, epoll.go ...). What a
// caller passes is checked before it is used: a bad pointer is EFAULT, a number that is not in the table ENOSYS,
// and what is not supported the error that Linux would give. SYSCALLS.md lists them all.
//
// State is a Process: descriptors, the file tree (package fs), the working directory, the network (package netstack).
// There is one per machine; tests make many. boot_mirage.go and below_mirage.go are all that needs GOOS=mirage, so
// that the rest is tested on the host, against a real Linux. It never touches a driver: cards and consoles come
// through package device.
package linuxabi
