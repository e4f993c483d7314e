//go:build mirage

package board

import (
	"internal/mirage/device"
	"internal/mirage/drivers/bus/acpi"
	"internal/mirage/drivers/bus/pci"
	"internal/mirage/drivers/serial/ns16550"
	"internal/mirage/irq"
	"internal/mirage/machine"
	"internal/mirage/mmio"
)

// ioAPIC is where a PC's first I/O APIC is unless a table says otherwise (Intel MultiProcessor Specification 1.4, section 3.6.5).
const ioAPIC = 0xfec00000

// virtioMMIO is the hardware ID of a virtio device over memory-mapped registers in the namespace.
const virtioMMIO = "LNRO0005"

// A pc is what the tables say of the machine; tables is nil where there are none.
type pc struct {
	tables *acpi.Tables
}

func probe() {
	if machine.Xen() {
		probeXen()
		return // Xen turns the machine off, and emulates no device
	}
	info := machine.BootInfo()
	p := &pc{}
	if info.RSDPPhys != 0 {
		tables, err := acpi.Open(info.RSDPPhys, machine.MapTable)
		if err != nil {
			report("acpi", err)
		}
		p.tables = tables
	}
	p.interruptControllers()
	p.power()
	p.button()
	p.serial()

	var found virtioList
	p.places(info.CommandLine, func(at place, in irq.Input) { found.addMMIO(at.base, at.size, in) })
	for _, h := range p.hosts() {
		found.addPCI(h.Scan())
	}
	found.start()
}

// COM1 of a PC: IBM PC AT Technical Reference.
const (
	com1          = 0x3f8
	com1Ports     = 8
	com1Interrupt = 4
)

// serial starts the serial port. It comes before other consoles: on a machine that has it, whoever watches watches it.
func (p *pc) serial() {
	c, err := ns16550.Open("ttyS0", mmio.Ports(com1, com1Ports), p.isa(com1Interrupt))
	if err == nil {
		device.AddConsole(c)
		device.AddDriven(device.Driven{Bus: "platform", Name: "serial8250", Driver: "ns16550", Place: "ttyS0"})
	} else if err != ns16550.ErrNone {
		report("ttyS0", err)
	}
}

// isa is where interrupt number of the old bus arrives.
func (p *pc) isa(number uint8) irq.Input {
	if p.tables == nil {
		return irq.Input{Number: uint32(number)}
	}
	in := p.tables.ISAInterrupt(number)
	return irq.Input{Number: in.GSI, Level: in.Level, ActiveLow: in.ActiveLow}
}

// interruptControllers names the I/O APICs to the runtime.
func (p *pc) interruptControllers() {
	if p.tables == nil {
		machine.AddIOAPIC(ioAPIC, 0)
		return
	}
	p.tables.IOAPICs(func(a acpi.IOAPIC) { machine.AddIOAPIC(uint64(a.Addr), a.Base) })
}

// places calls yield for each place where a virtio device may be: those of the command line, and those of the namespace.
func (p *pc) places(line string, yield func(at place, in irq.Input)) {
	said := places(line)
	for _, at := range said {
		// Monitors that say it so raise the interrupt as those of the old bus are: by edge.
		yield(at, irq.Input{Number: at.interrupt})
	}
	if p.tables == nil {
		return
	}
	p.tables.Devices(virtioMMIO, func(r acpi.Resources) {
		for _, at := range said {
			if at.base == uint64(r.Base) {
				return // both say so
			}
		}
		yield(place{uint64(r.Base), uint64(r.Size), r.Interrupt}, irq.Input{Number: r.Interrupt, Level: r.Level, ActiveLow: r.ActiveLow})
	})
}

// hosts are the roots of PCI buses: with configuration space in memory where a table says so, else behind the ports, if there
// are any. The firmware has configured them.
func (p *pc) hosts() (hosts []*pci.Host) {
	if p.tables != nil {
		p.tables.ECAM(func(e acpi.ECAM) {
			base := e.Base + uint64(e.FirstBus)<<20
			config := &pci.ECAM{Base: base, FirstBus: e.FirstBus, LastBus: e.LastBus, Map: mmio.Map}
			hosts = append(hosts, &pci.Host{Config: config, FirstBus: e.FirstBus, LastBus: e.LastBus, Map: mmio.Map, Route: p.route})
		})
	}
	if ports := pci.NewPorts(mmio.Ports(0xcf8, 8)); hosts == nil && ports.Present() {
		hosts = append(hosts, &pci.Host{Config: ports, LastBus: 255, Map: mmio.Map, Route: p.route})
	}
	return hosts
}

// route says where a pin leads that the firmware has routed to an interrupt of the old bus. Which input of an I/O APIC it is
// besides, only AML knows; that one stays masked.
func (p *pc) route(pin pci.Pin) (irq.Input, bool) {
	if p.tables == nil || pin.Line == 0 || pin.Line > 15 {
		return irq.Input{}, false
	}
	return p.isa(pin.Line), true
}
