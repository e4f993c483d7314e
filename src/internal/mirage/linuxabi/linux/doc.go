// Package linux holds the numbers and structure layouts of Linux's system-call interface, for amd64 and arm64:
// error numbers, flags, and structures as they lie in a caller's memory.
//
// Package linuxabi and the file tree speak in these terms. It is data alone: nothing here does anything. The
// names are those of the kernel's own headers (include/uapi), so that they can be looked up there; each value
// is compared with package syscall's in the tests.
package linux
