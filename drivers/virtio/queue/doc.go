// Package queue is the driver's side of a split virtqueue (virtio 1.2 section 2.7), with indirect descriptors and the
// event index. It knows memory and a function that notifies the device, no transport and no device.
//
// Virtio drivers call it. They add chains of buffers with a token of their own, flush, and get the tokens back with the
// number of bytes that the device wrote. A queue is for one goroutine at a time; drivers lock.
//
// The device is not trusted. All that the driver must remember it keeps in memory of its own; what the
// device writes (the used ring, the event index) is read once, checked, and only then used. The first violation
// marks the queue broken for good: nothing that was read with it is handed on, Add and Used answer false, and Err says
// what it was. Nothing that a device does makes a queue panic, loop, or return a buffer twice.
package queue
