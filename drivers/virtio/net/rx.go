package net

import (
	"errors"
	"internal/byteorder"
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/virtio/queue"
	"internal/mirage/irq"
)

var errMerge = errors.New("virtio-net: the card counts the buffers of a frame wrongly")

const (
	// mergeSize is the size of a buffer where frames may take several.
	mergeSize = 2048
	// rxBatch is how many frames are handed on before buffers are given back and answers sent.
	rxBatch = 64
	// mergePad makes the payload of TCP with timestamps on IPv4 lie at a multiple of 8, which copies faster: the processor's
	// copy instruction, for what is long and is not, takes a step for each byte in emulators.
	mergePad = 6
	// minFrame is an Ethernet header.
	minFrame = 14
)

// A receiver receives. Buffer i is the i-th piece of mem.
type receiver struct {
	queue   *queue.Queue
	line    irq.Line
	mem     *dma.Memory
	size    int // of a piece
	count   int
	frame   device.Frame // the one being handed on
	merged  []byte       // for frames that came in several buffers, after mergePad bytes; made when there is one
	handler func(*device.Frame)
}

func (r *receiver) init(d *Device) (err error) {
	r.size = d.frame()
	if d.dev.Has(featureMergeable) {
		r.size = min(r.size, mergeSize)
	}
	segments := 1
	if d.split {
		segments = 2
	}
	if r.queue, r.line, err = d.dev.Queue(receiveQueue, maxBuffers*segments, segments, true); err != nil {
		return err
	}
	r.count = min(buffers(r.size), r.queue.Size()/segments)
	if r.mem = dma.Alloc(r.count * r.size); r.mem == nil {
		return errMemory
	}
	return nil
}

// Receive implements device.NIC.
func (d *Device) Receive(f func(*device.Frame)) {
	d.rx.handler = f
	for i := range d.rx.count {
		d.give(uint32(i))
	}
	go d.receive()
}

// give lets the card fill buffer i.
func (d *Device) give(i uint32) {
	r := &d.rx
	var room [2]queue.Segment
	r.queue.Add(nil, d.segments(&room, r.mem.Addr()+uint64(i)*uint64(r.size), r.size), i)
}

// receive is the card's goroutine.
func (d *Device) receive() {
	r := &d.rx
	for !d.broken.Load() {
		r.queue.Flush()
		if !r.queue.Arm() && r.queue.Err() == nil && !r.line.Wait() {
			return // the card was failed
		}
		r.queue.Disarm()
		for d.drain() == rxBatch && !d.broken.Load() {
			r.queue.Flush()
		}
		if err := r.queue.Err(); err != nil {
			d.fail(err)
		}
	}
}

// drain hands on up to rxBatch frames, and sends what they brought about.
func (d *Device) drain() (n int) {
	d.tx.hold()
	for n < rxBatch {
		i, written, ok := d.rx.queue.Take()
		if !ok {
			break
		}
		n++
		d.input(i, int(written))
	}
	d.release()
	return n
}

// input hands on the frame that starts in buffer i, and gives its buffers back.
func (d *Device) input(i uint32, written int) {
	r := &d.rx
	defer d.give(i)
	if written < d.header {
		d.dropped.Add(1)
		return
	}
	at := int(i) * r.size
	buffer := r.mem.Bytes()[at : at+written]
	header, frame := buffer[:d.header], buffer[d.header:]
	if d.dev.Has(featureMergeable) {
		// Section 5.1.6.4: the header says how many buffers the frame has. It is read once.
		if n := byteorder.LEUint16(header[headerBuffers:]); n != 1 {
			frame = d.merge(frame, int(n))
		}
	}
	f := &r.frame
	f.Bytes = frame
	if len(frame) < minFrame || !d.describe(f, header) {
		d.dropped.Add(1)
		return
	}
	r.handler(f)
}

// merge returns a frame that came in n buffers, of which first is the first, nil when it is not to be handed on.
func (d *Device) merge(first []byte, n int) []byte {
	r := &d.rx
	if n == 0 || n > r.count {
		r.queue.Fail(errMerge)
		return nil
	}
	most := d.longest()
	if r.merged == nil {
		r.merged = make([]byte, mergePad, mergePad+most)
	}
	frame := append(r.merged, first[:min(len(first), most)]...)
	fits := len(first) <= most
	for range n - 1 {
		// Section 5.1.6.4: the others are there when the first is.
		i, written, ok := r.queue.Take()
		if !ok {
			r.queue.Fail(errMerge)
			return nil
		}
		if fits = fits && len(frame)+int(written) <= mergePad+most; fits {
			at := int(i) * r.size
			frame = append(frame, r.mem.Bytes()[at:at+int(written)]...)
		}
		d.give(i)
	}
	if !fits {
		return nil
	}
	return frame[mergePad:]
}

// longest is the length of the longest frame that the card may give.
func (d *Device) longest() int {
	if d.dev.Has(featureGuestTSO4) || d.dev.Has(featureGuestTSO6) {
		return device.MaxMerged
	}
	return ethernet + d.mtu
}

// segmented reports whether the host may say that it has put a frame together.
func (d *Device) segmented(typ byte) bool {
	return typ == typeTCP4 && d.dev.Has(featureGuestTSO4) || typ == typeTCP6 && d.dev.Has(featureGuestTSO6)
}

// describe fills in what the header says of the frame (section 5.1.6.4), and reports whether that makes sense.
func (d *Device) describe(f *device.Frame, header []byte) bool {
	f.Checksum, f.Start, f.Offset = device.ChecksumNone, 0, 0
	if typ := header[headerType]; typ == typeNone && len(f.Bytes) > ethernet+d.mtu || typ != typeNone && !d.segmented(typ) {
		return false
	}
	if d.offloads&device.RxChecksum == 0 {
		return true
	}
	switch flags := header[headerFlags]; {
	case flags&flagNeedsChecksum != 0:
		start, offset := byteorder.LEUint16(header[headerStart:]), byteorder.LEUint16(header[headerOffset:])
		if int(start)+int(offset)+2 > len(f.Bytes) {
			return false
		}
		f.Checksum, f.Start, f.Offset = device.ChecksumPartial, start, offset
	case flags&flagDataValid != 0:
		f.Checksum = device.ChecksumValid
	}
	return true
}
