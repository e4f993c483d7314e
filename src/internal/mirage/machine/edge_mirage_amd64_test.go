//go:build mirage

package machine_test

import (
	"internal/mirage/machine"
	"internal/mirage/mmio"
	"testing"
	"time"
)

// An edge on a masked input of an I/O APIC is lost (82093AA data sheet, 3.2.4, bit 16), so an input that is triggered by the
// edge tells of what came before the first wait. The edge here is that of the PC's timer, channel 0 of the 8254, which
// leads to input 2.
func TestEdgeBeforeTheFirstWait(t *testing.T) {
	line := machine.WiredLine(2, false, false)
	if line < 0 {
		t.Fatal("input 2 cannot be had")
	}
	mmio.Out8(0x43, 0x30) // channel 0, two bytes, mode 0: the output rises at the end of the count
	mmio.Out8(0x40, 0x00)
	mmio.Out8(0x40, 0x04) // 0.9 ms
	time.Sleep(20 * time.Millisecond)
	fired := make(chan bool)
	go func() { line.Wait(); fired <- true }()
	select {
	case <-fired:
	case <-time.After(5 * time.Second):
		t.Error("the edge is lost")
	}
	line.Close()
}
