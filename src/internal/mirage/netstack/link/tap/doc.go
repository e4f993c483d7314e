// Package tap is a card on a Linux host's tap device, by which the stack speaks to real networks in tests and in
// programs that are built for Linux. It is empty on every other system.
package tap
