//go:build mirage

package board

import (
	"errors"
	"internal/mirage/boot"
	"internal/mirage/device"
	"internal/mirage/drivers/bus/fdt"
	"internal/mirage/drivers/bus/gicv2m"
	"internal/mirage/drivers/bus/pci"
	"internal/mirage/drivers/button"
	"internal/mirage/drivers/serial/pl011"
	"internal/mirage/irq"
	"internal/mirage/machine"
	"internal/mirage/mmio"
)

var (
	errTree      = errors.New("no valid device tree")
	errNode      = errors.New("registers or interrupt missing in the device tree")
	errInterrupt = errors.New("an interrupt that the device tree does not give")
)

// maxTree is the size of the largest device tree: what the arm64 boot protocol allows for one.
const maxTree = 2 << 20

func probe() {
	if pi, _, _ := machine.Pi(); pi.SoC != boot.NotPi {
		probePi()
		return
	}
	tree, ok := deviceTree(machine.BootInfo().DeviceTreePhys)
	if !ok {
		report("fdt", errTree)
		return
	}
	messages(&tree)
	powerButton(&tree)
	serial(&tree)
	if machine.Xen() {
		probeXen()
	}

	var found virtioList
	for w := tree.Walk(); w.Find("virtio,mmio"); {
		addr, size, in, err := resources(&w)
		if err != nil {
			report(string(w.Node().Name()), err)
			continue
		}
		found.addMMIO(addr, size, in)
	}
	for w := tree.Walk(); w.Find("pci-host-ecam-generic"); {
		if h := host(&w); h != nil {
			found.addPCI(h.Scan())
		}
	}
	found.start()
}

// deviceTree maps and checks the device tree at phys.
func deviceTree(phys uint64) (tree fdt.Tree, ok bool) {
	if phys == 0 {
		return tree, false
	}
	size, ok := fdt.TotalSize(machine.MapTable(phys, fdt.HeaderSize))
	if !ok || size > maxTree {
		return tree, false
	}
	return fdt.Parse(machine.MapTable(phys, uint64(size)))
}

// resources are the first range of registers and the first interrupt of the node that w is at.
func resources(w *fdt.Walker) (addr, size uint64, in irq.Input, err error) {
	addr, size, ok := w.Reg(0)
	if !ok {
		return 0, 0, in, errNode
	}
	i, ok := w.Interrupt(0)
	if !ok {
		return 0, 0, in, errNode
	}
	if in, ok = gicInput(i.Cells[:i.Len]); !ok {
		return 0, 0, in, errInterrupt
	}
	return addr, size, in, nil
}

// messages starts what PCI devices need to signal interrupts by messages, where the machine has a frame for it. Where it has not,
// they use their pins.
func messages(tree *fdt.Tree) {
	w := tree.Walk()
	if !w.Find("arm,gic-v2m-frame") {
		return
	}
	addr, size, ok := w.Reg(0)
	if !ok {
		report("gicv2m", errNode)
		return
	}
	regs, err := mmio.Map(addr, size)
	if err == nil {
		var f *gicv2m.Frame
		if f, err = gicv2m.Open(regs, addr, irq.Wired); err == nil {
			irq.SetMessages(f.Message)
			return
		}
	}
	report("gicv2m", err)
}

// powerButton has the key that turns the machine off ask the program to end. Not every machine has one.
func powerButton(tree *fdt.Tree) {
	k, ok := powerKey(tree)
	if !ok {
		return
	}
	for w := tree.Walk(); w.Find("arm,pl061"); {
		if p, ok := w.Node().Uint32("phandle"); !ok || p != k.controller {
			continue
		}
		addr, size, in, err := resources(&w)
		if err == nil {
			var regs mmio.Space
			if regs, err = mmio.Map(addr, size); err == nil {
				err = button.PL061{Regs: regs, Pin: k.pin, ActiveLow: k.activeLow, Input: in}.Open(device.Shutdown)
			}
		}
		if err != nil {
			report("power button", err)
		}
	}
}

// serial starts the first serial port.
func serial(tree *fdt.Tree) {
	w := tree.Walk()
	if !w.Find("arm,pl011") {
		return
	}
	const name = "ttyAMA0"
	addr, size, in, err := resources(&w)
	if err == nil {
		var regs mmio.Space
		if regs, err = mmio.Map(addr, size); err == nil {
			c, e := pl011.Open(name, regs, in)
			if err = e; err == nil {
				device.AddConsole(c)
				device.AddDriven(device.Driven{Bus: "platform", Name: string(w.Node().Name()), Driver: "pl011", Place: name})
			}
		}
	}
	if err != nil {
		report(name, err)
	}
}

// host makes a root of PCI buses of the node that w is at. Nobody has configured them: there is no firmware.
func host(w *fdt.Walker) *pci.Host {
	base, size, ok := w.Reg(0)
	buses := size >> 20
	if !ok || buses == 0 {
		report(string(w.Node().Name()), errNode)
		return nil
	}
	last := uint8(min(buses, 256) - 1)
	h := &pci.Host{
		Config:  &pci.ECAM{Base: base, LastBus: last, Map: mmio.Map},
		LastBus: last,
		Windows: []pci.Window{},
		Map:     mmio.Map,
	}
	const inputOutput = 1
	for i := 0; ; i++ {
		r, ok := w.PCIRange(i)
		if !ok {
			break
		}
		if r.Space > inputOutput && r.Size > 0 {
			h.Windows = append(h.Windows, pci.Window{Phys: r.Phys, Bus: r.Bus, Size: r.Size})
		}
	}
	node := w.Node()
	h.Route = func(p pci.Pin) (irq.Input, bool) {
		a := p.Device
		in, ok := node.PCIInterrupt(uint32(a.Bus)<<16|uint32(a.Device)<<11|uint32(a.Function)<<8, uint32(p.Pin))
		if !ok {
			return irq.Input{}, false
		}
		return gicInput(in.Cells[:in.Len])
	}
	return h
}
