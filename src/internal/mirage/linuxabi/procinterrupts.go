package linuxabi

import "runtime"

// What /proc/interrupts says: how often each CPU was interrupted, by what (proc(5)).

// An interruptLine is a line that a device raises. All devices interrupt the first CPU.
type interruptLine struct {
	kind, name string
	number     uint32
	count      uint64
}

func interruptsText(*Process) string {
	cpus := runtime.NumCPU()
	s := "    "
	for i := range cpus {
		s += column(padded("CPU"+decimal(i), 11), 11)
	}
	s += "\n"
	row := func(label string, count func(cpu int) uint64, rest string) {
		s += padded(label, 3) + ":"
		for i := range cpus {
			s += padded(decimal(count(i)), 11)
		}
		s += "  " + rest + "\n"
	}
	for i, l := range interruptLines() {
		if l.kind == "" {
			continue
		}
		first := func(cpu int) uint64 {
			if cpu == 0 {
				return l.count
			}
			return 0
		}
		row(decimal(i), first, l.kind+" "+decimal(l.number)+"   "+l.name)
	}
	row("LOC", func(cpu int) uint64 { timer, _ := cpuInterrupts(cpu); return timer }, "Local timer interrupts")
	row("RES", func(cpu int) uint64 { _, others := cpuInterrupts(cpu); return others }, "Rescheduling interrupts")
	return s
}

// interruptCount is how often all CPUs were interrupted.
func interruptCount() (n uint64) {
	for _, l := range interruptLines() {
		n += l.count
	}
	for i := range runtime.NumCPU() {
		timer, others := cpuInterrupts(i)
		n += timer + others
	}
	return n
}
