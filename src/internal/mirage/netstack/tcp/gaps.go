package tcp

import "internal/mirage/netstack/wire"

// gaps keeps which octets have come behind a gap: what reassembly is waiting with. Ranges are sorted and do not touch.
type gaps struct {
	ranges []span
	count  uint32 // of segments, to know which range was last added to
}

type span struct {
	start, end seq
	last       uint32
}

// maxGaps bounds the ranges: a peer that sends every other octet is told to send again.
const maxGaps = 64

// add notes that a range has come. It is false if that would be a range too many.
func (g *gaps) add(start, end seq) bool {
	i := 0
	for i < len(g.ranges) && g.ranges[i].end.before(start) {
		i++
	}
	j := i
	for j < len(g.ranges) && !g.ranges[j].start.after(end) {
		start, end = earlier(start, g.ranges[j].start), later(end, g.ranges[j].end)
		j++
	}
	if i == j && len(g.ranges) == maxGaps {
		return false
	}
	g.count++
	s := span{start, end, g.count}
	if i < j {
		g.ranges[i] = s
		g.ranges = append(g.ranges[:i+1], g.ranges[j:]...)
		return true
	}
	g.ranges = append(g.ranges, span{})
	copy(g.ranges[i+1:], g.ranges[i:])
	g.ranges[i] = s
	return true
}

// take removes the ranges that next reaches and returns how far one can go from there.
func (g *gaps) take(next seq) seq {
	n := 0
	for n < len(g.ranges) && !g.ranges[n].start.after(next) {
		next = later(next, g.ranges[n].end)
		n++
	}
	if n > 0 {
		g.ranges = append(g.ranges[:0], g.ranges[n:]...)
	}
	return next
}

// latest fills blocks with the ranges that were added to last, the last one first, and returns how many there are.
func (g *gaps) latest(blocks []wire.SACKBlock) (n int) {
	before := g.count + 1
	for n < len(blocks) {
		var best *span
		for i := range g.ranges {
			if s := &g.ranges[i]; s.last < before && (best == nil || s.last > best.last) {
				best = s
			}
		}
		if best == nil {
			break
		}
		blocks[n] = wire.SACKBlock{Start: uint32(best.start), End: uint32(best.end)}
		before = best.last
		n++
	}
	return n
}

func (g *gaps) clear() { g.ranges = nil }
