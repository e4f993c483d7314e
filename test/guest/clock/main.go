// Clock waits until the wall clock is set to a year, and looks what that has done to the monotonic one.
//
//	clock YEAR
package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	begun := time.Now()
	before := begun
	for time.Now().UTC().Format("2006") != os.Args[1] {
		now := time.Now()
		if now.Sub(before) < 0 || now.Sub(begun) > 10*time.Minute {
			fmt.Println("the monotonic clock jumps from", before, "to", now)
			os.Exit(1)
		}
		before = now
		time.Sleep(10 * time.Millisecond)
	}
	// Slews are too small for the wall clock to go backwards.
	last := time.Now()
	for range 1000 {
		now := time.Now()
		if now.Round(0).Before(last.Round(0)) {
			fmt.Println("the wall clock goes backwards from", last, "to", now)
			os.Exit(1)
		}
		last = now
	}
	fmt.Println("clock: set to", last.UTC().Format(time.DateTime), "after", last.Sub(begun))
}
