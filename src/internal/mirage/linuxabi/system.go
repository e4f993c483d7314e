package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"runtime"
	"sync"
)

// What there is to know of the machine and the system.

// release is the Linux version whose system calls these are: programs ask to learn what they may use.
const release = "6.1.0-mirage"

const version = "#1 SMP mirage"

// hostname is the machine's name.
type hostname struct {
	mu   sync.Mutex
	name string
}

func (h *hostname) get() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.name == "" {
		return linux.DEFAULT_HOST_NAME
	}
	return h.name
}

func (h *hostname) set(name string) {
	h.mu.Lock()
	h.name = name
	h.mu.Unlock()
}

func uname(p *Process, a args) (uintptr, linux.Errno) {
	var u linux.Utsname
	copy(u.Sysname[:], "Linux")
	copy(u.Nodename[:len(u.Nodename)-1], p.host.get())
	copy(u.Release[:], release)
	copy(u.Version[:], version)
	copy(u.Machine[:], linux.Machine)
	copy(u.Domainname[:], "(none)")
	return 0, store(a.a1, u)
}

func sethostname(p *Process, a args) (uintptr, linux.Errno) {
	const longest = 64
	if a.a2 > longest {
		return 0, linux.EINVAL
	}
	b, e := userBytes(a.a1, a.a2, false)
	if e == 0 {
		p.host.set(string(b))
	}
	return 0, e
}

func sysinfo(p *Process, a args) (uintptr, linux.Errno) {
	total, free := memory()
	return 0, store(a.a1, linux.Sysinfo{
		Uptime: nanotime() / 1e9, Totalram: total, Freeram: free, Procs: 1, Unit: 1,
	})
}

// getrusage counts all work as the user's; children there are none.
func getrusage(p *Process, a args) (uintptr, linux.Errno) {
	var u linux.Rusage
	switch int32(a.a1) {
	case linux.RUSAGE_SELF, linux.RUSAGE_THREAD:
		total, free := memory()
		t := timespec(busyTime())
		u.Utime = linux.Timeval{Sec: t.Sec, Usec: t.Nsec / 1e3}
		u.Maxrss = int64(total-free) / 1024
	case linux.RUSAGE_CHILDREN:
	default:
		return 0, linux.EINVAL
	}
	return 0, store(a.a2, u)
}

func schedYield(p *Process, a args) (uintptr, linux.Errno) {
	runtime.Gosched()
	return 0, 0
}

// schedGetaffinity gives the set of all CPUs, in words of eight bytes, and returns how many bytes those are.
func schedGetaffinity(p *Process, a args) (uintptr, linux.Errno) {
	cpus := runtime.NumCPU()
	size := uintptr(cpus+63) / 64 * 8
	if e := mine(a.a1); e != 0 {
		return 0, e
	}
	if a.a2 < size || a.a2%8 != 0 {
		return 0, linux.EINVAL
	}
	b, e := userBytes(a.a3, size, true)
	if e != 0 {
		return 0, e
	}
	clear(b)
	for i := range cpus {
		b[i/8] |= 1 << (i % 8)
	}
	return size, 0
}

// schedSetaffinity takes a set of all CPUs: threads cannot be bound to some.
func schedSetaffinity(p *Process, a args) (uintptr, linux.Errno) {
	if e := mine(a.a1); e != 0 {
		return 0, e
	}
	cpus := runtime.NumCPU()
	b, e := userBytes(a.a3, min(a.a2, uintptr(cpus+7)/8), false)
	if e != 0 {
		return 0, e
	}
	any, all := false, true
	for i := range cpus {
		has := i/8 < len(b) && b[i/8]>>(i%8)&1 != 0
		any, all = any || has, all && has
	}
	switch {
	case !any:
		return 0, linux.EINVAL
	case !all:
		return 0, linux.EPERM
	}
	return 0, 0
}

// getcpu says that it is the first: which one it is may have changed when the caller hears of it (getcpu(2)).
func getcpu(p *Process, a args) (uintptr, linux.Errno) {
	for _, ptr := range [...]uintptr{a.a1, a.a2} {
		if ptr != 0 {
			if e := store(ptr, uint32(0)); e != 0 {
				return 0, e
			}
		}
	}
	return 0, 0
}
