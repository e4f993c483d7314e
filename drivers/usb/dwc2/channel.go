package dwc2

import (
	"internal/mirage/clock"
	"internal/mirage/drivers/usb"
	"internal/mirage/mmio"
	"sync"
	"sync/atomic"
)

// A channel is one of the core's: RM0090, 35.6.4. It is one transfer's at a time.
type channel struct {
	c      *Controller
	regs   mmio.Space
	status atomic.Uint32 // what hcint has said since the channel was enabled
	halted chan struct{} // holds one token at most
	using  sync.Mutex    // held by a transfer
	timer  *clock.Timer  // of wait; stopped between transfers
	fired  <-chan struct{}
}

func newChannel(c *Controller, n int) *channel {
	regs, _ := mmio.Sub(c.regs, channelAt+channelSize*uintptr(n), channelSize) // the space has room for 16
	hcintmsk.Store(regs, 0)
	hcint.Store(regs, chanAll)
	hcintmsk.Store(regs, chanHalted)
	ch := &channel{c: c, regs: regs, halted: make(chan struct{}, 1)}
	ch.timer, ch.fired = clock.NewTimer(clock.Hour)
	ch.timer.Stop()
	return ch
}

// quiet sets the timer. What it returns may have a token of the time before, which comes too early.
func (ch *channel) quiet(ns int64) <-chan struct{} {
	select {
	case <-ch.fired:
	default:
	}
	ch.timer.Reset(ns)
	return ch.fired
}

// interrupt takes down what has happened. Only a halt interrupts.
func (ch *channel) interrupt() {
	v := hcint.Load(ch.regs)
	hcint.Store(ch.regs, v)
	ch.status.Or(v)
	if v&chanHalted != 0 {
		select {
		case ch.halted <- struct{}{}:
		default:
		}
	}
}

// A wait is how long a transfer may take.
type wait struct {
	gone  <-chan struct{}
	over  <-chan struct{} // nil: no limit
	quiet int64           // see usb.Pipe
	size  uint32          // what hctsiz was set to
}

// Transfer implements usb.Host.
func (c *Controller) Transfer(p *usb.Pipe, r *usb.Request) (int, error) {
	w := wait{gone: p.Gone()}
	if p.In {
		w.quiet = p.Quiet
	}
	if r.Limit > 0 {
		t, over := clock.NewTimer(r.Limit)
		defer t.Stop()
		w.over = over
	}
	ch, err := c.take(p, w)
	if err != nil {
		return 0, err
	}
	defer c.give(p, ch)
	if hub, _ := p.Translator(); hub != 0 {
		return ch.splitTransfer(p, r, w)
	}
	return ch.transfer(p, r, w)
}

// take takes a channel for a pipe: the one that it has, or any.
func (c *Controller) take(p *usb.Pipe, w wait) (*channel, error) {
	if p.Quiet > 0 {
		c.mu.Lock()
		ch := c.kept[p]
		c.mu.Unlock()
		if ch != nil {
			ch.using.Lock()
			if isClosed(w.gone) {
				ch.using.Unlock()
				return nil, usb.ErrGone
			}
			return ch, nil
		}
	}
	select {
	case ch := <-c.free:
		ch.using.Lock()
		if isClosed(w.gone) {
			c.give(p, ch)
			return nil, usb.ErrGone
		}
		return ch, nil
	case <-w.gone:
		return nil, usb.ErrGone
	case <-w.over:
		return nil, usb.ErrTimeout
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// give gives a channel back. A pipe with Quiet keeps its own for as long as its device is there: QEMU's model goes on asking the
// device after a channel was stopped, and what comes then must not go to somebody else's memory.
func (c *Controller) give(p *usb.Pipe, ch *channel) {
	c.mu.Lock()
	isKept := c.kept[p] == ch
	keep := !isKept && p.Quiet > 0 && !isClosed(p.Gone())
	if keep {
		c.kept[p] = ch
	}
	c.mu.Unlock()
	ch.using.Unlock()
	switch {
	case keep:
		go func() {
			<-p.Gone()
			ch.using.Lock() // its last transfer is over
			ch.using.Unlock()
			c.mu.Lock()
			delete(c.kept, p)
			c.mu.Unlock()
			c.free <- ch
		}()
	case !isKept:
		c.free <- ch
	}
}

// retries is how often a packet is tried again that the core has given up after three attempts.
const retries = 3

// transfer does r in pieces of what the channel can do in one go. It ends with a short packet.
func (ch *channel) transfer(p *usb.Pipe, r *usb.Request, w wait) (moved int, err error) {
	piece := min(maxTransfer, maxPackets*p.MaxPacket) / p.MaxPacket * p.MaxPacket
	for failures := 0; ; {
		n := min(r.N-moved, piece)
		k, err := ch.run(p, r, moved, n, w)
		moved += k
		switch {
		case err == usb.ErrBus && p.Kind != usb.Interrupt && failures < retries:
			failures++
		case err == usb.ErrNothing && p.Kind != usb.Interrupt:
			// The core answers a NAK of these by itself, but may be made to stop by something else.
			clock.Sleep(millisecond)
		case err != nil || k < n || moved >= r.N:
			return moved, err
		default:
			failures = 0
		}
	}
}

// run has the channel move n bytes, of which done are done before, and waits for its end.
func (ch *channel) run(p *usb.Pipe, r *usb.Request, done, n int, w wait) (int, error) {
	packets := max(1, (n+p.MaxPacket-1)/p.MaxPacket)
	hcsplt.Store(ch.regs, 0)
	status, err := ch.enable(p, r, done, n, packets, w)
	size := hctsiz.Load(ch.regs)
	moved := 0
	switch left := int(size >> packetsShift & packetsMask); {
	case p.In:
		moved = n - min(n, int(size&sizeMask)) // counts down by what came
	case status&chanDone != 0:
		moved = n
	default:
		moved = min(n, max(packets-left, 0)*p.MaxPacket)
	}
	if r.PID != usb.Setup {
		r.PID = usb.Data0
		if size>>pidShift&3 == pidData1 {
			r.PID = usb.Data1
		}
	}
	if err == nil {
		err = result(status)
	}
	return moved, err
}

// enable fills in the registers, enables the channel, and returns what hcint said when it halted.
func (ch *channel) enable(p *usb.Pipe, r *usb.Request, done, n, packets int, w wait) (uint32, error) {
	ch.status.Store(0)
	select {
	case <-ch.halted:
	default:
	}
	hcint.Store(ch.regs, chanAll)
	pid := [...]uint32{usb.Data0: pidData0, usb.Data1: pidData1, usb.Setup: pidSetup}[r.PID]
	// The address before the size: QEMU's model may still do a packet for a channel that was stopped, with what it finds here.
	hcdma.Store(ch.regs, uint32(r.Memory.Addr())+uint32(r.Off+done)+ch.c.bus)
	w.size = uint32(n) | uint32(packets)<<packetsShift | pid<<pidShift
	hctsiz.Store(ch.regs, w.size)
	hcchar.Store(ch.regs, ch.pipe(p)|charEnable)
	return ch.wait(w)
}

// pipe is what hcchar says of a pipe.
func (ch *channel) pipe(p *usb.Pipe) uint32 {
	v := uint32(p.MaxPacket) | uint32(p.Endpoint)<<charEndpoint | uint32(p.Kind)<<charType | charMulti | uint32(p.Address())<<charAddress
	if p.In {
		v |= charIn
	}
	if p.Speed() == usb.Low {
		v |= charLowSpeed
	}
	if p.Kind == usb.Interrupt && hfnum.Load(ch.c.regs)&1 == 0 {
		v |= charOddFrame // a periodic packet goes in the next frame: RM0090, 35.16.3, ODDFRM
	}
	return v
}

// wait waits until the channel has halted. When that takes too long, or the device is gone, it is made to.
func (ch *channel) wait(w wait) (uint32, error) {
	var quiet <-chan struct{}
	if w.quiet > 0 {
		quiet = ch.quiet(w.quiet)
		defer ch.timer.Stop()
	}
	for last := w.size; ; {
		select {
		case <-ch.halted:
			if hcchar.Load(ch.regs)&charEnable == 0 { // the core clears it; else the halt was that of a packet before
				return ch.status.Load(), nil
			}
		case <-quiet:
			size := hctsiz.Load(ch.regs)
			if size != w.size && size == last {
				return ch.stop() | chanDone, nil
			}
			last = size
			ch.timer.Reset(w.quiet)
		case <-w.gone:
			return ch.stop(), usb.ErrGone
		case <-w.over:
			return ch.stop(), usb.ErrTimeout
		}
	}
}

// stop halts the channel: RM0090, 35.17.3, "Halting a channel". Its memory is not written any more afterwards.
func (ch *channel) stop() uint32 {
	if v := hcchar.Load(ch.regs); v&charEnable != 0 {
		hcchar.Store(ch.regs, v|charDisable|charEnable)
		t, over := clock.NewTimer(100 * millisecond)
		defer t.Stop()
		select {
		case <-ch.halted:
		case <-over:
		}
	}
	return ch.status.Load()
}

// result is how a transfer ended, by what hcint said.
func result(status uint32) error {
	switch {
	case status&chanStall != 0:
		return usb.ErrStall
	case status&chanBabble != 0:
		return usb.ErrBabble
	case status&(chanBus|chanError|chanToggle) != 0:
		return usb.ErrBus
	case status&chanDone != 0:
		return nil
	case status&(chanNAK|chanNYET|chanOverrun) != 0:
		return usb.ErrNothing
	}
	return usb.ErrBus
}
