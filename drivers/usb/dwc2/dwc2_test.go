//go:build !mirage

package dwc2

import (
	"internal/mirage/dma"
	"internal/mirage/drivers/usb"
	"internal/mirage/drivers/usb/usbtest"
	"internal/mirage/irq"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var inputs atomic.Uint32

// begin opens a controller with something plugged in, and waits until drivers have looked at it.
func begin(t *testing.T, root *usbtest.Device, drivers ...usb.Driver) *core {
	t.Helper()
	c := newCore(t)
	c.root = root
	host, err := Open(c.space(), busBase, irq.Input{Number: c.input, Level: true})
	if err != nil {
		t.Fatal(err)
	}
	usb.Start(host, drivers...).Settle(60e9)
	return c
}

// mirror is a device that sends back what it was sent.
func mirror(speed usb.Speed, packet byte) *usbtest.Device {
	packet0 := map[usb.Speed]byte{usb.High: 64, usb.Full: 16, usb.Low: 8}[speed]
	return usbtest.Mirror(&usbtest.Device{
		Speed:      speed,
		Descriptor: []byte{18, 1, 0, 2, 0xff, 0, 0, packet0, 0x34, 0x12, 0x78, 0x56, 0, 1, 0, 0, 0, 1},
		Configs: [][]byte{{9, 2, 39, 0, 1, 7, 0, 0x80, 50, 9, 4, 0, 0, 3, 0xff, 1, 2, 0,
			7, 5, 0x81, 2, packet, 0, 0, 7, 5, 0x02, 2, packet, 0, 0, 7, 5, 0x83, 3, 8, 0, 1}},
	})
}

// pipes are the bulk pipes of a mirror.
func pipes(d *usb.Device, packet int) (in, out *usb.Pipe) {
	return d.Open(usb.Endpoint{Number: 1, In: true, Kind: usb.Bulk, MaxPacket: packet}), d.Open(usb.Endpoint{Number: 2, Kind: usb.Bulk, MaxPacket: packet})
}

// echo sends n bytes and gets them back.
func echo(t *testing.T, in, out *usb.Pipe, n int) {
	t.Helper()
	size := (n/in.MaxPacket + 1) * in.MaxPacket
	m := dma.AllocUncached(2 * size)
	defer m.Free()
	for i := range n {
		m.Bytes()[i] = byte(i*7 + 1)
	}
	if k, err := out.Transfer(m, 0, n); k != n || err != nil {
		t.Fatalf("sent %d of %d, %v", k, n, err)
	}
	k, err := in.Transfer(m, size&^3, (n+in.MaxPacket-1)/in.MaxPacket*in.MaxPacket)
	if k != n || err != nil {
		t.Fatalf("received %d of %d, %v", k, n, err)
	}
	for i := range n {
		if m.Bytes()[size&^3+i] != byte(i*7+1) {
			t.Fatalf("byte %d is %#x", i, m.Bytes()[size&^3+i])
		}
	}
}

// RM0090, 35.17: the core is set up in order, and devices behind a hub of high speed work: one of high speed by whole transfers, one
// of low speed by split transactions (USB 2.0, 11.14).
func TestTransfers(t *testing.T) {
	got := make(chan *usb.Device, 2)
	hub, fast, slow := usbtest.NewHub(usb.High), mirror(usb.High, 64), mirror(usb.Low, 8)
	hub.Plug(1, fast)
	hub.Plug(3, slow)
	begin(t, hub.Device, usbtest.Found(got))
	for _, packet := range []int{64, 8} {
		d := <-got
		in, out := pipes(d, packet)
		for _, n := range []int{1, packet, packet + 1, 5*packet - 1, 40 * packet} {
			echo(t, in, out, n)
		}
	}
	usbtest.NoFaults(t, hub.Device, fast, slow)
}

// A transfer that is longer than a channel does in one go takes several (HCTSIZn).
func TestLongTransfer(t *testing.T) {
	got := make(chan *usb.Device, 1)
	d := mirror(usb.High, 64)
	begin(t, d, usbtest.Found(got))
	in, out := pipes(<-got, 64)
	echo(t, in, out, 3*maxPackets*64+100)
	usbtest.NoFaults(t, d)
}

// Stalls, babble and silence end a transfer, and the channel is free for the next: there are 8, and this takes 20.
func TestErrors(t *testing.T) {
	got := make(chan *usb.Device, 1)
	d := mirror(usb.Full, 64)
	whole := d.In
	var next error
	var mu sync.Mutex
	d.In = func(e uint8) ([]byte, error) {
		mu.Lock()
		defer mu.Unlock()
		switch err := next; {
		case err == usb.ErrBabble:
			return make([]byte, 65), nil
		case err != nil:
			return nil, err
		}
		return whole(e)
	}
	set := func(err error) { mu.Lock(); next = err; mu.Unlock() }
	begin(t, d, usbtest.Found(got))
	in, out := pipes(<-got, 64)
	m := dma.AllocUncached(4096)
	defer m.Free()
	for range 20 {
		for _, want := range []error{usb.ErrStall, usb.ErrBabble, usb.ErrBus} {
			set(want)
			if n, err := in.Transfer(m, 0, 128); n != 0 || err != want {
				t.Fatalf("%d bytes, %v, want %v", n, err, want)
			}
			set(nil)
		}
	}
	copy(m.Bytes(), "still here")
	if _, err := out.Transfer(m, 0, 10); err != nil {
		t.Fatal(err)
	}
	if n, err := in.Transfer(m, 64, 64); n != 10 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// A device that is unplugged while all channels wait for it gives them back, and the next device works. RM0090, "Halting a channel":
// none is left enabled.
func TestUnplug(t *testing.T) {
	got := make(chan *usb.Device, 1)
	c := begin(t, mirror(usb.High, 64), usbtest.Found(got))
	d := <-got
	var ended sync.WaitGroup
	for n := range modelChannels {
		ended.Go(func() {
			m := dma.AllocUncached(4096)
			defer m.Free()
			p := d.Open(usb.Endpoint{Number: 1, In: true, Kind: usb.Bulk, MaxPacket: 64})
			if n == 0 {
				p.Quiet = 1e6
			}
			if _, err := p.Transfer(m, 0, 64); err != usb.ErrGone && err != usb.ErrBus {
				t.Errorf("a transfer ended with %v", err)
			}
		})
	}
	c.plug(nil)
	ended.Wait()
	next := mirror(usb.Full, 64)
	c.plug(next)
	in, out := pipes(<-got, 64)
	for range 2 * modelChannels {
		echo(t, in, out, 100)
	}
	usbtest.NoFaults(t, next)
	c.mu.Lock()
	defer c.mu.Unlock()
	for n := range modelChannels {
		if c.regs[at(n, hcchar)]&charEnable != 0 {
			t.Errorf("channel %d is still enabled", n)
		}
	}
}

// A pipe with Quiet ends a transfer that filled its packets, and gets what comes next in the next one.
func TestQuiet(t *testing.T) {
	got := make(chan *usb.Device, 1)
	begin(t, mirror(usb.Full, 64), usbtest.Found(got))
	in, out := pipes(<-got, 64)
	in.Quiet = int64(2 * time.Millisecond)
	m := dma.AllocUncached(8192)
	defer m.Free()
	for range 5 {
		if _, err := out.Transfer(m, 0, 128); err != nil {
			t.Fatal(err)
		}
		if n, err := in.Transfer(m, 4096, 1024); n != 128 || err != nil {
			t.Fatalf("%d bytes, %v", n, err)
		}
	}
}

// An interrupt pipe says that there is nothing, and then what there is: USB 2.0, 5.7.
func TestInterrupt(t *testing.T) {
	got := make(chan *usb.Device, 1)
	d := mirror(usb.Full, 64)
	begin(t, d, usbtest.Found(got))
	dev := <-got
	_, out := pipes(dev, 64)
	p := dev.Open(usb.Endpoint{Number: 3, In: true, Kind: usb.Interrupt, MaxPacket: 8, Interval: 1})
	m := dma.AllocUncached(4096)
	defer m.Free()
	if n, err := p.Transfer(m, 0, 8); n != 0 || err != usb.ErrNothing {
		t.Errorf("%d bytes, %v", n, err)
	}
	copy(m.Bytes()[64:], "changed")
	if _, err := out.Transfer(m, 64, 7); err != nil {
		t.Fatal(err)
	}
	if n, err := p.WaitInterrupt(m, 8); n != 7 || err != nil || string(m.Bytes()[:7]) != "changed" {
		t.Errorf("%d bytes, %v: %q", n, err, m.Bytes()[:n])
	}
	usbtest.NoFaults(t, d)
}

// What is no such controller, or has no DMA, is left alone.
func TestRefused(t *testing.T) {
	c := newCore(t)
	c.regs[uintptr(gsnpsid)] = 0
	if _, err := Open(c.space(), busBase, irq.Input{Number: c.input}); err != errNone {
		t.Error(err)
	}
	c = newCore(t)
	c.regs[uintptr(ghwcfg2)] = 0
	if _, err := Open(c.space(), busBase, irq.Input{Number: c.input}); err != errDMA {
		t.Error(err)
	}
}
