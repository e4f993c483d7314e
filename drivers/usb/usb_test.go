//go:build !mirage

package usb_test

import (
	"fmt"
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/usb"
	"internal/mirage/drivers/usb/usbtest"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// thing is a device with a bulk endpoint in each direction, and what it has been sent comes back.
func thing() *usbtest.Device {
	return usbtest.Mirror(&usbtest.Device{
		Speed:      usb.Full,
		Descriptor: []byte{18, 1, 0, 2, 0xff, 0, 0, 8, 0x34, 0x12, 0x78, 0x56, 0, 1, 1, 2, 0, 1},
		Configs: [][]byte{{
			9, 2, 32, 0, 1, 7, 0, 0x80, 50,
			9, 4, 0, 0, 2, 0xff, 1, 2, 0,
			7, 5, 0x81, 2, 64, 0, 0,
			7, 5, 0x02, 2, 64, 0, 0,
		}},
		Strings: []string{"Maker", "Thing"},
	})
}

func complaints(t *testing.T) chan error {
	c := make(chan error, 100)
	device.SetReporter(func(_ string, err error) { c <- err })
	t.Cleanup(func() { device.SetReporter(func(string, error) {}) })
	return c
}

func open(t *testing.T, d *usb.Device) (in, out *usb.Pipe) {
	in = d.Open(usb.Endpoint{Number: 1, In: true, Kind: usb.Bulk, MaxPacket: 64})
	out = d.Open(usb.Endpoint{Number: 2, Kind: usb.Bulk, MaxPacket: 64})
	return in, out
}

// echo moves n bytes to the device and back.
func echo(t *testing.T, in, out *usb.Pipe, n int) {
	t.Helper()
	m := dma.AllocUncached(8192)
	defer m.Free()
	for i := range n {
		m.Bytes()[i] = byte(i * 7)
	}
	if k, err := out.Transfer(m, 0, n); k != n || err != nil {
		t.Fatalf("sent %d of %d, %v", k, n, err)
	}
	k, err := in.Transfer(m, 4096, (n+63)/64*64)
	if k != n || err != nil {
		t.Fatalf("received %d of %d, %v", k, n, err)
	}
	for i := range n {
		if m.Bytes()[4096+i] != byte(i*7) {
			t.Fatalf("byte %d is %#x", i, m.Bytes()[4096+i])
		}
	}
}

// USB 2.0, 9.1.2 and 11: devices behind hubs of hubs get addresses and drivers, strings are read, and bulk data moves with the right
// data toggles (8.6).
func TestEnumeration(t *testing.T) {
	host, got := usbtest.NewHost(), make(chan *usb.Device, 10)
	outer, inner, leaf, other := usbtest.NewHub(usb.High), usbtest.NewHub(usb.Full), thing(), thing()
	outer.Plug(2, inner.Device)
	outer.Plug(1, other)
	inner.Plug(4, leaf)
	host.Plug(outer.Device)
	usb.Start(host, usbtest.Found(got)).Settle(60e9)
	for range 2 {
		d := <-got
		if d.Descriptor.Vendor != 0x1234 || d.String(d.Descriptor.Manufacturer) != "Maker" || d.String(2) != "Thing" || d.String(3) != "" {
			t.Errorf("device %+v", d.Descriptor)
		}
		in, out := open(t, d)
		for _, n := range []int{1, 63, 65, 200, 1000} {
			echo(t, in, out, n)
		}
		if hub, port := in.Translator(); hub == 0 || port != 1 && port != 2 { // its own port, or that of the hub that it is behind: 11.14
			t.Errorf("transactions are split by hub %d, port %d", hub, port)
		}
	}
	if leaf.Configured() != 7 || other.Configured() != 7 {
		t.Error("a device is not configured")
	}
	usbtest.NoFaults(t, outer.Device, inner.Device, leaf, other)
	host.Close()
}

// A device that is unplugged in the middle of a transfer ends it, and what is behind a hub goes with the hub; what is plugged in
// then works, and nothing is left of what was.
func TestUnplug(t *testing.T) {
	host, got := usbtest.NewHost(), make(chan *usb.Device, 10)
	hub := usbtest.NewHub(usb.High)
	host.Plug(hub.Device)
	usb.Start(host, usbtest.Found(got)).Settle(60e9)
	started := 0
	for round := range 4 {
		d1 := thing()
		hub.Plug(3, d1)
		d := <-got
		in, out := open(t, d)
		echo(t, in, out, 100)
		ended := make(chan error)
		go func() {
			m := dma.AllocUncached(4096)
			defer m.Free()
			_, err := in.Transfer(m, 0, 64)
			ended <- err
		}()
		if round%2 == 0 {
			hub.Plug(3, nil)
		} else {
			host.Plug(nil)
		}
		if err := <-ended; err != usb.ErrGone && err != usb.ErrBus {
			t.Errorf("the transfer ended with %v", err)
		}
		<-d.Gone()
		if _, err := d.GetDescriptor(usb.TypeDevice, 0, 0, make([]byte, 18)); err != usb.ErrGone {
			t.Errorf("a request to a device that is gone: %v", err)
		}
		usbtest.NoFaults(t, d1)
		if round%2 != 0 {
			hub.Plug(3, nil)
			host.Plug(hub.Device)
		}
		if round == 1 {
			started = runtime.NumGoroutine()
		}
	}
	for end := time.Now().Add(30 * time.Second); runtime.NumGoroutine() > started+2; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, and %d two rounds before", runtime.NumGoroutine(), started)
		}
	}
	host.Close()
}

// 9.4.5: a stalled pipe works again once the host has cleared it, with both toggles at DATA0.
func TestStall(t *testing.T) {
	host, got := usbtest.NewHost(), make(chan *usb.Device, 10)
	d1 := thing()
	whole, stall := d1.In, false
	d1.In = func(e uint8) ([]byte, error) {
		if stall {
			stall = false
			return nil, usb.ErrStall
		}
		return whole(e)
	}
	host.Plug(d1)
	usb.Start(host, usbtest.Found(got)).Settle(60e9)
	in, out := open(t, <-got)
	echo(t, in, out, 10) // the toggle is DATA1 now
	m := dma.AllocUncached(4096)
	defer m.Free()
	stall = true
	if _, err := in.Transfer(m, 0, 64); err != usb.ErrStall {
		t.Errorf("a stall is %v", err)
	}
	echo(t, in, out, 10)
	usbtest.NoFaults(t, d1)
	host.Close()
}

// A device that sends more than it may is told apart, and the next one works.
func TestBabble(t *testing.T) {
	host, got := usbtest.NewHost(), make(chan *usb.Device, 10)
	d1 := thing()
	d1.In = func(uint8) ([]byte, error) { return make([]byte, 65), nil }
	host.Plug(d1)
	usb.Start(host, usbtest.Found(got)).Settle(60e9)
	in, _ := open(t, <-got)
	m := dma.AllocUncached(4096)
	defer m.Free()
	if n, err := in.Transfer(m, 0, 64); n != 0 || err != usb.ErrBabble {
		t.Errorf("%d bytes, %v", n, err)
	}
	host.Close()
}

// Malformed descriptors, and devices that refuse or say nothing, are reported, and do not keep others from working.
func TestMalformed(t *testing.T) {
	good := thing()
	for name, spoil := range map[string]func(d *usbtest.Device){
		"short device descriptor":     func(d *usbtest.Device) { d.Descriptor = d.Descriptor[:9] },
		"no descriptor":               func(d *usbtest.Device) { d.Descriptor = nil },
		"endpoint 0 with 3 bytes":     func(d *usbtest.Device) { d.Descriptor[7] = 3 },
		"configuration 0":             func(d *usbtest.Device) { d.Configs[0][5] = 0 },
		"no configuration":            func(d *usbtest.Device) { d.Configs = nil },
		"configuration of nine bytes": func(d *usbtest.Device) { d.Configs[0][2] = 8 },
		"another type":                func(d *usbtest.Device) { d.Configs[0][1] = 4 },
	} {
		t.Run(name, func(t *testing.T) {
			said := complaints(t)
			host, got := usbtest.NewHost(), make(chan *usb.Device, 10)
			bad, hub := thing(), usbtest.NewHub(usb.High)
			spoil(bad)
			hub.Plug(1, bad)
			hub.Plug(2, good)
			host.Plug(hub.Device)
			usb.Start(host, usbtest.Found(got)).Settle(60e9)
			if len(got) != 1 {
				t.Errorf("%d devices have a driver", len(got))
			}
			select {
			case err := <-said:
				t.Log(err)
			default:
				t.Error("nothing was reported")
			}
			usbtest.NoFaults(t, hub.Device)
			host.Close()
		})
	}
}

// settled waits until a bus has given out so many addresses, and no more goroutines run than n.
func settled(t *testing.T, b *usb.Bus, addresses, n int) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); b.Addresses() != addresses || runtime.NumGoroutine() > n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d addresses are in use, want %d; %d goroutines, want %d", b.Addresses(), addresses, runtime.NumGoroutine(), n)
		}
	}
}

// Devices that break every rule there is leave nothing behind: no address, no goroutine; and the port works for the next.
func TestFaultsLeaveNothing(t *testing.T) {
	complaints(t)
	faults := map[string]func(d *usbtest.Device){
		"endpoint 0 stalls":    func(d *usbtest.Device) { d.Fault = func() error { return usb.ErrStall } },
		"endpoint 0 babbles":   func(d *usbtest.Device) { d.Fault = func() error { return usb.ErrBabble } },
		"no answer":            func(d *usbtest.Device) { d.Fault = func() error { return usb.ErrBus } },
		"stalls by and by":     func(d *usbtest.Device) { d.Fault = after(12, usb.ErrStall) },
		"babbles by and by":    func(d *usbtest.Device) { d.Fault = after(9, usb.ErrBabble) },
		"silent by and by":     func(d *usbtest.Device) { d.Fault = after(6, usb.ErrBus) },
		"malformed descriptor": func(d *usbtest.Device) { d.Configs[0][1] = 77 },
	}
	host, got := usbtest.NewHost(), make(chan *usb.Device, 10)
	hub := usbtest.NewHub(usb.High)
	host.Plug(hub.Device)
	bus := usb.Start(host, usbtest.Found(got))
	bus.Settle(60e9)
	settled(t, bus, 1, runtime.NumGoroutine())
	quiet := runtime.NumGoroutine()
	for name, spoil := range faults {
		bad := thing()
		spoil(bad)
		hub.Plug(1, bad)
		hub.Plug(2, thing())
		in, out := open(t, <-got)
		echo(t, in, out, 100)
		hub.Plug(1, nil)
		hub.Plug(2, nil)
		t.Log(name)
		settled(t, bus, 1, quiet)
	}
	host.Close()
}

// after lets the first packets pass.
func after(n int32, err error) func() error {
	return func() error {
		if atomic.AddInt32(&n, -1) < 0 {
			return err
		}
		return nil
	}
}

// A device may go at any packet of its enumeration: 9.1.2.
func TestUnplugWhileEnumerated(t *testing.T) {
	complaints(t)
	for packet := range int32(24) {
		t.Run(fmt.Sprint(packet), func(t *testing.T) {
			t.Parallel()
			host, got := usbtest.NewHost(), make(chan *usb.Device, 10)
			d, left := thing(), packet
			d.Fault = func() error {
				if atomic.AddInt32(&left, -1) == -1 {
					host.Plug(nil)
				}
				return nil
			}
			host.Plug(d)
			bus := usb.Start(host, usbtest.Found(got))
			bus.Settle(60e9)
			host.Plug(nil) // if its enumeration had fewer packets
			for bus.Addresses() != 0 {
				runtime.Gosched()
			}
			next := thing()
			host.Plug(next)
			for len(got) > 0 {
				<-got
			}
			in, out := open(t, <-got)
			echo(t, in, out, 100)
			usbtest.NoFaults(t, next)
			host.Close()
		})
	}
}
