package usb

// Communications devices: USB Class Definitions for Communications Devices 1.2 ("CDC").

// FunctionalUnion is the descriptor that names the interface for data: CDC 1.2, 5.2.3.2.
const FunctionalUnion = 0x06

// Requests that CDC and what builds upon it share: CDC 1.2, table 19, of an interface.
const (
	ToInterface   = RequestClass | RequestInterface
	FromInterface = RequestIn | RequestClass | RequestInterface
)

// DataOf returns the setting by which the function of a control interface moves its data, with an endpoint for each direction; nil
// when it has none. Its first setting may have no endpoints, for a device that is not in use (CDC 1.2, 3.3.2).
func (c *Configuration) DataOf(control *Interface) (data *Interface, in, out Endpoint) {
	number := control.Number + 1
	if u := control.Functional(FunctionalUnion, 5); u != nil {
		number = u[4]
	}
	for k := range c.Interfaces {
		i := &c.Interfaces[k]
		if i.Number != number {
			continue
		}
		in, ok1 := i.Find(Bulk, true)
		out, ok2 := i.Find(Bulk, false)
		if ok1 && ok2 {
			return i, in, out
		}
	}
	return nil, in, out
}
