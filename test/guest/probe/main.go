// Command probe is what the tests boot: its first argument says what to do.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"time"
)

var commands = map[string]func(args []string){
	"echo":  echo,
	"exit":  exit,
	"panic": func(args []string) { panic(args[0]) },
	"fault": fault,
	"cpus":  func([]string) { fmt.Println(runtime.NumCPU(), "CPUs") },
	"cat":   func([]string) { must(io.Copy(os.Stdout, os.Stdin)) },
	"tree":  tree,
	"udp":   udp,
	"send":  send,
	"spin":  spin,
	"sleep": sleep,
	"fill":  fill,
	"large": large,
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		log.Fatalf("no such command: %q", os.Args)
	}
	commands[os.Args[1]](os.Args[2:])
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

// Report is what echo says.
type Report struct {
	Args []string
	Env  []string
	Dir  string
	OS   string
	Arch string
}

// echo says how the program was started.
func echo([]string) {
	dir, _ := os.Getwd()
	must(0, json.NewEncoder(os.Stdout).Encode(Report{os.Args, os.Environ(), dir, runtime.GOOS, runtime.GOARCH}))
}

func exit(args []string) {
	fmt.Println("out")
	fmt.Fprintln(os.Stderr, "err")
	os.Exit(must(strconv.Atoi(args[0])))
}

// fault dereferences nil, recovers, and does it again.
func fault([]string) {
	var nothing *int
	func() {
		defer func() { fmt.Println("recovered:", recover()) }()
		*nothing = 1
	}()
	*nothing = 2
}

// tree says what is below a folder: mode, size, time, name, and where links lead.
func tree(args []string) {
	err := filepath.WalkDir(args[0], func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info := must(d.Info())
		size, target := info.Size(), ""
		if d.IsDir() {
			size = 0
		}
		if d.Type() == fs.ModeSymlink {
			target = " -> " + must(os.Readlink(p))
		}
		fmt.Println(info.Mode(), size, info.ModTime().Unix(), p+target)
		return nil
	})
	must(0, err)
}

// udp sends every datagram back, with its length in front, until one says "end".
func udp(args []string) {
	c := must(net.ListenPacket("udp4", args[0]))
	fmt.Println("listening on", c.LocalAddr())
	buf := make([]byte, 1<<16)
	for {
		n, from, err := c.ReadFrom(buf)
		must(0, err)
		must(c.WriteTo(fmt.Appendf(nil, "%d %s", n, buf[:n]), from))
		if string(buf[:n]) == "end" {
			return
		}
	}
}

// send sends a datagram to one address and n bytes by TCP to another, and ends.
func send(args []string) {
	must(must(net.Dial("udp4", args[0])).Write([]byte("last words")))
	must(must(net.Dial("tcp4", args[1])).Write(make([]byte, must(strconv.Atoi(args[2])))))
}

// spin shows that a loop that never calls anything is preempted: on one CPU the main goroutine goes on.
func spin([]string) {
	go func() {
		for {
		}
	}()
	for i := range 3 {
		time.Sleep(20 * time.Millisecond)
		fmt.Println("tick", i)
	}
}

func sleep(args []string) {
	fmt.Println("sleeping")
	time.Sleep(must(time.ParseDuration(args[0])))
}

// fill takes memory until there is none: in large pieces, in small ones, or as stacks.
func fill(args []string) {
	switch {
	case len(args) == 0:
		fillPieces()
	case args[0] == "objects":
		fillObjects()
	default:
		fillStacks()
	}
}

func fillPieces() {
	var kept [][]byte
	for {
		b := make([]byte, 1<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		kept = append(kept, b)
		if len(kept)%4 == 0 {
			fmt.Println(len(kept), "MiB")
		}
	}
}

func fillObjects() {
	type object struct{ next, other *object }
	var list *object
	for n := 1; ; n++ {
		list = &object{next: list}
		if n%(1<<16) == 0 {
			fmt.Println(n>>16, "MiB")
		}
	}
}

func fillStacks() {
	forever := make(chan struct{})
	for n := 1; ; n++ {
		go func() {
			var room [4000]byte
			<-forever
			runtime.KeepAlive(&room)
		}()
		if n%128 == 0 {
			runtime.Gosched()
			fmt.Println(n>>7, "MiB")
		}
	}
}

// large uses as many MiB as it is told, and says what it found there.
func large(args []string) {
	n := must(strconv.Atoi(args[0]))
	kept := make([][]byte, n)
	for i := range kept {
		kept[i] = make([]byte, 1<<20)
		for j := 0; j < len(kept[i]); j += 4096 {
			kept[i][j] = byte(i)
		}
	}
	sort.Slice(kept, func(i, j int) bool { return kept[i][0] < kept[j][0] })
	sum := 0
	for _, k := range kept {
		sum += int(k[4096])
	}
	fmt.Println("sum", sum)
}
