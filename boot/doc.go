// Package boot reads what a loader hands over: the PVH start info, the memory map, the command line.
//
// The runtime imports it and calls it before there is a heap, so it allocates nothing, imports nothing, and works
// on physical memory as a slice whose bounds stop it. What a loader says is checked. It never touches a device.
package boot
