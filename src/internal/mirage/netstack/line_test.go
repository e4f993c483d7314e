//go:build linux && !mirage

package netstack

import (
	"bytes"
	"internal/mirage/device"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// A longLine joins two cards as tc-netem(8) would join two interfaces, but in this process, so that no kernel has to have that
// queue discipline and the same frames are lost in each run.
type longLine struct {
	rate    int           // octets a second
	delay   time.Duration // each way
	loss    int           // thousandths of the frames
	reorder int           // thousandths of the frames that are late by up to a tenth of a delay
	queue   int           // frames that may wait for their turn
	seed    uint64
}

// between joins the cards until the test is over.
func (l longLine) between(t *testing.T, a, b device.NIC) {
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	l.oneWay(done, a, b, 1)
	l.oneWay(done, b, a, 2)
}

func (l longLine) oneWay(done chan struct{}, from, to device.NIC, stream uint64) {
	d := &direction{longLine: l, to: to, random: rand.New(rand.NewPCG(l.seed, stream)), wake: make(chan struct{}, 1)}
	from.Receive(func(f *device.Frame) { d.carry(f.Bytes) })
	go d.serve(done)
}

// A direction is one of the two of a line.
type direction struct {
	longLine
	to   device.NIC
	wake chan struct{}

	mu      sync.Mutex
	random  *rand.Rand
	busy    time.Time // until then other frames are being sent
	flying  []flying  // by time of arrival
	waiting []time.Time
}

type flying struct {
	at    time.Time
	frame []byte
}

// carry takes a frame, or loses it.
func (d *direction) carry(frame []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	for len(d.waiting) > 0 && !d.waiting[0].After(now) {
		d.waiting = d.waiting[1:]
	}
	if len(d.waiting) >= d.queue || d.random.IntN(1000) < d.loss {
		return
	}
	if d.busy.Before(now) {
		d.busy = now
	}
	d.busy = d.busy.Add(time.Duration(len(frame)) * time.Second / time.Duration(d.rate))
	d.waiting = append(d.waiting, d.busy)
	f := flying{d.busy.Add(d.delay), bytes.Clone(frame)}
	if d.random.IntN(1000) < d.reorder {
		f.at = f.at.Add(time.Duration(d.random.Int64N(int64(d.delay) / 10)))
	}
	i := len(d.flying)
	for i > 0 && d.flying[i-1].at.After(f.at) {
		i--
	}
	d.flying = append(d.flying, flying{})
	copy(d.flying[i+1:], d.flying[i:])
	d.flying[i] = f
	select {
	case d.wake <- struct{}{}:
	default: // it is awake or about to be
	}
}

// next takes the first frame that has arrived, or says how long to wait for it.
func (d *direction) next() (frame []byte, wait time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.flying) == 0 {
		return nil, time.Hour
	}
	if wait = time.Until(d.flying[0].at); wait > 0 {
		return nil, wait
	}
	frame, d.flying = d.flying[0].frame, d.flying[1:]
	return frame, 0
}

// serve gives frames to the card at the far end when they arrive.
func (d *direction) serve(done chan struct{}) {
	for {
		frame, wait := d.next()
		if frame == nil {
			select {
			case <-done:
				return
			case <-d.wake:
			case <-time.After(wait):
			}
			continue
		}
		if f := d.to.Alloc(len(frame)); f != nil {
			copy(f.Bytes, frame)
			d.to.Transmit(f)
			d.to.Flush()
		}
	}
}
