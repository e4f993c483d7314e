package keyboard

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/usb"
	"sync"
)

var (
	errEndpoint = errors.New("usb keyboard: no interrupt endpoint for reports of eight bytes")
	errMemory   = errors.New("usb keyboard: no memory that the controller reaches")
)

// Interfaces that are for this driver: HID, 4.1 to 4.3.
const (
	class        = 3
	subclassBoot = 1
	protocolKeys = 1
)

// Requests to the interface: HID, 7.2.
const (
	setReport   = 0x09
	setIdle     = 0x0a
	setProtocol = 0x0b

	outputReport = 2 << 8 // in the value of setReport
	ledCapsLock  = 1 << 1 // HID, B.1
)

// A key that is held down comes again after a while, and then so many times a second.
const (
	repeatAfter = 500 * clock.Millisecond
	repeatEach  = 33 * clock.Millisecond
)

// inputLimit is how many bytes wait to be read. What is typed beyond them is lost.
const inputLimit = 256

// A Keyboard is one that is plugged in. It implements device.Keyboard.
type Keyboard struct {
	dev       *usb.Device
	number    uint16 // of the interface
	state     state  // the reports' goroutine's
	repeating *clock.Timer

	mu       sync.Mutex
	changed  sync.Cond
	input    []byte
	capsLock bool
	held     uint8 // the key that repeats, 0: none
	gone     bool
}

// Driver is the driver for such devices.
func Driver(d *usb.Device, c *usb.Configuration) func() error {
	for i := range c.Interfaces {
		if f := &c.Interfaces[i]; f.Class == class && f.SubClass == subclassBoot && f.Protocol == protocolKeys {
			return func() error { return start(d, f) }
		}
	}
	return nil
}

// start has the keyboard report its keys: HID, 7.2 and F.5.
func start(d *usb.Device, f *usb.Interface) error {
	e, ok := f.Find(usb.Interrupt, true)
	if !ok || e.MaxPacket < reportSize {
		return errEndpoint
	}
	k := &Keyboard{dev: d, number: uint16(f.Number)}
	k.changed.L = &k.mu
	const bootProtocol, whenChanged = 0, 0
	if err := k.tell(setProtocol, bootProtocol, nil); err != nil {
		return err
	}
	// Who cannot be told stalls it (HID, 7.2.4), and repeats its reports: no key in them is new.
	if err := k.tell(setIdle, whenChanged, nil); err != nil && err != usb.ErrStall {
		return err
	}
	m := dma.AllocUncached(e.MaxPacket)
	if m == nil {
		return errMemory
	}
	k.repeating = clock.AfterFunc(clock.Hour, k.repeat)
	k.repeating.Stop()
	go k.read(d.Open(e), m)
	device.AddKeyboard(k)
	return nil
}

func (k *Keyboard) tell(request uint8, value uint16, data []byte) error {
	_, err := k.dev.Control(usb.ToInterface, request, value, k.number, data)
	return err
}

// read reads reports until the keyboard is gone.
func (k *Keyboard) read(p *usb.Pipe, m *dma.Memory) {
	defer m.Free()
	const patience = 3
	for failures := 0; failures < patience; {
		n, err := p.WaitInterrupt(m, p.MaxPacket)
		switch err {
		case nil:
			failures = 0
			k.report(m.Bytes()[:n])
		case usb.ErrGone:
			failures = patience
		default:
			failures++
		}
	}
	k.mu.Lock()
	k.gone, k.held = true, 0
	k.changed.Broadcast()
	k.mu.Unlock()
	k.repeating.Stop()
	device.RemoveKeyboard(k)
}

// report takes a report.
func (k *Keyboard) report(b []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	pressed, held := k.state.next(b, k.held)
	if !held {
		k.held = 0
	}
	for _, key := range pressed {
		switch {
		case key == keyCapsLock:
			k.capsLock = !k.capsLock
			k.light(k.capsLock)
			continue
		case key == keyDelete && k.state.modifiers&control != 0 && k.state.modifiers&alt != 0:
			device.Shutdown()
			continue
		}
		k.press(key)
		k.held = key
		k.repeating.Reset(repeatAfter)
	}
	if k.held == 0 {
		k.repeating.Stop()
	}
}

// light says by the keyboard's own light whether letters are large. It does not hold up what is typed.
func (k *Keyboard) light(on bool) {
	leds := []byte{0}
	if on {
		leds[0] = ledCapsLock
	}
	go k.tell(setReport, outputReport, leds)
}

// repeat presses the key again that is held down.
func (k *Keyboard) repeat() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held != 0 {
		k.press(k.held)
		k.repeating.Reset(repeatEach)
	}
}

// press types a key, with the lock held.
func (k *Keyboard) press(key uint8) {
	s := typed(key, k.state.modifiers, k.capsLock)
	if s == "" || len(k.input)+len(s) > inputLimit {
		return
	}
	k.input = append(k.input, s...)
	k.changed.Broadcast()
}

// Read implements device.Keyboard.
func (k *Keyboard) Read(p []byte) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	for len(k.input) == 0 && !k.gone {
		k.changed.Wait()
	}
	n := copy(p, k.input)
	k.input = append(k.input[:0], k.input[n:]...)
	return n
}
