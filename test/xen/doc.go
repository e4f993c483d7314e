// Package xen boots images as guests of Xen: QEMU emulates a PC or an arm64 machine with the real hypervisor and a dom0, which
// misc/xen makes; what dom0/init there reports are lines that begin with LAB.
//
// Where the hypervisor's packages cannot be had the tests are skipped. Emulation of a PC that runs a hypervisor is slow: all guests
// of a test run in one boot, one after the other.
package xen
