//go:build mirage

package xen_test

import (
	"internal/mirage/drivers/xen"
	"internal/mirage/irq"
	"internal/mirage/machine"
	"testing"
)

// Each event at the machine's own channels comes, with others among them, whose order Xen keeps where it has queues: every kind of
// guest but PV asks for those, and then channels have a priority (event_channel.h, EVTCHNOP_set_priority). They are few: QEMU's emulation
// mistakes one in some hundred that a machine sends to itself (misc/xen, InterruptWhileOff).
func TestEvents(t *testing.T) {
	if !machine.Xen() {
		t.Skip("not a guest of Xen's: test/xen runs it in one")
	}
	const pairs, rounds, eventOp, setPriority = 4, 4, 32, 13
	var h xen.Machine
	done := make(chan struct{})
	for i := range pairs {
		here, err := h.Listen(xen.Self)
		if err != nil {
			t.Fatal(err)
		}
		there, err := h.Bind(xen.Self, here)
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close(here)
		defer h.Close(there)
		var lines [2]irq.Line
		for i, port := range [2]uint32{here, there} {
			if lines[i], err = h.Line(port); err != nil {
				t.Fatal(err)
			}
		}
		if _, r := machine.XenCall(eventOp, setPriority, [4]uint64{uint64(here) | uint64(4*i)<<32}, 0); (r == 0) == machine.XenPV() {
			t.Errorf("a priority for port %d: result %d", here, r)
		}
		go func() { // answers
			for range rounds {
				lines[1].Wait()
				h.Notify(there)
			}
		}()
		go func() {
			for range rounds {
				h.Notify(here)
				lines[0].Wait()
			}
			done <- struct{}{}
		}()
	}
	for range pairs {
		<-done
	}
}
