package dwc2

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/drivers/usb"
	"internal/mirage/irq"
	"internal/mirage/mmio"
	"sync"
)

var (
	errNone  = errors.New("dwc2: no such controller there")
	errDMA   = errors.New("dwc2: the controller has no DMA of its own")
	errReset = errors.New("dwc2: the controller does not come out of its reset")
	errPort  = errors.New("dwc2: the port is not enabled after a reset")
)

const millisecond = clock.Millisecond

// A Controller is the core. It implements usb.Host.
type Controller struct {
	regs     mmio.Space
	bus      uint32 // added to physical addresses, for the core's own
	channels []*channel
	free     chan *channel

	mu        sync.Mutex // of hprt, some bits of which are cleared by writing what was read, and of kept
	kept      map[*usb.Pipe]*channel
	resetting bool       // what becomes of the enable is no news
	changed   *irq.Event // the port

	looked, was bool // WaitPort has returned, and what
}

// Open resets the controller at regs, which sees memory at bus and drives input.
func Open(regs mmio.Space, bus uint32, input irq.Input) (*Controller, error) {
	if regs.Size() < registers || gsnpsid.Load(regs)&idMask != idOTG {
		return nil, errNone
	}
	c := &Controller{regs: regs, bus: bus, changed: irq.NewEvent(), kept: map[*usb.Pipe]*channel{}}
	if err := c.start(); err != nil {
		return nil, err
	}
	if err := irq.Attach(input, c.interrupt); err != nil {
		return nil, err
	}
	gintmsk.Store(regs, intPort|intChannel|intDisconnect)
	gahbcfg.Store(regs, gahbcfg.Load(regs)|ahbInterrupt)
	c.setPort(portPower, 0)
	c.changed.Raise()
	return c, nil
}

// start makes a host of the core: RM0090, 35.17.1 and 35.17.2.
func (c *Controller) start() error {
	r := c.regs
	// 1. Nothing may interrupt yet, and all clocks run.
	gahbcfg.Store(r, 0)
	gintmsk.Store(r, 0)
	pcgctl.Store(r, 0)
	config := ghwcfg2.Load(r)
	if config>>architectureShift&3 != architectureDMA {
		return errDMA
	}
	// 2. Reset the core once its bus is idle.
	if !c.wait(grstctl, resetAHBIdle, resetAHBIdle) {
		return errReset
	}
	grstctl.Store(r, resetCore)
	if !c.wait(grstctl, resetCore|resetAHBIdle, resetAHBIdle) {
		return errReset
	}
	// 3. A host, whatever is plugged in: takes 25 ms (GUSBCFG, FHMOD).
	gusbcfg.Store(r, gusbcfg.Load(r)&^usbForceDevice|usbForceHost)
	if !c.wait(gintsts, intHost, intHost) {
		return errReset
	}
	clock.Sleep(25 * millisecond)
	// 4. FIFOs, one behind the other, and empty.
	grxfsiz.Store(r, fifoRx)
	gnptxfsiz.Store(r, fifoTx<<16|fifoRx)
	hptxfsiz.Store(r, fifoPeriodic<<16|(fifoRx+fifoTx))
	grstctl.Store(r, resetTx|resetAllTx)
	if !c.wait(grstctl, resetTx, 0) {
		return errReset
	}
	grstctl.Store(r, resetRx)
	if !c.wait(grstctl, resetRx, 0) {
		return errReset
	}
	// 5. Channels, all off. Their interrupts come once a transfer wants them.
	hcfg.Store(r, hcfg.Load(r)&^3)
	n := int(config>>channelsShift&15) + 1
	c.free = make(chan *channel, n)
	for i := range n {
		ch := newChannel(c, i)
		c.channels = append(c.channels, ch)
		c.free <- ch
	}
	haintmsk.Store(r, 1<<n-1)
	gintsts.Store(r, ^uint32(0))
	gahbcfg.Store(r, ahbDMA|ahbWaitAXI)
	return nil
}

// wait waits until the bits of mask in a register are as want has them, and reports whether they are: a second at most.
func (c *Controller) wait(reg mmio.Reg32, mask, want uint32) bool {
	for range 1000 {
		if reg.Load(c.regs)&mask == want {
			return true
		}
		clock.Sleep(millisecond)
	}
	return false
}

// interrupt is the handler of the core's interrupt. All of its reasons are gone when it returns.
func (c *Controller) interrupt() {
	r := c.regs
	pending := gintsts.Load(r) & gintmsk.Load(r)
	if pending&intChannel != 0 {
		for bits, i := haint.Load(r), 0; bits != 0; bits, i = bits>>1, i+1 {
			if bits&1 != 0 && i < len(c.channels) {
				c.channels[i].interrupt()
			}
		}
	}
	if pending&intPort != 0 && c.portNews() {
		c.changed.Raise()
	}
	if pending&intDisconnect != 0 {
		gintsts.Store(r, intDisconnect)
		c.changed.Raise()
	}
}

// setPort sets and clears bits of the port's register. Those that a one clears, the enable among them, stay as they are.
func (c *Controller) setPort(set, clear uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	hprt.Store(c.regs, hprt.Load(c.regs)&^(portWriteOne|clear)|set)
}

// portNews clears the changes that there are, but never the enable, and reports whether they are news: something was plugged in
// or out, or the core has disabled the port for what was sent there (RM0090, 35.16.3, PENCHNG).
func (c *Controller) portNews() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := hprt.Load(c.regs)
	hprt.Store(c.regs, v&^portEnabled)
	return v&portChanged != 0 || v&portEnableNews != 0 && v&portEnabled == 0 && !c.resetting
}

// WaitPort implements usb.Host. What is plugged in and enabled as before is no news: its coming may have been told of twice.
func (c *Controller) WaitPort() (connected, ok bool) {
	for c.changed.Wait() {
		v := hprt.Load(c.regs)
		connected = v&portConnected != 0
		same := c.looked && connected == c.was && (!connected || v&portEnabled != 0)
		c.looked, c.was = true, connected
		if !same {
			return connected, true
		}
	}
	return false, false
}

// ResetPort implements usb.Host: RM0090, 35.17.2, "Host initialization".
func (c *Controller) ResetPort() (usb.Speed, error) {
	c.setResetting(true)
	defer c.setResetting(false)
	c.setPort(portReset, 0)
	clock.Sleep(60 * millisecond) // USB 2.0, 7.1.7.5: TDRSTR is 50 ms
	c.setPort(0, portReset)
	for range 20 {
		clock.Sleep(10 * millisecond)
		v := hprt.Load(c.regs)
		if v&portConnected == 0 {
			return 0, usb.ErrGone
		}
		if v&portEnabled != 0 {
			return usb.Speed(min(v>>portSpeedShift&3, 2)), nil
		}
	}
	return 0, errPort
}

func (c *Controller) setResetting(on bool) {
	c.mu.Lock()
	c.resetting = on
	c.mu.Unlock()
}
