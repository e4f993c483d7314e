package disk

import "internal/mirage/device"

// depth is how many requests one read or write has under way at most: enough that the device is never without one.
const depth = 8

// ReadAt implements device.Block.
func (d *Disk) ReadAt(p []byte, off int64) error {
	if err := d.check(off, int64(len(p))); err != nil {
		return err
	}
	return d.move(Read, p, off)
}

// WriteAt implements device.Block.
func (d *Disk) WriteAt(p []byte, off int64) error {
	if err := d.checkWrite(off, int64(len(p))); err != nil {
		return err
	}
	return d.move(Write, p, off)
}

// Flush implements device.Block. What has no cache has nothing to do.
func (d *Disk) Flush() error {
	if !d.Geometry().Volatile {
		return nil
	}
	return d.ask(Request{Op: Flush})
}

// Discard implements device.Block.
func (d *Disk) Discard(off, n int64) error {
	g := d.Geometry()
	if err := d.checkWrite(off, n); err != nil {
		return err
	}
	if g.MaxDiscard == 0 {
		return device.ErrUnsupported
	}
	return d.each(Discard, off, n, g.MaxDiscard)
}

// Zero implements device.Block.
func (d *Disk) Zero(off, n int64, free bool) error {
	if err := d.checkWrite(off, n); err != nil {
		return err
	}
	if !d.Geometry().CanZero {
		return device.ErrUnsupported
	}
	op := Zero
	if free {
		op = ZeroFree
	}
	return d.each(op, off, n, d.config.MaxZero)
}

// Identify asks for the disk's name.
func (d *Disk) Identify(name []byte) error {
	return d.ask(Request{Op: Identify, Len: int64(len(name)), Data: name})
}

func (d *Disk) check(off, n int64) error {
	g := d.Geometry()
	mask := int64(g.Sector) - 1
	if (off|n)&mask != 0 || off < 0 || n < 0 || n > g.Size || off > g.Size-n {
		return device.ErrRange
	}
	return nil
}

func (d *Disk) checkWrite(off, n int64) error {
	if d.Geometry().ReadOnly {
		return device.ErrReadOnly
	}
	return d.check(off, n)
}

// pick returns the queue for a call.
func (d *Disk) pick() *queue {
	if len(d.queues) == 1 {
		return d.queues[0]
	}
	return d.queues[d.next.Add(1)%uint32(len(d.queues))]
}

// ask makes one request and waits for it.
func (d *Disk) ask(r Request) error {
	q := d.pick()
	i, ok := q.acquire(true)
	if !ok {
		return device.ErrGone
	}
	q.start(i, r)
	return q.finish(i)
}

// each makes requests of at most so many bytes, one after the other.
func (d *Disk) each(op Op, off, n, most int64) error {
	for n > 0 {
		k := min(n, most)
		if err := d.ask(Request{Op: op, Off: off, Len: k}); err != nil {
			return err
		}
		off, n = off+k, n-k
	}
	return nil
}

// move reads or writes, with several requests under way. The error is that of the first that failed; how much of the others
// was done nobody knows then.
func (d *Disk) move(op Op, p []byte, off int64) (err error) {
	q := d.pick()
	var slots [depth]int // of requests under way, in order from first on
	first, count := 0, 0
	for err == nil && len(p) > 0 || count > 0 {
		if err == nil && len(p) > 0 && count < depth {
			// Who has requests under way does not wait for others to give up theirs: they might wait likewise.
			if i, ok := q.acquire(count == 0); ok {
				n := min(len(p), d.config.Transfer)
				q.start(i, Request{Op: op, Off: off, Len: int64(n), Data: p[:n:n]})
				p, off = p[n:], off+int64(n)
				slots[(first+count)%depth] = i
				count++
				continue
			} else if count == 0 {
				return device.ErrGone
			}
		}
		if bad := q.finish(slots[first]); err == nil {
			err = bad
		}
		first, count = (first+1)%depth, count-1
	}
	return err
}
