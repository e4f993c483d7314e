// Package framebuffer shows text on a Raspberry Pi's screen. The firmware makes the picture's memory and says where it is: Raspberry Pi
// firmware wiki, "Mailbox property interface", frame buffer.
//
// A Screen is a device.Screen, which has what the program's console has; and the runtime writes there what it writes when nothing else
// works any more, a panic among it. What is drawn then must neither allocate, nor block, nor trust that nobody else draws.
package framebuffer
