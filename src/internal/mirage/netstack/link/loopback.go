package link

import (
	"internal/mirage/device"
	"sync"
)

// loopbackMTU is what Linux gives lo: one datagram of the largest size and its header.
const loopbackMTU = 65536

// A Loopback is a card that receives what it sends, in a goroutine that lives while there is something to receive.
type Loopback struct {
	pool    pool
	receive func(*device.Frame)
	serve   func() // run, ready to be started without garbage

	mu      sync.Mutex
	queue   []*device.Frame
	spare   []*device.Frame // the backing of the last batch
	running bool
}

// NewLoopback makes a loopback card.
func NewLoopback() *Loopback {
	l := &Loopback{pool: pool{max: 1024}}
	l.serve = l.run
	return l
}

func (l *Loopback) MAC() [6]byte                  { return [6]byte{} }
func (l *Loopback) MTU() int                      { return loopbackMTU }
func (l *Loopback) LinkUp() bool                  { return true }
func (l *Loopback) Alloc(n int) *device.Frame     { return l.pool.alloc(n) }
func (l *Loopback) Idle() bool                    { return true } // who would hear it ends too
func (l *Loopback) Discard(f *device.Frame)       { l.pool.release(f) }
func (l *Loopback) Offloads() device.Offloads     { return device.TxChecksum | device.RxChecksum }
func (l *Loopback) Receive(f func(*device.Frame)) { l.receive = f }

func (l *Loopback) Transmit(f *device.Frame) {
	l.mu.Lock()
	l.queue = append(l.queue, f)
	l.mu.Unlock()
}

// Flush starts the goroutine, unless it runs and will see what was queued.
func (l *Loopback) Flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.running && len(l.queue) > 0 {
		l.running = true
		go l.serve()
	}
}

func (l *Loopback) run() {
	for batch := l.next(); batch != nil; batch = l.next() {
		for _, f := range batch {
			l.receive(f)
			l.pool.release(f)
		}
		l.mu.Lock()
		l.spare = batch[:0]
		l.mu.Unlock()
	}
}

// next takes what is queued, or says that the goroutine ends.
func (l *Loopback) next() []*device.Frame {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		l.running = false
		return nil
	}
	batch := l.queue
	l.queue, l.spare = l.spare, nil
	return batch
}
