// Package cdc drives network cards of the USB's own classes: the Ethernet Control Model (USB-IF, "ECM" 1.2), where a transfer is a
// frame, and the Network Control Model ("NCM" 1.0), where it is a block of them. Telephones, gadgets and many adapters are such
// cards, and QEMU's usb-net may be one. Package ether makes the card.
package cdc
