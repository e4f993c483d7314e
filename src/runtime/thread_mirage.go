//go:build mirage

package runtime

import (
	"internal/mirage/boot"
	"internal/runtime/atomic"
	"internal/runtime/sys"
	"unsafe"
)

// Kernel threads. Each M is one; a CPU runs one at a time and switches between those that are ready. A thread gives its
// CPU up when it waits on a futex or yields, and is taken off it when its time is over or another wakes by interrupt.
// Traps of a thread run on its own trap stack, so a thread that was taken off the CPU is switched like one that waits.
//
// All state here is touched with interrupts off. Lock order: spinlock_mirage.go.

// mOS is what an m has of its own on this system.
type mOS struct {
	thread   *thread
	waitsema uint32 // for semasleep
}

// A thread lives outside the Go heap: trap handlers and other CPUs reach it at any time.
type thread struct {
	_ sys.NotInHeap

	// Known to assembly.
	sp    uintptr       // stack pointer while not running, see switchTo
	tls   uintptr       // amd64: FS base
	onCPU atomic.Uint32 // its registers are on a CPU, not in sp
	_     uint32
	trapg g // the g of its trap handler

	// The word that holds g while it runs (amd64): here and not in the m, because traps and those that take pages away
	// use it, and must not fault.
	gslot uintptr

	m           muintptr
	trapStack   stack   // where its traps run
	g0Stack     stack   // where its m's g0 runs
	home        *vcpu   // the CPU it runs on
	next        *thread // in a run queue, or a list of free ones
	ready       bool    // in its CPU's run queue
	inSignal    bool    // its signal handler runs
	inTrap      bool    // its trap handler runs
	signalTop   uintptr // the top of its signal stack, 0: it takes no signals
	outOfMemory bool    // its signal means that a page could not be had
	record      uintptr // arm64: *syscallRecord, for its next SVC

	// Waiting.
	addr     uintptr // futex it waits on, 0 when none
	waitNext *thread // in its futex bucket
	deadline int64   // nanotime, 0: none
	timeNext *thread // in its CPU's list of deadlines

	pending uint64 // signals sent to it; atomic, see post
}

// vcpu is what belongs to one CPU. The first words are known to assembly.
type vcpu struct {
	_ sys.NotInHeap

	self    *vcpu
	current *thread // the one that runs

	lock        spinlock
	first       *thread // run queue
	last        *thread
	deadlines   *thread // waiting threads, by time
	resched     bool    // switch at the end of this trap
	slice       int64   // when the running thread's time is over
	profileAt   int64   // when the running thread gets SIGPROF, 0: never
	profileLeft int64   // how long before that the CPU became idle
	timerAt     int64   // what the timer is set to, 0: nothing
	idle        *thread // runs when no other can
	idleSince   int64   // when idle began to run last
	idleTime    int64   // how long it has run before that
	id          uint32
	online      atomic.Uint32
	asleep      atomic.Uint32 // idle: forgets pages when it wakes, not when it is asked
	flushed     atomic.Uint32 // the last vmFlush that it has obeyed
	shares      spinlock      // its part of vmLock
	arch        cpuArch
	timers      uint64 // interrupts of its timer, and
	wakes       uint64 // by other CPUs; it alone counts
}

// cpu0 is the boot CPU. It is there from trapInit on.
var cpu0 *vcpu

// cpus are the CPUs that run, by id.
var (
	cpus  [boot.MaxCPUs]*vcpu
	nCPUs int
)

// timeSlice is how long a thread runs while others are ready.
const timeSlice = 2e6

const (
	trapStackSize = 16 << 10
	g0StackSize   = 16 << 10 * sys.StackGuardMultiplier
)

// threads keeps those that no m has any more, with their stacks.
var threads struct {
	lock spinlock
	free *thread
}

// newThread returns a thread of mp for c that is not running. Without mp it is an idle thread.
func newThread(c *vcpu, mp *m) *thread {
	var t *thread
	onTrapStack(func() {
		flags := threads.lock.lock()
		if t = threads.free; t != nil {
			threads.free = t.next
		}
		threads.lock.unlock(flags)
	})
	for t != nil && t.onCPU.Load() != 0 {
		cpuRelax()
	}
	if t == nil {
		t = (*thread)(permanentAlloc(unsafe.Sizeof(thread{})))
	}
	if mp != nil && t.g0Stack.hi == 0 {
		t.g0Stack.lo, t.g0Stack.hi = vmNewStack(g0StackSize)
	}
	t.init(c, mp)
	return t
}

// init makes t, which may have been another's before, a thread of mp on c.
func (t *thread) init(c *vcpu, mp *m) {
	if t.trapStack.hi == 0 {
		t.trapStack.lo, t.trapStack.hi = vmNewStack(trapStackSize)
		t.trapg.stack = t.trapStack
	}
	t.home = c
	t.next = nil
	t.signalTop = 0
	t.inSignal, t.inTrap = false, false
	atomic.Store64(&t.pending, 0)
	t.m.set(mp)
	if mp == nil {
		mp = &m0 // for those who look for an m: throw and print
	}
	setMNoWB(&t.trapg.m, mp)
}

// mpreinit gives mp its thread and its signal stack.
func mpreinit(mp *m) {
	mp.gsignal = malg(32 << 10)
	mp.gsignal.m = mp
	if mp.thread == nil { // the first thread has one from the boot
		mp.thread = newThread(thisCPU(), mp)
	}
	mp.thread.signalTop = mp.gsignal.stack.hi
}

// newosproc makes mp's thread begin in mstart on its g0.
//
//go:nowritebarrier
func newosproc(mp *m) {
	mp.g0.stack = mp.thread.g0Stack
	threadStart(mp)
	onTrapStack(func() { threadReady(mp.thread, false) })
}

// threadReady puts t, which nobody else makes ready, into the run queue of a CPU, at the head if it shall run at once.
//
//go:nowritebarrierrec
func threadReady(t *thread, now bool) {
	c := t.home
	if t.deadline != 0 {
		flags := c.lock.lock()
		c.cancelDeadline(t)
		c.lock.unlock(flags)
	}
	// A thread that another CPU is about to leave stays there: nobody may have to wait for that, or two CPUs could wait
	// for each other.
	if nCPUs > 1 && !c.isIdle() && t.onCPU.Load() == 0 {
		c = idleCPU(c)
		t.home = c
	}
	flags := c.lock.lock()
	t.ready = true
	c.enqueue(t, now)
	self := thisCPU()
	switch {
	case now || c.current == c.idle:
		c.resched = true
		if c != self {
			wakeCPU(c)
		}
	case c.slice == 0 && c != self:
		wakeCPU(c) // its timer is its own
	case c.slice == 0:
		c.slice = nanotime1() + timeSlice
		c.armTimer()
	}
	c.lock.unlock(flags)
}

// isIdle reports whether c has nothing to do. Without the lock it is a hint.
func (c *vcpu) isIdle() bool { return c.current == c.idle && c.first == nil }

// idleCPU returns a CPU that has nothing to do, c if there is none.
func idleCPU(c *vcpu) *vcpu {
	for _, other := range cpus[:nCPUs] {
		if other.isIdle() && other.online.Load() != 0 {
			return other
		}
	}
	return c
}

// steal takes a ready thread of another CPU, nil when there is none.
func (c *vcpu) steal() *thread {
	for i := 1; i < nCPUs; i++ {
		other := cpus[(int(c.id)+i)%nCPUs]
		if other.first == nil {
			continue
		}
		flags := other.lock.lock()
		t := other.first
		if t != nil && t.onCPU.Load() == 0 {
			other.take()
			t.home = c
		} else {
			t = nil // nothing, or one that other is about to leave
		}
		other.lock.unlock(flags)
		if t != nil {
			return t
		}
	}
	return nil
}

// wakeInterrupt is another CPU's wakeCPU: it has put something into the run queue, or begun or ended a profile.
func wakeInterrupt() {
	c := thisCPU()
	c.wakes++
	flags := c.lock.lock()
	if c.first != nil && c.slice == 0 {
		c.slice = nanotime1() + timeSlice
	}
	c.profile()
	c.armTimer()
	c.lock.unlock(flags)
}

// enqueue puts t at the head or the tail of the run queue. The lock is held.
func (c *vcpu) enqueue(t *thread, head bool) {
	t.next = nil
	switch {
	case c.first == nil:
		c.first, c.last = t, t
	case head:
		t.next = c.first
		c.first = t
	default:
		c.last.next = t
		c.last = t
	}
}

// take removes the first ready thread, nil when there is none. The lock is held.
func (c *vcpu) take() *thread {
	t := c.first
	if t == nil {
		return nil
	}
	c.first = t.next
	if c.first == nil {
		c.last = nil
	}
	t.ready = false
	return t
}

// reschedule gives the CPU to the next ready thread, or to idle if there is none and the running one does not want to go
// on (stay is false). Interrupts are off. It returns when this thread runs again, possibly on another CPU.
//
//go:nowritebarrierrec
func reschedule(stay bool) {
	c := thisCPU()
	var stolen *thread
	if c.first == nil && (!stay || c.current == c.idle) {
		stolen = c.steal()
	}
	flags := c.lock.lock()
	c.resched = false
	self := c.current
	next := stolen
	if next == nil {
		next = c.take()
	}
	switch {
	case next == nil && stay:
		next = self
	case next == nil:
		next = c.idle
	case stay && self != c.idle:
		self.ready = true
		c.enqueue(self, false)
	}
	c.slice = 0
	if c.first != nil {
		c.slice = nanotime1() + timeSlice
	}
	c.countIdle(next)
	c.current = next
	c.profile()
	c.armTimer()
	c.lock.unlock(flags)
	if next == self {
		return
	}
	if next.onCPU.Load() != 0 {
		throw("runtime: thread is on another CPU")
	}
	next.onCPU.Store(1)
	c.enter(next)
	switchTo(self, next)
	if self.signalled() {
		interruptSoon()
	}
}

// countIdle accounts for the change from the running thread to next. c is locked.
func (c *vcpu) countIdle(next *thread) {
	switch {
	case c.current == next:
	case c.current == c.idle:
		c.idleTime += nanotime1() - c.idleSince
	case next == c.idle:
		c.idleSince = nanotime1()
	}
}

// busyFor returns how long c has had something to do since the boot. It never goes back. Interrupts are off.
func (c *vcpu) busyFor() int64 {
	flags := c.lock.lock()
	until := c.idleSince
	if c.current != c.idle {
		until = nanotime1()
	}
	t := until - c.idleTime
	c.lock.unlock(flags)
	return t
}

// interruptSoon makes the timer interrupt as soon as interrupts are on: a signal waits for the thread that runs, which
// may not trap for a long time otherwise. Interrupts are off.
func interruptSoon() {
	c := thisCPU()
	flags := c.lock.lock()
	c.timerAt = 1
	timerSet(c.timerAt)
	c.lock.unlock(flags)
}

// idleLoop is the idle thread: it waits for interrupts, which make threads ready.
//
//go:nowritebarrierrec
func idleLoop() {
	for {
		irqDisable()
		c := thisCPU()
		reschedule(true)
		c.asleep.Store(1)
		if c.first == nil {
			irqWaitAndEnable()
			irqDisable()
		}
		c.asleep.Store(0)
		flushIfAsked()
		irqEnable()
	}
}

//go:nosplit
func osyield() { onTrapStack(func() { reschedule(true) }) }

//go:nosplit
func osyield_no_g() { osyield() }

// Deadlines: a list by time. Few threads sleep at once, those of an idle process and sysmon.

// setDeadline lets t be woken at time at. The lock is held.
func (c *vcpu) setDeadline(t *thread, at int64) {
	t.deadline = at
	p := &c.deadlines
	for *p != nil && (*p).deadline <= at {
		p = &(*p).timeNext
	}
	t.timeNext = *p
	*p = t
	c.armTimer()
}

// cancelDeadline takes t out of the list if it is in it. The lock is held.
func (c *vcpu) cancelDeadline(t *thread) {
	if t.deadline == 0 {
		return
	}
	t.deadline = 0
	for p := &c.deadlines; *p != nil; p = &(*p).timeNext {
		if *p == t {
			*p = t.timeNext
			t.timeNext = nil
			return
		}
	}
}

// armTimer sets the CPU's timer to the next thing that time brings: tickless. The lock is held.
func (c *vcpu) armTimer() {
	t := c.slice
	if d := c.deadlines; d != nil && (t == 0 || d.deadline < t) {
		t = d.deadline
	}
	if p := c.profileAt; p != 0 && (t == 0 || p < t) {
		t = p
	}
	if t != c.timerAt {
		c.timerAt = t
		timerSet(t)
	}
}

// timerInterrupt wakes the threads whose deadline has come and ends the running thread's time if it is over.
//
//go:nowritebarrierrec
func timerInterrupt() {
	c := thisCPU()
	c.timers++
	now := nanotime1()
	for {
		flags := c.lock.lock()
		t := c.deadlines
		if t == nil || t.deadline > now {
			if c.slice != 0 && c.slice <= now {
				c.slice = 0
				c.resched = true
			}
			c.profileTick(now)
			c.timerAt = 0
			c.armTimer()
			c.lock.unlock(flags)
			return
		}
		c.cancelDeadline(t)
		c.lock.unlock(flags)
		futexTimeout(t)
	}
}

// threadExit ends the running thread, whose m is gone already.
//
//go:nosplit
func threadExit() {
	onTrapStack(func() {
		c := thisCPU()
		self := c.current
		flags := threads.lock.lock()
		self.next = threads.free
		threads.free = self // whoever takes it waits until this CPU has left it
		threads.lock.unlock(flags)
		flags = c.lock.lock()
		c.countIdle(c.idle)
		c.current = c.idle
		c.lock.unlock(flags)
		c.idle.onCPU.Store(1)
		c.enter(c.idle)
		exitTo(self, c.idle)
	})
}

// mdestroy is the last that is heard of mp. Traps of its thread find none from here on.
func mdestroy(mp *m) { mp.thread.m = 0 }

// exitThread is for threads whose stack is the heap's.
func exitThread(*atomic.Uint32) { throw("runtime: unused") }

// onTrapStack calls f on the running thread's trap stack, as its trapg, with interrupts off. What takes a spinlock outside
// of trap handlers does it this way: the runtime waits and wakes where there is little stack left, and a fault on an
// ordinary stack, whose next page may not be there yet, would wait for the lock for ever. f must not fault; what it
// captures lies on pages that the caller has touched. In a trap handler, and before there are traps, it just calls f.
//
//go:noescape
func onTrapStack(f func())

// trapsReady says that onTrapStack has a stack to go to.
var trapsReady bool

// switchTo saves the running thread's stack pointer in from.sp and goes on with to.
func switchTo(from, to *thread)

// exitTo goes on with to for good.
func exitTo(from, to *thread)
