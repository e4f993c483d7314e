//go:build !mirage

package console

import (
	"bytes"
	"encoding/binary"
	"errors"
	"internal/mirage/device"
	"internal/mirage/drivers/virtio"
	virtiommio "internal/mirage/drivers/virtio/mmio"
	virtiopci "internal/mirage/drivers/virtio/pci"
	"internal/mirage/drivers/virtio/queue"
	"internal/mirage/drivers/virtio/virtiotest"
	"internal/mirage/irq"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

const ring = virtio.FeatureVersion1 | virtio.FeatureEventIndex | virtio.FeatureIndirect

// A host is a model of a console device: what it takes from each port, and what it answers on the control queue.
type host struct {
	*virtiotest.Device
	t *testing.T

	mu      sync.Mutex
	out     map[int][]byte // by queue
	control func(h *host, id uint32, event, value uint16)
	lazy    chan struct{} // if not nil, take nothing, but say so
	filling sync.Mutex
	using   sync.Mutex
}

var inputs atomic.Uint32

func newHost(t *testing.T, offered uint64, ports int) *host {
	h := &host{t: t, out: map[int][]byte{}}
	config := make([]byte, 12)
	config[4] = byte(ports)
	max := make([]int, 2*ports+2)
	for i := range max {
		max[i] = 128
	}
	h.Device = &virtiotest.Device{ID: virtio.IDConsole, Offered: offered, Config: config, Max: max, Notified: h.notified}
	return h
}

// open makes the device's driver on a transport.
func (h *host) open(transport string) *Device {
	h.t.Helper()
	n := 5000 + inputs.Add(1)
	var tr virtio.Transport
	var err error
	if transport == "pci" {
		tr, err = virtiopci.Open("console", virtiotest.Host(h.PCI(1, 2)).Scan()[0])
	} else {
		tr, err = virtiommio.Open("console", h.MMIO(map[string]int{"mmio": 2, "legacy": 1}[transport], n), irq.Input{Number: n})
	}
	if err != nil {
		h.t.Fatal(err)
	}
	d, err := Open(tr, "hvc0")
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		for _, f := range h.Faults() {
			h.t.Error("the driver broke a rule:", f)
		}
		device.SetReporter(func(string, error) {})
		d.fail(errors.New("test over"))
	})
	return d
}

// notified takes what the driver sends.
func (h *host) notified(i int) {
	if i%2 == 0 {
		return // buffers to fill need no telling
	}
	if h.lazy != nil {
		h.lazy <- struct{}{}
		return
	}
	r := h.Ring(i)
	for {
		for c, ok := r.Pop(); ok; c, ok = r.Pop() {
			var b []byte
			for _, o := range c.Out {
				b = append(b, o.Bytes()...)
			}
			h.mu.Lock()
			h.out[i] = append(h.out[i], b...)
			h.mu.Unlock()
			go h.done(i, c)
			if i == controlTransmit {
				h.control(h, binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint16(b[4:]), binary.LittleEndian.Uint16(b[6:]))
			}
		}
		if !r.Sleep() {
			return
		}
	}
}

// done gives a buffer back, a little later than it was taken.
func (h *host) done(i int, c virtiotest.Chain) {
	h.using.Lock()
	defer h.using.Unlock()
	h.Use(i, c, 0)
}

func (h *host) sent(i int) []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return bytes.Clone(h.out[i])
}

// send fills the driver's buffers on queue i.
func (h *host) send(i int, b []byte) {
	h.filling.Lock()
	defer h.filling.Unlock()
	for {
		r := h.Ring(i)
		if r == nil {
			return // the test is over
		}
		c, ok := r.Pop()
		for ; !ok; c, ok = r.Pop() {
			runtime.Gosched()
		}
		n := copy(c.In[0].Bytes(), b)
		b = b[n:]
		h.Use(i, c, n)
		if len(b) == 0 {
			return
		}
	}
}

// say sends a control message.
func (h *host) say(id uint32, event, value uint16, name string) {
	m := binary.LittleEndian.AppendUint32(nil, id)
	m = binary.LittleEndian.AppendUint16(m, event)
	h.send(controlReceive, append(binary.LittleEndian.AppendUint16(m, value), name...))
}

func text(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

func readAll(t *testing.T, c device.Console, n int) []byte {
	t.Helper()
	var got []byte
	for p := make([]byte, 700); len(got) < n; {
		k, err := c.Read(p[:min(len(p), n-len(got))])
		if k == 0 || err != nil {
			t.Fatalf("after %d bytes: %d, %v", len(got), k, err)
		}
		got = append(got, p[:k]...)
	}
	return got
}

// A device with one port is a console at once: section 5.3.5.
func TestOnePort(t *testing.T) {
	for _, transport := range []string{"mmio", "legacy", "pci"} {
		t.Run(transport, func(t *testing.T) {
			h := newHost(t, ring, 1)
			d := h.open(transport)
			d.Settle()
			p := d.ports[0]
			if p.Name() != "hvc0" || len(d.ports) != 1 {
				t.Errorf("%q, %d ports", p.Name(), len(d.ports))
			}
			want := text(20000)
			if n, err := p.Write(want); n != len(want) || err != nil || !bytes.Equal(h.sent(1), want) {
				t.Errorf("wrote %d, %v, arrived %d: a write returns when all has been taken", n, err, len(h.sent(1)))
			}
			go h.send(0, want)
			if got := readAll(t, p, len(want)); !bytes.Equal(got, want) {
				t.Error("not what was sent")
			}
		})
	}
}

// qemu answers as QEMU does: port 0 is a console, port 1 is named, port 2 is neither.
func qemu(h *host, id uint32, event, value uint16) {
	switch {
	case event == eventDeviceReady && value == 1:
		go func() {
			for id := range uint32(3) {
				h.say(id, eventPortAdd, 1, "")
			}
		}()
	case event == eventPortReady && id == 0:
		go func() {
			h.say(0, eventConsolePort, 1, "")
			h.say(0, eventPortOpen, 1, "")
		}()
	case event == eventPortReady && id == 1:
		go h.say(1, eventPortName, 1, "stdin\x00")
	}
}

func TestPorts(t *testing.T) {
	for _, transport := range []string{"mmio", "legacy", "pci"} {
		t.Run(transport, func(t *testing.T) {
			named := make(chan device.Port, 100)
			device.EachPort(func(p device.Port) { named <- p })
			h := newHost(t, ring|featureMultiport, 31)
			opened := make(chan uint32, 10)
			h.control = func(h *host, id uint32, event, value uint16) {
				qemu(h, id, event, value)
				if event == eventPortOpen && value == 1 {
					opened <- id
				}
			}
			d := h.open(transport)
			d.Settle()
			port := <-named
			for port.Console != device.Console(d.ports[1]) {
				port = <-named // of an earlier device
			}
			if port.Name != "stdin" || len(d.ports) != maxPorts || d.ports[0].Name() != "hvc0" {
				t.Fatalf("%q, %d ports, console %q", port.Name, len(d.ports), d.ports[0].Name())
			}
			if a, b := <-opened, <-opened; a+b != 1 {
				t.Errorf("opened ports %d and %d", a, b)
			}
			if d.ports[0].Write([]byte("out")); string(h.sent(1)) != "out" {
				t.Errorf("console: %q", h.sent(1))
			}
			h.say(1, eventPortOpen, 1, "")
			h.send(4, []byte("in"))
			if got := readAll(t, port, 2); string(got) != "in" {
				t.Errorf("stdin: %q", got)
			}
			// The end comes behind what was sent before it.
			h.send(4, []byte("last"))
			h.say(1, eventPortOpen, 0, "")
			if got := readAll(t, port, 4); string(got) != "last" {
				t.Errorf("stdin: %q", got)
			}
			if n, err := port.Read(make([]byte, 1)); n != 0 || err != nil {
				t.Errorf("end: %d, %v", n, err)
			}
			// The port is taken away, which closes it once more, and comes back with its name: it is opened as the first time,
			// and its end is not forgotten.
			h.say(1, eventPortRemove, 1, "")
			h.say(1, eventPortAdd, 1, "")
			if id := <-opened; id != 1 {
				t.Errorf("opened port %d", id)
			}
			if n, err := port.Read(make([]byte, 1)); n != 0 || err != nil {
				t.Errorf("end: %d, %v", n, err)
			}
			// Somebody opens it again.
			h.say(1, eventPortOpen, 1, "")
			h.send(4, []byte("more"))
			if got := readAll(t, port, 4); string(got) != "more" {
				t.Errorf("stdin: %q", got)
			}
		})
	}
}

// Messages that make no sense change nothing.
func TestHostileControl(t *testing.T) {
	h := newHost(t, ring|featureMultiport, 2)
	ready := make(chan struct{}, 100)
	h.control = func(h *host, id uint32, event, value uint16) { ready <- struct{}{} }
	d := h.open("mmio")
	<-ready
	h.say(2, eventPortAdd, 1, "")
	h.say(0xffffffff, eventConsolePort, 1, "")
	h.say(1, 99, 1, "")
	h.send(controlReceive, []byte{1, 2, 3})
	h.say(1, eventPortName, 1, "")
	h.say(1, eventPortName, 1, "\x1b[2J")
	h.say(1, eventPortName, 1, strings.Repeat("x", maxName+1))
	for range 50 {
		h.say(0, eventConsolePort, 1, "")
		<-ready
	}
	consoles := 0
	device.EachConsole(func(c device.Console) {
		if c == device.Console(d.ports[0]) || c == device.Console(d.ports[1]) {
			consoles++
		}
	})
	device.EachPort(func(p device.Port) {
		if p.Console == d.ports[1] {
			t.Errorf("a port of name %q", p.Name)
		}
	})
	if consoles != 1 || d.dev.Failed() {
		t.Errorf("%d consoles, failed %v", consoles, d.dev.Failed())
	}
}

// A device that breaks a ring is failed, and whoever reads or writes is told.
func TestHostileRing(t *testing.T) {
	h := newHost(t, ring, 1)
	h.lazy = make(chan struct{}, 1)
	d := h.open("mmio")
	errs := make(chan error, 2)
	go func() {
		_, err := d.ports[0].Write([]byte("x"))
		errs <- err
	}()
	go func() {
		_, err := d.ports[0].Read(make([]byte, 1))
		errs <- err
	}()
	<-h.lazy
	h.UseAll(0, virtiotest.Element{ID: 77, Written: 1})
	h.Interrupt(0)
	a, b := <-errs, <-errs
	if a == nil || b == nil || !errors.Is(a, queue.ErrID) && !errors.Is(b, queue.ErrID) || !d.dev.Failed() || h.Status() != 0 {
		t.Errorf("%v, %v, status %#x", a, b, h.Status())
	}
	if _, err := d.ports[0].Write([]byte("x")); err == nil {
		t.Error("goes on")
	}
}

func TestNoPorts(t *testing.T) {
	h := newHost(t, ring|featureMultiport, 0)
	tr, _ := virtiommio.Open("console", h.MMIO(2, 4998), irq.Input{Number: 4998})
	if _, err := Open(tr, "hvc0"); err != errPorts || h.Status()&virtio.StatusFailed == 0 {
		t.Errorf("%v, status %#x", err, h.Status())
	}
}

func FuzzControl(f *testing.F) {
	f.Add([]byte("\x01\x00\x00\x00\x07\x00\x01\x00stdin\x00"))
	f.Fuzz(func(t *testing.T, m []byte) {
		if name := clean(m); len(name) > maxName || strings.ContainsAny(name, "\x00\n\x1b ") {
			t.Errorf("%q", name)
		}
	})
}
