// Package mailbox asks a Raspberry Pi's firmware for properties: clocks, power, temperature, serial number, hardware address
// (raspberrypi/firmware wiki, "Mailboxes", "Accessing mailboxes", "Mailbox property interface").
//
// A request is a buffer in memory that the GPU reads and writes, whose address goes through the mailbox. One request at a time;
// its answer takes some ten to some hundred microseconds, and is polled for.
package mailbox
