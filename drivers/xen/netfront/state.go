package netfront

import (
	"errors"
	"internal/mirage/device"
	"internal/mirage/drivers/xen/bus"
	"internal/mirage/drivers/xen/grant"
)

var errGone = errors.New("netfront: the card was taken away")

// watch follows the back end's states (enum xenbus_state) until the card has failed or is taken away.
func (d *Device) watch() {
	for {
		s, err := d.front.Next()
		switch {
		case err != nil:
		case s == bus.Unknown:
			err = errGone
		case s == bus.Closing, s == bus.Closed, s == bus.InitWait:
			err = d.again(s)
		}
		if err != nil && !d.front.Stale() {
			d.fail(err)
			d.disconnect()
			return
		}
	}
}

// again connects anew, when the back end is ready again. What was being sent is lost, as on a wire.
func (d *Device) again(s bus.State) error {
	d.disconnect()
	if err := d.front.Reopen(s, patience); err != nil {
		return err
	}
	return d.connect()
}

// fail ends the card for good. What it has is given back by watch.
func (d *Device) fail(err error) {
	if d.failed.CompareAndSwap(false, true) {
		device.Report("netfront "+d.front.Path, err)
		d.away.Store(true)
		d.front.Close()
	}
}

// disconnect gives back what the connection has, once nobody uses it.
func (d *Device) disconnect() {
	d.away.Store(true)
	for _, q := range d.queues {
		if q.line != nil {
			q.line.Close()
		}
	}
	d.rx.wait(d)
	t := &d.tx
	t.mu.Lock()
	for t.out > 0 { // frames that the stack has, which lie in the memory
		t.idle.Wait()
	}
	d.giveBack()
	t.mu.Unlock()
}

// giveBack gives back memory and event channels. Memory that the back end holds stays its for as long.
func (d *Device) giveBack() {
	for _, q := range d.queues {
		q.close()
	}
	for _, m := range []*grant.Memory{d.tx.mem, d.tx.longMem} {
		if m != nil {
			m.Close()
		}
	}
	d.queues, d.tx.mem, d.tx.longMem = nil, nil, nil
}
