// Command rpi tries what a Raspberry Pi has, one thing by its first argument:
//
//	board      what the firmware says of the board, through files and through the package; the network's name
//	pins       pins as outputs and inputs
//	cpus       goroutines on all cores at the same time
//	random     numbers of /dev/hwrng's kind
//	exit N     ends with N
//	echo       repeats a line from the console
//	keys       says each byte of a line as it is typed
//	card [DISK] writes into the SD card, or into another disk, and reads it
//	idle       counts what the drivers allocate while the program does nothing
//	panic      says a line, and panics
//	restart    resets the board by its watchdog
package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"mirage/board"
	"mirage/gpio"
)

func main() {
	commands := map[string]func() error{"board": tellBoard, "pins": tryPins, "cpus": tryCPUs, "random": tryRandom, "exit": exit, "echo": echo, "keys": keys, "card": tryCard, "idle": idle, "panic": panics, "restart": board.Restart}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Println("no such command")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](); err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	fmt.Println(os.Args[1], "ok")
}

func tellBoard() error {
	fmt.Printf("model %s, revision %x\n", board.Model(), board.Revision())
	for _, name := range []string{"/proc/device-tree/model", "/proc/device-tree/serial-number", "/sys/class/thermal/thermal_zone0/temp"} {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		fmt.Printf("%s: %q\n", name, text)
	}
	cpuinfo, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return err
	}
	if !bytes.Contains(cpuinfo, []byte("Model\t\t: "+board.Model())) {
		return fmt.Errorf("/proc/cpuinfo has no model: %q", cpuinfo)
	}
	degrees, err := board.Temperature()
	if err != nil {
		return err
	}
	hz, err := board.Rate(board.UART)
	if err != nil {
		return err
	}
	mac, err := board.MAC()
	if err != nil {
		return err
	}
	if now := time.Now(); now.Year() < 2026 {
		return fmt.Errorf("the clock shows %v", now)
	}
	fmt.Printf("%v degrees, UART at %d Hz, address %v\n", degrees, hz, mac)
	if err := board.Property(0xfedcba98, make([]uint32, 2)); err == nil {
		return fmt.Errorf("a property that nobody knows has a value")
	}
	return nil
}

func tryPins() error {
	for _, n := range []int{4, 17, 27, 40} {
		p, err := gpio.Open(n)
		if err != nil {
			return err
		}
		for _, l := range []gpio.Level{gpio.High, gpio.Low, gpio.High} {
			if err := p.Out(l); err != nil {
				return err
			}
			if got := p.Read(); got != l || p.Function() != "Out" {
				return fmt.Errorf("%v is at %v as %s, and was made %v", p, got, p.Function(), l)
			}
		}
		if err := p.In(gpio.PullUp, gpio.BothEdges); err != nil {
			return err
		}
		if p.Function() != "In" {
			return fmt.Errorf("%v is %s", p, p.Function())
		}
	}
	if p, err := gpio.Open(18); err != nil || p.PWM(0.5, 1e6) != nil || p.Function() != "ALT5" {
		return fmt.Errorf("no pulse at %v: %v", p, err)
	}
	if _, err := gpio.Open(54); err == nil {
		return fmt.Errorf("there is a pin 54")
	}
	return nil
}

// tryCPUs has as many goroutines meet as there are cores, which takes them all: none of them gives its core away meanwhile.
func tryCPUs() error {
	n := runtime.NumCPU()
	var wg sync.WaitGroup
	meeting := make([]chan struct{}, n)
	for i := range meeting {
		meeting[i] = make(chan struct{})
	}
	for i := range n {
		wg.Go(func() {
			close(meeting[i])
			for k := range meeting {
				for waiting := true; waiting; {
					select {
					case <-meeting[k]:
						waiting = false
					default:
					}
				}
			}
		})
	}
	wg.Wait()
	fmt.Println(n, "cpus")
	return nil
}

func tryRandom() error {
	var a, b [32]byte
	rand.Read(a[:])
	rand.Read(b[:])
	if a == b || a == [32]byte{} {
		return fmt.Errorf("%x after %x", b, a)
	}
	fmt.Printf("random %x\n", a)
	return nil
}

// tryCard writes a block of text 100 MiB into the card, or into the disk that is named.
func tryCard() error {
	name := "/dev/mmcblk0"
	if len(os.Args) > 2 {
		name = os.Args[2]
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	const at = 100 << 20
	want := bytes.Repeat([]byte("mirage!\n"), 1<<17)
	if _, err := f.WriteAt(want, at); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	got := make([]byte, len(want))
	if _, err := f.ReadAt(got, at); err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("what is read is not what was written")
	}
	return nil
}

// idle fails when drivers that wait allocate: testing.AllocsPerRun would count that as the program's.
func idle() error {
	time.Sleep(2 * time.Second) // the network's addresses come
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	time.Sleep(2 * time.Second)
	runtime.ReadMemStats(&after)
	if n := after.Mallocs - before.Mallocs; n > 20 {
		return fmt.Errorf("%d objects in 2 s", n)
	}
	return nil
}

func exit() error {
	code, err := strconv.Atoi(os.Args[2])
	if err == nil {
		os.Exit(code)
	}
	return err
}

func echo() error {
	fmt.Println("say something")
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	fmt.Printf("you said %q\n", strings.TrimSpace(line))
	return err
}

func keys() error {
	fmt.Println("say something")
	for b := []byte{0}; b[0] != '\n'; {
		if _, err := os.Stdin.Read(b); err != nil {
			return err
		}
		fmt.Printf("key %q\n", b)
	}
	return nil
}

func panics() error {
	fmt.Println("Standard output, 100 %: on screen?")
	panic("and this is a panic")
}
