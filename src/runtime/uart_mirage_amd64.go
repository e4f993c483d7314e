//go:build mirage

package runtime

// The console of last resort: the 16550 at COM1, polled (PC16550D data sheet, 8), or Xen's.

const (
	com1    = 0x3f8
	uartLCR = 3
	uartLSR = 5

	lsrEmpty = 1 << 5 // the transmitter takes a byte
)

var consolePresent bool

func consoleInit() {
	if xenPV {
		pvStart()
	}
	consolePresent = inb(com1+uartLSR) != 0xff
	if consolePresent {
		outb(com1+1, 0)       // no interrupts
		outb(com1+uartLCR, 3) // 8 bits, no parity, one stop bit
		outb(com1+2, 7)       // FIFOs on and empty
	}
	xenConsoleInit()
}

//go:nosplit
//go:nowritebarrierrec
func consolePut(c byte) {
	if xenConsole != 0 {
		xenConsolePut(c)
	}
	if !consolePresent {
		return
	}
	for spin := 0; inb(com1+uartLSR)&lsrEmpty == 0 && spin < 1e6; spin++ {
	}
	outb(com1, c)
}

// debugExit tells QEMU's isa-debugcon at port 0xe9 the exit code.
//
//go:nosplit
func debugExit(code int32) { outb(0xe9, uint8(code)) }
