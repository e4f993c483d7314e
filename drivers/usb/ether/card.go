package ether

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/usb"
	"sync"
	"sync/atomic"
)

var errMemory = errors.New("usb network card: no memory for frames")

// A Framing puts frames into transfers.
type Framing interface {
	// Room is how many bytes it writes before a frame: a multiple of 4, and at most MaxRoom.
	Room() int
	// Wrap finishes a transfer whose frame of n bytes begins at b[Room()], and returns the transfer's length, at most len(b).
	Wrap(b []byte, n int) int
	// Unwrap calls f for each frame in a transfer that came. It trusts nothing in it.
	Unwrap(b []byte, f func(frame []byte))
	// Terminated reports whether a transfer ends with a short packet, so that one that fills its packets needs an empty one.
	Terminated() bool
}

// MaxRoom bounds what stands before a frame, and MaxIn what comes in one transfer.
const (
	MaxRoom = 96
	MaxIn   = 16 << 10
)

const (
	mtu      = 1500
	minFrame = 14
	maxFrame = 14 + 4 + mtu // with a VLAN tag

	txFrames = 64
	slot     = 1728 // MaxRoom, a frame, and what a framing puts behind it, at most 100; a multiple of 64

	rxBlocks = 4
)

// A Card is one that has been plugged in at least once. It implements device.NIC. Its memory is its own for good, whatever is
// plugged in, so that a frame that the stack has is never one of a device that is gone.
type Card struct {
	mac    [6]byte
	linkUp atomic.Bool

	mu      sync.Mutex
	plugged sync.Cond
	link    *link // what is plugged in now, nil: nothing
	receive func(*device.Frame)

	tx      *dma.Memory // txFrames slots
	free    chan uint32 // slots that are free
	queue   chan outgoing
	pending atomic.Int32 // frames that are queued

	rx     *dma.Memory // rxBlocks blocks of MaxIn
	empty  chan int
	filled chan incoming
}

// A link is what makes a card of a device that is plugged in.
type link struct {
	in, out *usb.Pipe
	framing Framing
}

type outgoing struct {
	slot   uint32
	length int // of the frame
}

type incoming struct {
	block, length int
	framing       Framing
}

// cards are those that there have been.
var cards struct {
	mu  sync.Mutex
	all []*Card
}

// Attach makes a card of a device with a hardware address, and makes it known if it has not been there before. It has no carrier
// until SetLink.
func Attach(dev *usb.Device, in, out *usb.Pipe, f Framing, mac [6]byte) (*Card, error) {
	l := &link{in: in, out: out, framing: f}
	c, isNew, err := join(mac, l)
	if err != nil {
		return nil, err
	}
	go func() {
		<-dev.Gone()
		c.unplugged(l)
	}()
	if isNew {
		go c.send()
		device.AddNIC(c)
	}
	return c, nil
}

// join gives the link to the card of an address that nothing is plugged in for, or to a new one.
func join(mac [6]byte, l *link) (c *Card, isNew bool, err error) {
	cards.mu.Lock()
	defer cards.mu.Unlock()
	for _, c := range cards.all {
		if c.mac == mac && c.plug(l) {
			return c, false, nil
		}
	}
	if c, err = newCard(mac); err != nil {
		return nil, false, err
	}
	c.plug(l)
	cards.all = append(cards.all, c)
	return c, true, nil
}

func newCard(mac [6]byte) (*Card, error) {
	c := &Card{mac: mac, tx: dma.AllocUncached(txFrames * slot), rx: dma.AllocUncached(rxBlocks * MaxIn)}
	if c.tx == nil || c.rx == nil {
		for _, m := range []*dma.Memory{c.tx, c.rx} {
			if m != nil {
				m.Free()
			}
		}
		return nil, errMemory
	}
	c.plugged.L = &c.mu
	c.free, c.queue = make(chan uint32, txFrames), make(chan outgoing, txFrames)
	for i := range uint32(txFrames) {
		c.free <- i
	}
	c.empty, c.filled = make(chan int, rxBlocks), make(chan incoming, rxBlocks)
	for i := range rxBlocks {
		c.empty <- i
	}
	return c, nil
}

// plug gives c a link if it has none, and reports whether it did.
func (c *Card) plug(l *link) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link != nil {
		return false
	}
	c.link = l
	c.plugged.Broadcast()
	return true
}

func (c *Card) unplugged(l *link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link == l {
		c.link = nil
		c.linkUp.Store(false)
	}
}

// wait returns the card's link once it has one.
func (c *Card) wait() *link {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.link == nil {
		c.plugged.Wait()
	}
	return c.link
}

// SetLink says whether the device has a carrier.
func (c *Card) SetLink(up bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.linkUp.Store(up && c.link != nil)
}

// MAC implements device.NIC.
func (c *Card) MAC() [6]byte { return c.mac }

// MTU implements device.NIC.
func (c *Card) MTU() int { return mtu }

// Offloads implements device.NIC.
func (c *Card) Offloads() device.Offloads { return 0 }

// LinkUp implements device.NIC.
func (c *Card) LinkUp() bool { return c.linkUp.Load() }

// failed does what there is to do about a transfer that failed: a device that is gone says so by and by, others may recover.
func (c *Card) failed(l *link, err error) {
	if err == usb.ErrGone {
		c.unplugged(l)
		return
	}
	clock.Sleep(10 * clock.Millisecond)
}
