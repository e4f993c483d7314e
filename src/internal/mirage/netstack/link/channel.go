package link

import (
	"internal/mirage/device"
	"sync"
)

// Fault is what a Channel does to the frames that go into it. Chances are in thousandths; the same Seed gives the
// same faults for the same frames.
type Fault struct {
	Loss, Duplicate, Reorder, Corrupt int
	Delay                             int64 // nanoseconds of the clock given to Deliver
	Seed                              uint64
}

// ChannelConfig describes both ends of a Channel.
type ChannelConfig struct {
	MTU      int             // 1500 if 0
	Offloads device.Offloads // TxChecksum: partial checksums, TxSegments4 and 6: long frames go over as they are
	Frames   int             // how many may be under way each way; 256 if 0
	Fault    Fault           // of each direction
	Now      func() int64    // the clock of Fault.Delay; needed only with it
}

// A Channel is one end of a wire in memory. Frames wait at the far end until Deliver is called there, or, after
// Start, are delivered by a goroutine.
type Channel struct {
	config ChannelConfig
	mac    [6]byte
	peer   *Channel
	pool   pool // of frames sent from here
	wake   chan struct{}

	receive func(*device.Frame)

	mu      sync.Mutex
	inbox   []arrival // in the order of delivery
	random  uint64
	serving []arrival // the batch that Deliver is at
}

type arrival struct {
	frame *device.Frame
	due   int64
}

// NewPair makes the two ends of a wire, with hardware addresses 02:00:00:00:00:01 and :02.
func NewPair(c ChannelConfig) (a, b *Channel) {
	if c.MTU == 0 {
		c.MTU = 1500
	}
	if c.Frames == 0 {
		c.Frames = 256
	}
	end := func(last byte) *Channel {
		return &Channel{
			config: c,
			mac:    [6]byte{2, 0, 0, 0, 0, last},
			pool:   pool{max: c.Frames},
			wake:   make(chan struct{}, 1),
			random: c.Fault.Seed + uint64(last)*0x9e3779b97f4a7c15,
		}
	}
	a, b = end(1), end(2)
	a.peer, b.peer = b, a
	return a, b
}

func (c *Channel) MAC() [6]byte                  { return c.mac }
func (c *Channel) MTU() int                      { return c.config.MTU }
func (c *Channel) LinkUp() bool                  { return true }
func (c *Channel) Offloads() device.Offloads     { return c.config.Offloads }
func (c *Channel) Alloc(n int) *device.Frame     { return c.pool.alloc(n) }
func (c *Channel) Discard(f *device.Frame)       { c.pool.release(f) }
func (c *Channel) Receive(f func(*device.Frame)) { c.receive = f }

// Transmit puts f on the wire, or does to it what Fault says.
func (c *Channel) Transmit(f *device.Frame) {
	p := c.peer
	p.mu.Lock()
	defer p.mu.Unlock()
	fault := &c.config.Fault
	if p.chance(fault.Loss) {
		c.pool.release(f)
		return
	}
	if p.chance(fault.Corrupt) && len(f.Bytes) > 0 {
		bit := p.next()
		f.Bytes[bit/8%uint64(len(f.Bytes))] ^= 1 << (bit % 8)
	}
	p.put(f, p.chance(fault.Reorder))
	if p.chance(fault.Duplicate) {
		if d := c.pool.alloc(len(f.Bytes)); d != nil {
			copy(d.Bytes, f.Bytes)
			d.Checksum, d.Start, d.Offset, d.Segment = f.Checksum, f.Start, f.Offset, f.Segment
			p.put(d, false)
		}
	}
}

// put adds a frame to the inbox, in front of the last one if early is set.
func (c *Channel) put(f *device.Frame, early bool) {
	a := arrival{frame: f}
	if c.config.Fault.Delay > 0 {
		a.due = c.config.Now() + c.config.Fault.Delay
	}
	c.inbox = append(c.inbox, a)
	if n := len(c.inbox); early && n > 1 {
		c.inbox[n-1].frame, c.inbox[n-2].frame = c.inbox[n-2].frame, c.inbox[n-1].frame
	}
}

// next returns the next random number (xorshift64*).
func (c *Channel) next() uint64 {
	x := c.random | 1<<63
	x ^= x >> 12
	x ^= x << 25
	x ^= x >> 27
	c.random = x
	return x * 0x2545f4914f6cdd1d >> 11
}

func (c *Channel) chance(thousandths int) bool {
	return thousandths > 0 && c.next()%1000 < uint64(thousandths)
}

// Idle implements device.NIC.
func (c *Channel) Idle() bool {
	_, waiting := c.peer.Next()
	return !waiting
}

// Flush wakes the far end's goroutine, if it has one.
func (c *Channel) Flush() {
	select {
	case c.peer.wake <- struct{}{}:
	default: // it is awake or about to be
	}
}

// Next returns when the first frame is due here, and whether there is one.
func (c *Channel) Next() (due int64, waiting bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.inbox) == 0 {
		return 0, false
	}
	return c.inbox[0].due, true
}

// Deliver gives the frames that are due at now to the receive function and returns how many there were. It must not
// be called from two goroutines at once.
func (c *Channel) Deliver(now int64) int {
	c.mu.Lock()
	n := 0
	for n < len(c.inbox) && c.inbox[n].due <= now {
		n++
	}
	c.serving = append(c.serving[:0], c.inbox[:n]...)
	c.inbox = append(c.inbox[:0], c.inbox[n:]...)
	c.mu.Unlock()
	for _, a := range c.serving {
		if c.receive != nil {
			c.receive(a.frame)
		}
		c.peer.pool.release(a.frame)
	}
	return n
}

// Start delivers from now on in a goroutine, at once: Fault.Delay is not for it. stop ends the goroutine.
func (c *Channel) Start() (stop func()) {
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case <-c.wake:
			}
			for c.Deliver(0) > 0 {
				c.Flush()
			}
		}
	}()
	return func() { close(done) }
}
