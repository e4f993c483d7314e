// Package usb is a host's side of the Universal Serial Bus (USB 2.0): it finds devices, behind hubs too, gives them addresses,
// reads their descriptors, and starts drivers for them.
//
// A controller (dwc2) implements Host; drivers (cdc, rndis, smsc95xx, storage, keyboard) are functions that look at a device's descriptors
// and take it. Package board joins the two. What a driver does is to call Device.Control and Pipe.Transfer, each of which blocks
// its goroutine until the transfer is over.
//
// A device is not trusted: descriptors are checked (each has a fuzz target), their number and size is bounded, and so are hubs,
// ports and addresses. One that is unplugged, in the middle of a transfer or not, makes all transfers with it end with ErrGone;
// there is nothing else to clean up. Isochronous transfers are not there.
package usb
