// Package dwc2 drives the USB controller of a Raspberry Pi 0 to 3, and the second one of a 4: Synopsys' DesignWare Hi-Speed USB 2.0
// On-The-Go core, as a host, with its own DMA.
//
// Its databook is not public. Registers and rules are cited from descriptions of chips that have the core: the Reference Manual
// of STM32F4 (RM0090), section 35, by whose names they go, and the comments of Linux's drivers/usb/dwc2. Bits in which the BCM2835
// differs are in BCM2835 ARM Peripherals, 15.
//
// The core has a number of host channels. A transfer takes one, fills in its registers, and waits until the channel halts; the
// core does the packets, their acknowledgement and the retries of bulk and control transfers by itself. A device of low or full
// speed behind a hub of high speed is reached by split transactions (USB 2.0, 11.14), packet by packet, which the driver paces.
//
// Package usb calls it. It knows no device but the one port that the core has.
package dwc2
