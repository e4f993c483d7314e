package blkfront

import (
	"internal/mirage/device"
	"internal/mirage/drivers/xen/bus"
)

// Follow follows the back end, in a goroutine of its own, until the disk is taken away: then package device is told.
func (d *Device) Follow() { go d.watch() }

// watch follows the back end's states: enum xenbus_state.
func (d *Device) watch() {
	for {
		s, err := d.front.Next()
		switch {
		case err != nil:
		case s == bus.Connected:
			d.resize()
		case s == bus.Unknown, s == bus.Closing, s == bus.Closed, s == bus.InitWait:
			err = d.again(s)
		}
		if err != nil && !d.front.Stale() {
			d.Fail(err)
			device.RemoveBlock(d)
			return
		}
	}
}

// resize reads the disk's size, which the back end may change while it is connected.
func (d *Device) resize() {
	g, err := d.geometry()
	if now := d.Geometry(); err == nil && g.Sector == now.Sector {
		g.Serial = now.Serial
		d.SetGeometry(g)
	}
}

// again connects anew, when the back end is ready again.
func (d *Device) again(s bus.State) error {
	if s == bus.Unknown {
		return errGone
	}
	d.Pause()
	for _, r := range d.rings {
		r.disconnect()
	}
	if err := d.front.Reopen(s, patience); err != nil {
		return err
	}
	if err := d.connect(); err != nil {
		return err
	}
	g, err := d.geometry()
	if err != nil {
		return err
	}
	if g.Sector != d.Geometry().Sector {
		return errRing
	}
	if n, err := d.front.Number("feature-max-indirect-segments"); d.segments > directSegments && (err != nil || int(min(n, indirectMaximum)) < d.segments) {
		return errRing
	}
	d.SetGeometry(g)
	if err := d.front.SetState(bus.Connected); err != nil {
		return err
	}
	d.Resume()
	return nil
}

// stop ends the disk: package disk calls it once.
func (d *Device) stop(err error) {
	device.Report("blkfront "+d.name, err)
	d.end()
}

// end gives back what the disk had.
func (d *Device) end() {
	for _, r := range d.rings {
		r.close()
	}
	d.front.Close()
}
