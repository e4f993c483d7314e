package volume

import "sync/atomic"

// The kinds of what is counted.
const (
	reads = iota
	writes
)

// Counts is what was done to a volume.
type Counts struct {
	done     [2]atomic.Uint64
	bytes    [2]atomic.Uint64
	ns       [2]atomic.Uint64
	underWay atomic.Int64
}

// A Count is what was done of a kind.
type Count struct{ Done, Bytes, Nanoseconds uint64 }

// Reads is what was read.
func (c *Counts) Reads() Count { return c.count(reads) }

// Writes is what was written.
func (c *Counts) Writes() Count { return c.count(writes) }

// UnderWay is what is being done now.
func (c *Counts) UnderWay() int64 { return c.underWay.Load() }

func (c *Counts) count(kind int) Count {
	return Count{c.done[kind].Load(), c.bytes[kind].Load(), c.ns[kind].Load()}
}

// count does what moves n bytes, and counts it for the volume and its disk.
func (v *Volume) count(kind, n int, do func() error) error {
	both := [...]*Counts{&v.Counts, &v.disk.Whole.Counts}
	of := both[:]
	if both[0] == both[1] {
		of = both[:1]
	}
	start := v.disk.now()
	for _, c := range of {
		c.underWay.Add(1)
	}
	err := do()
	ns := uint64(v.disk.now() - start)
	for _, c := range of {
		c.underWay.Add(-1)
		c.done[kind].Add(1)
		c.ns[kind].Add(ns)
		if err == nil {
			c.bytes[kind].Add(uint64(n))
		}
	}
	return err
}
