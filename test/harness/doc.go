// Package harness boots images for tests: it builds a program for GOOS=mirage, makes a machine, and gives the test
// the machine's output, exit code, forwarded ports, memory and registers.
//
// The packages below test/ use it; misc/vm makes the machines. Tests that use it are host programs run by bin/go.
// They are skipped with -short, and fail where QEMU is missing: a machine without it proves nothing.
package harness
