package device

import "errors"

// A Block is a disk: numbered bytes that stay, moved in whole sectors. All methods may be called from any goroutine, and many
// at a time; what is under way at the same time is done in no particular order.
type Block interface {
	// Name is what Linux would call the disk, such as vda.
	Name() string

	// Geometry says what the disk is now: its size may change.
	Geometry() Geometry

	// ReadAt fills p with what is on the disk from off on. Here as below, offsets and lengths are whole sectors within the
	// disk; another one is ErrRange.
	ReadAt(p []byte, off int64) error

	// WriteAt writes p to the disk. When it returns, ReadAt sees it; a crash of the host may still lose it until Flush.
	WriteAt(p []byte, off int64) error

	// Flush makes what WriteAt and Zero had written when it was called survive a crash.
	Flush() error

	// Discard says that nobody needs the n bytes at off any more: what is read there afterwards is anything.
	Discard(off, n int64) error

	// Zero makes the n bytes at off zero, without moving them. The disk may give up the room if free is set.
	Zero(off, n int64, free bool) error
}

// A Geometry is what a disk says of itself. Lengths are bytes.
type Geometry struct {
	Size     int64
	Sector   int    // the unit of reading and writing: a power of 2, at least 512
	Physical int    // what the disk really writes at a time, a multiple of Sector
	Optimal  int    // the length of requests that suits it best, 0 if it does not say
	Serial   string // its name, if it has one

	ReadOnly bool
	Volatile bool // it has a cache that a crash empties: Flush means something

	MaxDiscard  int64 // that one request discards; 0: Discard is ErrUnsupported
	DiscardUnit int   // discarding is of use in multiples of it
	CanZero     bool  // else Zero is ErrUnsupported
}

// What a disk may answer. Drivers may say more with errors that wrap these.
var (
	ErrIO          = errors.New("the disk reports an error: the data is not read or not written; see the host's log")
	ErrUnsupported = errors.New("the disk cannot do that")
	ErrReadOnly    = errors.New("the disk is read-only: attach it writable")
	ErrRange       = errors.New("not whole sectors of the disk")
	ErrNoSpace     = errors.New("the host has no room for what was written: make room there")
	ErrGone        = errors.New("the disk has failed or is gone: what it said of that is on the console")
)
