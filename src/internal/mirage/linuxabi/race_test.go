//go:build race && !mirage

package linuxabi

const raceEnabled = true
