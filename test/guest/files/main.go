// Command files uses the files in a directory, for the tests that boot it. It is the same program on Linux, so that what the two
// answer can be compared.
//
//	random DIR SEED COUNT   do things at random, and say what came of each
//	tree DIR                say what is there
//	tour DIR                what programs do with files
//	write DIR               write for ever, and say what is on the disk
//	check DIR               see that it is
package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return errors.New("what, and in which directory?")
	}
	dir := args[1]
	switch args[0] {
	case "random":
		if len(args) != 4 {
			return errors.New("which seed, and how often?")
		}
		seed, _ := strconv.ParseUint(args[2], 10, 64)
		count, _ := strconv.Atoi(args[3])
		return random(dir, seed, count)
	case "tree":
		return tree(os.Stdout, dir)
	case "tour":
		return tour(dir)
	case "write":
		return write(dir)
	case "check":
		return check(dir)
	}
	return fmt.Errorf("no command %s", args[0])
}
