package boot

// A SoC is a system on a chip of a Raspberry Pi that we know.
type SoC uint8

// The chips.
const (
	NotPi   SoC = iota
	BCM2837     // Pi 3, 3+ and 2 (1.2), Zero 2 W (as BCM2710), Compute Module 3
	BCM2711     // Pi 4, 400, Compute Module 4
)

// String is the chip's name.
func (s SoC) String() string {
	switch s {
	case BCM2837:
		return "BCM2837"
	case BCM2711:
		return "BCM2711"
	}
	return "unknown"
}

// A Pi is what is the same on all boards with a chip. BCM2835 ARM Peripherals, 1.2.3, with the bases of its successors: BCM2836
// ARM-local peripherals (QA7), 3; BCM2711 ARM Peripherals, 1.2.4 (low peripheral mode).
type Pi struct {
	SoC         SoC
	Peripherals uint64 // where the registers lie that the manual has at bus address 0x7e000000
	Bus         uint64 // what is added to an address of RAM for devices that master the bus
	CounterHz   uint32 // of the generic timer: the crystal
	Local       uint64 // registers of the BCM2836's interrupt controller, 0: there is a GIC
}

// Offsets in the peripherals' registers: the manuals, by chapter, and Linux, arch/arm/boot/dts/broadcom/bcm283x.dtsi, for what
// they leave out.
const (
	PiInterrupts = 0x00b200
	PiMailbox    = 0x00b880
	PiPower      = 0x100000 // PM: watchdog and resets
	PiRandom     = 0x104000
	PiGPIO       = 0x200000
	PiUART       = 0x201000 // the PL011
	PiAux        = 0x215000
	PiMiniUART   = PiAux + 0x40
)

// Where the image may have ATAGs of its own, as misc/vm writes them: behind its header, where firmware loads it (Raspberry Pi
// documentation, config.txt, kernel_address). QEMU 7.2 has room for 450 bytes of a command line, and writes over the rest.
const (
	PiImage     = 0x80000
	ImageHeader = 64 // bytes: Linux, Documentation/arch/arm64/booting.rst, section 4
)

// timerPPI is the virtual timer's interrupt on a BCM2711, by the GIC's number: BCM2711 ARM Peripherals, 6.3.
const timerPPI = 27

var pis = [...]Pi{
	BCM2837: {BCM2837, 0x3f000000, 0xc0000000, 19200000, 0x40000000},
	BCM2711: {BCM2711, 0xfe000000, 0xc0000000, 54000000, 0},
}

// Where firmware lets the cores wait, and what it must keep for that: raspberrypi/tools, armstubs/armstub8.S. Core n waits for
// a word at spinTable + 8n that is not zero, and goes there.
const (
	spinTable   = 0xd8
	piCores     = 4
	piStubPages = 0x1000
)

// Parts of MIDR_EL1 that tell the chips from each other: Arm ARM, D24.2.122; the parts' Technical Reference Manuals, 4.3.
const (
	implementerArm = 0x41
	partCortexA53  = 0xd03
	partCortexA72  = 0xd08
)

// ChipOf tells by MIDR_EL1 which chip this is, if the machine is a Pi at all.
func ChipOf(midr uint64) SoC {
	switch {
	case midr>>24&0xff != implementerArm:
		return NotPi
	case midr>>4&0xfff == partCortexA53:
		return BCM2837
	case midr>>4&0xfff == partCortexA72:
		return BCM2711
	}
	return NotPi
}

// SetPi makes p what all boards with the chip are, but for what a device tree has said already.
func (p *Platform) SetPi(soc SoC) {
	if soc == NotPi {
		return
	}
	p.Pi = pis[soc]
	if soc == BCM2711 && p.GIC == 0 {
		// BCM2711 ARM Peripherals, 6.5.1: ARM local peripherals at 0xff800000, the GIC-400 at 0x40000 in them.
		p.GIC, p.Distributor, p.CPUInterface, p.TimerIRQ = 2, 0xff841000, 0xff842000, timerPPI
	}
}

// AddPiCores adds the cores that wait as firmware has them wait without a device tree.
func (i *Info) AddPiCores() {
	for n := range uint32(piCores) {
		i.addSpinningCPU(n, spinTable+8*uint64(n))
	}
}

// KeepPiStub takes the memory out of RAM that the firmware's own code is in, where the other cores wait.
func (i *Info) KeepPiStub() bool { return i.removeRAM(Range{0, piStubPages}) }

// SetPiMemory makes RAM what the firmware says is the ARM's, and no more: the GPU has the rest.
func (i *Info) SetPiMemory(start, size uint64) {
	r := Range{start, start + size}
	if i.n == 0 {
		i.addRAM(r.Start, r.Size())
		return
	}
	for n := range i.ram[:i.n] {
		if m := &i.ram[n]; m.Start < 1<<30 && m.Start < r.End { // the firmware speaks of the first GiB alone
			m.End = min(m.End, max(r.End, m.Start))
		}
	}
}

// A Revision is a board's revision code: Raspberry Pi documentation, "Raspberry Pi revision codes".
type Revision uint32

// New reports whether the code has fields: bit 23.
func (r Revision) New() bool { return r&(1<<23) != 0 }

// SoC is the chip on the board.
func (r Revision) SoC() SoC {
	if !r.New() {
		return NotPi
	}
	switch r >> 12 & 15 {
	case 2:
		return BCM2837
	case 3:
		return BCM2711
	}
	return NotPi
}

// Memory is the bytes of RAM on the board, the GPU's included.
func (r Revision) Memory() uint64 { return 256 << 20 << (r >> 20 & 7) }

// piModels are the boards by bits 4 to 11.
var piModels = [...]string{
	0x04: "Raspberry Pi 2 Model B", 0x08: "Raspberry Pi 3 Model B", 0x0a: "Raspberry Pi Compute Module 3",
	0x0d: "Raspberry Pi 3 Model B Plus", 0x0e: "Raspberry Pi 3 Model A Plus", 0x10: "Raspberry Pi Compute Module 3 Plus",
	0x11: "Raspberry Pi 4 Model B", 0x12: "Raspberry Pi Zero 2 W", 0x13: "Raspberry Pi 400", 0x14: "Raspberry Pi Compute Module 4",
}

// Model is the board's name without its revision, as Linux's device trees have it.
func (r Revision) Model() string {
	if n := int(r >> 4 & 0xff); r.New() && n < len(piModels) && piModels[n] != "" {
		return piModels[n]
	}
	return "Raspberry Pi"
}
