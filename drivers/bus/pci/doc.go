// Package pci finds the functions on a PCI bus and makes them ready for their drivers: configuration space by ECAM or
// by the ports of PCs, bridges, base addresses, capabilities, MSI-X and the routing of interrupt pins.
//
// Package board makes a Host of what the firmware tables say and calls Scan; virtio's PCI transport uses the functions.
// Where there is no firmware (Host.Windows is given), Scan numbers the buses and assigns the base addresses; where there
// is, it takes what the firmware did. What a device says in its configuration space is checked: lists
// that loop end, sizes are powers of two, tables lie in their base address's range.
//
// It drives no device, and does no hot-plug, no I/O space, no power management and no error reporting.
//
// Sections are those of the PCI Local Bus Specification 3.0 (PCI), the PCI-to-PCI Bridge Architecture Specification 1.2
// (bridge) and the PCI Express Base Specification 3.0 (PCIe).
package pci
