package board

import "internal/mirage/drivers/bus/fdt"

// A key is a pin of a GPIO controller that somebody presses.
type key struct {
	controller uint32 // phandle
	pin        uint32
	activeLow  bool
}

// keyPower is the code of the key that turns a machine off: Linux, include/uapi/linux/input-event-codes.h.
const keyPower = 116

// powerKey finds the key that turns the machine off: Devicetree binding gpio-keys.
func powerKey(tree *fdt.Tree) (k key, ok bool) {
	for w := tree.Walk(); w.Next(); {
		n := w.Node()
		if code, ok := n.Uint32("linux,code"); !ok || code != keyPower {
			continue
		}
		// The controller's phandle, then two cells: the pin, and flags of which the first is for active low.
		gpios, _ := n.Property("gpios")
		if c := fdt.Cells(gpios); c.Len() >= 3 {
			return key{c.At(0), c.At(1), c.At(2)&1 != 0}, true
		}
	}
	return k, false
}
