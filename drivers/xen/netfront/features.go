package netfront

import (
	"internal/mirage/device"
	"internal/mirage/drivers/xen/bus"
	"internal/mirage/drivers/xen/store"
	"internal/strconv"
	"runtime"
)

const maxQueues = 4

// numCPU is for tests.
var numCPU = runtime.NumCPU

// features are what the back end can.
type features struct {
	copying, gather, cut4, cut6, checksum6, split bool

	queues int // that both sides want
}

// features asks the store for what the back end says.
func (d *Device) features() (f features, err error) {
	for _, x := range []struct {
		key string
		has *bool
	}{
		{"feature-rx-copy", &f.copying},
		{"feature-sg", &f.gather},
		{"feature-gso-tcpv4", &f.cut4},
		{"feature-gso-tcpv6", &f.cut6},
		{"feature-ipv6-csum-offload", &f.checksum6},
		{"feature-split-event-channels", &f.split},
	} {
		if *x.has, err = d.front.Ask(x.key); err != nil {
			return f, err
		}
	}
	n, err := d.front.Number("multi-queue-max-queues")
	if _, refused := err.(store.Error); refused && err != store.ErrNotFound {
		return f, err
	}
	f.queues = max(1, min(int(min(n, maxQueues)), numCPU()))
	return f, nil
}

// segments is what segments the back end makes of long frames, which it has to take in several pages.
func (f features) segments() (o device.Offloads) {
	if f.gather && f.cut4 {
		o |= device.TxSegments4
	}
	if f.gather && f.cut6 && f.checksum6 {
		o |= device.TxSegments6
	}
	return o
}

// settings are what the back end has to know.
func (d *Device) settings() []bus.Setting {
	all := []bus.Setting{
		{"request-rx-copy", "1"},
		{"feature-rx-notify", "1"}, // we tell when there are buffers again
		{"feature-sg", "1"},        // frames may come in several buffers, also those that were put together of many
		{"feature-gso-tcpv4", "1"},
		{"feature-gso-tcpv6", "1"},
		{"feature-ipv6-csum-offload", "1"},
	}
	if len(d.queues) == 1 {
		return d.queues[0].settings(all, "")
	}
	all = append(all, bus.Setting{"multi-queue-num-queues", strconv.Itoa(len(d.queues))})
	for i, q := range d.queues {
		all = q.settings(all, "queue-"+strconv.Itoa(i)+"/")
	}
	return all
}
