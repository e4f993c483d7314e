// Package keyboard drives keyboards on the USB by their boot protocol: Device Class Definition for Human Interface Devices 1.11
// ("HID"), appendix B; keys have the numbers of HID Usage Tables 1.12, section 10.
//
// A key becomes the bytes that a terminal sends for it, in the layout of the United States, again and again while it is held down;
// whoever reads standard input gets them beside those of the serial port. Ctrl-Alt-Delete asks the program to end. A report is eight
// bytes of which nothing is trusted: a key number that is not in the table is none.
package keyboard
