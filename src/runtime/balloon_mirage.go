//go:build mirage

package runtime

import "internal/runtime/atomic"

// What physical memory the host gets back, in two ways. It may want some for itself: then the balloon takes it from the
// program, until the host wants less. And it may be told of blocks that nobody uses: they stay free, but cost the host
// nothing until they are taken again. A driver speaks to the host (drivers/virtio/balloon); here is only which pages it
// may speak of. All state is guarded by physAlloc.lock.

type blockState uint32

const (
	blockUnused    blockState = 1 << iota // free, and the host has taken its memory
	blockInBalloon                        // the balloon has it; not free
	blockReclaimed                        // taken out of the balloon for want of memory; the host does not know yet
)

// A physBalloon is what the host has of our memory.
type physBalloon struct {
	blocks    uint32        // list of blocks in the balloon
	pages     uint64        // in the balloon, in blocks or not
	mayTake   bool          // the program may take blocks out of the balloon without asking the host
	reclaimed int           // blocks with blockReclaimed
	news      atomic.Uint32 // a block became free or was reclaimed since balloonNews looked
	line      atomic.Int32  // which is fired at news; -1: none
}

func (b *physBalloon) init() {
	b.blocks = physNone
	b.line.Store(-1)
}

// balloonFloor is how many pages the balloon leaves to the program.
func balloonFloor() uint64 { return max(physAlloc.total/16, 2*pagesInBlock) }

// balloonInflate moves at most n contiguous free pages into the balloon, and returns where they are and how many. There
// are none when the program needs what is free.
func balloonInflate(n uintptr) (pa, taken uintptr) {
	a := &physAlloc
	flags := a.lock.lock()
	mayTake := a.balloon.mayTake
	a.balloon.mayTake = false // not from itself
	for n = min(n, pagesInBlock); n > 0 && taken == 0; n /= 2 {
		if a.free < uint64(n)+balloonFloor() {
			continue
		}
		if pa = physTake(n); pa == 0 {
			continue
		}
		taken = n
		a.balloon.pages += uint64(n)
		if n == pagesInBlock {
			i := uint32((pa - a.base) / pageSize2M)
			b := &a.blocks[i]
			if b.state&blockReclaimed != 0 {
				a.balloon.reclaimed-- // it was never out, as far as the host knows
			}
			b.state = blockInBalloon
			physLink(i)
		}
	}
	a.balloon.mayTake = mayTake
	a.lock.unlock(flags)
	return pa, taken
}

// balloonDeflate takes a block out of the balloon, 0 when there is none. Once the host knows, balloonFree frees it.
func balloonDeflate() (pa uintptr) {
	a := &physAlloc
	flags := a.lock.lock()
	if i := a.balloon.blocks; i != physNone {
		pa = balloonRemove(i)
	}
	a.lock.unlock(flags)
	return pa
}

// balloonFree frees n pages that were in the balloon.
func balloonFree(pa, n uintptr) {
	a := &physAlloc
	if n < pagesInBlock {
		flags := a.lock.lock()
		a.balloon.pages -= uint64(n)
		a.lock.unlock(flags)
	}
	physFree(pa, n)
}

// balloonRemove takes block i out of the balloon, with the lock held.
func balloonRemove(i uint32) (pa uintptr) {
	a := &physAlloc
	physUnlink(i)
	a.blocks[i].state &^= blockInBalloon
	a.balloon.pages -= pagesInBlock
	return a.base + uintptr(i)*pageSize2M
}

// balloonReclaim makes a block of the balloon free because memory is short, and reports whether there was one that the
// program may have. The lock is held.
func balloonReclaim() bool {
	a := &physAlloc
	i := a.balloon.blocks
	if !a.balloon.mayTake || i == physNone {
		return false
	}
	balloonRemove(i)
	b := &a.blocks[i]
	for w := range b.bits {
		b.bits[w] = ^uint64(0)
	}
	b.free = pagesInBlock
	a.free += pagesInBlock
	b.state |= blockReclaimed
	a.balloon.reclaimed++
	a.balloon.news.Store(1)
	physLink(i)
	return true
}

// physAvailable is how many pages the program can have. Without the lock it is a hint.
func physAvailable() (pages uint64) {
	a := &physAlloc
	pages = a.free
	if a.balloon.mayTake {
		pages += a.balloon.pages
	}
	return pages
}

// balloonReclaimed returns a block that was taken out of the balloon and that the host is to be told of, 0 when there is
// none.
func balloonReclaimed() (pa uintptr) {
	a := &physAlloc
	flags := a.lock.lock()
	for i := 0; i < len(a.blocks) && a.balloon.reclaimed > 0; i++ {
		if b := &a.blocks[i]; b.state&blockReclaimed != 0 {
			b.state &^= blockReclaimed
			a.balloon.reclaimed--
			pa = a.base + uintptr(i)*pageSize2M
			break
		}
	}
	a.lock.unlock(flags)
	return pa
}

// unusedTake takes free blocks that the host does not know to be unused out of the allocator, so that it can be told. Not
// many at a time: meanwhile the program cannot have them.
func unusedTake(to []uint64) (n int) {
	a := &physAlloc
	flags := a.lock.lock()
	most := min(uint64(len(to)), a.free/(16*pagesInBlock))
	for uint64(n) < most && a.whole != physNone {
		to[n] = uint64(physTakeFrom(a.whole, 0, pagesInBlock))
		n++
	}
	a.lock.unlock(flags)
	return n
}

// unusedGive gives them back. Now the host knows.
func unusedGive(from []uint64) {
	a := &physAlloc
	for _, pa := range from {
		flags := a.lock.lock()
		a.blocks[(uintptr(pa)-a.base)/pageSize2M].state |= blockUnused
		a.lock.unlock(flags)
		physFree(uintptr(pa), pagesInBlock)
	}
}

// balloonNews fires the line if there is something to do for who waits on it. It is called without locks.
func balloonNews() {
	b := &physAlloc.balloon
	if line := b.line.Load(); line >= 0 && b.news.Load() != 0 && b.news.Swap(0) != 0 {
		onTrapStack(func() { irqFire(uint32(line)) })
	}
}
