package pci

import (
	"errors"
	"internal/mirage/drivers/bus/pci"
	"internal/mirage/drivers/virtio/queue"
	"internal/mirage/irq"
	"internal/mirage/mmio"
)

var (
	errRegisters = errors.New("virtio-pci: not all registers of virtio 1.0 are there")
	errNotify    = errors.New("virtio-pci: a queue's notification lies outside of its registers")
	errInUse     = errors.New("virtio-pci: the queue is in use")
)

// Is reports whether a function is a virtio device.
func Is(f *pci.Function) bool {
	return f.Vendor == vendor && f.Device >= transitionalFirst && f.Device <= modernLast
}

// A Transport is one device's registers. It implements virtio.Transport.
type Transport struct {
	name       string
	function   *pci.Function
	common     mmio.Space
	notify     mmio.Space
	multiplier uintptr
	isr        mmio.Space
	config     mmio.Space
	interrupts
}

// Open makes the registers of a function ready.
func Open(name string, f *pci.Function) (*Transport, error) {
	t := &Transport{name: name, function: f}
	f.Enable()
	spaces, multiplier, err := registers(f)
	if err != nil {
		return nil, err
	}
	t.common, t.notify, t.isr, t.config = spaces[typeCommon], spaces[typeNotify], spaces[typeISR], spaces[typeDevice]
	t.multiplier = multiplier
	if t.common == nil || t.common.Size() < commonSize || t.notify == nil || t.isr == nil || t.isr.Size() < 1 {
		return nil, errRegisters
	}
	if t.config == nil {
		t.config = empty{} // section 4.1.4.6: only for devices that have something in it
	}
	return t, nil
}

// registers finds the parts that the capabilities name: section 4.1.4. Of each type the first that makes sense counts.
func registers(f *pci.Function) (spaces [types]mmio.Space, multiplier uintptr, err error) {
	c := f.Config()
	var bars [6]mmio.Space
	f.Capabilities(func(id uint8, at uintptr) bool {
		if id != capVendor || at+capMin > 256 {
			return true
		}
		length, kind, bar := c.Load8(at+capLength), c.Load8(at+capType), c.Load8(at+capBAR)
		// Section 4.1.4.1: other types and base addresses are for later versions.
		if kind == 0 || kind >= types || bar > 5 || length < capMin || spaces[kind] != nil {
			return true
		}
		if kind == typeNotify && (length < capMultiplier+4 || at+capMultiplier+4 > 256) {
			return true
		}
		if bars[bar] == nil {
			s, e := f.Map(int(bar))
			if e != nil {
				err = e
				return true
			}
			bars[bar] = s
		}
		s, ok := mmio.Sub(bars[bar], uintptr(c.Load32(at+capOffset)), uintptr(c.Load32(at+capSize)))
		if !ok {
			return true
		}
		if kind == typeNotify {
			multiplier = uintptr(c.Load32(at + capMultiplier))
		}
		spaces[kind] = s
		return true
	})
	if spaces[typeCommon] != nil {
		err = nil // what was not mapped was not needed, or errRegisters says so
	}
	return spaces, multiplier, err
}

// Name implements virtio.Transport.
func (t *Transport) Name() string { return t.name }

// DeviceID implements virtio.Transport.
func (t *Transport) DeviceID() uint32 {
	if t.function.Device >= modernFirst {
		return uint32(t.function.Device - modernFirst)
	}
	return uint32(t.function.Subsystem) // section 4.1.2.3
}

// Legacy implements virtio.Transport.
func (t *Transport) Legacy() bool { return false }

// Status implements virtio.Transport.
func (t *Transport) Status() uint8 { return deviceStatus.Load(t.common) }

// SetStatus implements virtio.Transport.
func (t *Transport) SetStatus(s uint8) { deviceStatus.Store(t.common, s) }

// Features implements virtio.Transport.
func (t *Transport) Features() uint64 {
	deviceFeatureSelect.Store(t.common, 0)
	low := deviceFeature.Load(t.common)
	deviceFeatureSelect.Store(t.common, 1)
	return uint64(deviceFeature.Load(t.common))<<32 | uint64(low)
}

// SetFeatures implements virtio.Transport.
func (t *Transport) SetFeatures(f uint64) {
	driverFeatureSelect.Store(t.common, 0)
	driverFeature.Store(t.common, uint32(f))
	driverFeatureSelect.Store(t.common, 1)
	driverFeature.Store(t.common, uint32(f>>32))
}

// QueueSize implements virtio.Transport.
func (t *Transport) QueueSize(i int) int {
	if i >= int(numQueues.Load(t.common)) {
		return 0
	}
	queueSelect.Store(t.common, uint16(i))
	return min(int(queueSize.Load(t.common)), queue.MaxSize)
}

// Notifier implements virtio.Transport.
func (t *Transport) Notifier(i int) (func(), error) {
	queueSelect.Store(t.common, uint16(i))
	at := uintptr(queueNotifyOff.Load(t.common)) * t.multiplier // section 4.1.4.4; 16 bits times 32 fit
	s, ok := mmio.Sub(t.notify, at, 2)
	if !ok || at%2 != 0 {
		return nil, errNotify
	}
	return func() { s.Store16(0, uint16(i)) }, nil // section 4.1.5.2
}

// EnableQueue implements virtio.Transport.
func (t *Transport) EnableQueue(i int, q *queue.Queue, interrupt bool) (line irq.Line, err error) {
	queueSelect.Store(t.common, uint16(i))
	if queueEnable.Load(t.common) != 0 {
		return nil, errInUse
	}
	vector := uint16(noVector)
	if interrupt {
		if line, vector, err = t.nextLine(); err != nil {
			return nil, err
		}
	}
	// Section 4.1.5.1.2: the device says NO_VECTOR when it has no means for one.
	queueVector.Store(t.common, vector)
	if vector != noVector && queueVector.Load(t.common) != vector {
		return nil, errVector
	}
	// Section 4.1.5.1.3: the size and the places, then enable.
	queueSize.Store(t.common, uint16(q.Size()))
	queueDesc.Store(t.common, q.Descriptors())
	queueDriver.Store(t.common, q.Available())
	queueDevice.Store(t.common, q.UsedRing())
	queueEnable.Store(t.common, 1)
	return line, nil
}

// Config implements virtio.Transport.
func (t *Transport) Config() mmio.Space { return t.config }

// Generation implements virtio.Transport.
func (t *Transport) Generation() uint32 { return uint32(configGeneration.Load(t.common)) }

// empty is the configuration of a device that has none.
type empty struct{}

func (empty) Load8(uintptr) uint8     { return 0 }
func (empty) Load16(uintptr) uint16   { return 0 }
func (empty) Load32(uintptr) uint32   { return 0 }
func (empty) Store8(uintptr, uint8)   {}
func (empty) Store16(uintptr, uint16) {}
func (empty) Store32(uintptr, uint32) {}
func (empty) Size() uintptr           { return 0 }
