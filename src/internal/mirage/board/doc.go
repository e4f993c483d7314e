// Package board finds out which devices the machine has and starts their drivers. It is the only importer of drivers.
//
// Package os imports it on mirage, and so every program that links os has it: what it does, it does while packages are
// initialized. It reads what the boot protocol handed over (package machine), in this order:
//
//	amd64: ACPI tables, for interrupt controllers, power, its button and PCI; virtio devices of the command line and of ACPI; PCI; COM1.
//	On Xen, after the interrupt controllers: the PV console, and the xenstore for requests to end, network cards and disks; nothing else.
//	arm64: the device tree, for the message frame of the interrupt controller and the power key; the PL011; on Xen what is said
//	above; virtio devices; PCI.
//
// and on both starts sources of randomness first, then cards and consoles. A device that cannot be started is said on the
// console of last resort and left out; nothing here stops the boot.
package board
