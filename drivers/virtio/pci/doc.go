// Package pci is virtio over PCI (virtio 1.2 section 4.1) with the registers of virtio 1.0 and later. Transitional devices
// have those too and are used through them; a device with the legacy registers alone is refused.
//
// Package board opens a Transport for each function that Is one, and hands it to a driver through package virtio. It knows
// no kind of device.
//
// Interrupts are MSI-X: a vector for the configuration and one for each queue when there are as many, else one for all
// queues, else one for all. A function without MSI-X uses its pin, where the bus knows what that leads to.
package pci
