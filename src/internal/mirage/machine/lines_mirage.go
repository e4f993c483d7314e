//go:build mirage

package machine

import "sync"

// A LineInfo is what is known of an interrupt line, for those who list them.
type LineInfo struct {
	Kind   string // what it comes by
	Number uint32 // the input or port there; of a message the line's own number
	Name   string // of the device, where its driver says so
	Count  uint64 // how often it fired
}

// named are the lines that were given, by their numbers.
var named struct {
	mu    sync.Mutex
	lines []LineInfo
}

// note remembers what a new line is, and returns it.
func note(l Line, kind string, number uint32) Line {
	if l < 0 {
		return l
	}
	named.mu.Lock()
	defer named.mu.Unlock()
	for int(l) >= len(named.lines) {
		named.lines = append(named.lines, LineInfo{})
	}
	named.lines[l] = LineInfo{Kind: kind, Number: number}
	return l
}

// SetName says whose the line is. Devices that share a line all do.
func (l Line) SetName(name string) {
	named.mu.Lock()
	defer named.mu.Unlock()
	if i := &named.lines[l]; i.Name == "" {
		i.Name = name
	} else {
		i.Name += ", " + name
	}
}

// Lines lists the lines that were given, in the order of their numbers.
func Lines() []LineInfo {
	named.mu.Lock()
	defer named.mu.Unlock()
	all := append([]LineInfo(nil), named.lines...)
	for i := range all {
		all[i].Count = runtime_irqCount(int32(i))
	}
	return all
}

// Interrupts returns how often a CPU, from 0 to runtime.NumCPU()-1, was interrupted by its timer and by other CPUs. Lines
// fire on the first CPU.
func Interrupts(cpu int) (timer, others uint64) { return runtime_interrupts(cpu) }

func runtime_irqCount(line int32) uint64
func runtime_interrupts(cpu int) (timer, others uint64)
