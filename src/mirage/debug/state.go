package debug

import (
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"time"
)

// A source is the root of a file tree with /proc and /sys in it.
type source struct{ root fs.FS }

var system = source{os.DirFS("/")}

// A State is all that is shown, at one time. What cannot be read is left out.
type State struct {
	Time       time.Time
	Program    Program
	Uptime     float64 // of the machine, seconds
	CPUs       []CPU
	Memory     Memory
	Go         GoRuntime
	Sockets    Sockets
	Interfaces []Interface
	Counters   Counters
	Interrupts []Interrupt
	Devices    []Device
}

// A Program is what runs.
type Program struct {
	Name, Version, Go, OS, Arch string
	PID                         int
}

// A GoRuntime is what the Go runtime says of itself.
type GoRuntime struct {
	Goroutines, Threads   uint64 // Threads is GOMAXPROCS
	Heap, HeapGoal, Limit uint64 // octets: live and garbage, the next collection's, the memory limit
	Mapped                uint64 // octets that the runtime has of the system
	Collections           uint64
	Allocated, Objects    uint64 // since the start, octets and how many
}

func (s source) state(sockets int) *State {
	return &State{
		Time: time.Now(), Program: program(), Uptime: s.uptime(), CPUs: s.cpus(), Memory: s.memory(), Go: goRuntime(),
		Sockets: s.sockets(sockets), Interfaces: s.interfaces(), Counters: s.counters(), Interrupts: s.interrupts(), Devices: s.devices(),
	}
}

func program() Program {
	p := Program{Name: os.Args[0], Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, PID: os.Getpid()}
	if b, ok := debug.ReadBuildInfo(); ok {
		p.Version = strings.TrimSpace(b.Main.Path + " " + b.Main.Version)
	}
	return p
}

func goRuntime() (g GoRuntime) {
	fields := []struct {
		name string
		to   *uint64
	}{
		{"/sched/goroutines:goroutines", &g.Goroutines}, {"/sched/gomaxprocs:threads", &g.Threads},
		{"/memory/classes/heap/objects:bytes", &g.Heap}, {"/gc/heap/goal:bytes", &g.HeapGoal}, {"/gc/gomemlimit:bytes", &g.Limit},
		{"/memory/classes/total:bytes", &g.Mapped}, {"/gc/cycles/total:gc-cycles", &g.Collections},
		{"/gc/heap/allocs:bytes", &g.Allocated}, {"/gc/heap/allocs:objects", &g.Objects},
	}
	samples := make([]metrics.Sample, len(fields))
	for i, f := range fields {
		samples[i].Name = f.name
	}
	metrics.Read(samples)
	for i, f := range fields {
		if samples[i].Value.Kind() == metrics.KindUint64 {
			*f.to = samples[i].Value.Uint64()
		}
	}
	return g
}
