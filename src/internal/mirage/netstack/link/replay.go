package link

import "internal/mirage/device"

// A Replay is a card that receives the frames of a capture and records those that it is given to send.
type Replay struct {
	in      *PcapReader
	out     *PcapWriter
	mac     [6]byte
	pool    pool
	at      int64
	receive func(*device.Frame)
}

// NewReplay makes a card with that hardware address that receives from in and sends to out.
func NewReplay(in *PcapReader, out *PcapWriter, mac [6]byte) *Replay {
	return &Replay{in: in, out: out, mac: mac, pool: pool{max: 64}}
}

func (r *Replay) MAC() [6]byte                  { return r.mac }
func (r *Replay) MTU() int                      { return 1500 }
func (r *Replay) LinkUp() bool                  { return true }
func (r *Replay) Offloads() device.Offloads     { return 0 }
func (r *Replay) Alloc(n int) *device.Frame     { return r.pool.alloc(n) }
func (r *Replay) Discard(f *device.Frame)       { r.pool.release(f) }
func (r *Replay) Flush()                        {}
func (r *Replay) Idle() bool                    { return true }
func (r *Replay) Receive(f func(*device.Frame)) { r.receive = f }

// Transmit records f at the time of the frame that was received last.
func (r *Replay) Transmit(f *device.Frame) {
	r.out.Write(r.at, f.Bytes)
	r.pool.release(f)
}

// Step gives the next frame of the capture to the receive function and returns its time, nanoseconds since 1970. The
// errors are PcapReader.Next's.
func (r *Replay) Step() (at int64, err error) {
	b, at, err := r.in.Next()
	if err != nil {
		return 0, err
	}
	r.at = at
	f := device.Frame{Bytes: b}
	r.receive(&f)
	return at, nil
}
