package linuxabi

import (
	"internal/bytealg"
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
	"internal/mirage/ranges"
	"runtime"
)

// What /proc/self says of the program (proc(5)). There is no auxv: packages that find none ask the CPU itself what it
// can, which says more.

// pidText is the number of the process as text.
const pidText = "1"

var selfFiles = []generated{
	{"cgroup", says("0::/\n")},
	{"cmdline", func(*Process) string { args, _ := arguments(); return terminated(args) }},
	{"comm", func(p *Process) string { return p.command() + "\n" }},
	{"environ", func(*Process) string { _, environment := arguments(); return terminated(environment) }},
	{"gid_map", says(idMap)},
	{"io", says(noTransfers)},
	{"limits", limitsText},
	{"maps", mapsText},
	{"mountinfo", mountInfoText},
	{"mounts", mountsText},
	{"net/arp", neighboursText},
	{"net/dev", interfacesText},
	{"net/icmp", func(p *Process) string { return p.datagramTable(false, true, "", p.pingRows(false)) }},
	{"net/icmp6", func(p *Process) string { return p.datagramTable(true, true, "", p.pingRows(true)) }},
	{"net/if_inet6", addresses6Text},
	{"net/igmp", groupsText},
	{"net/igmp6", groups6Text},
	{"net/ipv6_route", routes6Text},
	{"net/netstat", extendedCountersText},
	{"net/raw", func(p *Process) string { return p.datagramTable(false, false, "", p.rawRows(false)) }},
	{"net/raw6", func(p *Process) string { return p.datagramTable(true, false, "", p.rawRows(true)) }},
	{"net/route", routesText},
	{"net/snmp", countersText},
	{"net/snmp6", counters6Text},
	{"net/sockstat", socketsText},
	{"net/sockstat6", sockets6Text},
	{"net/softnet_stat", softnetText},
	{"net/tcp", func(p *Process) string { return p.streamTable(false) }},
	{"net/tcp6", func(p *Process) string { return p.streamTable(true) }},
	{"net/udp", func(p *Process) string { return p.datagramTable(false, true, " ", p.udpRows(false)) }},
	{"net/udp6", func(p *Process) string { return p.datagramTable(true, true, "", p.udpRows(true)) }},
	{"net/unix", unixTable},
	{"oom_score", says("0\n")},
	{"oom_score_adj", says("0\n")},
	{"schedstat", func(*Process) string { return decimal(busyTime()) + " 0 0\n" }},
	{"smaps", mapsUseText},
	{"smaps_rollup", mapsSumText},
	{"stat", processText},
	{"statm", sizesText},
	{"status", statusText},
	{"uid_map", says(idMap)},
}

// noTransfers is /proc/pid/io: nobody counts what is read and written.
const noTransfers = "rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n"

// idMap says that the only user is root (user_namespaces(7)).
const idMap = "         0          0          1\n"

// plantSelf makes a folder of the process, or of its thread.
func (p *Process) plantSelf(folder string) linux.Errno {
	if e := p.plantFiles(folder+"/", selfFiles); e != 0 {
		return e
	}
	if e := p.fs.Pointer(folder+"/root", "/"); e != 0 {
		return e
	}
	if e := p.fs.Magic(folder+"/cwd", workingLink{p}); e != 0 {
		return e
	}
	if e := p.plantDynamic(folder+"/fd", 0o500, descriptorLinks{p}); e != 0 {
		return e
	}
	return p.plantDynamic(folder+"/fdinfo", 0o555, descriptorInfos{p})
}

// workingLink is the link that leads to the working directory.
type workingLink struct{ p *Process }

func (l workingLink) Node() *fs.Inode { return l.p.cwd.Load() }

func (l workingLink) Text() string {
	path, e := l.p.fs.Path(l.p.cwd.Load())
	if e != 0 {
		return " (deleted)"
	}
	return path
}

// terminated joins strings, a NUL after each.
func terminated(all []string) string {
	var b []byte
	for _, s := range all {
		b = append(append(b, s...), 0)
	}
	return string(b)
}

// command is the name of the process: that of its file unless PR_SET_NAME has given it another.
func (p *Process) command() string {
	name := ""
	if s := p.name.Load(); s != nil {
		name = *s
	} else if args, _ := arguments(); len(args) > 0 {
		name = args[0][bytealg.LastIndexByteString(args[0], '/')+1:]
	}
	return name[:min(len(name), nameLen-1)]
}

// spaceSizes returns how much address space the program has, how much of it is text, and how much memory is in use.
func spaceSizes() (all, text, resident uint64) {
	eachRange(0, ^uintptr(0), func(r ranges.Range) linux.Errno {
		if r.Flags&ranges.Read != 0 {
			all += uint64(r.End - r.Start)
		}
		if r.Flags&ranges.Exec != 0 {
			text += uint64(r.End - r.Start)
		}
		return 0
	})
	total, free := memory()
	return all, text, total - free
}

// executable returns the path of the program's file.
func (p *Process) executable() (string, linux.Errno) {
	n, e := p.fs.Lookup(p.fs.Root(), "/proc/"+pidText+"/exe", false)
	if e != 0 {
		return "", e
	}
	return n.Readlink()
}

func sizesText(*Process) string {
	all, text, resident := spaceSizes()
	return decimal(all/pageSize) + " " + decimal(resident/pageSize) + " 0 " + decimal(text/pageSize) + " 0 " +
		decimal((all-text)/pageSize) + " 0\n"
}

// processText is /proc/pid/stat: 52 fields, of which those that nothing here knows are 0.
func processText(p *Process) string {
	all, _, resident := spaceSizes()
	s := pidText + " (" + p.command() + ") R 0 " + pidText + " " + pidText + " 0 -1 0" // up to 9: parent, group, session, terminal
	fields := func(values ...uint64) {
		for _, v := range values {
			s += " " + decimal(v)
		}
	}
	fields(0, 0, 0, 0)                       // 10 to 13: faults
	fields(uint64(busyTime()/tick), 0, 0, 0) // 14 to 17: times
	nice := int64(p.nice.Load())             // 18 and 19
	s += " " + decimal(normal+nice) + " " + decimal(nice)
	fields(1, 0, uint64(p.started/tick)) // 20 to 22: threads, start
	fields(all, resident/pageSize, linux.RLIM_INFINITY)
	fields(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) // 26 to 37
	fields(linux.SIGCHLD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	return s + "\n"
}

func statusText(p *Process) string {
	all, text, resident := spaceSizes()
	size := func(bytes uint64) string { return padded(decimal(bytes/1024), 8) + " kB" }
	mask := func(v uint64) string { return zeroPadded(v, 16, 16) }
	const capabilities = 1<<(linux.CAP_LAST_CAP+1) - 1
	cpus := runtime.NumCPU()
	s := ""
	for _, l := range []struct{ name, value string }{
		{"Name", p.command()}, {"Umask", zeroPadded(uint64(p.umask.Load()), 8, 4)}, {"State", "R (running)"},
		{"Tgid", pidText}, {"Ngid", "0"}, {"Pid", pidText}, {"PPid", decimal(ppid)}, {"TracerPid", "0"},
		{"Uid", "0\t0\t0\t0"}, {"Gid", "0\t0\t0\t0"}, {"FDSize", decimal(p.fds.size())}, {"Groups", " "},
		{"VmPeak", size(all)}, {"VmSize", size(all)}, {"VmLck", size(0)}, {"VmPin", size(0)}, {"VmHWM", size(resident)},
		{"VmRSS", size(resident)}, {"VmData", size(all - text)}, {"VmStk", size(0)}, {"VmExe", size(text)}, {"VmLib", size(0)},
		{"VmSwap", size(0)}, {"Threads", "1"}, {"SigQ", "0/0"}, {"SigPnd", mask(0)}, {"ShdPnd", mask(0)},
		{"SigBlk", mask(p.sigmask.Load())}, {"SigIgn", mask(0)}, {"SigCgt", mask(0)},
		{"CapInh", mask(0)}, {"CapPrm", mask(capabilities)}, {"CapEff", mask(capabilities)}, {"CapBnd", mask(capabilities)},
		{"CapAmb", mask(0)}, {"NoNewPrivs", decimal(bit(p.noNew.Load()))}, {"Seccomp", "0"}, {"Cpus_allowed_list", cpuList(cpus)},
		{"voluntary_ctxt_switches", "0"}, {"nonvoluntary_ctxt_switches", "0"},
	} {
		s += l.name + ":\t" + l.value + "\n"
	}
	return s
}

func limitsText(p *Process) string {
	text := func(v uint64) string {
		if v == linux.RLIM_INFINITY {
			return "unlimited"
		}
		return decimal(v)
	}
	line := func(name, soft, hard, unit string) string {
		s := column(name, 26) + column(soft, 21) + column(hard, 21)
		if unit != "" {
			s += column(unit, 10)
		}
		return s + "\n"
	}
	s := line("Limit", "Soft Limit", "Hard Limit", "Units")
	for resource, l := range [...]struct{ name, unit string }{
		{"Max cpu time", "seconds"}, {"Max file size", "bytes"}, {"Max data size", "bytes"}, {"Max stack size", "bytes"},
		{"Max core file size", "bytes"}, {"Max resident set", "bytes"}, {"Max processes", "processes"},
		{"Max open files", "files"}, {"Max locked memory", "bytes"}, {"Max address space", "bytes"}, {"Max file locks", "locks"},
		{"Max pending signals", "signals"}, {"Max msgqueue size", "bytes"}, {"Max nice priority", ""},
		{"Max realtime priority", ""}, {"Max realtime timeout", "us"},
	} {
		if v, e := p.limit(uintptr(resource)); e == 0 {
			s += line(l.name, text(v.Cur), text(v.Max), l.unit)
		}
	}
	return s
}
