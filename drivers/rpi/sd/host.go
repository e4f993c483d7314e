package sd

import (
	"errors"
	"internal/mirage/clock"
)

// What a controller may say of a command or of data.
var (
	ErrTimeout = errors.New("sd: the card does not answer in time")
	ErrCard    = errors.New("sd: the card's answer, or its data, came with errors")
)

// An Answer is the kind of a command's: PL, 4.9.
type Answer uint8

// The kinds. R6 and R7 look like R1.
const (
	None Answer = iota
	R1
	R1b // the card is busy for a while
	R2  // 136 bits
	R3  // without a checksum
)

// A Command is one of the card's: PL, 4.7.4.
type Command struct {
	Index    uint8
	Answer   Answer
	HasData  bool // blocks, of which Host.Move moves all that Host.Begin said
	FromCard bool
}

// A Host is a controller for cards.
type Host interface {
	// Reset makes the controller what it was at the start, with the card's power on and a clock of SlowHz.
	Reset() error
	// SetClock gives the card a clock of hz or a little less.
	SetClock(hz uint32) error
	// Widen has data use four wires.
	Widen()
	// Begin says how many blocks the next command with data is for.
	Begin(blocks int)
	// Send sends a command, and returns the answer, the lowest bits first: 32 of them, or those from the eighth on of 136.
	Send(c Command, arg uint32) ([4]uint32, error)
	// Move moves the blocks of the command that was sent, and stops the card.
	Move(p []byte, fromCard bool) error
	// Forget has the controller forget a transfer that failed, and stops the card.
	Forget() error
}

// Units and clocks.
const (
	BlockSize = 512
	MaxBlocks = 128     // of one command
	SlowHz    = 400_000 // PL, 6.4.1: until the card is known
	fastHz    = 25_000_000
)

// Stop ends a transfer of many blocks: PL, 4.3.3.
var Stop = Command{Index: 12, Answer: R1b}

// Poll asks until it is so, a second at most, and reports whether it is: at once some times, for most waits are short, and then with
// pauses.
func Poll(isSo func() bool) bool {
	for range 200 {
		if isSo() {
			return true
		}
	}
	t, over := clock.NewTimer(clock.Second)
	defer t.Stop()
	for !isSo() {
		select {
		case <-over:
			return isSo()
		default:
			clock.Sleep(20e3)
		}
	}
	return true
}
