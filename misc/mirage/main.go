package main

import (
	"fmt"
	"os"
)

const usage = `mirage boots programs that were built with GOOS=mirage.

	mirage run [flags] PACKAGE-or-IMAGE [arguments]
	mirage image [flags] PACKAGE-or-IMAGE [arguments]
	mirage flash card.img DISK
	mirage doctor

mirage run -h and mirage image -h list the flags.
`

func main() {
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	switch command := os.Args[1]; command {
	case "run":
		os.Exit(run(os.Args[2:]))
	case "image":
		os.Exit(writeImage(os.Args[2:]))
	case "flash":
		os.Exit(flash(os.Args[2:]))
	case "doctor":
		os.Exit(doctor())
	case "help", "-h", "-help", "--help":
		fmt.Print(usage)
	default:
		fmt.Fprintf(os.Stderr, "mirage: no command %q\n\n%s", command, usage)
		os.Exit(2)
	}
}
