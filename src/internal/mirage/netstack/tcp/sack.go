package tcp

import "internal/mirage/netstack/wire"

// takeBlocks marks what the peer says has arrived: RFC 2018 section 5.1. A block at or below SND.UNA is a duplicate's
// report, one beyond SND.NXT is nonsense; both are passed over.
func (c *conn) takeBlocks(s *segment, d *delivery) {
	f, blocks := &c.flight, s.options.Blocks[:s.options.NumBlocks]
	if d.takeDuplicate(s.ack, blocks); d.duplicate > 0 {
		c.count.TCPDSACKRecv.Add(1)
	}
	for _, b := range blocks {
		start, end := seq(b.Start), seq(b.End)
		if !start.before(end) || !end.after(s.ack) || end.after(c.nxt) || start.before(s.ack) {
			continue
		}
		for i := f.find(start); i < f.count; i++ {
			r := f.get(i)
			if r.end.after(end) {
				break
			}
			if r.mark != sacked && !r.start.before(start) {
				f.set(r, sacked)
				d.sacked += r.length()
				d.arrived(c, r)
			}
		}
	}
}

// takeDuplicate looks whether the first block reports a duplicate: RFC 2883 sections 4.1 and 4.2.
func (d *delivery) takeDuplicate(ack seq, blocks []wire.SACKBlock) {
	start, end := seq(blocks[0].Start), seq(blocks[0].End)
	inNext := len(blocks) > 1 && !start.before(seq(blocks[1].Start)) && !end.after(seq(blocks[1].End))
	if start.before(end) && (!end.after(ack) || inNext) {
		d.duplicate, d.duplicateAt = end.since(start), start
	}
}

// find returns the place of the first record that does not end at or before a.
func (f *flight) find(a seq) int {
	low, high := 0, f.count
	for low < high {
		mid := (low + high) / 2
		if f.get(mid).end.after(a) {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}

// putBlocks reports what has arrived beyond a gap: RFC 2018 section 4, the block that came last first; and, before them,
// what came twice (RFC 2883 section 4).
func (c *conn) putBlocks(o *wire.TCPOptions) {
	most := 4
	if o.HasTime {
		most = 3
	}
	n := 0
	if c.duplicate.Start != c.duplicate.End {
		o.Blocks[n] = c.duplicate
		n++
	}
	n += c.gaps.latest(o.Blocks[n:most])
	o.NumBlocks = uint8(n)
}
