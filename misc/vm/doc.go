// Package vm runs an image in QEMU: it builds QEMU's command line and the image's, connects the streams, waits, and
// finds out the exit code.
//
// The command (misc/mirage), the exec wrappers (misc/exec), the demo and the test harness use it. It makes no images
// and knows nothing of the programs in them.
//
// What the image is told on its command line (README.md has all the words):
//
//	console=hvc0  standard input and output are the virtio console; standard error is the UART
//	exit=debug    say the exit code: on amd64 as one byte to port 0xe9, then power off or reset; on arm64 by the
//	              semihosting call SYS_EXIT_EXTENDED
//
// The virtio console is port 0. Standard output is a port of its own named "stdout": QEMU drops what a console writes while
// the pipe that it goes to is full, and makes a port wait. Standard input is a port named "stdin", so that the host can
// close it: QEMU drops all output of a console whose input has ended. Signals go by a port named "signals", each a byte with
// its number.
package vm
