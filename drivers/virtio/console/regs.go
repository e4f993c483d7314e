package console

import "internal/mirage/mmio"

// Features: section 5.3.3.
const (
	featureMultiport = 1 << 1

	features = featureMultiport
)

// Configuration: section 5.3.4.
const configPorts mmio.Reg32 = 4 // RO, with featureMultiport: how many ports there may be

// Queues: section 5.3.2.
const (
	controlReceive  = 2
	controlTransmit = 3
)

// receiveQueue is the queue on which port i receives; the next one is that on which it sends.
func receiveQueue(i int) int {
	if i == 0 {
		return 0
	}
	return 2 + 2*i
}

// A control message: section 5.3.6.2. Little-endian.
const (
	controlID    = 0 // 32 bits, the port
	controlEvent = 4 // 16 bits
	controlValue = 6 // 16 bits
	controlSize  = 8 // a name follows
)

// Events.
const (
	eventDeviceReady = 0 // to the device: the driver is ready, 1
	eventPortAdd     = 1 // to the driver
	eventPortRemove  = 2 // to the driver
	eventPortReady   = 3 // to the device: the port is ready, 1
	eventConsolePort = 4 // to the driver: the port is a console
	eventResize      = 5 // to the driver
	eventPortOpen    = 6 // both ways: 1 open, 0 closed
	eventPortName    = 7 // to the driver
)
