package console

import (
	"errors"
	"internal/mirage/device"
	"internal/mirage/drivers/xen"
	"internal/mirage/drivers/xen/ring"
	"sync"
)

var errGone = errors.New("xen-console: the console has failed")

// The page: struct xencons_interface.
const (
	inputData   = 0
	inputSize   = 1024
	outputData  = 1024
	outputSize  = 2048
	inputTaken  = 3072
	inputPut    = 3076
	outputTaken = 3080
	outputPut   = 3084
)

// A Device is a console. It implements device.Console.
type Device struct {
	channel *xen.Channel

	mu            sync.Mutex
	changed       sync.Cond // there was an event
	input, output ring.Bytes
	failed        bool

	writing sync.Mutex // one Write at a time, whole
}

// Open makes the machine's console ready. The error is xen.ErrNone if it has none.
func Open(h xen.Hypervisor) (*Device, error) {
	c, err := xen.Connect(h, xen.ConsoleFrame, xen.ConsolePort)
	if err != nil {
		return nil, err
	}
	d := &Device{
		channel: c,
		input:   ring.Bytes{Mem: c.Mem, Counts: c.Mem, Data: inputData, Size: inputSize, Taken: inputTaken, Put: inputPut},
		output:  ring.Bytes{Mem: c.Mem, Counts: c.Mem, Data: outputData, Size: outputSize, Taken: outputTaken, Put: outputPut},
	}
	d.changed.L = &d.mu
	go d.watch()
	return d, nil
}

// Name is what Linux called it when it still had a name of its own: it is a terminal, not a virtio console.
func (d *Device) Name() string { return "xvc0" }

// watch wakes those that wait for the other side.
func (d *Device) watch() {
	ok := true
	for ok {
		ok = d.channel.Line.Wait()
		d.mu.Lock()
		d.failed = d.failed || !ok
		d.changed.Broadcast()
		d.mu.Unlock()
	}
}

// broken ends the console if the other side has broken a ring.
func (d *Device) broken() bool {
	err := d.input.Err()
	if err == nil {
		err = d.output.Err()
	}
	if err != nil && !d.failed {
		d.failed = true
		d.changed.Broadcast()
		device.Report("xvc0", err)
	}
	return d.failed
}

// Read implements device.Console. There is no end of input.
func (d *Device) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		n := d.input.Read(p)
		if n > 0 {
			d.channel.Notify() // there is room for more
			return n, nil
		}
		if d.broken() {
			return 0, errGone
		}
		d.changed.Wait()
	}
}

// Write implements device.Console.
func (d *Device) Write(p []byte) (n int, err error) {
	d.writing.Lock()
	defer d.writing.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		k := d.output.Write(p[n:])
		n += k
		if d.broken() {
			return n, errGone
		}
		if k > 0 {
			d.channel.Notify()
		}
		if n == len(p) && d.output.Empty() {
			return n, nil
		}
		d.changed.Wait()
	}
}

// Suspended calls suspend when all that was written has been taken. If that returns true, the machine has become another domain,
// whose ring is empty.
func (d *Device) Suspended(suspend func() (restored bool)) {
	d.writing.Lock()
	defer d.writing.Unlock()
	if suspend() {
		d.channel.Restored()
	}
}
