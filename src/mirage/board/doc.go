// Package board tells of the board that the program runs on, and resets it: a Raspberry Pi with GOOS=mirage, or with Linux, whose
// files say the same but for Property and the watchdog.
package board
