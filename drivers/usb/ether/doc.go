// Package ether makes a network card (device.NIC) of a USB device that has a pipe for each direction. What is written around the
// frames in a transfer, a Framing says: cdc, rndis and smsc95xx have theirs.
//
// Receiving is two goroutines, one that keeps the device's pipe busy and one that hands frames on. Sending is one, which takes
// frames from a queue. When the device is unplugged the card has no carrier; one with the same hardware address that is plugged in
// later carries on as the same card, so that the program's addresses and connections stay.
package ether
