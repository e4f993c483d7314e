//go:build mirage

package board

import (
	"internal/mirage/device"
	"sync"
	"time"
)

// here is the board, nil when there is none: it is found before main starts.
var here = sync.OnceValue(func() (found device.Board) {
	device.EachBoard(func(b device.Board) { found = b })
	return found
})

// Model is the board's name, empty when it is not known.
func Model() string {
	if b := here(); b != nil {
		return b.Model()
	}
	return ""
}

// Revision is the board's revision code, 0 when there is none.
func Revision() uint32 {
	if b := here(); b != nil {
		return b.Revision()
	}
	return 0
}

// Serial is the board's number, 0 when there is none.
func Serial() uint64 {
	if b := here(); b != nil {
		return b.Serial()
	}
	return 0
}

// Temperature is the chip's, in degrees Celsius.
func Temperature() (float64, error) {
	v := []uint32{0, 0}
	err := Property(tagTemperature, v)
	return float64(v[1]) / 1000, err
}

// Property asks the firmware for a property by its tag: values are what the request has and become what the answer has.
func Property(tag uint32, values []uint32) error {
	b := here()
	if b == nil {
		return ErrNone
	}
	return b.Property(tag, values)
}

// Watchdog has the board reset unless it is called again within a time, at most 15 seconds; 0: not any more.
func Watchdog(d time.Duration) error {
	b := here()
	if b == nil {
		return ErrNone
	}
	return b.Watchdog(int64(d))
}

// Restart resets the board at once. It returns only if there is none.
func Restart() error {
	b := here()
	if b == nil {
		return ErrNone
	}
	b.Restart()
	select {}
}
