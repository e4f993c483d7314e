// Package mmio is virtio over memory-mapped registers (virtio 1.2 section 4.2), version 2 and the legacy version 1 that
// QEMU gives its virtio-*-device devices.
//
// Package board opens a Transport for each range of registers that the device tree, ACPI or the command line names, and
// hands it to a driver through package virtio. It knows no kind of device.
//
// One interrupt serves the queues and the configuration. Its handler reads why, acknowledges, and wakes whom it concerns.
package mmio
