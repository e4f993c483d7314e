package boot

// A Platform is what an arm64 machine has that the runtime itself uses, by its device tree. Addresses are physical,
// zero where there is no such device.
type Platform struct {
	Console UART
	Clock   uint64 // registers of the PL031
	PSCI    Conduit

	GIC            int // version, 2 or 3; 0 when there is none that is known
	Distributor    uint64
	CPUInterface   uint64                   // version 2
	Redistributors [maxRedistributors]Range // version 3
	Stride         uint64                   // bytes from one redistributor to the next, 0: as its registers say

	TimerIRQ uint32 // INTID of the virtual timer
	TimerHz  uint32 // its rate where the CPU's register does not have it

	XenIRQ uint32 // INTID by which Xen's events arrive, one of the CPU's own; 0: the machine is no guest of Xen's

	Pi       Pi       // zero where the machine is no Raspberry Pi
	Revision Revision // of the board
	Serial   uint64   // the board's number
}

// A UART is a PL011, or what is near to one.
type UART struct {
	Registers uint64
	Generic   bool // it is SBSA's generic UART: of the PL011's registers it has those for data and flags alone
	Mini      bool // it is a Pi's mini UART: BCM2835 ARM Peripherals, 2.2
}

// maxRedistributors bounds the regions of redistributors; QEMU has 2 on large machines.
const maxRedistributors = 4

// A Conduit is how firmware is called: SMC Calling Convention, section 2.
type Conduit uint8

// The conduits.
const (
	NoConduit Conduit = iota
	HVC
	SMC
)

// treeReader keeps what is decided only at the end of the walk.
type treeReader struct {
	timer   []byte // the timer's interrupts
	xen     []byte // and Xen's
	cells   int    // of an interrupt of the GIC
	console []byte // path of the console, or its alias
	uart    UART   // the first UART that could be it
	soc     SoC
}

// ReadPlatform reads the device tree that blob begins with: RAM without what is reserved, the command line, the initrd,
// the CPUs that PSCI starts, the seed, and the devices of p. The error says what is wrong, "" when nothing is.
func (i *Info) ReadPlatform(p *Platform, blob []byte) (problem string) {
	t, problem := ReadTree(blob)
	if problem != "" {
		return problem
	}
	var r treeReader
	w := t.Walk()
	for w.Next() {
		if !w.Enabled() {
			continue
		}
		switch {
		case w.Depth() == 1:
			r.soc = w.soc()
		case w.Depth() == 2 && string(w.Name()) == "system":
			// Written by a Pi's firmware: Raspberry Pi documentation, "Device Trees, overlays, and parameters", 3.
			p.Revision, p.Serial = Revision(address(w.Property("linux,revision"))), address(w.Property("linux,serial"))
		case w.Depth() == 2 && string(w.Name()) == "chosen":
			i.readChosen(&w, &r)
		case isString(w.Property("device_type"), "memory"):
			for n := 0; ; n++ {
				m, ok := w.Reg(n)
				if !ok {
					break
				}
				if !i.addRAM(m.Start, m.Size()) {
					return "the device tree has more than 64 ranges of RAM"
				}
			}
		case isString(w.Property("device_type"), "cpu"):
			// Section 3.8.1; Linux, Documentation/devicetree/bindings/arm/cpus.yaml: reg is MPIDR_EL1's affinity.
			affinity := address(w.Property("reg"))
			id := uint32(affinity&0xffffff | affinity>>8&0xff000000)
			if method := w.Property("enable-method"); isString(method, "psci") {
				i.addCPU(id)
			} else if isString(method, "spin-table") {
				i.addSpinningCPU(id, address(w.Property("cpu-release-addr")))
			}
		default:
			p.readDevice(&w, &r)
		}
	}
	if problem := w.Problem(); problem != "" {
		return problem
	}
	i.DeviceTree = blob[:TreeSize(blob):TreeSize(blob)]
	p.Console = t.uart(r.console)
	if p.Console.Registers == 0 {
		p.Console = r.uart
	}
	p.readInterrupts(&r)
	p.SetPi(r.soc)
	if !i.reserve(&t) {
		return "the device tree reserves memory in more than 64 ranges"
	}
	if i.n == 0 {
		return "the device tree has no RAM"
	}
	return ""
}

// readChosen reads what the loader put into the tree: section 3.6, and Linux, Documentation/devicetree/bindings/chosen.txt
// (of which dt-schema's schemas/chosen.yaml is the present form).
func (i *Info) readChosen(w *Walk, r *treeReader) {
	i.CommandLine = Text(w.Property("bootargs"))
	if start, end := address(w.Property("linux,initrd-start")), address(w.Property("linux,initrd-end")); start < end {
		i.Initrd = Range{start, end}
	}
	i.Seed = w.Property("rng-seed")
	i.KASLRSeed = w.Property("kaslr-seed")
	r.console = Text(w.Property("stdout-path"))
}

// address is a number of one cell or two.
func address(property []byte) uint64 {
	if len(property) != 4 && len(property) != 8 {
		return 0
	}
	return cells(property, uint32(len(property)/4))
}

// uart reads the current node if it is a UART that can be the console. Arm Base System Architecture (DEN0094), appendix
// on the generic UART.
func (w *Walk) uart() (u UART, ok bool) {
	full, mini := w.Compatible("arm,pl011"), w.Compatible("brcm,bcm2835-aux-uart")
	if !full && !mini && !w.Compatible("arm,sbsa-uart") {
		return u, false
	}
	r, ok := w.Reg(0)
	return UART{r.Start, !full && !mini, mini}, ok
}

// soc is the chip of a Raspberry Pi whose tree's root is the current node: Linux,
// Documentation/devicetree/bindings/arm/bcm2835.yaml.
func (w *Walk) soc() SoC {
	switch {
	case w.Compatible("brcm,bcm2837", "brcm,bcm2710"):
		return BCM2837
	case w.Compatible("brcm,bcm2711"):
		return BCM2711
	}
	return NotPi
}

// uart is the UART that path, or an alias with that name, leads to; options may stand behind a colon.
func (t *Tree) uart(path []byte) UART {
	path = beforeByte(path, ':')
	if len(path) == 0 {
		return UART{}
	}
	if path[0] != '/' {
		path = t.alias(path)
	}
	w := t.Walk()
	for w.Next() {
		if w.At(path) {
			u, _ := w.uart()
			return u
		}
	}
	return UART{}
}

func (p *Platform) readDevice(w *Walk, r *treeReader) {
	if r.uart.Registers == 0 {
		r.uart, _ = w.uart()
	}
	first, ok := w.Reg(0)
	switch {
	case w.Compatible("arm,psci-0.2", "arm,psci-1.0"):
		// Linux, Documentation/devicetree/bindings/arm/psci.yaml.
		switch method := w.Property("method"); {
		case isString(method, "hvc"):
			p.PSCI = HVC
		case isString(method, "smc"):
			p.PSCI = SMC
		}
	case w.Compatible("arm,armv8-timer"):
		r.timer = w.Property("interrupts")
		p.TimerHz = Cell(w.Property("clock-frequency"), 0)
	case w.Compatible("xen,xen"):
		// Linux, Documentation/devicetree/bindings/arm/xen.txt.
		r.xen = w.Property("interrupts")
	case !ok:
	case w.Compatible("arm,pl031"):
		p.Clock = first.Start
	case p.GIC != 0:
	case w.Compatible("arm,gic-v3"):
		p.GIC = 3
		p.Distributor = first.Start
		r.cells = int(Cell(w.Property("#interrupt-cells"), 0))
		p.Stride = address(w.Property("redistributor-stride"))
		n := max(1, int(Cell(w.Property("#redistributor-regions"), 0)))
		for j := 0; j < min(n, maxRedistributors); j++ {
			p.Redistributors[j], _ = w.Reg(1 + j)
		}
	case w.Compatible("arm,cortex-a15-gic", "arm,cortex-a7-gic", "arm,cortex-a9-gic", "arm,gic-400"):
		p.GIC = 2
		p.Distributor = first.Start
		r.cells = int(Cell(w.Property("#interrupt-cells"), 0))
		second, _ := w.Reg(1)
		p.CPUInterface = second.Start
	}
}

// readInterrupts finds those of the virtual timer, the third of its node (Linux,
// Documentation/devicetree/bindings/timer/arm,arch_timer.yaml), and of Xen.
func (p *Platform) readInterrupts(r *treeReader) {
	const virtual = 2
	p.TimerIRQ = r.interrupt(r.timer, virtual)
	if id := r.interrupt(r.xen, 0); id < firstShared {
		p.XenIRQ = id
	}
}

const firstShared = 32 // INTIDs below are each CPU's own

// interrupt is the i-th of a node's interrupts as the GIC numbers it (Linux,
// Documentation/devicetree/bindings/interrupt-controller/arm,gic.yaml), 0 if there is none.
func (r *treeReader) interrupt(all []byte, i int) uint32 {
	const (
		spi, ppi   = 0, 1
		ppi0       = 16
		spis, ppis = 988, 16
	)
	if r.cells < 3 || len(all) < (i+1)*r.cells*4 {
		return 0
	}
	switch kind, n := Cell(all, i*r.cells), Cell(all, i*r.cells+1); {
	case kind == spi && n < spis:
		return firstShared + n
	case kind == ppi && n < ppis:
		return ppi0 + n
	}
	return 0
}

// reserve takes out of RAM what the tree reserves: the memory reservation block and the children of /reserved-memory that
// have an address (section 3.5). It reports whether there was room in the list.
func (i *Info) reserve(t *Tree) bool {
	for n := 0; ; n++ {
		r := t.Reservation(n)
		if r.Size() == 0 {
			break
		}
		if !i.removeRAM(r) {
			return false
		}
	}
	w := t.Walk()
	for w.Next() {
		if w.Depth() != 3 || string(w.Parent()) != "reserved-memory" || !w.Enabled() {
			continue
		}
		for n := 0; ; n++ {
			r, ok := w.Reg(n)
			if !ok {
				break
			}
			if !i.removeRAM(r) {
				return false
			}
		}
	}
	return true
}

// removeRAM takes the pages that r touches out of RAM. It reports whether there was room.
func (i *Info) removeRAM(r Range) bool {
	const page = 4096
	r.Start &^= page - 1
	if r.End > ^uint64(page-1) {
		r.End = ^uint64(page - 1)
	}
	r.End = (r.End + page - 1) &^ (page - 1)
	for n := 0; n < i.n; {
		m := &i.ram[n]
		switch {
		case r.End <= m.Start || r.Start >= m.End:
			n++
		case r.Start <= m.Start && r.End >= m.End:
			i.n--
			*m = i.ram[i.n]
		case r.Start <= m.Start:
			m.Start = r.End
		case r.End >= m.End:
			m.End = r.Start
		default:
			if i.n == len(i.ram) {
				return false
			}
			i.ram[i.n] = Range{r.End, m.End}
			i.n++
			m.End = r.Start
		}
	}
	return true
}
