// Genzone makes a large zone and questions about it, for dnsperf.
//
//	genzone DIR [NAMES [QUESTIONS]]
//
// writes DIR/example.com.zone and DIR/queries.txt, of 10,000 names and 100,000 questions by default.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"mirage.build/test/dns/zonegen"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "genzone:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	counts := [2]int{10000, 100000}
	if len(args) < 1 || len(args) > 1+len(counts) {
		return fmt.Errorf("usage: genzone DIR [NAMES [QUESTIONS]]")
	}
	for i, a := range args[1:] {
		n, err := strconv.Atoi(a)
		if err != nil || n < 1 {
			return fmt.Errorf("%s is not a number from 1 on", a)
		}
		counts[i] = n
	}
	zone, err := os.Create(filepath.Join(args[0], "example.com.zone"))
	if err != nil {
		return err
	}
	defer zone.Close()
	queries, err := os.Create(filepath.Join(args[0], "queries.txt"))
	if err != nil {
		return err
	}
	defer queries.Close()
	return zonegen.Big(zone, queries, "example.com", counts[0], counts[1])
}
