//go:build mirage

package irq

import "internal/mirage/machine"

// Channel returns the line that the events of one of Xen's event channels raise.
func Channel(port uint32) (Line, error) {
	l := machine.XenLine(port)
	if l < 0 {
		return nil, errNoInput
	}
	return &line{machine: l}, nil
}
