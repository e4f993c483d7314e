// Package sd is SD cards (SD Physical Layer Simplified Specification 6.00, "PL"), whatever controller they are behind: emmc and
// sdhost implement Host. A Card is a device.Block.
//
// One request at a time. Cards of all capacities that have a data bus of four bits; no faster modes than 25 MHz, no eMMC.
package sd
