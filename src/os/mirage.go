//go:build mirage

package os

// Every program that links package os has the library OS below it; nothing else in the standard library imports it.
import _ "internal/mirage/linuxabi"
