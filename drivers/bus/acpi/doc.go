// Package acpi reads the ACPI tables that say what a PC has: interrupt controllers, PCI configuration space, how to turn
// it off, and of the devices in the namespace those that are simple enough to be read without interpreting it.
//
// Package board calls it. Lengths and checksums of tables are verified and nothing is read outside of a table. AML is never
// run: a few patterns are looked for in it, with bounds (see aml.go). It touches no register.
//
// Sections are those of the ACPI Specification 6.4, and of the PCI Firmware Specification 3.2 for MCFG.
package acpi
