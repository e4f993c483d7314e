// Package xen boots images as guests of Xen: QEMU emulates a PC or an arm64 machine, on which the real hypervisor runs with a
// Linux as its first domain, dom0, which has the guests' back ends and talks to them.
//
// All of that is made of Debian 12's packages, which apt-get downloads once into the user's cache folder; none is installed.
// Where there is no such apt-get the tests are skipped. Emulation of a PC that runs a hypervisor is slow: all guests of a
// test run in one boot, one after the other.
//
// dom0/init is dom0's only program besides the toolstack; what it reports are lines that begin with LAB.
package xen
