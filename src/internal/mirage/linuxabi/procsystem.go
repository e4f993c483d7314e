package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"internal/strconv"
	"runtime"
)

// What /proc says of the machine and the system (proc(5)).

var systemFiles = []generated{
	{"cmdline", func(p *Process) string { return p.bootLine + "\n" }},
	{"cpuinfo", processorText},
	{"diskstats", diskText},
	{"filesystems", says("nodev\ttmpfs\n")},
	{"interrupts", interruptsText},
	{"loadavg", says("0.00 0.00 0.00 1/1 " + pidText + "\n")}, // an average is not kept
	{"meminfo", memoryText},
	{"partitions", partitionsText},
	{"stat", statText},
	{"swaps", says("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n")},
	{"uptime", uptimeText},
	{"version", says("Linux version " + release + " (mirage) " + version + "\n")},
	{"vmstat", says("pgpgin 0\npgpgout 0\npswpin 0\npswpout 0\n")},
}

// settingFiles are in /proc/sys. They can be read only: what they set is fixed.
var settingFiles = []generated{
	{"fs/file-max", says(decimal(maxDescriptors) + "\n")},
	{"fs/file-nr", func(p *Process) string { return decimal(p.fds.open()) + "\t0\t" + decimal(maxDescriptors) + "\n" }},
	{"fs/inotify/max_queued_events", says(decimal(inotifyQueue) + "\n")},
	{"fs/inotify/max_user_instances", says(decimal(maxDescriptors) + "\n")},
	{"fs/inotify/max_user_watches", says(decimal(maxDescriptors) + "\n")},
	{"fs/nr_open", says(decimal(maxDescriptors) + "\n")},
	{"fs/pipe-max-size", says(decimal(pipeMax) + "\n")},
	{"kernel/cap_last_cap", says(decimal(linux.CAP_LAST_CAP) + "\n")},
	{"kernel/domainname", says("(none)\n")},
	{"kernel/hostname", func(p *Process) string { return p.host.get() + "\n" }},
	{"kernel/ngroups_max", says("65536\n")},
	{"kernel/osrelease", says(release + "\n")},
	{"kernel/ostype", says("Linux\n")},
	{"kernel/pid_max", says("32768\n")},
	{"kernel/random/boot_id", func(p *Process) string { return p.bootID() + "\n" }},
	{"kernel/random/entropy_avail", says("256\n")},
	{"kernel/random/poolsize", says("256\n")},
	{"kernel/random/uuid", func(*Process) string { return newUUID() + "\n" }},
	{"kernel/threads-max", says("32768\n")},
	{"kernel/version", says(version + "\n")},
	{"net/core/rmem_default", says("212992\n")},
	{"net/core/rmem_max", says(decimal(mostReceiveBuffer) + "\n")},
	{"net/core/somaxconn", says("4096\n")},
	{"net/core/wmem_default", says("212992\n")},
	{"net/core/wmem_max", says(decimal(mostStreamBuffer) + "\n")},
	{"net/ipv4/ip_default_ttl", says("64\n")},
	{"net/ipv4/ip_forward", says("0\n")},
	{"net/ipv4/ip_local_port_range", says("32768\t60999\n")},
	{"net/ipv4/ip_nonlocal_bind", says("0\n")},
	{"net/ipv4/ip_unprivileged_port_start", says("0\n")},
	{"net/ipv4/ping_group_range", says("0\t2147483647\n")},
	{"net/ipv4/tcp_available_congestion_control", says("cubic reno\n")},
	{"net/ipv4/tcp_congestion_control", says("cubic\n")},
	{"net/ipv4/tcp_fastopen", says("0\n")},
	{"net/ipv4/tcp_keepalive_intvl", says("75\n")},
	{"net/ipv4/tcp_keepalive_probes", says("9\n")},
	{"net/ipv4/tcp_keepalive_time", says("7200\n")},
	{"net/ipv4/tcp_mtu_probing", says("1\n")},
	{"net/ipv4/tcp_rmem", says("4096\t131072\t" + decimal(mostStreamBuffer) + "\n")},
	{"net/ipv4/tcp_sack", says("1\n")},
	{"net/ipv4/tcp_syncookies", says("1\n")},
	{"net/ipv4/tcp_timestamps", says("1\n")},
	{"net/ipv4/tcp_window_scaling", says("1\n")},
	{"net/ipv4/tcp_wmem", says("4096\t16384\t" + decimal(mostStreamBuffer) + "\n")},
	{"net/ipv6/bindv6only", says("0\n")},
	{"net/ipv6/conf/all/disable_ipv6", says("0\n")},
	{"net/ipv6/conf/all/forwarding", says("0\n")},
	{"net/ipv6/conf/default/disable_ipv6", says("0\n")},
	{"net/ipv6/conf/default/forwarding", says("0\n")},
	{"vm/max_map_count", says("65530\n")},
	{"vm/overcommit_memory", says("1\n")}, // an address range costs nothing until it is touched
	{"vm/overcommit_ratio", says("50\n")},
	{"vm/swappiness", says("0\n")},
}

// newUUID makes a random UUID (RFC 9562, section 5.4).
func newUUID() string {
	var b [16]byte
	random(b[:])
	b[6] = b[6]&0x0f | 4<<4
	b[8] = b[8]&0x3f | 2<<6
	s := ""
	for i, c := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			s += "-"
		}
		s += zeroPadded(uint64(c), 16, 2)
	}
	return s
}

// bootID is a UUID that stays the same until the next boot.
func (p *Process) bootID() string {
	p.bootIDOnce.Do(func() { p.bootUUID = newUUID() })
	return p.bootUUID
}

func memoryText(p *Process) (s string) {
	total, free := memory()
	_, files, _ := p.fs.Usage()
	for _, l := range []struct {
		name  string
		bytes uint64
	}{
		{"MemTotal", total}, {"MemFree", free}, {"MemAvailable", free}, {"Buffers", 0}, {"Cached", uint64(files)},
		{"SwapCached", 0}, {"SwapTotal", 0}, {"SwapFree", 0}, {"Shmem", uint64(files)}, {"Slab", 0}, {"CommitLimit", total},
	} {
		s += column(l.name+":", 16) + padded(decimal(l.bytes/1024), 8) + " kB\n"
	}
	return s + "Hugepagesize:       2048 kB\n"
}

// busyTime returns how long the CPUs have worked, all together: that is the process's time, for it has the machine to
// itself.
func busyTime() (ns int64) {
	for i := range runtime.NumCPU() {
		ns += busy(i)
	}
	return ns
}

// tick is the unit in which processor time is told, nanoseconds.
const tick = 1e9 / linux.CLOCK_TICKS

// statText counts all work as the user's: the system is a part of the program.
func statText(*Process) string {
	now, cpus := nanotime(), runtime.NumCPU()
	line := func(name string, elapsed, busy int64) string {
		return name + " " + decimal(busy/tick) + " 0 0 " + decimal(max(0, elapsed-busy)/tick) + " 0 0 0 0 0 0\n"
	}
	s := line("cpu ", now*int64(cpus), busyTime())
	for i := range cpus {
		s += line("cpu"+decimal(i), now, busy(i))
	}
	return s + "intr " + decimal(interruptCount()) + "\nctxt 0\nbtime " + decimal((wallClock()-now)/1e9) +
		"\nprocesses 1\nprocs_running 1\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n"
}

// uptimeText says seconds since boot, and for how many of them CPUs were idle, with hundredths.
func uptimeText(*Process) string {
	now := nanotime()
	return seconds(now) + " " + seconds(max(0, now*int64(runtime.NumCPU())-busyTime())) + "\n"
}

func seconds(ns int64) string {
	hundredths := uint64(ns / 1e7)
	return strconv.FormatUint(hundredths/100, 10) + "." + zeroPadded(hundredths%100, 10, 2)
}

// processorText says the same of each CPU but for its number.
func processorText(p *Process) (s string) {
	same := processorLines()
	for i := range runtime.NumCPU() {
		s += "processor\t: " + decimal(i) + "\n" + same + "\n"
	}
	return s + p.boardLines()
}
