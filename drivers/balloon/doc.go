// Package balloon is the policy of a memory balloon, whose ever it is: memory that the host wants for itself, as far as the
// program can spare it.
//
// Drivers of balloons call it, with the host as they talk to it, and the machine's memory as package board has it. One goroutine
// follows the host's target. A page is named to the host only once it is in the balloon, and is used only when the host has
// given it back.
package balloon
