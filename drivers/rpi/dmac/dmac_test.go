//go:build !mirage

package dmac

import (
	"bytes"
	"internal/byteorder"
	"internal/mirage/dma"
	"internal/mirage/irq"
	"internal/mirage/mmio/mmiotest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// An engine is a model of a channel with a device at port that has in, and takes to out. It checks what a driver must do: 4.2.1.
type engine struct {
	t     *testing.T
	input uint32

	mu       sync.Mutex
	regs     [size / 4]uint32
	left     int // words of in and out that the device moves, then it has no more requests; -1: no end
	in, out  []byte
	busError bool
	runs     int
}

const (
	portBus = 0x7e300020
	ramBus  = 0xc0000000
	pacer   = 11
)

var inputs atomic.Uint32

func open(t *testing.T) (*engine, *Channel) {
	e := &engine{t: t, input: 5000 + inputs.Add(1), left: -1}
	c, err := Open(&mmiotest.Model{Length: Spacing, Read: e.read, Write: e.write}, ramBus, irq.Input{Number: e.input, Level: true})
	if err != nil {
		t.Fatal(err)
	}
	return e, c
}

func (e *engine) read(off uintptr, width int) uint32 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if width != 4 || off >= size {
		e.t.Errorf("a read of %d bytes at %#x", width, off)
		return 0
	}
	return e.regs[off/4]
}

func (e *engine) write(off uintptr, width int, v uint32) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case width != 4:
		e.t.Errorf("a write of %d bytes", width)
	case off == uintptr(control):
		e.control(v)
	case off == uintptr(block):
		if v%32 != 0 || e.regs[0]&active != 0 {
			e.t.Errorf("block %#x, control %#x", v, e.regs[0])
		}
		e.regs[off/4] = v
	case off == uintptr(debug):
		e.regs[off/4] &^= v & debugErrors
		if e.regs[off/4]&debugErrors == 0 {
			e.regs[0] &^= failed
		}
	default:
		e.t.Errorf("a write of %#x, which can only be read", off)
	}
}

func (e *engine) control(v uint32) {
	if v&reset != 0 {
		e.regs[0], e.regs[block/4] = 0, 0
		return
	}
	const settable = active | priority | panics | waitWrites
	if v&^(settable|end|interrupt|failed) != 0 {
		e.t.Errorf("control %#x", v)
	}
	old := e.regs[0]
	e.regs[0] = old&(failed|(end|interrupt)&^v) | v&settable
	if v&active != 0 && old&active == 0 {
		if old&(end|interrupt) != 0 || e.regs[block/4] == 0 {
			e.t.Error("a start with the end of the last transfer still told, or without a block")
		}
		e.run()
	}
}

// run does a control block.
func (e *engine) run() {
	e.runs++
	m, at := dma.At(uint64(e.regs[block/4]-ramBus), blockSize)
	if m == nil {
		e.t.Fatalf("block %#x is not in memory", e.regs[block/4])
	}
	info, source, target, n := m.Load32(at), m.Load32(at+wordSource), m.Load32(at+wordTarget), int(m.Load32(at+wordLength))
	toMemory := info&targetGoesOn != 0
	want := uint32(interruptAtEnd | waitAnswer | narrow | sourceGoesOn | targetPaces | pacer<<pacerShift)
	ram, port := source, target
	if toMemory {
		want = interruptAtEnd | waitAnswer | narrow | targetGoesOn | sourcePaces | pacer<<pacerShift
		ram, port = target, source
	}
	data, off := dma.At(uint64(ram-ramBus), n)
	if info != want || port != portBus || data == nil || n%4 != 0 || m.Load32(at+wordNext) != 0 || m.Load32(at+wordStride) != 0 {
		e.t.Fatalf("information %#x, from %#x to %#x, %d bytes", info, source, target, n)
	}
	if e.busError {
		e.regs[debug/4] |= 4
		e.regs[0] = e.regs[0]&^active | failed | interrupt
		irq.Fire(e.input)
		return
	}
	for ; n > 0 && e.left != 0; n, off, e.left = n-4, off+4, e.left-1 {
		if toMemory {
			data.Store32(off, byteorder.LEUint32(e.in))
			e.in = e.in[4:]
		} else {
			e.out = byteorder.LEAppendUint32(e.out, data.Load32(off))
		}
	}
	if n > 0 {
		return // it waits for a request, for ever
	}
	e.regs[block/4] = 0
	e.regs[0] = e.regs[0]&^active | end | interrupt
	irq.Fire(e.input)
}

func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*13 + i>>8)
	}
	return b
}

func TestMove(t *testing.T) {
	e, c := open(t)
	m := dma.AllocUncached(8192)
	defer m.Free()
	for _, n := range []int{4, 512, 8192} {
		e.in, e.out = pattern(n), nil
		clear(m.Bytes())
		if err := c.Move(Port{portBus, pacer}, m, n, true); err != nil || !bytes.Equal(m.Bytes()[:n], pattern(n)) {
			t.Errorf("%d bytes come: %v", n, err)
		}
		if err := c.Move(Port{portBus, pacer}, m, n, false); err != nil || !bytes.Equal(e.out, pattern(n)) {
			t.Errorf("%d bytes go: %v", n, err)
		}
	}
	for _, n := range []int{0, -4, 2, 8196} {
		if err := c.Move(Port{portBus, pacer}, m, n, true); err != errLength {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	if _, err := Open(make(mmiotest.Bytes, 8), ramBus, irq.Input{}); err != errRegisters {
		t.Error(err)
	}
}

// An error of the bus, and a device without requests, end a transfer; the next one works.
func TestFaults(t *testing.T) {
	e, c := open(t)
	m := dma.AllocUncached(4096)
	defer m.Free()
	e.busError = true
	if err := c.Move(Port{portBus, pacer}, m, 512, true); err != errFailed {
		t.Error(err)
	}
	e.busError, e.left, e.in = false, 100, pattern(512)
	begun := time.Now()
	if err := c.Move(Port{portBus, pacer}, m, 512, true); err != errSilent || time.Since(begun) < time.Duration(patience) {
		t.Error(err)
	}
	e.left, e.in = -1, pattern(512)
	if err := c.Move(Port{portBus, pacer}, m, 512, true); err != nil || !bytes.Equal(m.Bytes()[:512], pattern(512)) || e.runs != 3 {
		t.Errorf("%v, %d runs", err, e.runs)
	}
}

// 4.5: of what the firmware leaves the first that is not lite.
func TestChoose(t *testing.T) {
	for mask, want := range map[uint32]int{0x7f35: 0, 0x3c: 2, 0x40: 6, 0x7f80: -1, 0: -1} {
		if n, ok := Choose(mask); ok != (want >= 0) || ok && n != want {
			t.Errorf("%#x: %d, %v", mask, n, ok)
		}
	}
}
