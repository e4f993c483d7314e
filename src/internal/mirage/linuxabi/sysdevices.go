package linuxabi

import (
	"internal/bytealg"
	"internal/mirage/device"
	"internal/mirage/linuxabi/linux"
)

// plantDriven makes a device's folder in /sys/bus, with the link to its driver that says which it is (sysfs(5)).
func (p *Process) plantDriven(d device.Driven) linux.Errno {
	if bytealg.IndexByteString(d.Name, '/') >= 0 {
		return linux.EINVAL // a device tree may say so, and means nothing by it
	}
	bus := "/sys/bus/" + d.Bus
	folder := bus + "/devices/" + d.Name + "/"
	e := p.plantFiles(folder, []generated{{"uevent", says("DRIVER=" + d.Driver + "\nPLACE=" + d.Place + "\n")}})
	if e == 0 {
		e = p.plantAbove(bus + "/drivers/" + d.Driver + "/")
	}
	if e == 0 {
		e = p.fs.Pointer(folder+"driver", "../../drivers/"+d.Driver)
	}
	return e
}
