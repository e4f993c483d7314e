//go:build mirage

package board

import (
	"internal/mirage/device"
	"internal/mirage/drivers/xen"
	"internal/mirage/drivers/xen/balloon"
	"internal/mirage/drivers/xen/blkfront"
	"internal/mirage/drivers/xen/bus"
	"internal/mirage/drivers/xen/console"
	"internal/mirage/drivers/xen/control"
	"internal/mirage/drivers/xen/grant"
	"internal/mirage/drivers/xen/netfront"
	xenstore "internal/mirage/drivers/xen/store"
	"internal/mirage/drivers/xen/vchan"
	"internal/mirage/machine"
	"internal/strconv"
	"runtime"
)

// probeXen starts the devices of a guest of Xen's, of which the xenstore knows all but the console.
func probeXen() {
	var h xen.Machine
	c, err := console.Open(h)
	if err == nil {
		device.AddConsole(c)
		device.AddDriven(device.Driven{Bus: "xen", Name: "console-0", Driver: "xenconsole", Place: "xvc0"})
	} else if err != xen.ErrNone {
		report("xvc0", err)
	}
	s, err := xenstore.Open(h)
	if err != nil {
		report("xenstore", err)
		return
	}
	asked := control.Functions{End: device.Shutdown, Reboot: func() {
		machine.XenReboot()
		device.Shutdown()
	}}
	if runtime.GOARCH == "amd64" { // Xen's toolstack cannot suspend others
		asked.Suspend = func() { suspend(c, s) }
	}
	if err := control.Open(s, asked); err != nil {
		report("xen control", err)
	}
	total, _, _ := ram{}.Sizes()
	if err := balloon.Open(h, s, ram{}, total); err != nil {
		report("xen balloon", err)
	}
	x := &xenBus{hypervisor: h, store: s, grants: grant.New(h), count: map[string]int{}}
	vchan.Use(&vchan.System{Hypervisor: h, Grants: x.grants, Store: s})
	x.attach("vif", "netfront", func(front *bus.Device) error {
		nic, err := netfront.Open(h, x.grants, front)
		if err == nil {
			device.AddNIC(nic)
		}
		return err
	})
	x.attach("vbd", "blkfront", func(front *bus.Device) error {
		disk, err := blkfront.Open(h, x.grants, front)
		if err == nil {
			device.AddBlock(disk)
			disk.Follow()
		}
		return err
	})
}

// suspend suspends the machine. When it has become another domain, the drivers of its devices hear of that by the store.
func suspend(c *console.Device, s *xenstore.Client) {
	machine := func() (restored bool) {
		s.Suspended(func() bool {
			var err error
			if restored, err = xen.Suspend(); err != nil {
				report("xen control", err)
			}
			return restored
		})
		return restored
	}
	if c == nil {
		machine()
	} else {
		c.Suspended(machine)
	}
}

// A xenBus is the devices that the xenstore knows.
type xenBus struct {
	hypervisor xen.Machine
	store      *xenstore.Client
	grants     *grant.Table
	count      map[string]int // of a kind
}

// attach opens the devices of a kind, those there are and those that come.
func (x *xenBus) attach(kind, driver string, open func(*bus.Device) error) {
	complain := func(err error) { report("xenbus "+kind, err) }
	err := bus.Attach(x.store, kind, func(front *bus.Device) {
		if err := open(front); err != nil {
			report(driver+" "+front.Path, err)
			return
		}
		name := kind + "-" + strconv.Itoa(x.count[kind])
		x.count[kind]++
		device.AddDriven(device.Driven{Bus: "xen", Name: name, Driver: driver, Place: front.Path})
	}, complain)
	if err != nil {
		complain(err)
	}
}
