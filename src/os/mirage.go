//go:build mirage

package os

// Every program that links package os has the library OS and its drivers below it; nothing else in the standard library
// imports them.
import (
	_ "internal/mirage/board"
	_ "internal/mirage/linuxabi"
)
