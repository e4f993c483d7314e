package balloon

import (
	"internal/mirage/clock"
	"internal/mirage/irq"
	"internal/mirage/mmio"
)

// retry is how long the host waits for memory that the program cannot spare now. A variable for tests.
var retry int64 = clock.Second

// A run is contiguous pages in the balloon that are less than a block.
type run struct {
	addr  uint64
	pages int
}

// A target is what the host wants in the balloon, and what is there. Only the target's goroutine touches it, but for changed.
type target struct {
	device  *Device
	inflate *request
	deflate *request
	changed *irq.Event
	pages   int    // in the balloon, as the host knows
	small   []run  // those of them that are not in blocks
	asked   uint32 // the target for which the program was last asked to give memory up
	later   *clock.Timer
}

func (t *target) init(d *Device) (err error) {
	t.device = d
	t.changed = irq.NewEvent()
	if t.inflate, err = newRequest(d.dev, inflateQueue, 1); err != nil {
		return err
	}
	t.deflate, err = newRequest(d.dev, deflateQueue, 1)
	return err
}

// run is the target's goroutine.
func (t *target) run() {
	for t.changed.Wait() {
		was := t.pages
		if err := t.follow(); err != nil {
			t.device.fail(err)
			return
		}
		if t.pages != was {
			t.device.memory.Resized()
		}
	}
}

// follow moves pages until the balloon is as large as the host wants it, or as the program allows.
func (t *target) follow() error {
	for {
		if err := t.tellReclaimed(); err != nil {
			return err
		}
		var want uint32
		t.device.dev.ReadConfig(func(c mmio.Space) { want = configTarget.Load(c) })
		var moved bool
		var err error
		switch missing := int(want) - t.pages; {
		case missing > 0:
			moved, err = t.grow(want, missing)
		case missing < 0:
			moved, err = t.shrink(-missing)
		}
		if err != nil || !moved {
			return err
		}
		// Section 5.5.6.1: after changing the number of pages, say it.
		configActual.Store(t.device.dev.Config(), uint32(t.pages))
	}
}

// grow moves pages into the balloon. Only then they are named to the host.
func (t *target) grow(want uint32, missing int) (moved bool, err error) {
	addr, n := t.device.memory.Inflate(min(missing, blockPages))
	if n == 0 && t.asked != want {
		t.asked = want
		t.device.memory.Trim()
		addr, n = t.device.memory.Inflate(min(missing, blockPages))
	}
	if n == 0 {
		t.again()
		return false, nil
	}
	t.pages += n
	if n < blockPages {
		t.small = append(t.small, run{addr, n})
	}
	return true, t.inflate.name(addr, n)
}

// again has the target looked at later.
func (t *target) again() {
	if t.later == nil {
		t.later = clock.AfterFunc(retry, t.changed.Raise)
	} else {
		t.later.Reset(retry)
	}
}

// shrink takes pages out of the balloon: at least as many as are too many, up to a block. If that were more, some go back
// in. Section 5.5.6.1: they are used only when the host has agreed, which it may want.
func (t *target) shrink(most int) (moved bool, err error) {
	r := run{pages: blockPages}
	if n := len(t.small); n > 0 {
		r = t.small[n-1]
		t.small = t.small[:n-1]
	} else if r.addr = t.device.memory.Deflate(); r.addr == 0 {
		return false, nil // the program has taken it meanwhile
	}
	t.pages -= r.pages
	if err := t.deflate.name(r.addr, r.pages); err != nil {
		return false, err
	}
	t.device.memory.Freed(r.addr, r.pages)
	return true, nil
}

// tellReclaimed tells the host of blocks that the program has taken.
func (t *target) tellReclaimed() error {
	for {
		addr := t.device.memory.Reclaimed()
		if addr == 0 {
			return nil
		}
		t.pages -= blockPages
		if err := t.deflate.name(addr, blockPages); err != nil {
			return err
		}
		configActual.Store(t.device.dev.Config(), uint32(t.pages))
	}
}
