// Package smsc95xx drives Microchip's network cards for the USB: the LAN9512 and LAN9514 of a Raspberry Pi 2 and 3, and the LAN9500,
// LAN9500A and LAN9530 of adapters. Registers are those of Microchip's LAN9500/LAN9500i data sheet ("DS"), chapter 5.3 and 5.4,
// with the LAN9514's; what the data sheet of the latter leaves out, Linux has in drivers/net/usb/smsc95xx.h. Package ether makes
// the card.
//
// Registers are read and written by vendor requests. The carrier is asked for once a second: the card's interrupt pipe would be
// asked a thousand times in that time.
package smsc95xx
