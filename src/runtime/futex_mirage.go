//go:build mirage

package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// Futexes, as lock_futex.go wants them: threads wait on the address of a word, in buckets by a hash of it.

const futexBuckets = 64

type futexBucket struct {
	lock  spinlock
	first *thread
	_     [48]byte // a cache line each
}

var futexes [futexBuckets]futexBucket

func futexBucketOf(addr *uint32) *futexBucket {
	a := uintptr(unsafe.Pointer(addr))
	return &futexes[(a>>2^a>>12)%futexBuckets]
}

// futexsleep waits while *addr == val, at most ns nanoseconds if ns >= 0, until futexwakeup(addr). It may return earlier,
// and does so for a signal, as by EINTR: the handler could not run before the wait is over.
//
//go:nosplit
//go:nowritebarrierrec
func futexsleep(addr *uint32, val uint32, ns int64) {
	onTrapStack(func() { futexWait(addr, val, ns) })
}

// futexwakeup wakes up to n threads that wait on addr.
//
//go:nosplit
//go:nowritebarrierrec
func futexwakeup(addr *uint32, n uint32) {
	onTrapStack(func() { futexWake(addr, n, false) })
}

//go:nowritebarrierrec
func futexWait(addr *uint32, val uint32, ns int64) {
	b := futexBucketOf(addr)
	t := thisCPU().current
	t.addr = uintptr(unsafe.Pointer(addr)) // before signals are looked for: raiseproc posts one, then looks where t waits
	flags := b.lock.lock()
	signalled := t.signalled() && t.signalTop != 0 && !t.inSignal
	if atomic.Load(addr) != val || ns == 0 || signalled {
		t.addr = 0
		b.lock.unlock(flags)
		if signalled {
			interruptSoon()
		}
		return
	}
	t.waitNext = b.first
	b.first = t
	if ns > 0 {
		sleepUntil(t, nanotime1()+ns)
	}
	b.lock.unlock(flags)
	reschedule(false)
}

// futexWake wakes up to n threads that wait on addr; with now, which an interrupt wants, they run at once.
//
//go:nowritebarrierrec
func futexWake(addr *uint32, n uint32, now bool) {
	b := futexBucketOf(addr)
	flags := b.lock.lock()
	for p := &b.first; *p != nil && n > 0; {
		t := *p
		if t.addr != uintptr(unsafe.Pointer(addr)) {
			p = &t.waitNext
			continue
		}
		*p = t.waitNext
		t.addr = 0
		t.waitNext = nil
		n--
		threadReady(t, now)
	}
	b.lock.unlock(flags)
}

// futexTimeout wakes t because its deadline has come, unless another has just done so.
//
//go:nowritebarrierrec
func futexTimeout(t *thread) {
	b := futexBucketOf((*uint32)(unsafe.Pointer(t.addr)))
	flags := b.lock.lock()
	for p := &b.first; *p != nil; p = &(*p).waitNext {
		if *p == t {
			*p = t.waitNext
			t.addr = 0
			t.waitNext = nil
			threadReady(t, true)
			break
		}
	}
	b.lock.unlock(flags)
}

// sleepUntil gives t a deadline.
func sleepUntil(t *thread, at int64) {
	c := t.home
	flags := c.lock.lock()
	c.setDeadline(t, at)
	c.lock.unlock(flags)
}

// usleepSlack is how much longer usleep waits, in nanoseconds, as threads do on Linux (prctl(2), PR_SET_TIMERSLACK): the
// runtime's monitor would otherwise take every busy CPU 50,000 times a second.
const usleepSlack = 50_000

// usleep waits for us microseconds, on an address of its own that nobody wakes.
//
//go:nosplit
func usleep(us uint32) {
	if us == 0 {
		return
	}
	var word uint32
	futexsleep(&word, 0, int64(us)*1000+usleepSlack)
}

//go:nosplit
func usleep_no_g(us uint32) { usleep(us) }
