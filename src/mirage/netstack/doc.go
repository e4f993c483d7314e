// Package netstack is for programs that want less than sockets. On GOOS=mirage it is the machine's own network stack:
// what comes is handed to the program where it lies in the card's memory, and what the program answers is written where
// the card takes it from. On any other system the same source runs on the system's sockets.
package netstack
