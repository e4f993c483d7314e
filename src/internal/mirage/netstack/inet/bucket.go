package inet

// A Bucket is a token bucket: at most Burst events at once, Rate a second in the long run. The caller serialises.
type Bucket struct {
	Rate  int64 // events a second
	Burst int64
	level int64 // nanoseconds of credit; an event costs second/Rate
	last  int64
}

const second = 1e9

// Take reports whether an event may happen at now, and counts it if so. The bucket is full at first.
func (b *Bucket) Take(now int64) bool {
	cost := second / b.Rate
	if b.last == 0 {
		b.level = b.Burst * cost
	} else if b.level += now - b.last; b.level > b.Burst*cost || b.level < 0 {
		b.level = b.Burst * cost
	}
	b.last = now
	if b.level < cost {
		return false
	}
	b.level -= cost
	return true
}
