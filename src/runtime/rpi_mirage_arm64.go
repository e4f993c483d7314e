//go:build mirage

package runtime

import (
	"internal/mirage/boot"
	"unsafe"
)

// What the runtime itself uses of a Raspberry Pi: the firmware's mailbox to learn what the board has, its serial ports, the
// watchdog to end, and the random numbers. Numbers of sections are of BCM2835 ARM Peripherals.

const (
	piInterrupts = boot.PiInterrupts
	piBlocks     = 2 // of 2 MiB in which the registers lie that the boot uses
)

// piBase is where the peripherals' registers are mapped.
var piBase uintptr

// Set by rt0: what the loader passed, which without a device tree may be the address of ATAGs.
var bootArgument uintptr

// piWithoutTree finds out what the machine is where no device tree says so, and returns what is wrong.
func piWithoutTree() string {
	const lowest = 1 << 20 // rt0 has mapped it
	platform.SetPi(boot.ChipOf(readMIDR()))
	if platform.Pi.SoC == boot.NotPi {
		return "the loader passed no device tree"
	}
	if a := bootArgument; a != 0 && a%8 == 0 && a < lowest {
		for _, list := range [...]uintptr{a, boot.PiImage + boot.ImageHeader} {
			bootInfo.ReadATAGs(unsafe.Slice((*byte)(physPointer(list)), lowest-list))
		}
	}
	bootInfo.AddPiCores()
	return ""
}

// piInit learns from the firmware what there is, and makes the serial port work. The boot's tables are in use.
func piInit() string {
	if platform.Pi.SoC == boot.NotPi {
		return ""
	}
	for i := uintptr(0); i < piBlocks; i++ {
		bootMap(uintptr(platform.Pi.Peripherals)+i*pageSize2M, true)
	}
	syncStores()
	piBase = physBase + uintptr(platform.Pi.Peripherals)
	piSerial()
	if bootInfo.Overwritten {
		return "QEMU has written over the end of the command line, for which it has 450 bytes: mirage run passes a longer one"
	}
	var v [2]uint32
	if piProperty(tagRevision, v[:1]) {
		platform.Revision = boot.Revision(v[0])
	}
	if platform.Revision.SoC() != platform.Pi.SoC {
		return "this is no Raspberry Pi 3, 4 or Zero 2 W: its firmware gives no revision code of one"
	}
	if v = [2]uint32{}; platform.Serial == 0 && piProperty(tagSerial, v[:]) {
		platform.Serial = uint64(v[1])<<32 | uint64(v[0])
	}
	if v = [2]uint32{}; piProperty(tagARMMemory, v[:]) && v[1] != 0 {
		bootInfo.SetPiMemory(uint64(v[0]), uint64(v[1]))
	}
	if len(bootInfo.RAM()) == 0 {
		return "the firmware does not say how much RAM there is"
	}
	bootInfo.KeepPiStub()
	return ""
}

// piRemap maps, in the tables at vmRoot, what is used once they are.
func piRemap() {
	if piBase != 0 && piMap(boot.PiPower, pageSize4K) != 0 {
		piBase = deviceBase + uintptr(platform.Pi.Peripherals)
	}
}

// piMap maps n bytes of registers.
func piMap(off, n uintptr) uintptr { return vmMapDevice(uintptr(platform.Pi.Peripherals)+off, n) }

// piReach is the end of what the GPU and the devices that see memory by its addresses reach: BCM2711 ARM Peripherals, 1.2.4.
const piReach = 1 << 30

// The mailbox: raspberrypi/firmware wiki, "Accessing mailboxes" and "Mailbox property interface". Its memory is written
// through to RAM and read from there, for the GPU sees none of the CPU's caches.
const (
	mailRead   = boot.PiMailbox + 0x00 // RO, an answer: address and channel
	mailStatus = boot.PiMailbox + 0x18 // RO, of answers
	mailWrite  = boot.PiMailbox + 0x20 // WO, a request
	mailSent   = boot.PiMailbox + 0x38 // RO, of requests

	mailFull     = 1 << 31
	mailEmpty    = 1 << 30
	mailProperty = 8 // channel
	mailAnswered = 1 << 31

	tagRevision  = 0x00010002
	tagSerial    = 0x00010004
	tagARMMemory = 0x00010005
	tagClockRate = 0x00030002

	clockUART = 2
	clockCore = 4
)

// piMessage has room for a message of cache lines of its own.
var piMessage [64]uint32

// piProperty asks the firmware for a property: values are what the tag's request has and become what its answer has. It
// reports whether there was one.
func piProperty(tag uint32, values []uint32) bool {
	const line = 64
	start := (uintptr(unsafe.Pointer(&piMessage)) + line - 1) &^ (line - 1)
	m := (*[12]uint32)(unsafe.Pointer(start))
	*m = [12]uint32{0: uint32(unsafe.Sizeof(*m)), 2: tag, 3: uint32(len(values) * 4)}
	copy(m[5:10], values)
	cacheFlush(start, line)
	request := uint32(start+imageOffset) | uint32(platform.Pi.Bus) | mailProperty
	if !piWait(mailSent, mailFull) {
		return false
	}
	deviceWrite(piBase+mailWrite, request)
	for {
		if !piWait(mailStatus, mailEmpty) {
			return false
		}
		if deviceRead(piBase+mailRead) == request {
			break
		}
	}
	cacheFlush(start, line) // what the CPU has fetched ahead of the answer
	copy(values, m[5:10])
	return m[1] == mailAnswered && m[4]&mailAnswered != 0
}

// piWait waits until a bit of a register is clear, a second at most, and reports whether it is.
func piWait(off uintptr, bit uint32) bool {
	for start := counterRead(); deviceRead(piBase+off)&bit != 0; cpuRelax() {
		if counterRead()-start > counterHz() {
			return false
		}
	}
	return true
}

// GPIO: section 6.1. A pin's function is three bits of the registers from GPFSEL0 on, ten pins each.
const (
	gpioSelect1 = boot.PiGPIO + 0x04
	uartPin     = 14 // and 15
	uartShift   = (uartPin - 10) * 3

	functionALT0 = 4 // the PL011: section 6.2
	functionALT5 = 2 // the mini UART
)

// The speed of the serial port, as firmware sets it.
const uartBaud = 115200

// piSerial makes the UART of pins 14 and 15 the console if no device tree says which one is, and sets its speed. The
// firmware's enable_uart=1 has the pins lead to the mini UART where the other serves a Bluetooth chip.
func piSerial() {
	p := &platform
	if p.Console.Registers == 0 {
		selected := deviceRead(piBase + gpioSelect1)
		p.Console = boot.UART{Registers: p.Pi.Peripherals + boot.PiUART}
		if selected>>uartShift&7 == functionALT5 {
			p.Console = boot.UART{Registers: p.Pi.Peripherals + boot.PiMiniUART, Mini: true}
		} else {
			const both = functionALT0 | functionALT0<<3
			deviceWrite(piBase+gpioSelect1, selected&^(0x3f<<uartShift)|both<<uartShift)
		}
	}
	clock := [2]uint32{clockUART}
	if p.Console.Mini {
		clock[0] = clockCore
	}
	if !piProperty(tagClockRate, clock[:]) || clock[1] < 16*uartBaud {
		return // as the firmware has left it
	}
	regs := physBase + uintptr(p.Console.Registers)
	if p.Console.Mini {
		miniEnable(regs, clock[1])
		return
	}
	// Arm DDI 0183, 3.3.6: off, the divisor in 64ths, then the line control, which takes the divisor over.
	divisor := (clock[1]*4 + uartBaud/2) / uartBaud
	deviceWrite(regs+uartCR, 0)
	deviceWrite(regs+uartIBRD, divisor>>6)
	deviceWrite(regs+uartFBRD, divisor&63)
}

// The mini UART: section 2.2.2, from AUX_MU_IO_REG on.
const (
	miniIO      = 0x00 // RW, data
	miniIER     = 0x04 // RW, interrupts
	miniIIR     = 0x08 // RW, bits 1 and 2 clear the FIFOs
	miniLCR     = 0x0c // RW, 3: 8 bits (errata: the manual has 1)
	miniLSR     = 0x14 // RO, bit 5: the transmitter takes a byte
	miniCNTL    = 0x20 // RW, receiver and transmitter on
	miniBAUD    = 0x28 // RW, clock/(8*speed) - 1
	miniLSRRoom = 1 << 5

	auxEnables = boot.PiAux + 0x04 // RW, bit 0: the mini UART is on: section 2.1
)

func miniEnable(regs uintptr, clock uint32) {
	deviceWrite(piBase+auxEnables, deviceRead(piBase+auxEnables)|1)
	deviceWrite(regs+miniCNTL, 0)
	deviceWrite(regs+miniIER, 0)
	deviceWrite(regs+miniLCR, 3)
	deviceWrite(regs+miniIIR, 6)
	deviceWrite(regs+miniBAUD, (clock/8+uartBaud/2)/uartBaud-1)
	deviceWrite(regs+miniCNTL, 3)
}

// The watchdog, which the manual leaves out: Linux, drivers/watchdog/bcm2835_wdt.c.
const (
	pmRSTC     = boot.PiPower + 0x1c
	pmRSTS     = boot.PiPower + 0x20
	pmWDOG     = boot.PiPower + 0x24
	pmPassword = 0x5a << 24 // of each write
	pmConfig   = 3 << 4     // of pmRSTC
	pmReset    = 2 << 4     // of these: reset all when the time is over
	pmHalt     = 0x555      // in pmRSTS: partition 63, by which the firmware knows that it is to halt
	pmTicks    = 10         // of 16 microseconds
)

// piEnd resets the board, or has the firmware stop it after the reset.
//
//go:nosplit
func piEnd(halt bool) {
	status := deviceRead(piBase+pmRSTS) &^ pmHalt
	if halt {
		status |= pmHalt
	}
	deviceWrite(piBase+pmRSTS, pmPassword|status&0xffffff)
	deviceWrite(piBase+pmWDOG, pmPassword|pmTicks)
	deviceWrite(piBase+pmRSTC, pmPassword|deviceRead(piBase+pmRSTC)&0xffffff&^pmConfig|pmReset)
}

// Random numbers. BCM2835: Linux, drivers/char/hw_random/bcm2835-rng.c; BCM2711: .../iproc-rng200.c.
const (
	rngControl = boot.PiRandom + 0x00 // RW, bit 0: on
	rngStatus  = boot.PiRandom + 0x04 // RW, numbers to discard first; bits 24-31: words there are
	rngData    = boot.PiRandom + 0x08 // RO
	rngDiscard = 0x40000

	rng200Data  = boot.PiRandom + 0x20 // RO
	rng200Count = boot.PiRandom + 0x24 // RO, bits 0-7: words there are
)

// piRandomFill fills b with random numbers and reports whether there were so many.
func piRandomFill(b []byte) bool {
	if piBase == 0 {
		return false
	}
	count, shift, data := uintptr(rngStatus), 24, uintptr(rngData)
	if platform.Pi.SoC == boot.BCM2711 {
		count, shift, data = rng200Count, 0, rng200Data
	} else if deviceRead(piBase+rngControl)&1 == 0 {
		deviceWrite(piBase+rngStatus, rngDiscard)
	}
	deviceWrite(piBase+rngControl, deviceRead(piBase+rngControl)|1)
	last := uint32(0)
	start := counterRead()
	for i := 0; i+4 <= len(b); {
		if counterRead()-start > counterHz() {
			return false
		}
		if deviceRead(piBase+count)>>shift&0xff == 0 {
			cpuRelax()
			continue
		}
		v := deviceRead(piBase + data)
		if v == last {
			return false
		}
		last = v
		*(*uint32)(unsafe.Pointer(&b[i])) = v
		i += 4
	}
	return true
}

// startSpinning has a core that waits in firmware's loop, or in ours, go on at entry as c.
func startSpinning(c *vcpu, release uint64, entry uintptr) bool {
	core := c.arch.affinity
	if core >= uint32(len(spinningCPUs)) {
		return false
	}
	at := vmMapDevice(uintptr(release), 8)
	if at == 0 || at%8 != 0 {
		return false
	}
	spinningCPUs[core] = c
	parked[core] = entry
	cacheFlush(uintptr(unsafe.Pointer(&parked)), unsafe.Sizeof(parked)) // they read it with the MMU off
	*(*uintptr)(unsafe.Pointer(at)) = entry
	sendEvent()
	return true
}

// spinningCPUs are the vcpus of cores that are told nothing but where to go on.
var spinningCPUs [4]*vcpu

// parked is where the cores wait that rt0 has met at EL3, as firmware would have them wait. See rt0.
var parked = [4]uintptr{1, 1, 1, 1}

func cpuSpun()
func sendEvent()

// cacheFlush writes cached lines of n bytes at p to memory and forgets them.
func cacheFlush(p, n uintptr)
