package dwc2

import (
	"internal/mirage/clock"
	"internal/mirage/drivers/usb"
)

// Split transactions: USB 2.0, 11.14 to 11.20. The host tells the hub of a packet for a slower device (start-split), and asks
// later what has become of it (complete-split).

// completes is how often the hub is asked before the packet is begun again: 11.18.8 gives it three microframes or four for
// periodic ones; others may take longer, as the device may.
const (
	completesPeriodic = 4
	completes         = 100
)

// splitTransfer is transfer, packet by packet.
func (ch *channel) splitTransfer(p *usb.Pipe, r *usb.Request, w wait) (moved int, err error) {
	for failures := 0; ; {
		n := min(r.N-moved, p.MaxPacket)
		k, err := ch.splitPacket(p, r, moved, n, w)
		switch {
		case err == usb.ErrBus && failures < retries:
			failures++
			continue
		case err == usb.ErrNothing && p.Kind != usb.Interrupt:
			select {
			case <-w.gone:
				return moved, usb.ErrGone
			case <-w.over:
				return moved, usb.ErrTimeout
			default:
			}
			clock.Sleep(millisecond)
			continue
		case err != nil:
			return moved, err
		}
		failures = 0
		moved += k
		switch r.PID { // a packet at a time, so the driver counts
		case usb.Data0:
			r.PID = usb.Data1
		case usb.Data1:
			r.PID = usb.Data0
		}
		if k < n || moved >= r.N {
			return moved, nil
		}
	}
}

// splitPacket moves one packet. ErrNothing means that the device had none, or no room.
func (ch *channel) splitPacket(p *usb.Pipe, r *usb.Request, done, n int, w wait) (int, error) {
	hub, port := p.Translator()
	split := splitEnable | splitWhole | uint32(hub)<<splitHub | uint32(port)
	hcsplt.Store(ch.regs, split)
	status, err := ch.enable(p, r, done, n, 1, w)
	if err != nil {
		return 0, err
	}
	if status&chanACK == 0 || status&(chanStall|chanBabble|chanError|chanBus|chanNAK) != 0 {
		return 0, result(status &^ chanDone)
	}
	hcsplt.Store(ch.regs, split|splitComplete)
	tries, size := completes, n
	if p.Kind == usb.Interrupt {
		tries = completesPeriodic
	}
	if !p.In {
		size = 0 // the hub has the data
	}
	for range tries {
		if status, err = ch.enable(p, r, done, size, 1, w); err != nil {
			return 0, err
		}
		if status&chanNYET != 0 && status&chanDone == 0 {
			continue // not yet
		}
		if err := result(status); err != nil {
			return 0, err
		}
		if p.In {
			return n - min(n, int(hctsiz.Load(ch.regs)&sizeMask)), nil
		}
		return n, nil
	}
	return 0, usb.ErrNothing
}
