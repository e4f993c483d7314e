package device

// A Board is a computer whose firmware answers questions about it.
type Board interface {
	// Model is the board's name, Revision its revision code, Serial its number.
	Model() string
	Revision() uint32
	Serial() uint64
	// Property asks the firmware for a property by its number: values are what the request has and become what the answer has.
	Property(tag uint32, values []uint32) error
	// Watchdog has the board reset when it is not called again within so many nanoseconds; 0: not any more.
	Watchdog(ns int64) error
	// Restart resets the board.
	Restart()
}

// Pull is the resistor at a pin.
type Pull uint8

// The pulls.
const (
	PullOff Pull = iota
	PullDown
	PullUp
)

// Edges is a set of changes of a pin.
type Edges uint8

// The edges.
const (
	Rising Edges = 1 << iota
	Falling
)

// Pins are a controller of general-purpose pins. Numbers of pins are below Count: a caller has checked that.
type Pins interface {
	Count() int
	// Function is what the pin is for, by the controller's own number: 0 is input, 1 output.
	Function(pin int) uint8
	SetFunction(pin int, f uint8)
	Level(pin int) bool
	SetLevel(pin int, high bool)
	SetPull(pin int, p Pull)
	// Watch has f called, in the controller's goroutine, each time the pin changes so; it must not block. nil: not any more.
	Watch(pin int, e Edges, f func()) error
	// PWM makes the pin a pulse that is high for duty of period nanoseconds.
	PWM(pin int, period, duty int64) error
}

var (
	boards list[Board]
	pins   list[Pins]
)

// AddBoard makes b known.
func AddBoard(b Board) { boards.add(b) }

// EachBoard calls f for the board, now or once it is known.
func EachBoard(f func(Board)) { boards.each(f) }

// AddPins makes p known.
func AddPins(p Pins) { pins.add(p) }

// EachPins calls f for each controller of pins, those known now and those that come later.
func EachPins(f func(Pins)) { pins.each(f) }
