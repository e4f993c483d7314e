// Package watchdog resets a Raspberry Pi: at once, or when nobody says for a while that all is well. Its registers, in the power
// manager, are not in BCM2835 ARM Peripherals: Linux, drivers/watchdog/bcm2835_wdt.c. The runtime has its own few lines to stop
// the board when the program has ended.
package watchdog

import (
	"errors"
	"internal/mirage/mmio"
	"sync"
)

// Registers.
const (
	rstc mmio.Reg32 = 0x1c // RW, bits 4-5: what happens when the time is over
	rsts mmio.Reg32 = 0x20 // RW, bits 0, 2, 4, 6, 8, 10: the partition to boot from
	wdog mmio.Reg32 = 0x24 // RW, bits 0-19: what is left of the time
	size            = 0x28

	password  = 0x5a << 24 // of each write
	values    = 1<<24 - 1
	config    = 3 << 4
	fullReset = 2 << 4
	partition = 0x555
	ticks     = 1<<20 - 1
	tick      = 1e9 / 65536 // nanoseconds: 16 seconds in all
)

// Longest is the longest time that it measures, nanoseconds.
const Longest = ticks * 15258

var (
	errNone = errors.New("watchdog: registers missing")
	errTime = errors.New("watchdog: the time is not between 1 ns and 15.9 s")
)

// A Watchdog is the board's.
type Watchdog struct {
	mu   sync.Mutex
	regs mmio.Space
}

// Open returns the watchdog at regs. It is left as it is.
func Open(regs mmio.Space) (*Watchdog, error) {
	if regs.Size() < size {
		return nil, errNone
	}
	return &Watchdog{regs: regs}, nil
}

// Set has the board reset in ns nanoseconds, not when it would have; 0: not at all.
func (w *Watchdog) Set(ns int64) error {
	if ns < 0 || ns > Longest {
		return errTime
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	kept := rstc.Load(w.regs) & values &^ config
	if ns == 0 {
		rstc.Store(w.regs, password|kept)
		return nil
	}
	wdog.Store(w.regs, password|uint32(min(max(float64(ns)/tick, 1), ticks)))
	rstc.Store(w.regs, password|kept|fullReset)
	return nil
}

// Restart resets the board, which boots as it has.
func (w *Watchdog) Restart() {
	w.mu.Lock()
	rsts.Store(w.regs, password|rsts.Load(w.regs)&values&^partition)
	w.mu.Unlock()
	w.Set(10 * 15259)
}
