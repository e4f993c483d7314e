package device

// A Driven is a device that has a driver, for those who list devices.
type Driven struct {
	Bus    string // as Linux calls it: virtio, platform, xen
	Name   string // of the device, on its bus
	Driver string
	Place  string // where it was found
}

var driven list[Driven]

// AddDriven makes known that a device has got its driver.
func AddDriven(d Driven) { driven.add(d) }

// EachDriven calls f for each device with a driver, those known now and those that come later.
func EachDriven(f func(Driven)) { driven.each(f) }
