package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"internal/mirage/ranges"
)

// /proc/self/maps, smaps and smaps_rollup: the ranges of the address space, and how much of them is memory
// (proc_pid_maps(5), proc_pid_smaps(5)).

func mapsText(p *Process) (s string) {
	program, _ := p.executable()
	eachRange(0, ^uintptr(0), func(r ranges.Range) linux.Errno {
		s += mapsLine(r, program)
		return 0
	})
	return s
}

func mapsLine(r ranges.Range, program string) string {
	line := zeroPadded(uint64(r.Start), 16, 8) + "-" + zeroPadded(uint64(r.End), 16, 8) + " " + rightsText(r.Flags) +
		" " + zeroPadded(uint64(r.Offset), 16, 8) + " 00:00 0 "
	if r.Flags&ranges.Exec != 0 {
		line = column(line, 73) + program
	}
	return line + "\n"
}

// rightsText is what may be done with a range, as maps has it: proc(5), /proc/pid/maps.
func rightsText(f ranges.Flags) string {
	rights := [4]byte{'-', '-', '-', 'p'}
	for i, right := range [4]ranges.Flags{ranges.Read, ranges.Write, ranges.Exec, ranges.Shared} {
		if f&right != 0 {
			rights[i] = "rwxs"[i]
		}
	}
	return string(rights[:])
}

// A rangeUse is how much of one or more ranges there is, octets.
type rangeUse struct{ size, clean, dirty uint64 }

// useOf counts the pages of a range that are memory.
func useOf(r ranges.Range) rangeUse {
	u := rangeUse{size: uint64(r.End - r.Start)}
	if r.Flags&ranges.Read == 0 {
		return u // a reservation, which may be huge
	}
	resident := uint64(0)
	for at := r.Start; at < r.End; at += pageSize {
		if residentMemory(at) {
			resident += pageSize
		}
	}
	if r.Flags&ranges.Write != 0 {
		u.dirty = resident
	} else {
		u.clean = resident
	}
	return u
}

// lines are what is said of it. Nothing is shared with anybody, and nothing is swapped.
func (u rangeUse) lines(rollup bool) (s string) {
	line := func(name string, octets uint64) {
		s += column(name+":", 16) + padded(decimal(octets/1024), 8) + " kB\n"
	}
	if !rollup {
		line("Size", u.size)
		line("KernelPageSize", pageSize)
		line("MMUPageSize", pageSize)
	}
	line("Rss", u.clean+u.dirty)
	line("Pss", u.clean+u.dirty)
	line("Shared_Clean", 0)
	line("Shared_Dirty", 0)
	line("Private_Clean", u.clean)
	line("Private_Dirty", u.dirty)
	line("Referenced", u.clean+u.dirty)
	line("Anonymous", u.dirty)
	for _, name := range [...]string{"LazyFree", "AnonHugePages", "ShmemPmdMapped", "FilePmdMapped", "Shared_Hugetlb", "Private_Hugetlb",
		"Swap", "SwapPss", "Locked"} {
		line(name, 0)
	}
	return s
}

func mapsUseText(p *Process) (s string) {
	program, _ := p.executable()
	eachRange(0, ^uintptr(0), func(r ranges.Range) linux.Errno {
		s += mapsLine(r, program) + useOf(r).lines(false) + "THPeligible:           0\n"
		return 0
	})
	return s
}

func mapsSumText(*Process) string {
	var sum rangeUse
	first, last := ^uintptr(0), uintptr(0)
	eachRange(0, ^uintptr(0), func(r ranges.Range) linux.Errno {
		first, last = min(first, r.Start), r.End
		u := useOf(r)
		sum.clean, sum.dirty = sum.clean+u.clean, sum.dirty+u.dirty
		return 0
	})
	return zeroPadded(uint64(min(first, last)), 16, 8) + "-" + zeroPadded(uint64(last), 16, 8) +
		" ---p 00000000 00:00 0                          [rollup]\n" + sum.lines(true)
}
