// Command mirage boots programs that were built with GOOS=mirage.
//
//	mirage run [flags] PACKAGE-or-IMAGE [arguments]
//	mirage image [flags] PACKAGE-or-IMAGE [arguments]
//	mirage flash card.img DISK
//	mirage doctor
//
// run builds the package, if it is one, or gets it as `go install` does, if it is PATH@VERSION, makes a machine of QEMU and
// boots the image in it. Standard input, output and error, the arguments and the exit code are the program's; 124 is a time
// limit that is over, 125 a machine that could not be made or failed. `mirage run -h` lists the flags.
//
// An interrupt (Ctrl-C), SIGTERM, SIGHUP and SIGQUIT (Ctrl-\) are passed on to the program, as the same signal. One that has
// no handler for it ends as it would on Linux; the second signal ends the machine at once, as do 5 seconds after the first,
// and the exit code is 128 plus the first signal's number.
//
// image builds the package and writes the image; with -format xl together with the configuration of a guest of Xen's; with
// -format rpi as a card for a Raspberry Pi: two partitions with FAT32, the program and the firmware's files in the first. flash
// writes a card to a disk that can be taken out and that nothing uses, and reads it again.
//
// doctor says what this machine lacks for that, and what each lack costs.
//
// It is a program of the base Go release and uses misc/vm for the machine; it knows nothing of what an image is made
// of.
package main
