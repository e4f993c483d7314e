//go:build mirage

package runtime

import (
	"internal/runtime/atomic"
	"internal/runtime/math"
	_ "unsafe" // for go:linkname
)

// Clocks. The CPU's counter (TSC, generic timer) runs on at a rate that the boot finds out; nanotime scales it. The wall
// clock is an offset to that.

// counter is written once, at boot. nanoseconds = (counter - base) * mult / 2^32.
var counter struct {
	base uint64
	mult uint64
	hz   uint64
}

// wallOffset is nanoseconds since 1970 at the moment of the boot.
var wallOffset atomic.Int64

// counterStart begins time: the counter runs at hz.
func counterStart(hz uint64) {
	if hz < 1e6 || hz > 100e9 {
		print("mirage: the clock is said to run at ", hz, " Hz\n")
		throw("boot: no usable clock")
	}
	hi, lo := uint64(1e9)/hz, uint64(1e9)%hz
	counter.hz = hz
	counter.mult = hi<<32 + (lo<<32)/hz
	counter.base = counterRead()
}

//go:nosplit
func nanotime1() int64 {
	hi, lo := math.Mul64(counterRead()-counter.base, counter.mult)
	return int64(hi<<32 | lo>>32)
}

// counterAt is what the counter shows at nanotime t.
//
//go:nosplit
func counterAt(t int64) uint64 {
	s, ns := uint64(t)/1e9, uint64(t)%1e9
	return counter.base + s*counter.hz + ns*counter.hz/1e9
}

func walltime() (sec int64, nsec int32) {
	ns := wallOffset.Load() + nanotime1()
	return ns / 1e9, int32(ns % 1e9)
}

// time_now is package time's: both clocks from one reading.
//
//go:linkname time_now time.now
func time_now() (sec int64, nsec int32, mono int64) {
	mono = nanotime1()
	ns := wallOffset.Load() + mono
	return ns / 1e9, int32(ns % 1e9), mono
}

// A civil is a date and time of day in UTC, as clock chips count.
type civil struct{ year, month, day, hour, min, sec int }

// unix is c in seconds since 1970-01-01, by the days of the proleptic Gregorian calendar.
func (c civil) unix() int64 {
	y, m := c.year, c.month-3
	if m < 0 { // years begin in March: the leap day is the last
		y--
		m += 12
	}
	days := 365*y + y/4 - y/100 + y/400 + (153*m+2)/5 + c.day - 1 - 719468
	return int64(days)*86400 + int64(c.hour)*3600 + int64(c.min)*60 + int64(c.sec)
}
