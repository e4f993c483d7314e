package balloon

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/irq"
)

const (
	// PageSize is the unit of targets, whatever the page size.
	PageSize = 4096
	// BlockPages is how many pages a block of memory has: 2 MiB, the most that is moved at once.
	BlockPages = 512
)

// ErrLater says that the host does not give pages back now. They stay in the balloon.
var ErrLater = errors.New("balloon: the host has no memory now")

// retry is how long to wait for memory that the program cannot spare now, or the host.
const retry = clock.Second

// A Memory is the machine's physical memory, as package machine gives it. Addresses are physical.
type Memory interface {
	// Inflate moves at most so many contiguous free pages into the balloon, up to a block, and returns where they are
	// and how many: 0 when the program needs what is free.
	Inflate(most int) (addr uint64, pages int)
	// Deflate takes a whole block out of the balloon, 0 when there is none.
	Deflate() (addr uint64)
	// Freed frees what Deflate returned, or pages of Inflate that are less than a block.
	Freed(addr uint64, pages int)
	// SetReclaimable says whether the program may have blocks of the balloon before the host knows.
	SetReclaimable(bool)
	// Reclaimed returns a block that it has taken so, 0 when there is none.
	Reclaimed() (addr uint64)
	// Resized says that the balloon has another size and will keep it for a while.
	Resized()
	// Trim makes memory free that the program has and does not need.
	Trim()
}

// A Host is who wants the memory.
type Host interface {
	// Wanted is how many pages it wants in the balloon.
	Wanted() int
	// Take gives it contiguous pages that are in the balloon now.
	Take(addr uint64, pages int) error
	// Give has it give such pages back; the error is ErrLater when it cannot.
	Give(addr uint64, pages int) error
	// Has is told how many pages are in the balloon, after each change.
	Has(pages int)
}

// A run is contiguous pages in the balloon that Memory does not keep for us.
type run struct {
	addr  uint64
	pages int
}

// A Target is what the host wants in the balloon, and what is there. Only its goroutine touches it, but for Changed and Retry.
type Target struct {
	Changed *irq.Event // raised when there may be something to do, closed when it is over
	Retry   int64      // nanoseconds; before Run

	host   Host
	memory Memory
	pages  int   // in the balloon, as the host knows
	runs   []run // of them
	asked  int   // the target for which the program was last asked to give memory up
	later  *clock.Timer
}

// New returns a target of nothing.
func New(memory Memory, host Host) *Target {
	return &Target{Changed: irq.NewEvent(), Retry: retry, host: host, memory: memory}
}

// Run is the target's goroutine. It ends with an error of the host's, or nil when Changed is closed. What is in the balloon then
// stays there: nobody can be sure that the host gives it back.
func (t *Target) Run() error {
	for t.Changed.Wait() {
		was := t.pages
		if err := t.follow(); err != nil {
			return err
		}
		if t.pages != was {
			t.memory.Resized()
		}
	}
	return nil
}

// follow moves pages until the balloon is as large as the host wants it, or as the program allows.
func (t *Target) follow() error {
	for {
		if err := t.tellReclaimed(); err != nil {
			return err
		}
		want, moved, err := t.host.Wanted(), false, error(nil)
		switch missing := want - t.pages; {
		case missing > 0:
			moved, err = t.grow(want, missing)
		case missing < 0:
			moved, err = t.shrink()
		}
		if err == ErrLater {
			t.again()
			return nil
		}
		if err != nil || !moved {
			return err
		}
		t.host.Has(t.pages)
	}
}

// grow moves pages into the balloon. Only then they are named to the host.
func (t *Target) grow(want, missing int) (moved bool, err error) {
	addr, n := t.memory.Inflate(min(missing, BlockPages))
	if n == 0 && t.asked != want {
		t.asked = want
		t.memory.Trim()
		addr, n = t.memory.Inflate(min(missing, BlockPages))
	}
	if n == 0 {
		t.again()
		return false, nil
	}
	t.pages += n
	if n < BlockPages {
		t.runs = append(t.runs, run{addr, n})
	}
	return true, t.host.Take(addr, n)
}

// again has the target looked at later.
func (t *Target) again() {
	if t.later == nil {
		t.later = clock.AfterFunc(t.Retry, t.Changed.Raise)
	} else {
		t.later.Reset(t.Retry)
	}
}

// shrink takes pages out of the balloon: a run, or a block, of which some go back in if that was too much.
func (t *Target) shrink() (moved bool, err error) {
	r := run{pages: BlockPages}
	if n := len(t.runs); n > 0 {
		r = t.runs[n-1]
		t.runs = t.runs[:n-1]
	} else if r.addr = t.memory.Deflate(); r.addr == 0 {
		return false, nil // the program has taken it meanwhile
	}
	if err := t.host.Give(r.addr, r.pages); err != nil {
		t.runs = append(t.runs, r)
		return false, err
	}
	t.pages -= r.pages
	t.memory.Freed(r.addr, r.pages)
	return true, nil
}

// tellReclaimed tells the host of blocks that the program has taken.
func (t *Target) tellReclaimed() error {
	for {
		addr := t.memory.Reclaimed()
		if addr == 0 {
			return nil
		}
		t.pages -= BlockPages
		if err := t.host.Give(addr, BlockPages); err != nil {
			return err
		}
		t.host.Has(t.pages)
	}
}
