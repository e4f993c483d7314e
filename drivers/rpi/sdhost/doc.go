// Package sdhost drives the BCM2835's other controller for SD cards, SDHOST, for package sd. There is no manual of it; what is known
// stands in Linux, drivers/mmc/host/bcm2835.c, whose names registers have here. Words are moved by the CPU.
package sdhost
