//go:build mirage

package board

import (
	"internal/mirage/device"
	"internal/mirage/drivers/bus/pci"
	"internal/mirage/drivers/disk"
	"internal/mirage/drivers/virtio"
	"internal/mirage/drivers/virtio/balloon"
	"internal/mirage/drivers/virtio/blk"
	"internal/mirage/drivers/virtio/console"
	virtiommio "internal/mirage/drivers/virtio/mmio"
	"internal/mirage/drivers/virtio/net"
	virtiopci "internal/mirage/drivers/virtio/pci"
	"internal/mirage/drivers/virtio/rng"
	"internal/mirage/irq"
	"internal/mirage/machine"
	"internal/mirage/mmio"
	"internal/strconv"
)

// A virtioList is the virtio devices that were found, none started yet.
type virtioList []virtio.Transport

// addMMIO looks for a device with registers at phys. Most places that a machine names are empty.
func (l *virtioList) addMMIO(phys, size uint64, in irq.Input) {
	name := "virtio-mmio 0x" + strconv.FormatUint(phys, 16)
	regs, err := mmio.Map(phys, size)
	if err == nil {
		var t *virtiommio.Transport
		if t, err = virtiommio.Open(name, regs, in); err == nil {
			*l = append(*l, t)
			return
		}
	}
	if err != virtiommio.ErrNone {
		report(name, err)
	}
}

// addPCI takes the virtio devices among the functions.
func (l *virtioList) addPCI(functions []*pci.Function) {
	for _, f := range functions {
		if !virtiopci.Is(f) {
			continue
		}
		a := f.Address
		name := "virtio-pci " + strconv.Itoa(int(a.Bus)) + ":" + strconv.Itoa(int(a.Device)) + "." + strconv.Itoa(int(a.Function))
		t, err := virtiopci.Open(name, f)
		if err != nil {
			report(name, err)
			continue
		}
		*l = append(*l, t)
	}
}

// start starts a driver for each device, in the order found, sources of randomness before those that may need it.
func (l virtioList) start() {
	l.each(virtio.IDEntropy, startEntropy)
	l.each(virtio.IDNet, func(t virtio.Transport) error {
		nic, err := net.Open(t, machine.Random)
		if err == nil {
			device.AddNIC(nic)
		}
		return err
	})
	disks := 0
	l.each(virtio.IDBlock, func(t virtio.Transport) error {
		name := disk.Name("vd", disks)
		disks++
		d, err := blk.Open(t, name)
		if err == nil {
			device.AddBlock(d)
		}
		return err
	})
	var consoles []*console.Device
	l.each(virtio.IDConsole, func(t virtio.Transport) error {
		name := ""
		if len(consoles) == 0 {
			name = "hvc0"
		}
		d, err := console.Open(t, name)
		if err == nil {
			consoles = append(consoles, d)
		}
		return err
	})
	l.each(virtio.IDBalloon, func(t virtio.Transport) error {
		_, err := balloon.Open(t, ram{})
		return err
	})
	// What the program writes first is not to be lost: its console is to be known by then.
	for _, d := range consoles {
		d.Settle()
	}
}

// virtioDrivers are what Linux calls the drivers.
var virtioDrivers = map[uint32]string{
	virtio.IDEntropy: "virtio_rng", virtio.IDNet: "virtio_net", virtio.IDConsole: "virtio_console", virtio.IDBalloon: "virtio_balloon",
	virtio.IDBlock: "virtio_blk",
}

// each calls start for each device of the kind.
func (l virtioList) each(kind uint32, start func(virtio.Transport) error) {
	for i, t := range l {
		if t.DeviceID() != kind {
			continue
		}
		if err := start(t); err != nil {
			report(t.Name(), err)
			continue
		}
		device.AddDriven(device.Driven{Bus: "virtio", Name: "virtio" + strconv.Itoa(i), Driver: virtioDrivers[kind], Place: t.Name()})
	}
}

// seed is how many bytes the runtime's generator gets from each source: its whole state.
const seed = 32

func startEntropy(t virtio.Transport) error {
	d, err := rng.Open(t)
	if err != nil {
		return err
	}
	var b [seed]byte
	if _, err := d.Read(b[:]); err != nil {
		return err
	}
	machine.AddEntropy(b[:])
	clear(b[:])
	device.AddEntropy(d)
	return nil
}
