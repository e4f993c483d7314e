//go:build mirage

package runtime

import (
	"internal/runtime/atomic"
	"internal/runtime/math"
	_ "unsafe" // for go:linkname
)

// Clocks. The CPU's counter (TSC, generic timer) runs on at a rate that the boot finds out; nanotime scales it. The wall
// clock follows from that.

// counter is written at boot, and when the machine has been away (xensuspend_mirage.go). nanoseconds = (counter - base) * mult / 2^32.
var counter counterLaw

type counterLaw struct {
	base uint64
	mult uint64
	hz   uint64
}

func (c *counterLaw) setRate(hz uint64) {
	hi, lo := uint64(1e9)/hz, uint64(1e9)%hz
	c.hz = hz
	c.mult = hi<<32 + (lo<<32)/hz
}

// wall is how the wall clock follows from nanotime. What holds now is never changed: a change is written to the next place and then
// made to hold, so that readers need no lock. Places come again after so many changes that nobody reads them any more.
var wall struct {
	lock    mutex // of those who change it
	current atomic.Uint32
	places  [32]wallLaw
}

// A wallLaw is that the wall clock is offset before nanotime at a time, from then on goes faster by a rate, and, for a while, by
// another one besides. Rates are parts of 2^32.
type wallLaw struct {
	at, offset int64
	rate       int64 // corrects the counter's frequency
	slew       int64 // makes good what the clock is off by
	slewTime   int64 // how long that takes
}

// wallAt is the wall clock at nanotime t, nanoseconds since 1970.
func wallAt(t int64) int64 {
	l := &wall.places[wall.current.Load()]
	ns := l.offset + t
	if l.rate|l.slew != 0 { // shifted in two steps: a day times a rate of 1/1000 is more than 63 bits
		since := t - l.at
		ns += since>>10*l.rate>>22 + min(since, l.slewTime)>>10*l.slew>>22
	}
	return ns
}

// wallStart sets the clock at boot: it is ns since 1970 when nanotime is 0.
func wallStart(ns int64) { wall.places[0].offset = ns }

// wallChange has f make of what holds at a time what holds from then on. f is given the law without the slew, and the wall clock.
func wallChange(f func(l *wallLaw, now int64)) {
	lock(&wall.lock)
	i := wall.current.Load()
	t := nanotime1()
	next := (i + 1) % uint32(len(wall.places))
	l := &wall.places[next]
	*l = wallLaw{at: t, offset: wallAt(t) - t, rate: wall.places[i].rate}
	f(l, t)
	wall.current.Store(next)
	unlock(&wall.lock)
}

// counterStart begins time: the counter runs at hz.
func counterStart(hz uint64) {
	if hz < 1e6 || hz > 100e9 {
		print("mirage: the clock is said to run at ", hz, " Hz\n")
		throw("boot: no usable clock")
	}
	counter.setRate(hz)
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
	ns := wallAt(nanotime1())
	return ns / 1e9, int32(ns % 1e9)
}

// time_now is package time's: both clocks from one reading.
//
//go:linkname time_now time.now
func time_now() (sec int64, nsec int32, mono int64) {
	mono = nanotime1()
	ns := wallAt(mono)
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
