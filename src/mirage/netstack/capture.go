package netstack

import (
	"internal/mirage/netstack"
	"internal/mirage/netstack/link"
	"io"
	"sync"
	"time"
)

// maxPending is how many octets of frames wait to be written at most.
const maxPending = 4 << 20

// loopback is the index of lo.
const loopback = 1

// A Capture records frames.
type Capture struct {
	stop func()
	done chan struct{} // closed when all is written

	mu      sync.Mutex
	more    sync.Cond // of mu: there are frames, or it is over
	frames  []recorded
	pending int // octets in frames
	dropped int
	over    bool
	err     error // of w
}

// recorded is a copy of a frame.
type recorded struct {
	at    int64 // nanoseconds since 1970
	bytes []byte
}

// Capture writes what comes and what goes to w as a pcap file, for tcpdump and Wireshark: what comes before filters see it, what
// goes once they have let it. Where a card puts the checksum in, it is not there yet. The writing is done by a goroutine; frames for
// which w is too slow are left out, and w may be a connection of the same stack, whose frames are then recorded too.
func (s *Stack) Capture(w io.Writer) *Capture {
	c := &Capture{done: make(chan struct{})}
	c.more.L = &c.mu
	go c.write(w)
	c.stop = s.under.WatchFrames(func(i *netstack.Interface, out bool, frame []byte) bool {
		if !out || i.Index() != loopback { // what goes to this host comes as well
			c.add(frame)
		}
		return true
	})
	return c
}

func (c *Capture) add(frame []byte) {
	now := time.Now().UnixNano()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over || c.pending+len(frame) > maxPending {
		c.dropped++
		return
	}
	c.frames = append(c.frames, recorded{now, append([]byte(nil), frame...)})
	c.pending += len(frame)
	c.more.Signal()
}

// write writes what is added until it is over.
func (c *Capture) write(w io.Writer) {
	defer close(c.done)
	file := link.NewPcapWriter(w)
	for {
		c.mu.Lock()
		for len(c.frames) == 0 && !c.over {
			c.more.Wait()
		}
		frames := c.frames
		c.frames, c.pending = nil, 0
		c.mu.Unlock()
		if len(frames) == 0 {
			return
		}
		for _, f := range frames {
			if err := file.Write(f.at, f.bytes); err != nil {
				c.mu.Lock()
				c.err, c.over = err, true
				c.mu.Unlock()
				return
			}
		}
	}
}

// Stop ends the capture once all that was recorded is written, and returns how many frames were left out, and why if w failed.
func (c *Capture) Stop() (dropped int, err error) {
	c.stop()
	c.mu.Lock()
	c.over = true
	c.more.Signal()
	c.mu.Unlock()
	<-c.done
	return c.dropped, c.err
}
