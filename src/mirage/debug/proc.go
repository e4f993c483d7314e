package debug

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// A CPU is how long one CPU has worked and rested, seconds.
type CPU struct{ Busy, Idle float64 }

// Memory is the machine's, octets.
type Memory struct{ Total, Free, Available, Cached uint64 }

// An Interface is a network card with its counts.
type Interface struct {
	Name                                 string
	RxBytes, RxPackets, RxErrors, RxDrop uint64
	TxBytes, TxPackets, TxErrors, TxDrop uint64
}

// An Interrupt is how often something interrupted each CPU.
type Interrupt struct {
	Name   string
	Counts []uint64
	What   string
}

// A Device is one that has a driver.
type Device struct{ Bus, Name, Driver, Place string }

// read returns a file's text, empty if there is none.
func (s source) read(name string) string {
	b, err := fs.ReadFile(s.root, name)
	if err != nil {
		return ""
	}
	return string(b)
}

// number reads a decimal number; 0 stands for what is none.
func number(s string) uint64 {
	n, _ := strconv.ParseUint(s, 10, 64)
	return n
}

func (s source) uptime() float64 {
	seconds, _, _ := strings.Cut(s.read("proc/uptime"), " ")
	v, _ := strconv.ParseFloat(seconds, 64)
	return v
}

// cpus reads proc(5)'s /proc/stat: hundredths of seconds as user, nice, system, idle, iowait and the rest.
func (s source) cpus() (all []CPU) {
	const tick = 0.01
	for line := range strings.Lines(s.read("proc/stat")) {
		f := strings.Fields(line)
		if len(f) < 6 || !strings.HasPrefix(f[0], "cpu") || f[0] == "cpu" {
			continue
		}
		var c CPU
		for i, v := range f[1:min(len(f), 9)] { // guest's time, behind those, is in user's
			if t := float64(number(v)) * tick; i == 3 || i == 4 {
				c.Idle += t
			} else {
				c.Busy += t
			}
		}
		all = append(all, c)
	}
	return all
}

func (s source) memory() (m Memory) {
	for line := range strings.Lines(s.read("proc/meminfo")) {
		name, value, _ := strings.Cut(line, ":")
		octets := number(strings.TrimSuffix(strings.TrimSpace(value), " kB")) << 10
		switch name {
		case "MemTotal":
			m.Total = octets
		case "MemFree":
			m.Free = octets
		case "MemAvailable":
			m.Available = octets
		case "Cached":
			m.Cached = octets
		}
	}
	return m
}

func (s source) interfaces() (all []Interface) {
	for line := range strings.Lines(s.read("proc/net/dev")) {
		name, counts, ok := strings.Cut(line, ":")
		f := strings.Fields(counts)
		if !ok || len(f) < 16 {
			continue
		}
		all = append(all, Interface{
			strings.TrimSpace(name),
			number(f[0]), number(f[1]), number(f[2]), number(f[3]),
			number(f[8]), number(f[9]), number(f[10]), number(f[11]),
		})
	}
	return all
}

// interrupts reads /proc/interrupts: a line of CPUs, and then for each interrupt a count for each CPU and what it is.
func (s source) interrupts() (all []Interrupt) {
	head, rest, _ := strings.Cut(s.read("proc/interrupts"), "\n")
	cpus := len(strings.Fields(head))
	for line := range strings.Lines(rest) {
		name, text, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		i := Interrupt{Name: strings.TrimSpace(name)}
		f := strings.Fields(text)
		for len(f) > 0 && len(i.Counts) < cpus {
			n, err := strconv.ParseUint(f[0], 10, 64)
			if err != nil {
				break
			}
			i.Counts, f = append(i.Counts, n), f[1:]
		}
		i.What = strings.Join(f, " ")
		all = append(all, i)
	}
	return all
}

// maxDevices bounds what is listed of a machine with very many.
const maxDevices = 500

// devices lists what has a driver in /sys/bus: sysfs(5).
func (s source) devices() (all []Device) {
	folders, _ := fs.Glob(s.root, "sys/bus/*/devices/*")
	for _, folder := range folders {
		driver, err := fs.ReadLink(s.root, folder+"/driver")
		if err != nil || len(all) == maxDevices {
			continue
		}
		d := Device{Bus: strings.Split(folder, "/")[2], Name: path.Base(folder), Driver: path.Base(driver)}
		for line := range strings.Lines(s.read(folder + "/uevent")) {
			if place, ok := strings.CutPrefix(line, "PLACE="); ok {
				d.Place = strings.TrimSpace(place)
			}
		}
		all = append(all, d)
	}
	return all
}
