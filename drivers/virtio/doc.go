// Package virtio sets virtio devices up (virtio 1.2 chapters 2 and 3), the same for every device and every transport.
//
// A transport (packages mmio and pci below) gives the registers of chapter 4 as a Transport. A driver (net, rng, console)
// calls Open with the features that it knows, makes its queues, and starts. Package board joins the two. What only one
// kind of device has is in its driver.
//
// A device that does what it must not is failed: it is reset, said once, and never used again. Its memory is never reused,
// because nobody can be sure that it has stopped writing there.
package virtio
