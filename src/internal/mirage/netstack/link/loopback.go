package link

import (
	"internal/mirage/device"
	"sync"
)

// loopbackMTU is what Linux gives lo: one datagram of the largest size and its header.
const loopbackMTU = 65536

// A Loopback is a card that receives what it sends, in a goroutine of its own.
type Loopback struct {
	pool pool
	wake chan struct{}

	mu    sync.Mutex
	queue []*device.Frame
}

// NewLoopback makes a loopback card.
func NewLoopback() *Loopback {
	return &Loopback{pool: pool{max: 1024}, wake: make(chan struct{}, 1)}
}

func (l *Loopback) MAC() [6]byte              { return [6]byte{} }
func (l *Loopback) MTU() int                  { return loopbackMTU }
func (l *Loopback) LinkUp() bool              { return true }
func (l *Loopback) Alloc(n int) *device.Frame { return l.pool.alloc(n) }
func (l *Loopback) Discard(f *device.Frame)   { l.pool.release(f) }
func (l *Loopback) Offloads() device.Offloads { return device.TxChecksum | device.RxChecksum }

func (l *Loopback) Transmit(f *device.Frame) {
	l.mu.Lock()
	l.queue = append(l.queue, f)
	l.mu.Unlock()
}

func (l *Loopback) Flush() {
	select {
	case l.wake <- struct{}{}:
	default: // it is awake or about to be
	}
}

func (l *Loopback) Receive(f func(*device.Frame)) {
	go func() {
		var batch []*device.Frame
		for range l.wake {
			for {
				l.mu.Lock()
				batch, l.queue = l.queue, batch[:0]
				l.mu.Unlock()
				if len(batch) == 0 {
					break
				}
				for _, frame := range batch {
					f(frame)
					l.pool.release(frame)
				}
			}
		}
	}()
}
