package usb

// Descriptors: USB 2.0, 9.6. All come from the device, so each length is checked against what was received.

// Types of descriptors: table 9-5.
const (
	TypeDevice        = 1
	TypeConfiguration = 2
	TypeString        = 3
	TypeInterface     = 4
	TypeEndpoint      = 5
	TypeClassSpecific = 0x24 // of an interface: CDC 1.2, 5.2.3
	TypeHub           = 0x29
)

// Bounds for what a device may say. Devices have one configuration, some two; composite ones a handful of interfaces.
const (
	maxConfigurations = 8
	maxConfiguration  = 4096 // bytes of one with all its interfaces
	maxInterfaces     = 64   // with alternate settings
)

// A Descriptor is what a device says of itself: 9.6.1.
type Descriptor struct {
	Class, SubClass, Protocol  uint8
	MaxPacket0                 int
	Vendor, Product            uint16
	Manufacturer, Name, Serial uint8 // indices of strings
	Configurations             int
}

const (
	deviceSize        = 18
	configurationSize = 9
	interfaceSize     = 9
	endpointSize      = 7
)

// parseDevice reads a device descriptor.
func parseDevice(b []byte) (d Descriptor, ok bool) {
	if len(b) < deviceSize || b[0] < deviceSize || b[1] != TypeDevice {
		return d, false
	}
	return Descriptor{
		Class: b[4], SubClass: b[5], Protocol: b[6], MaxPacket0: int(b[7]),
		Vendor: le16(b[8:]), Product: le16(b[10:]), Manufacturer: b[14], Name: b[15], Serial: b[16],
		Configurations: min(int(b[17]), maxConfigurations),
	}, true
}

// A Configuration is one way to use a device: 9.6.3.
type Configuration struct {
	Value      uint8
	Interfaces []Interface // each alternate setting is one, in the device's order
}

// An Interface is a setting of a function of the device: 9.6.5.
type Interface struct {
	Number, Alternate         uint8
	Class, SubClass, Protocol uint8
	Endpoints                 []Endpoint
	Extra                     [][]byte // class-specific descriptors, whole
}

// An Endpoint is one that is not 0: 9.6.6.
type Endpoint struct {
	Number    uint8
	In        bool
	Kind      Kind
	MaxPacket int
	Interval  uint8
}

// parseConfiguration reads a configuration with all that belongs to it. What is malformed ends it; what came before counts.
func parseConfiguration(b []byte) (c Configuration, ok bool) {
	if len(b) < configurationSize || b[0] < configurationSize || b[1] != TypeConfiguration {
		return c, false
	}
	total := int(le16(b[2:]))
	if total < int(b[0]) || len(b) < int(b[0]) {
		return c, false
	}
	c.Value = b[5]
	b = b[:min(total, len(b))]
	for b = b[b[0]:]; len(b) >= 2; b = b[b[0]:] {
		n := int(b[0])
		if n < 2 || n > len(b) {
			break
		}
		c.add(b[:n])
	}
	return c, c.Value != 0
}

// add takes a descriptor that follows the configuration's.
func (c *Configuration) add(d []byte) {
	if d[1] == TypeInterface {
		if len(d) >= interfaceSize && len(c.Interfaces) < maxInterfaces {
			c.Interfaces = append(c.Interfaces, Interface{Number: d[2], Alternate: d[3], Class: d[5], SubClass: d[6], Protocol: d[7]})
		}
		return
	}
	if len(c.Interfaces) == 0 {
		return
	}
	i := &c.Interfaces[len(c.Interfaces)-1]
	switch d[1] {
	case TypeEndpoint:
		if e, ok := parseEndpoint(d); ok && len(i.Endpoints) < 30 {
			i.Endpoints = append(i.Endpoints, e)
		}
	case TypeClassSpecific:
		i.Extra = append(i.Extra, d)
	}
}

func parseEndpoint(d []byte) (e Endpoint, ok bool) {
	if len(d) < endpointSize {
		return e, false
	}
	e = Endpoint{Number: d[2] & 15, In: d[2]&0x80 != 0, Kind: Kind(d[3] & 3), MaxPacket: int(le16(d[4:]) & 0x7ff), Interval: d[6]}
	// 5.5.3 to 5.8.3: no more than 1024 bytes.
	return e, e.Number != 0 && e.MaxPacket > 0 && e.MaxPacket <= 1024
}

// Find returns the interface's first endpoint of a kind and direction.
func (i *Interface) Find(kind Kind, in bool) (Endpoint, bool) {
	for _, e := range i.Endpoints {
		if e.Kind == kind && e.In == in {
			return e, true
		}
	}
	return Endpoint{}, false
}

// Functional returns the class-specific descriptor of a subtype, nil when there is none of at least n bytes: CDC 1.2, 5.2.3.
func (i *Interface) Functional(subtype uint8, n int) []byte {
	for _, d := range i.Extra {
		if len(d) >= max(n, 3) && d[2] == subtype {
			return d
		}
	}
	return nil
}

// Interface returns the setting of a number with an alternate setting, nil when there is none.
func (c *Configuration) Interface(number, alternate uint8) *Interface {
	for k := range c.Interfaces {
		if i := &c.Interfaces[k]; i.Number == number && i.Alternate == alternate {
			return i
		}
	}
	return nil
}

// A hubDescriptor is what a hub says of itself: 11.23.2.1.
type hubDescriptor struct {
	ports     int
	powerTime int64 // nanoseconds from a port's power to its being good
}

const hubSize = 7

func parseHub(b []byte) (h hubDescriptor, ok bool) {
	if len(b) < hubSize || int(b[0]) < hubSize || b[1] != TypeHub {
		return h, false
	}
	h = hubDescriptor{ports: int(b[2]), powerTime: int64(b[5]) * 2 * millisecond}
	return h, h.ports > 0
}

// parseString reads a string descriptor, UTF-16 (9.6.7). What is not ASCII becomes a question mark: the strings are for messages
// and for hardware addresses.
func parseString(b []byte) (string, bool) {
	if len(b) < 2 || b[1] != TypeString || b[0] < 2 {
		return "", false
	}
	b = b[2:min(int(b[0]), len(b))]
	text := make([]byte, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		c := byte('?')
		if b[1] == 0 && b[0] >= ' ' && b[0] < 0x7f {
			c = b[0]
		}
		text = append(text, c)
	}
	return string(text), true
}

func le16(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 }
