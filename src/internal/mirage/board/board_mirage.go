//go:build mirage

package board

import (
	"internal/mirage/device"
	"internal/mirage/machine"
)

func init() {
	device.SetReporter(report)
	probe()
}

// report tells whoever watches the machine that a device is of no use.
func report(name string, err error) {
	machine.ConsoleWrite([]byte("mirage: " + name + ": " + err.Error() + "\n"))
}
