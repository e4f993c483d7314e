// Package button drives what a monitor presses to ask a machine to end: the power button of an ACPI PC (pm1.go), the event
// register of a machine with hardware-reduced ACPI (ged.go), and a key at a pin of Arm's PL061 (pl061.go).
//
// Package board finds out which of them there is and says what to do when it is pressed. Nothing here turns a machine off.
package button
