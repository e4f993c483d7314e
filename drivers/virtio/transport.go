package virtio

import (
	"internal/mirage/drivers/virtio/queue"
	"internal/mirage/irq"
	"internal/mirage/mmio"
)

// A Transport is the registers of one device: virtio 1.2 chapter 4. The set-up calls it from one goroutine, in the order of
// section 3.1.1; afterwards only Config, Generation and the functions of Notifier are in use, from any, and SetStatus.
type Transport interface {
	// Name says where the device is, for messages.
	Name() string
	// DeviceID is the kind of device, as in chapter 5.
	DeviceID() uint32
	// Legacy reports whether the registers are those from before virtio 1.0.
	Legacy() bool

	// Status and SetStatus are the device status of section 2.1; 0 resets the device.
	Status() uint8
	SetStatus(s uint8)
	// Features and SetFeatures are what the device offers and what the driver accepts.
	Features() uint64
	SetFeatures(f uint64)

	// Connect makes ready for lines queues with an interrupt, and returns the line that is raised when the device's
	// configuration changes. Called once, before the queues are enabled.
	Connect(lines int) (config irq.Line, err error)
	// QueueSize is the largest size of queue i, 0 when there is no such queue.
	QueueSize(i int) int
	// Notifier returns what notifies the device of queue i.
	Notifier(i int) (func(), error)
	// EnableQueue gives the device queue i, and returns the line that it raises, nil if interrupt is false.
	EnableQueue(i int, q *queue.Queue, interrupt bool) (irq.Line, error)

	// Config is the device's own configuration space, section 2.5, and Generation what changes with it.
	Config() mmio.Space
	Generation() uint32
}
