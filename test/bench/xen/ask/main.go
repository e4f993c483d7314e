//go:build linux

// Command ask runs in dom0 and measures a guest:
//
//	ask DOMAIN ADDRESS tcp|dns|disk
//
// prints a line for each measure: "measured NAME COUNT SECONDS CPU", with how many bytes, questions or blocks there were, the time
// that they took, and the CPU seconds that the hypervisor says the guest has had meanwhile.
package main

import (
	"fmt"
	"log"
	"os"
	"strconv"
	"time"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("usage: ask DOMAIN ADDRESS tcp|dns|disk")
	}
	domain, err := strconv.ParseUint(os.Args[1], 10, 15)
	if err != nil {
		log.Fatal(err)
	}
	what := map[string]func(g guest) error{"tcp": askTCP, "dns": askDNS, "disk": askDisk}[os.Args[3]]
	if what == nil {
		log.Fatal("no measure ", os.Args[3])
	}
	if err := what(guest{uint16(domain), os.Args[2]}); err != nil {
		log.Fatal(err)
	}
}

// A guest is who is measured.
type guest struct {
	domain  uint16
	address string
}

// measured runs f, which returns how much it has done and in which time, if that is not the time that it ran for.
func (g guest) measured(name string, f func() (count int, seconds float64, err error)) error {
	before, err := cpuTime(g.domain)
	if err != nil {
		return err
	}
	start := time.Now()
	count, seconds, err := f()
	ran := time.Since(start).Seconds()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	after, err := cpuTime(g.domain)
	if err != nil {
		return err
	}
	if seconds == 0 {
		seconds = ran
	}
	fmt.Printf("measured %s %d %.6f %.6f\n", name, count, seconds, (after - before).Seconds())
	return nil
}

// again tries until it works: the guest boots.
func again[T any](f func() (T, error)) (v T, err error) {
	for range 300 {
		if v, err = f(); err == nil {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	return v, err
}
