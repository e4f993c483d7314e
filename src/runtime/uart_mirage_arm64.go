//go:build mirage

package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// The console of last resort: the PL011 that the device tree names, or a Pi's UART, polled. Arm DDI 0183, 3.

const (
	uartDR   = 0x00
	uartFR   = 0x18
	uartIBRD = 0x24
	uartFBRD = 0x28
	uartLCRH = 0x2c
	uartCR   = 0x30

	frFull = 1 << 5 // TXFF: the transmitter takes no byte
)

// consoleRegs is where the console is mapped, 0 when there is none.
var consoleRegs uintptr

// consoleInit reads the device tree, which is where the console is found, and lets the boot's tables map it.
func consoleInit() {
	if deviceTree != 0 {
		bootProblem = readDeviceTree()
	} else {
		bootProblem = piWithoutTree()
	}
	if bootProblem == "" {
		bootProblem = piInit()
	}
	if regs := platform.Console.Registers; regs != 0 && regs < bootMapped {
		bootMap(uintptr(regs), true)
		syncStores()
		consoleRegs = physBase + uintptr(regs)
		uartEnable()
	}
	xenConsoleInit()
}

// uartEnable turns the transmitter on where firmware has not.
func uartEnable() {
	const (
		enable = 1<<0 | 1<<8 // UARTEN, TXE
		format = 3<<5 | 1<<4 // 8 bits, FIFOs on
	)
	if !platform.Console.Generic && !platform.Console.Mini && deviceRead(consoleRegs+uartCR)&enable != enable {
		deviceWrite(consoleRegs+uartLCRH, format)
		deviceWrite(consoleRegs+uartCR, enable)
	}
}

// consoleRemap maps the console in the tables at vmRoot, which are about to be used.
func consoleRemap() {
	piRemap()
	if regs := platform.Console.Registers; regs != 0 {
		consoleRegs = vmMapDevice(uintptr(regs), pageSize4K)
	}
}

//go:nosplit
//go:nowritebarrierrec
func consolePut(c byte) {
	if xenConsole != 0 {
		xenConsolePut(c)
	}
	if consoleRegs == 0 {
		return
	}
	if platform.Console.Mini {
		for spin := 0; deviceRead(consoleRegs+miniLSR)&miniLSRRoom == 0 && spin < 1e6; spin++ {
		}
		deviceWrite(consoleRegs+miniIO, uint32(c))
		return
	}
	for spin := 0; deviceRead(consoleRegs+uartFR)&frFull != 0 && spin < 1e6; spin++ {
	}
	deviceWrite(consoleRegs+uartDR, uint32(c))
}

//go:nosplit
func deviceRead(reg uintptr) uint32 { return atomic.Load((*uint32)(unsafe.Pointer(reg))) }

//go:nosplit
func deviceWrite(reg uintptr, v uint32) { atomic.Store((*uint32)(unsafe.Pointer(reg)), v) }
