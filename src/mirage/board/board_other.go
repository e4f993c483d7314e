//go:build !mirage

package board

import (
	"os"
	"strconv"
	"strings"
	"time"
)

const tree = "/proc/device-tree/"

// text is what a file says, without the NUL or the end of line that it ends with.
func text(name string) string {
	b, _ := os.ReadFile(name)
	return strings.TrimRight(string(b), "\x00\n")
}

// Model is the board's name, empty when it is not known.
func Model() string { return text(tree + "model") }

// Revision is the board's revision code, 0 when there is none.
func Revision() uint32 {
	b, err := os.ReadFile(tree + "system/linux,revision")
	if err != nil || len(b) != 4 {
		return 0
	}
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

// Serial is the board's number, 0 when there is none.
func Serial() uint64 {
	n, _ := strconv.ParseUint(text(tree+"serial-number"), 16, 64)
	return n
}

// Temperature is the chip's, in degrees Celsius.
func Temperature() (float64, error) {
	n, err := strconv.Atoi(text("/sys/class/thermal/thermal_zone0/temp"))
	if err != nil {
		return 0, ErrNone
	}
	return float64(n) / 1000, nil
}

// Property fails: Linux lets nobody ask by this way.
func Property(tag uint32, values []uint32) error { return ErrNone }

// Watchdog fails: Linux has /dev/watchdog.
func Watchdog(d time.Duration) error { return ErrNone }

// Restart fails: it is not the program's to do.
func Restart() error { return ErrNone }
