//go:build mirage

package board

import (
	"internal/mirage/device"
	"internal/mirage/drivers/xen"
	"internal/mirage/drivers/xen/bus"
	"internal/mirage/drivers/xen/console"
	"internal/mirage/drivers/xen/control"
	"internal/mirage/drivers/xen/grant"
	"internal/mirage/drivers/xen/netfront"
	xenstore "internal/mirage/drivers/xen/store"
	"internal/strconv"
)

// probeXen starts the devices of a guest of Xen's, of which the xenstore knows all but the console.
func probeXen() {
	var h xen.Machine
	if c, err := console.Open(h); err == nil {
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
	if err := control.Open(s, device.Shutdown); err != nil {
		report("xen control", err)
	}
	cards, err := bus.Devices(s, "vif")
	if err != nil {
		report("xenbus", err)
	}
	grants := grant.New(h)
	for i, front := range cards {
		nic, err := netfront.Open(h, grants, front)
		if err != nil {
			report("netfront "+front.Path, err)
			continue
		}
		device.AddNIC(nic)
		device.AddDriven(device.Driven{Bus: "xen", Name: "vif-" + strconv.Itoa(i), Driver: "netfront", Place: front.Path})
	}
}
