// Package gicv2m drives GICv2m frames, which turn the messages of PCI devices into shared peripheral interrupts of a GICv2
// (Arm Server Base System Architecture, appendix on GICv2m).
//
// Package board opens the frame that the device tree names, and gives it to package irq as the source of messages.
package gicv2m
