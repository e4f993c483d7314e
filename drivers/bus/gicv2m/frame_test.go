//go:build !mirage

package gicv2m

import (
	"internal/mirage/irq"
	"internal/mirage/mmio/mmiotest"
	"testing"
)

func TestFrame(t *testing.T) {
	regs := make(mmiotest.Bytes, size)
	typer.Store(regs, 80<<16|2)
	var inputs []irq.Input
	f, err := Open(regs, 0x8020000, func(in irq.Input) (irq.Line, error) {
		inputs = append(inputs, in)
		return irq.NewEvent(), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint32(2) {
		m, err := f.Message()
		if err != nil || m.Addr != 0x8020040 || m.Data != 80+i || inputs[i] != (irq.Input{Number: 80 + i}) {
			t.Errorf("%+v %v %+v", m, err, inputs)
		}
	}
	if _, err := f.Message(); err != irq.ErrNoMessage {
		t.Error("a third message of two:", err)
	}
}

func TestFramesThatAreNone(t *testing.T) {
	for _, v := range []uint32{0, 80 << 16, 31<<16 | 1, 1000<<16 | 21, 0xffffffff} {
		regs := make(mmiotest.Bytes, size)
		typer.Store(regs, v)
		if _, err := Open(regs, 0, nil); err == nil {
			t.Errorf("type register %#x accepted", v)
		}
	}
	if _, err := Open(make(mmiotest.Bytes, 16), 0, nil); err == nil {
		t.Error("a frame of 16 bytes accepted")
	}
}
